"""Flawed benchmarks: copies by hand, what changes between two sides, and the real files."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.data import Split
from core.errors import UserError
from core.open_graphs import graph_of
from core.parameters import resolve
from core.spec import DatasetSpec, ModelSpec, RunSpec
from core.work import silent
from explainers.lenses import flawed_benchmarks as lens
from explainers.lenses.flawed_benchmarks import figures
from explainers.lenses.flawed_benchmarks.pairs import BY_NAME, PAIRS, copied, copies, leaked, same_pages
from explainers.lenses.flawed_benchmarks.result import EVIDENCE, changes, ranking
from tests.explainers.test_across import ended, scores

CHAMELEON = BY_NAME["chameleon"]


def mask(*nodes: int, n: int = 6) -> np.ndarray:
    return np.isin(np.arange(n), nodes)


def test_copies_have_the_label_and_the_neighbours_of_each_other() -> None:
    # 0 and 1 point to 2 and 3; 4 points to 2 alone; 5 has no edge
    edges = np.array([[0, 0, 1, 1, 4], [2, 3, 3, 2, 2]])
    groups = copies(edges, np.zeros(6, dtype=int))
    assert groups[0] == groups[1]
    assert len({groups[0], *groups[2:].tolist()}) == 5, "2 is pointed to by 4 as well, which 3 is not"
    assert copied(groups) == 2
    assert copied(copies(edges, np.array([0, 1, 0, 0, 0, 0]))) == 0, "of another class"
    assert copied(copies(np.zeros((2, 0), dtype=int), np.zeros(3, dtype=int))) == 0, "nodes without edges are no copies"


def test_parallel_edges_change_nothing() -> None:
    edges = np.array([[0, 1, 1], [2, 2, 2]])
    assert copied(copies(edges, np.zeros(3, dtype=int))) == 2


def test_copies_do_not_depend_on_the_numbering() -> None:
    random = np.random.default_rng(0)
    edges, labels = random.integers(0, 30, (2, 40)), random.integers(0, 2, 30)
    order = random.permutation(30)
    there = np.empty(30, dtype=int)
    there[order] = labels
    first, second = copies(edges, labels), copies(order[edges], there)
    assert (first[:, None] == first).sum() == (second[:, None] == second).sum()
    assert ((first[:, None] == first) == (second[order][:, None] == second[order])).all()


def test_what_leaks_is_the_share_of_test_nodes_with_a_copy_in_training() -> None:
    groups = np.array([0, 0, 1, 1, 2, 3])
    assert leaked(groups, Split(mask(0, 4), mask(), mask(1, 2, 3, 5))) == 0.25
    assert np.isnan(leaked(groups, Split(mask(0), mask(), mask())))


def test_pages_are_the_same_if_features_and_class_are() -> None:
    karate = graph_of(DatasetSpec("karate"))
    assert same_pages(karate, karate) == 1
    other = replace(karate, labels=np.where(np.arange(34) == 5, (karate.labels + 1) % karate.num_classes, karate.labels))
    assert same_pages(karate, other) == pytest.approx(33 / 34)
    assert same_pages(karate, replace(karate, features=karate.features[:, :3])) == 0


def made(**mended: tuple[float, ...]) -> lens.Flawed:
    """Chameleon with GraphSAGE ahead of GCN ahead of MLP; its mended form as given."""
    before = {"sage": (0.70, 0.71, 0.69), "gcn": (0.60, 0.62, 0.60), "mlp": (0.50, 0.51, 0.48)}
    found = scores(
        *(ended("chameleon", model, *values) for model, values in before.items()),
        *(ended("chameleon_filtered", model, *values) for model, values in mended.items()),
    )
    rows = [("chameleon", "chameleon", 2277, 1291, 0.497, np.nan), ("chameleon", "chameleon_filtered", 890, 42, 0.043, np.nan)]
    return lens.Flawed(found, (CHAMELEON,), pd.DataFrame(rows, columns=EVIDENCE))


def test_two_models_that_change_places_are_named() -> None:
    found = made(sage=(0.30, 0.31, 0.30), gcn=(0.40, 0.42, 0.41), mlp=(0.35, 0.45, 0.38))
    assert changes(found).to_dict("records") == [
        {"pair": "chameleon", "first": "sage", "second": "gcn", "flawed": "first", "mended": "second"},
        {"pair": "chameleon", "first": "sage", "second": "mlp", "flawed": "first", "mended": ""},
        {"pair": "chameleon", "first": "gcn", "second": "mlp", "flawed": "first", "mended": ""},
    ]
    said = lens.captions(found)
    assert said[0] == (
        "Chameleon: the highest mean is that of GraphSAGE (70.0 ± 2.5 %); mended, of GCN (41.0 ± 2.5 %). "
        "GraphSAGE is ahead of GCN before, behind it after. Of 3 pairs of models, 2 are told apart before and not after, "
        "0 after and not before."
    )
    assert "1,291 of 2,277 nodes have the class and all neighbours of another one, and 49.7 % of the test nodes" in said[1]
    assert "3 seeds" in said[-1]


def test_a_ranking_that_holds_is_said_to() -> None:
    found = made(sage=(0.50, 0.51, 0.50), gcn=(0.40, 0.42, 0.41), mlp=(0.30, 0.32, 0.29))
    assert changes(found).empty
    assert "No two models change places" in lens.captions(found)[0]
    assert ranking(found).set_index(["dataset", "model"])["rank"].to_dict()["chameleon_filtered", "mlp"] == 3


def test_one_side_alone_is_no_comparison() -> None:
    said = lens.captions(made())
    assert not any("change places" in sentence for sentence in said)
    assert figures.table(made()).data.empty


def test_the_picture_joins_both_sides() -> None:
    found = made(sage=(0.30, 0.31, 0.30), gcn=(0.40, 0.42, 0.41), mlp=(0.35, 0.45, 0.38))
    sage = next(trace for trace in figures.slopes(found).figure.data if trace.name == "GraphSAGE")
    assert list(sage.x) == ["as published", "mended"]
    assert list(sage.y) == pytest.approx([0.70, 0.91 / 3])
    assert figures.table(found).data["model"].tolist() == ["GCN", "MLP", "GraphSAGE"], "by the mended ranking"


def test_both_forms_of_a_benchmark_are_trained_on() -> None:
    nobody = RunSpec(DatasetSpec(""), ModelSpec(""))
    values = resolve(lens.LENS.parameters, {"benchmarks": "cornell", "models": "gcn"}, "lens")
    assert {run.dataset.name for run in lens.plan(nobody, 2, values)} == {"cornell", "cornell_corrected"}
    with pytest.raises(UserError, match="chameleon"):
        lens.plan(nobody, 1, values | {"benchmarks": "chamaeleon"})


@pytest.mark.public_data
def test_the_flaws_are_in_the_files() -> None:
    from core.datasets.contract import dataset
    from core.spec import settings

    datasets = tuple(
        DatasetSpec(name, settings(resolve(dataset(name).parameters, {}, name)), "0") for pair in PAIRS for name in (pair.name, pair.mended)
    )
    rows = lens.evidence(silent, pairs=PAIRS, datasets=datasets).set_index("dataset")
    assert rows.loc["cornell", "same_pages"] == 1
    assert rows.loc["cornell_corrected", "same_pages"] == 0
    for name in ("chameleon", "squirrel"):
        assert rows.loc[name, "leaked"] > 0.3
        assert rows.loc[f"{name}_filtered", "leaked"] < 0.07
    assert rows.loc["chameleon", "nodes"] == 2277


def test_equal_means_share_a_rank_and_the_first_place() -> None:
    found = made(sage=(0.5, 0.6), gcn=(0.5, 0.6), mlp=(0.4, 0.4))
    after = ranking(found).set_index(["dataset", "model"]).loc["chameleon_filtered", "rank"]
    assert after.to_dict() == {"sage": 1, "gcn": 1, "mlp": 3}
    assert "mended, of GraphSAGE and GCN (55.0" in lens.answers(found)[0]


def test_one_seed_tells_nothing_of_who_is_ahead() -> None:
    found = made(sage=(0.5,), gcn=(0.6,), mlp=(0.4,))
    assert lens.answers(found)[0].endswith("One seed or one model tells nothing of who is ahead.")
    assert "pairs" not in lens.answers(found)[0]


def test_without_both_forms_the_answer_says_so_and_the_flaw_stands_below() -> None:
    found = made()
    assert lens.answers(found) == ["Both forms of a benchmark have to be trained on before they can be compared."]
    assert lens.details(found)[0].startswith("Chameleon. ")
    assert lens.captions(found) == [*lens.answers(found), *lens.details(found)]
