import pytest

from core import open_graphs
from core.errors import UserError
from core.open_graphs import graph_of
from core.spec import DatasetSpec


def test_graphs_are_shared_between_splits_and_few_are_kept():
    karate = graph_of(DatasetSpec("karate", split="public"))
    assert graph_of(DatasetSpec("karate", split="random", split_seed=3)) is karate
    for seed in range(4):
        graph_of(DatasetSpec("csbm", (("nodes", 50), ("seed", seed))))
    assert len(open_graphs._graphs) == open_graphs.KEPT
    assert graph_of(DatasetSpec("karate")) is not karate


def test_edits_that_do_not_fit_are_refused():
    with pytest.raises(UserError, match="there is no edge 0–9"):
        graph_of(DatasetSpec("karate", edits=(("remove", "0", "9"),)))
