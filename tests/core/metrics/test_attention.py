"""Measures of attention weights, by hand on four nodes: 1, 2 and 3 point at 0, 2 at 1, and 3 has no in-edge."""

import networkx as nx
import numpy as np
import pytest
from numpy.testing import assert_allclose

from core.metrics.attention import (
    attention_entropy,
    class_mass,
    head_similarity,
    in_degree,
    normalized_entropy,
    rollout,
    self_attention,
    uniform_share,
)

EDGES = np.array([[1, 2, 3, 2, 0, 1, 2, 3], [0, 0, 0, 1, 0, 1, 2, 3]])
ALPHA = np.array([[0.25, 0.5, 0.25, 0.0, 0.0, 1.0, 1.0, 1.0], [0.25, 0, 0, 0.5, 0.75, 0.5, 1, 1]]).T
"""Two heads; the last four edges are the nodes' own loops."""


def test_degrees_leave_the_own_loop_out():
    assert in_degree(EDGES, 4, True).tolist() == [3, 1, 0, 0]
    assert in_degree(EDGES[:, :4], 4, False).tolist() == [3, 1, 0, 0]


def test_entropy_by_hand():
    # ¼ ln 4 · 2 + ½ ln 2 = 1.5 ln 2; of ¼ and ¾: ¼ ln 4 + ¾ ln 4/3
    expected = [[1.5 * np.log(2), 0.25 * np.log(4) + 0.75 * np.log(4 / 3)], [0, np.log(2)], [0, 0], [0, 0]]
    assert_allclose(attention_entropy(ALPHA, EDGES[1], 4), expected, atol=1e-12)


def test_normalised_entropy_is_undefined_where_there_is_no_choice():
    found = normalized_entropy(attention_entropy(ALPHA, EDGES[1], 4), EDGES, 4, loops=True)
    assert_allclose(found[:2], [[0.75, (0.25 * np.log(4) + 0.75 * np.log(4 / 3)) / np.log(4)], [0, 1]])
    assert np.isnan(found[2:]).all()


def test_without_loops_one_neighbour_is_no_choice():
    links, alpha = EDGES[:, :4], np.array([[1 / 3, 1 / 3, 1 / 3, 1]]).T
    found = normalized_entropy(attention_entropy(alpha, links[1], 4), links, 4, loops=False)
    assert found[0, 0] == pytest.approx(1)
    assert np.isnan(found[1:]).all()


def test_uniform_share_counts_nodes_of_degree_three_and_more():
    normalized = np.array([[0.95, 0.2], [0.949, 1], [1, 1], [1, np.nan]])
    assert uniform_share(normalized, np.array([3, 5, 3, 2])).tolist() == pytest.approx([2 / 3, 2 / 3])
    assert np.isnan(uniform_share(normalized, np.array([2, 2, 2, 2]))).all()


def test_mass_by_class_and_on_oneself():
    labels = np.array([0, 0, 1, -1])
    mass = class_mass(ALPHA, EDGES, labels)
    assert_allclose(mass.same[:2], [[0.25, 0.25], [0, 0]])
    assert_allclose(mass.other[:2], [[0.5, 0], [0, 0.5]], err_msg="3 has no label and is neither")
    assert_allclose(mass.expected[:2], [1 / 4, 0], err_msg="one of four entries, the own loop among them")
    assert_allclose(mass.among[0], [0.25, 1], err_msg="¼ of all that goes to 1, 2 and 3; all that does")
    assert_allclose(mass.among[1], [np.nan, 0], err_msg="the first head keeps everything for itself")
    assert_allclose(mass.expected_among[:2], [1 / 3, 0], err_msg="one of three neighbours")
    assert all(np.isnan(one[2:]).all() for one in (mass.same, mass.among, mass.expected_among)), "2 has no neighbours, 3 no label"
    assert_allclose(self_attention(ALPHA, EDGES, 4), [[0, 0.75], [1, 0.5], [1, 1], [1, 1]])


def alike_among_neighbours(graph: nx.Graph, labels: np.ndarray) -> list[float]:
    near = [[labels[other] == labels[node] for other in graph[node] if other != node] for node in graph]
    return [float(np.mean(one)) if one else np.nan for one in near]


