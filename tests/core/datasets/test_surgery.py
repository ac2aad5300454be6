"""Edges added between classes: how many, to which classes, never twice, the same for the same seed."""

from dataclasses import replace
from math import sqrt

import numpy as np
import pytest

from core.data import GraphData
from core.datasets import surgery
from core.datasets.contract import load
from core.datasets.surgery import BASES, added_edges, class_shares, homophily_after, number_added
from core.errors import UserError
from core.graph import edge_homophily
from core.spec import DatasetSpec
from core.splits import split_of


def ring(nodes=60, classes=5, unlabelled=()):
    """Nodes in a circle, class by class in turn."""
    around = np.arange(nodes)
    edges = np.stack([around, (around + classes) % nodes])
    labels = around % classes
    labels[list(unlabelled)] = -1
    return GraphData(
        "ring", np.eye(nodes, dtype=np.float32), np.concatenate([edges, edges[::-1]], 1), labels, tuple(map(str, range(classes)))
    )


def drawn(graph, number, gamma, seed=0):
    return added_edges(graph, number, gamma, np.random.default_rng(seed))


def test_where_edges_go_worked_out_by_hand():
    assert class_shares(5, 0)[0].tolist() == [0, 0.5, 0, 0, 0.5]
    np.testing.assert_allclose(class_shares(5, 1)[1], [0.25, 0, 0.25, 0.25, 0.25])
    np.testing.assert_allclose(class_shares(5, 0.4)[0], [0, 0.4, 0.1, 0.1, 0.4])
    assert class_shares(2, 0).tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize("gamma", [0, 0.4, 1])
def test_classes_of_added_edges_are_those_asked_for(gamma):
    graph = load("csbm", {"classes": 7, "nodes": 2100, "homophily": 0.9})
    new, number = drawn(graph, 4000, gamma), 4000
    step = (graph.labels[new[1]] - graph.labels[new[0]]) % 7
    found = np.bincount(step, minlength=7) / number
    expected = class_shares(7, gamma)[0]
    assert (np.abs(found - expected) <= 4 * np.sqrt(expected * (1 - expected) / number)).all(), found
    # every node is as likely to be the first end, whatever its degree
    at = np.bincount(graph.labels[new[0]], minlength=7) / number
    assert np.abs(at - 1 / 7).max() < 4 * sqrt(1 / 7 * 6 / 7 / number)


def test_no_edge_is_there_twice_and_none_was_there_before():
    graph = ring(classes=3)
    # classes 3: half of all 20·20 pairs of two classes, where many draws hit an edge that is there
    new = drawn(graph, 590, 1.0)
    pairs = {frozenset(pair) for pair in new.T.tolist()}
    assert len(pairs) == 590
    assert not pairs & {frozenset(pair) for pair in graph.edge_index.T.tolist()}
    assert (graph.labels[new[0]] != graph.labels[new[1]]).all()


def test_fewer_edges_are_the_first_of_more_and_seeds_differ():
    graph = load("csbm", {"classes": 5, "homophily": 0.9})
    many = drawn(graph, 9000, 0.4)
    np.testing.assert_array_equal(drawn(graph, 100, 0.4), many[:, :100])
    np.testing.assert_array_equal(drawn(graph, 9000, 0.4), many)
    assert not np.array_equal(drawn(graph, 100, 0.4, seed=1), many[:, :100])


def test_unlabelled_nodes_get_no_edges():
    new = drawn(ring(unlabelled=range(0, 60, 7)), 200, 0.0)
    assert not set(new.ravel().tolist()) & set(range(0, 60, 7))


def test_what_cannot_be_done_is_said():
    with pytest.raises(UserError, match="one class"):
        drawn(ring(classes=1), 5, 0.0)
    with pytest.raises(UserError, match="Take gamma above 0"):
        drawn(ring(classes=4), 5, 0.0)
    assert drawn(ring(classes=4), 5, 0.1).shape == (2, 5)
    empty = ring(unlabelled=range(0, 60, 5))
    with pytest.raises(UserError, match="No labelled node is of class 0"):
        drawn(empty, 5, 0.0)
    # 12 nodes a class, 144 pairs of two classes that take 2/5 of the edges each way … 5 kinds of pair, so 1/5: half is 72, 360 in all
    assert drawn(ring(), 360, 0.0).shape == (2, 360)
    with pytest.raises(UserError, match="the most here is 360, that is added = 6"):
        drawn(ring(), 361, 0.0)


def test_the_dataset_is_its_base_with_more_edges():
    base, found = load("digits", {}), load("surgery", {"base": "digits", "added": 0.5, "gamma": 0.4, "seed": 3})
    edges = len(base.undirected_edges)
    assert found.name == "surgery"
    assert len(found.undirected_edges) == edges + number_added(edges, 0.5)
    before = set(map(tuple, base.undirected_edges.tolist()))
    assert before <= set(map(tuple, found.undirected_edges.tolist()))
    np.testing.assert_array_equal(found.labels, base.labels)
    np.testing.assert_array_equal(found.features, base.features)
    expected = homophily_after(edge_homophily(base.edge_index, base.labels), edges, number_added(edges, 0.5))
    assert edge_homophily(found.edge_index, found.labels) == pytest.approx(expected)
    random = DatasetSpec("surgery", split="random", split_seed=2)
    np.testing.assert_array_equal(split_of(found, random).test, split_of(base, random).test)


def test_nothing_added_is_the_base():
    base = load("karate", {})
    found = load("surgery", {"base": "karate", "added": 0, "gamma": 1})
    assert replace(found, name="karate").structure_hash == base.structure_hash
    assert set(found.splits) == set(base.splits)


@pytest.mark.parametrize("name", ["digits", "karate"])
def test_bundled_bases_are_undirected(name):
    graph = load(name, {})
    assert not graph.directed
    assert 2 * len(graph.undirected_edges) == graph.num_stored_edges


def test_every_base_is_judged_by_accuracy():
    assert {"cora", "citeseer", "pubmed", "digits", "karate"} <= set(BASES)
    assert {unit.metric for unit in BASES.values()} == {"accuracy"}
    assert all(set(unit.splits) <= set(surgery.DATASETS[0].splits) for unit in BASES.values())


@pytest.mark.public_data
def test_cora_down_to_a_homophily_of_a_twelfth():
    graph = load("surgery", {"base": "cora", "added": 9})
    assert len(graph.undirected_edges) == 10 * 5278
    assert edge_homophily(graph.edge_index, graph.labels) == pytest.approx(0.0810, abs=1e-4)
    assert set(graph.splits) == set(load("cora", {}).splits)
