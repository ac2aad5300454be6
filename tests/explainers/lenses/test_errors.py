from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec
from explainers.lenses.errors import about_node, captions, draw, measure, plan
from explainers.lenses.errors.answer import Ballot, answer, decided

TEST = {"part": "test"}
TRUE = [0, 0, 1, 1, 0, 0, 1]


def wrong_at(*nodes: int) -> list[int]:
    return [1 - label if node in nodes else label for node, label in enumerate(TRUE)]


@pytest.fixture
def result(context_of, make_run):
    """Of the test nodes 2, 3, 4, 6, seed 0 of the model misses 2, 4, 6, of the MLP 4, of structure 2, 4; seed 1 only of the model, 6."""
    sure = [0.6, 0.6, 0.7, 0.6, 0.9, 0.6, 0.8]
    runs = [
        make_run(wrong_at(2, 4, 6), confidence=sure),
        make_run(wrong_at(6), seed=1),
        make_run(wrong_at(4), model="mlp"),
        make_run(wrong_at(), model="mlp", seed=1),
        make_run(wrong_at(2, 4), model="gcn_structure"),
        make_run(wrong_at(), model="gcn_structure", seed=1),
    ]
    return measure(context_of(*runs), TEST)


def test_the_table_by_hand(result) -> None:
    table = result.table
    assert table["node"].tolist() == [4, 6, 2]  # the most confident first
    assert table["class"].tolist() == ["a", "b", "b"]
    assert table["predicted"].tolist() == ["b", "a", "a"]
    assert table["confidence"].tolist() == pytest.approx([0.9, 0.8, 0.7])
    assert table["wrong_share"].tolist() == [0.5, 1, 0.5]
    assert table["degree"].tolist() == [1, 0, 2]
    assert table["hops"].tolist() == [pd.NA, pd.NA, 2]
    assert table["same_label"].tolist() == pytest.approx([np.nan, np.nan, 0.5], nan_ok=True)  # 4's only neighbour has no label
    assert table["mlp"].tolist() == ["b", "b", "b"]
    assert table["mlp_right"].tolist() == [False, True, True]
    assert table["structure_right"].tolist() == [False, True, False]
    assert set(draw(result)["wrong"].help) >= set(table)


def test_the_ballots_and_scores_by_hand(result) -> None:
    assert result.ballots == (Ballot(features_only=1, structure_only=0, both=1, neither=1), Ballot(0, 0, 1, 0))
    assert result.right == (0.25, 0.75, 0.5)
    lines = captions(result)
    assert lines[0] == (
        "Not decided: of 3 wrong test nodes, the MLP (features only) alone gets 1 right, the features-free GCN alone 0, 1 both, 1 neither "
        "(exact McNemar p = 1; over 2 seeds the difference is +0.5 ± 6.4 nodes; seed 0, public split)."
    )
    assert (
        lines[1] == "Of all 4 test nodes, GCN gets 25.0 % right, the MLP gets 75.0 % right, "
        "the features-free GCN gets 50.0 % right (seed 0, public split)."
    )


def test_the_rates_by_hand(result) -> None:
    rates = result.rates
    assert (rates["by_same_label"].labels, rates["by_same_label"].wrong.tolist(), rates["by_same_label"].nodes.tolist()) == (
        ("50 to 75 %", "75 % and over", "no labelled neighbour"),
        [1, 0, 2],
        [1, 1, 2],
    )
    assert (rates["by_degree"].labels, rates["by_degree"].nodes.tolist()) == (("0", "1", "2"), [1, 2, 1])
    assert (rates["by_hops"].labels, rates["by_hops"].wrong.tolist()) == (("2", "3", "no path"), [1, 0, 2])
    chart = draw(result)["by_hops"]
    assert chart.data["share_wrong"].tolist() == [1, 0, 1]
    assert list(chart.figure.layout.xaxis.ticktext) == ["2<br>n = 1", "3<br>n = 1", "no path<br>n = 2"]