def test_what_goes_to_neighbours_is_compared_with_and_without_an_own_loop():
    """The same preferences among neighbours: a layer that keeps ¾ for the node itself has another mass, and the same share of them."""
    labels = np.array([0, 0, 1, 1])
    near, links = np.array([[0.5], [0.25], [0.25]]), EDGES[:, :3]
    own = np.append(0.25 * near, [[0.75]], axis=0)
    without, with_own = class_mass(near, links, labels), class_mass(own, np.append(links, [[0], [0]], axis=1), labels)
    assert (without.same[0, 0], with_own.same[0, 0]) == (0.5, 0.125)
    assert without.among[0, 0] == with_own.among[0, 0] == 0.5
    assert without.expected_among[0] == with_own.expected_among[0] == pytest.approx(1 / 3)


def test_uniform_attention_has_the_expected_mass():
    draw = np.random.default_rng(0)
    graph = nx.gnp_random_graph(30, 0.2, seed=0)
    links = np.array([*graph.edges, *[(b, a) for a, b in graph.edges], *[(n, n) for n in graph]]).T
    uniform = 1 / np.bincount(links[1])[links[1]][:, None]
    labels = draw.integers(0, 3, 30)
    mass = class_mass(uniform, links, labels)
    assert_allclose(mass.same[:, 0], mass.expected)
    assert_allclose(mass.among[:, 0], mass.expected_among)
    assert_allclose(mass.expected_among, alike_among_neighbours(graph, labels))
    assert_allclose(normalized_entropy(attention_entropy(uniform, links[1], 30), links, 30, loops=True)[in_degree(links, 30, True) > 0], 1)
    whole = mass.same + mass.other + self_attention(uniform, links, 30)
    assert_allclose(whole[~np.isnan(mass.same[:, 0])], 1)


def test_heads_are_alike_by_what_they_share():
    found = head_similarity(ALPHA, EDGES, 4, loops=True)
    # node 0: ½ (0 + .5 + .25 + .75) = .75 apart; node 1: ½ (.5 + .5) = .5; nodes 2 and 3 have no choice
    assert_allclose(found, [[1, 1 - 0.625], [1 - 0.625, 1]])
    assert np.isnan(head_similarity(ALPHA[4:], EDGES[:, 4:], 4, loops=True)).all()


def test_rollout_is_the_product_of_the_layers():
    first, second = np.random.default_rng(0).random((2, 4, 4)) * (np.arange(4)[:, None] >= np.arange(4))
    first, second = (one / one.sum(axis=1, keepdims=True) for one in (first, second))
    target, source = np.nonzero(first)
    layers = [(np.array([source, target]), one[target, source][:, None]) for one in (first, second)]
    last, both = rollout(layers, 4, 3, residual=(False, False))
    assert_allclose(last, second[3])
    assert_allclose(both, (second @ first)[3])
    half = [(one + np.eye(4)) / 2 for one in (first, second)]
    assert_allclose(rollout(layers, 4, 3, residual=(True, True))[1], (half[1] @ half[0])[3])
    last, both = rollout(layers, 4, 3, residual=(True, False))
    assert_allclose(last, second[3], err_msg="residuals are given first layer first")
    assert_allclose(both, (second @ half[0])[3])


def test_in_a_rollout_a_node_without_in_edges_keeps_its_mass():
    (mass,) = rollout([(np.array([[1], [0]]), np.ones((1, 2)))], 3, 2, residual=(False,))
    assert mass.tolist() == [0, 0, 1]


@pytest.mark.parametrize("labels", [[0, 0, 0, 0], [0, 1, 2, 3], [-1, -1, -1, -1]])
def test_classes_of_which_there_is_only_one_kind(labels):
    mass = class_mass(ALPHA, EDGES, np.array(labels))
    near = 1 - self_attention(ALPHA, EDGES, 4)
    known = labels[0] == 0
    for node in (0, 1):
        assert_allclose(mass.same[node], near[node] if labels[1] == 0 else 0 if known else np.nan)
        assert_allclose(mass.other[node], 0 if labels[1] == 0 else near[node] if known else np.nan)
    assert np.isnan(mass.same[2:]).all()


def test_without_any_edge_nothing_is_defined():
    links, alpha = np.zeros((2, 0), dtype=int), np.zeros((0, 2))
    mass = class_mass(alpha, links, np.array([0, 1]))
    assert np.isnan(mass.same).all()
    assert np.isnan(mass.expected).all()
    assert np.isnan(normalized_entropy(attention_entropy(alpha, links[1], 2), links, 2, loops=False)).all()
    assert np.isnan(head_similarity(alpha, links, 2, loops=False)).all()
