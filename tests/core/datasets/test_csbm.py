from itertools import pairwise
from math import erf, sqrt

import numpy as np
import pytest

from core.datasets.contract import load
from core.datasets.csbm import _triangle, class_sizes, edges, expected_edges, features, possible_pairs
from core.errors import UserError
from core.graph import edge_homophily


def csbm(**given):
    return load("csbm", given)


@pytest.mark.parametrize("imbalance", [1, 5])
@pytest.mark.parametrize("others", ["uniform", "circulant"])
@pytest.mark.parametrize("homophily", [0, 0.15, 0.5, 0.85, 1])
def test_homophily_and_degree_are_those_asked_for(homophily, others, imbalance):
    graph = csbm(nodes=3000, classes=5, homophily=homophily, others=others, imbalance=imbalance, degree=12, seed=3)
    edges_asked, found = 3000 * 12 / 2, len(graph.undirected_edges)
    assert abs(found - edges_asked) < 4 * sqrt(edges_asked)
    deviation = sqrt(homophily * (1 - homophily) / found)
    assert abs(edge_homophily(graph.edge_index, graph.labels) - homophily) <= 4 * deviation


def test_homophily_is_right_on_average_over_seeds():
    found = [edge_homophily(g.edge_index, g.labels) for g in (csbm(nodes=200, homophily=0.3, seed=seed) for seed in range(100))]
    # 1,000 edges each, 100 graphs.
    assert abs(np.mean(found) - 0.3) < 4 * sqrt(0.3 * 0.7 / 100_000)


def test_circulant_neighbours_are_the_classes_beside():
    graph = csbm(classes=5, homophily=0, others="circulant")
    step = np.diff(graph.labels[graph.edge_index], axis=0) % 5
    assert set(step.ravel().tolist()) == {1, 4}


def test_uniform_neighbours_come_from_every_other_class():
    graph = csbm(classes=5, homophily=0, nodes=2000)
    step = np.bincount((np.diff(graph.labels[graph.edge_index], axis=0) % 5).ravel(), minlength=5)
    assert step[0] == 0
    assert np.abs(step[1:] / step.sum() - 0.25).max() < 4 * sqrt(0.25 * 0.75 / (step.sum() / 2))


def test_three_classes_in_a_circle_are_uniform():
    sizes = class_sizes(90, 3, 1)
    assert (possible_pairs(sizes, "circulant") == possible_pairs(sizes, "uniform")).all()


def test_expected_edges_of_a_block_worked_out_by_hand():
    # 2 classes of 10, degree 4: 40 edges, of which 30 within (15 a class) and 10 between.
    pairs, counts = expected_edges(class_sizes(20, 2, 1), 0.75, 4, "uniform")
    assert pairs.tolist() == [[45, 100], [0, 45]]
    assert counts.tolist() == [[15, 10], [0, 15]]


def test_a_block_asked_for_all_its_pairs_is_complete():
    sizes = class_sizes(20, 2, 1)
    found = edges(sizes, expected_edges(sizes, 1, 9, "uniform"), np.random.default_rng(0))
    assert found.shape == (2, 20 * 9)


def test_class_sizes_fall_in_equal_ratios():
    assert class_sizes(100, 2, 1).tolist() == [50, 50]
    assert class_sizes(100, 2, 4).tolist() == [80, 20]
    assert class_sizes(70, 3, 4).tolist() == [40, 20, 10]


def test_lower_triangle_is_counted_through():
    row, column = _triangle(np.arange(500 * 499 // 2))
    assert (row[:4].tolist(), column[:4].tolist()) == ([1, 2, 2, 3], [0, 0, 1, 0])
    assert (row > column).all()
    assert len(set(zip(row.tolist(), column.tolist(), strict=True))) == 500 * 499 // 2
    far = np.array([10**15])
    row, column = _triangle(far)
    assert row * (row - 1) // 2 + column == far
    assert 0 <= column < row


@pytest.mark.parametrize("signal", [0, 1, 3])
def test_signal_is_the_distance_of_two_class_centres(signal):
    labels = np.repeat([0, 1], 20_000)
    x = features(labels, 2, signal, np.random.default_rng(0))
    # The optimal rule for two balanced classes, right with probability Φ(signal/2).
    right = ((x[:, 1] > x[:, 0]) == labels).mean()
    assert abs(right - (1 + erf(signal / 2 / sqrt(2))) / 2) < 4 * sqrt(0.25 / 40_000)


def test_the_homophily_knob_leaves_the_features_alone():
    assert (csbm(homophily=0.1).features == csbm(homophily=0.9).features).all()


def test_impossible_homophily_names_the_nearest_possible():
    asked = {"nodes": 20, "degree": 12}
    for homophily, nearest in ((0.95, 0.75), (0, 0.167)):
        with pytest.raises(UserError, match=rf"nearest possible homophily is {nearest}\."):
            csbm(homophily=homophily, **asked)
        csbm(homophily=nearest, **asked)


def test_impossible_degree_names_the_most():
    with pytest.raises(UserError, match="the most is 19;"):
        csbm(nodes=20, degree=50, homophily=0.5)
    csbm(nodes=20, degree=19, homophily=9 / 19)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"others": "circulant", "classes": 4}, "classes c and c \\+ 2 have the same other neighbours"),
        ({"others": "circulant", "classes": 2}, "needs a class on either side"),
        ({"nodes": 20, "classes": 20, "imbalance": 20}, "leave a class empty"),
        ({"classes": 10, "dimensions": 5}, "need at least 10 feature dimensions"),
        ({"homophily": 1.2}, "it takes a number from 0 to 1"),
        ({"nodes": 10}, "it takes a whole number from 20"),
    ],
)
def test_contradictions_are_refused_with_a_reason(given, why):
    with pytest.raises(UserError, match=why):
        csbm(**given)


def test_four_classes_in_a_circle_are_indeed_degenerate():
    sizes = class_sizes(40, 5, 1)
    beside = possible_pairs(sizes, "circulant")
    rows = {tuple(row) for row in (beside + beside.T > 0).tolist()}
    assert len(rows) == 5  # with five classes every class has neighbours of its own
    circle = np.eye(4, k=1) + np.eye(4, k=-1) + np.eye(4, k=3) + np.eye(4, k=-3)
    assert len({tuple(row) for row in circle.tolist()}) == 2


def test_edges_are_sorted_and_unique():
    graph = csbm(nodes=100)
    assert all(a < b for a, b in pairwise(graph.edge_index.T.tolist()))