def test_relabelling_the_nodes_changes_nothing_but_their_numbers(tiny, context_of, make_run, result) -> None:
    names = np.random.default_rng(0).permutation(7)
    back = np.argsort(names)
    split = type(tiny.splits["public"])(*(getattr(tiny.splits["public"], part)[back] for part in ("train", "validation", "test")))
    graph = replace(tiny, edge_index=names[tiny.edge_index], labels=tiny.labels[back], splits={"public": split})
    sure = np.array([0.6, 0.6, 0.7, 0.6, 0.9, 0.6, 0.8])[back]
    wrong = [((2, 4, 6), "gcn"), ((6,), "gcn"), ((4,), "mlp"), ((), "mlp"), ((2, 4), "gcn_structure"), ((), "gcn_structure")]
    runs = [make_run(np.array(wrong_at(*nodes))[back], model=model, seed=i % 2, confidence=sure) for i, (nodes, model) in enumerate(wrong)]
    moved = measure(context_of(*runs, graph=graph), TEST)
    expected = result.table.assign(node=names[result.table["node"]])
    pd.testing.assert_frame_equal(moved.table, expected)
    assert captions(moved) == captions(result)


def test_no_wrong_node_is_said_and_drawn(context_of, make_run) -> None:
    runs = [make_run(TRUE), make_run(TRUE, model="mlp"), make_run(TRUE, model="gcn_structure")]
    right = measure(context_of(*runs), TEST)
    assert captions(right) == ["No test node is wrong: GCN gets all 4 right (seed 0, public split)."]
    assert right.table.empty
    assert draw(right)


def test_seeds_with_splits_of_their_own(tiny, context_of, make_run) -> None:
    first, other = tiny.splits["public"], type(tiny.splits["public"])(*(np.roll(m, 1) for m in vars(tiny.splits["public"]).values()))
    graph = replace(tiny, splits={"public": first, "0": first, "1": other})
    pair = [DatasetSpec("tiny", split=name) for name in "01"]
    runs = [make_run(wrong_at(2, 3), model=m, seed=s, dataset=pair[s]) for m in ("gcn", "mlp", "gcn_structure") for s in (0, 1)]
    table = measure(context_of(*runs, graph=graph), TEST).table.set_index("node")
    assert table["wrong_share"].to_dict() == {2: 1.0, 3: 1.0}  # node 2 is tested in split 0 only


@pytest.mark.parametrize(
    ("ballots", "start"),
    [
        ([Ballot(40, 12, 5, 3)], "The structure misleads more often than the features: of 60 wrong test nodes"),
        ([Ballot(12, 40, 5, 3)], "The features mislead more often than the structure"),
        ([Ballot(4, 3, 0, 3)], "Not decided"),
        ([Ballot(40, 12, 5, 3), Ballot(41, 13, 0, 0), Ballot(39, 11, 0, 0)], "The structure misleads"),
        ([Ballot(40, 12, 5, 3), Ballot(12, 40, 5, 3), Ballot(20, 20, 5, 3)], "Not decided"),
    ],
)
def test_the_answer_needs_the_test_and_the_seeds(ballots, start) -> None:
    assert answer(ballots, "gcn", "test node", "seed 0, public split").startswith(start)


def test_the_answer_of_a_yardstick_itself_and_of_hard_nodes() -> None:
    assert answer([Ballot(0, 4, 0, 6)], "mlp", "test node", "seed 0").startswith(
        "This model sees no edges: of its 10 wrong test nodes, the features-free GCN gets 4 right"
    )
    assert answer([Ballot(4, 0, 0, 6)], "gcn_structure", "test node", "seed 0").startswith("This model sees no features: of its 10")
    assert answer([Ballot(1, 0, 0, 6)], "gcn", "test node", "seed 0").endswith("Most are hard for both.")
    assert not decided([Ballot(0, 0, 3, 3)])


def test_the_plan_has_yardsticks_with_every_declared_setting() -> None:
    spec = RunSpec(DatasetSpec("karate"), ModelSpec("gcn", (("depth", 8),)), TrainingSpec(epochs=5))
    runs = plan(spec, 2, {})
    assert [(run.model.name, run.seed) for run in runs] == [
        ("gcn", 0),
        ("gcn", 1),
        ("mlp", 0),
        ("mlp", 1),
        ("gcn_structure", 0),
        ("gcn_structure", 1),
    ]
    assert runs[2].model.depth == 2
    assert dict(runs[4].model.parameters)["width"] == 16
    assert set(dict(runs[4].model.parameters)) >= {"dropout", "normalization", "bias", "activation"}
    assert {run.training for run in runs} == {spec.training}


def test_a_wrong_node_gets_its_own_sentence(result) -> None:
    row = result.table.iloc[0]
    said = about_node(result, int(row["node"]))
    assert said.startswith(f"Node {row['node']} is '{row['class']}', called '{row['predicted']}'")
    assert f"Features alone say '{row['mlp']}', structure alone '{row['structure']}'" in said
    assert about_node(result, 10**6) == "Node 1000000 is not among the wrong test nodes."
