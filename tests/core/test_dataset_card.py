from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from core.data import GraphData, Split
from core.dataset_card import Measure, card
from core.datasets.contract import Dataset
from core.datasets.edges import undirected

UNIT = Dataset(
    "toy", "Toy", "What for?", "Tests", lambda *_: None, splits=("public",), default_split="public", source="here", flaws=("tiny",)
)


def triangle_and_pair():
    """The worked example of the homophily functions, an isolated unlabelled node added."""
    masks = np.eye(3, 6, dtype=bool)
    return GraphData(
        name="toy",
        features=csr_matrix(np.eye(6, 4, dtype=np.float32)),
        edge_index=undirected([[0, 1, 2, 3], [1, 2, 0, 4]], 6),
        labels=np.array([0, 0, 0, 0, 1, -1]),
        class_names=("a", "b", "never"),
        splits={"public": Split(*masks)},
    )


def test_a_card_worked_out_by_hand():
    found = card(triangle_and_pair(), UNIT)
    assert (found.nodes, found.edges, found.stored_edges, found.self_loops) == (6, 4, 8, 0)
    assert (found.isolated_nodes, found.components) == (1, 3)
    assert (found.degree_min, found.degree_median, found.degree_max) == (0, 1.5, 2)
    assert (found.features, found.feature_density) == (4, pytest.approx(4 / 24))
    assert found.classes == (("a", 4), ("b", 1), ("never", 0))
    assert found.unlabelled == 1
    assert [(split.name, split.train, split.validation, split.test) for split in found.splits] == [
        ("public", 1, 1, 1),
        ("random", 3, 1, 1),
        ("per_class", 2, 1, 2),
        ("gats", 3, 1, 1),
    ]
    assert (found.source, found.flaws, found.default_split, found.metric) == ("here", ("tiny",), "public", "accuracy")


def test_homophily_with_its_policies():
    measures = card(triangle_and_pair(), UNIT).homophily
    assert measures[0] == Measure("edge", "undirected", 0.75)
    assert [m.value for m in measures[1:]] == pytest.approx([0.6, 0.6, 6 / 7 - 4 / 5, -1 / 7])
    assert "isolated nodes count as 0" in measures[1].policy
    assert "left out" in measures[2].policy


def test_direction_as_stored():
    graph = replace(triangle_and_pair(), edge_index=np.array([[0, 1, 2, 3, 3], [1, 2, 0, 4, 3]]), directed=True)
    found = card(graph, UNIT)
    assert (found.edges, found.stored_edges, found.self_loops, found.directed) == (4, 5, 1, True)
    assert found.homophily[0] == Measure("edge", "direction as stored", 0.8)


def test_node_numbers_do_not_matter():
    graph = triangle_and_pair()
    new = np.random.default_rng(0).permutation(6)
    back = np.argsort(new)
    moved = replace(
        graph,
        features=graph.features[back],
        edge_index=undirected(new[graph.edge_index], 6),
        labels=graph.labels[back],
        splits={name: Split(s.train[back], s.validation[back], s.test[back]) for name, s in graph.splits.items()},
    )
    first, second = card(graph, UNIT), card(moved, UNIT)
    assert [m.value for m in first.homophily] == pytest.approx([m.value for m in second.homophily])
    assert replace(first, homophily=()) == replace(second, homophily=())


def test_a_graph_without_nodes_has_a_card():
    empty = GraphData("toy", np.zeros((0, 3), np.float32), np.empty((2, 0), np.int64), np.empty(0, np.int64), ("a",), splits={})
    found = card(empty, replace(UNIT, splits=()))
    assert (found.nodes, found.degree_min, found.degree_max, found.components) == (0, 0, 0, 0)
