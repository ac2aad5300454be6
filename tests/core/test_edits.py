"""Edits: their text, what they do to a graph small enough to count on, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from core.data import GraphData, Split
from core.dataset_card import card
from core.datasets.contract import dataset
from core.edits import MOST, checked, edited, parse, said, written
from core.errors import UserError
from core.open_graphs import graph_of
from core.rebuilt import batch_of
from core.spec import DatasetSpec, RunSpec
from core.splits import split_of
from core.training import train


def graph(directed: bool = False, sparse: bool = False, **changes: object) -> GraphData:
    """A triangle 0-1-2 with a tail 2-3, node 4 alone, a loop at 0; 0-1 is stored twice in each direction."""
    pairs = [(0, 1), (0, 1), (1, 2), (0, 2), (2, 3)]
    stored = pairs if directed else [*pairs, *((v, u) for u, v in pairs)]
    features = np.arange(15, dtype=np.float32).reshape(5, 3)
    mask = np.array([True, True, False, False, False])
    return GraphData(
        name="small",
        features=csr_matrix(features) if sparse else features,
        edge_index=np.array([*stored, (0, 0)]).T,
        labels=np.array([0, 1, 0, 1, 0]),
        class_names=("a", "b"),
        splits={"public": Split(mask, np.roll(mask, 2), np.roll(mask, 3) & ~mask & ~np.roll(mask, 2))},
        directed=directed,
        **changes,  # type: ignore[arg-type]
    )


def links(found: GraphData) -> list[tuple[int, int]]:
    return sorted(zip(*found.edge_index.tolist(), strict=True))


def rows(found: GraphData) -> list[list[float]]:
    return (found.features.toarray() if isinstance(found.features, csr_matrix) else found.features).tolist()


@pytest.mark.parametrize(
    ("text", "edits"),
    [
        ("", ()),
        ("-12:40", (("remove", "12", "40"),)),
        ("+3:9,x5", (("add", "3", "9"), ("drop", "5"))),
        ("f5:17=0,f5:2=-1.5", (("feature", "5", "17", "0"), ("feature", "5", "2", "-1.5"))),
        ("f0:0=1e-05", (("feature", "0", "0", "1e-05"),)),
    ],
)
def test_text_and_back(text, edits):
    assert parse(text) == edits
    assert written(edits) == text


def test_text_may_be_written_loosely():
    assert parse(" -012:040 , x05 ") == (("remove", "12", "40"), ("drop", "5"))


@pytest.mark.parametrize("text", ["12:40", "-12", "-a:b", "x", "x-1", "f5:17", "f5=0", "-1:2,,x3", "-²:3", "-1:2;x3", "x12345678901"])
def test_what_is_no_edit_is_refused(text):
    with pytest.raises(UserError, match=r"is no edit; write -12:40"):
        parse(text)


def test_removing_takes_both_directions_and_repetitions():
    found = edited(graph(), parse("-1:0"))
    assert links(found) == [(0, 0), (0, 2), (1, 2), (2, 0), (2, 1), (2, 3), (3, 2)]


def test_removing_takes_one_direction_of_a_directed_graph():
    found = edited(graph(directed=True), parse("-0:1"))
    assert links(found) == [(0, 0), (0, 2), (1, 2), (2, 3)]
    with pytest.raises(UserError, match=r"-1:0: there is no edge 1→0 to remove"):
        edited(graph(directed=True), parse("-1:0"))


def test_an_edge_stored_in_one_direction_of_an_undirected_graph_goes_too():
    lone = replace(graph(), edge_index=np.array([[1, 2], [0, 3]]))
    assert links(edited(lone, parse("-0:1"))) == [(2, 3)]


def test_adding_stores_both_directions_at_the_end():
    found = edited(graph(), parse("+4:1"))
    assert found.edge_index[:, -2:].tolist() == [[1, 4], [4, 1]]
    directed = edited(graph(directed=True), parse("+4:1"))
    assert directed.edge_index[:, -1].tolist() == [4, 1]
    assert directed.num_stored_edges == graph(directed=True).num_stored_edges + 1


@pytest.mark.parametrize("sparse", [False, True])
def test_a_dropped_node_keeps_its_place(sparse):
    found = edited(graph(sparse=sparse), parse("x0"))
    assert found.num_nodes == 5
    assert links(found) == [(1, 2), (2, 1), (2, 3), (3, 2)]
    assert rows(found) == [[0, 0, 0], *rows(graph())[1:]]
    assert not found.splits["public"].train[0]
    assert found.splits["public"].train[1]
    assert found.labels.tolist() == graph().labels.tolist()
    assert found.dropped is not None
    assert found.dropped.tolist() == [0]


def test_drawn_splits_lose_the_dropped_node_only():
    spec = DatasetSpec("small", split="random", split_seed=3)
    large = replace(graph(), labels=np.array([0, 0, 0, 0, 0]))
    before, after = split_of(large, spec), split_of(edited(large, parse("x2")), spec)
    for part in ("train", "validation", "test"):
        was, now = getattr(before, part), getattr(after, part)
        assert now.tolist() == [bool(kept) and node != 2 for node, kept in enumerate(was)]


@pytest.mark.parametrize("sparse", [False, True])
def test_setting_features(sparse):
    base = graph(sparse=sparse)
    found = edited(base, parse("f4:2=0,f0:0=7.5,f0:0=2"))
    assert rows(found) == [[2, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10, 11], [12, 13, 0]]
    assert rows(base) == rows(graph())
    assert found.edge_index.tolist() == base.edge_index.tolist()
    assert found.features.dtype == np.float32


def test_motifs_follow():
    base = replace(graph(directed=True), truth_edges=np.array([0, 0, 0, -1, 1, -1]), motif_of_node=np.array([0, 0, 0, 1, -1]))
    found = edited(base, parse("-0:1,+3:4,x3"))
    assert links(found) == [(0, 0), (0, 2), (1, 2)]
    assert found.truth_edges is not None
    assert found.motif_of_node is not None
    assert found.truth_edges.tolist() == [0, -1, -1]
    assert found.motif_of_node.tolist() == [0, 0, 0, -1, -1]


def test_edits_apply_in_order():
    assert links(edited(graph(), parse("-2:3,+2:3"))) == links(graph())
    assert links(edited(graph(), parse("+3:4,-3:4"))) == links(graph())
    assert links(edited(graph(), parse("+3:4,x3"))) == links(edited(graph(), parse("x3")))
    assert rows(edited(graph(), parse("f3:0=5,x3")))[3] == [0, 0, 0]


def test_no_edits_give_the_graph_itself():
    base = graph()
    assert edited(base, ()) is base


def test_one_spelling():
    assert checked(parse("-2:0,f1:1=0.50,+4:3"), graph()) == (("remove", "0", "2"), ("feature", "1", "1", "0.5"), ("add", "3", "4"))
    assert checked(parse("+4:3"), graph(directed=True)) == (("add", "4", "3"),)


def test_checking_reads_no_features():
    slim = graph().without_features()
    assert checked(parse("f1:2=9,x0"), slim) == parse("f1:2=9,x0")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("-0:3", r"-0:3: there is no edge 0–3 to remove; \+0:3 would add it"),
        ("+2:1", r"\+1:2: the edge 1–2 is there already; -1:2 would remove it"),
        ("+3:4,+4:3", r"3–4 is there already"),
        ("-0:1,-0:1", r"there is no edge 0–1"),
        ("+3:3", "link of node 3 with itself"),
        ("-0:0", "link of node 0 with itself"),
        ("+0:5", "there is no node 5; small has the nodes 0 to 4"),
        ("x9", "there is no node 9"),
        ("f0:3=1", "there is no feature 3; small has the features 0 to 2"),
        ("f5:0=1", "there is no node 5"),
        ("f0:0=nan", "'nan' is not a finite number"),
        ("f0:0=1e40", "'1e40' is not a finite number"),
        ("f0:0=one", "'one' is not a finite number"),
        ("x2,-2:3", "node 2 was dropped by an edit before"),
        ("x2,x2", "node 2 was dropped"),
        ("x2,f2:0=1", "node 2 was dropped"),
    ],
)
def test_edits_that_do_not_fit_are_refused(text, sentence):
    for attempt in (checked, lambda edits, of: edited(of, edits)):
        with pytest.raises(UserError, match=sentence):
            attempt(parse(text), graph())


@pytest.mark.parametrize(
    "edit", [("remove", "1"), ("cut", "0", "1"), ("remove", "0", "1", "2"), (), ("drop", "-1"), ("feature", "0", "0"), (1, 2)]
)
def test_edits_of_another_form_are_refused(edit):
    with pytest.raises(UserError, match="is no edit"):
        edited(graph(), [edit])


def test_too_many_edits():
    many = tuple(("feature", "0", "0", "1") for _ in range(MOST + 1))
    assert len(checked(many[:-1], graph())) == MOST
    for attempt in (lambda: checked(many, graph()), lambda: parse(written(many))):
        with pytest.raises(UserError, match="201 edits are more than the 200"):
            attempt()


def test_sentences():
    named = replace(graph(directed=True), feature_names=("red", "green", "blue"))
    assert [said(edit, named) for edit in parse("-0:1,+3:4,x2,f1:0=0.5")] == [
        "Edge 0→1 removed",
        "Edge 3→4 added",
        "Node 2 dropped",
        "Feature 0 (red) of node 1 set to 0.5",
    ]
    assert said(("remove", "0", "1"), graph()) == "Edge 0–1 removed"


def test_an_edited_dataset_opens_and_has_a_card():
    plain, changed = graph_of(DatasetSpec("karate")), graph_of(DatasetSpec("karate", edits=parse("-0:1,x33")))
    assert graph_of(DatasetSpec("karate")) is plain
    assert graph_of(DatasetSpec("karate", split="random", edits=parse("-0:1,x33"))) is changed
    found = card(changed, dataset("karate"))
    assert found.edges == card(plain, dataset("karate")).edges - 1 - 17  # node 33 has 17 neighbours
    assert found.isolated_nodes == 1


def test_a_training_sees_the_edited_graph(make_spec):
    spec = make_spec(epochs=5)
    changed: RunSpec = replace(spec, dataset=replace(spec.dataset, edits=parse("-0:1,+0:9,f3:3=0")))
    given = edited(graph_of(spec.dataset), changed.dataset.edits)
    assert changed.key != spec.key
    run = train(changed)
    np.testing.assert_array_equal(run.logits, train(spec, graph=given).logits)
    assert not np.allclose(run.logits, train(spec).logits)
    assert batch_of(changed, given).train.tolist() == batch_of(spec, graph_of(spec.dataset)).train.tolist()
