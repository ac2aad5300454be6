import numpy as np
import pytest
import torch
from torch_geometric.utils import homophily

from core.datasets.edges import ordered, undirected
from core.errors import UserError
from core.graph import adjusted_homophily, class_homophily, edge_homophily, local_homophily, node_homophily

# The worked example of core's definitions: a triangle of one class, and one link between two classes.
EDGES = np.array([[0, 1, 2, 3], [1, 2, 0, 4]])
Y = np.array([0, 0, 0, 0, 1])
BOTH_WAYS = undirected(EDGES, 5)


def test_worked_values_as_stored():
    assert edge_homophily(EDGES, Y) == 0.75
    assert node_homophily(EDGES, Y) == pytest.approx(0.6)
    assert node_homophily(EDGES, Y, isolated="skip") == 0.75
    assert class_homophily(EDGES, Y) == pytest.approx(0.2)
    assert adjusted_homophily(EDGES, Y) == pytest.approx(-1 / 7)


def test_worked_values_undirected():
    assert edge_homophily(BOTH_WAYS, Y) == 0.75
    assert node_homophily(BOTH_WAYS, Y) == pytest.approx(0.6)
    assert node_homophily(BOTH_WAYS, Y, isolated="skip") == pytest.approx(0.6)
    assert class_homophily(BOTH_WAYS, Y) == pytest.approx(6 / 7 - 4 / 5)
    assert adjusted_homophily(BOTH_WAYS, Y) == pytest.approx(-1 / 7)


def test_local_homophily_of_a_path():
    share, degree = local_homophily(undirected([[0, 1, 2], [1, 2, 3]], 5), [0, 0, 1, 1, 1])
    assert share.tolist() == [1, 0.5, 0.5, 1, 0]
    assert degree.tolist() == [1, 2, 2, 1, 0]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("ours", "method"), [(edge_homophily, "edge"), (node_homophily, "node"), (class_homophily, "edge_insensitive")])
def test_agrees_with_pyg(seed, ours, method):
    random = np.random.default_rng(seed)
    edges, y = random.integers(40, size=(2, 150)), random.integers(4, size=40)
    theirs = homophily(torch.from_numpy(edges), torch.from_numpy(y), method=method)
    assert ours(edges, y) == pytest.approx(theirs, abs=1e-6)


def test_takes_torch_tensors():
    assert edge_homophily(torch.from_numpy(EDGES), torch.from_numpy(Y)) == 0.75


@pytest.mark.parametrize("measure", [edge_homophily, node_homophily, class_homophily, adjusted_homophily])
def test_node_numbers_do_not_matter(measure):
    random = np.random.default_rng(0)
    edges, y = random.integers(30, size=(2, 90)), random.integers(3, size=30)
    new = random.permutation(30)
    moved = np.empty_like(y)
    moved[new] = y
    assert measure(new[edges], moved) == pytest.approx(measure(edges, y))


def test_unlabelled_nodes_are_left_out():
    # Node 5 is unlabelled and linked to all others: nothing changes but for what it touches.
    edges = np.concatenate([EDGES, [[5, 5, 0], [0, 3, 5]]], axis=1)
    y = np.append(Y, -1)
    assert edge_homophily(edges, y) == 0.75
    assert node_homophily(edges, y) == pytest.approx(0.6)
    assert class_homophily(edges, y) == pytest.approx(0.2)


@pytest.mark.parametrize("measure", [edge_homophily, class_homophily, adjusted_homophily])
def test_without_edges_nothing_is_defined(measure):
    assert np.isnan(measure(np.empty((2, 0)), Y))


def test_what_one_class_defines():
    edges, y = [[0, 1], [1, 0]], [0, 0]
    assert edge_homophily(edges, y) == 1
    assert np.isnan(class_homophily(edges, y))
    assert np.isnan(adjusted_homophily(edges, y))
    assert np.isnan(node_homophily(np.empty((2, 0)), y, isolated="skip"))
    assert node_homophily(np.empty((2, 0)), y) == 0


def test_edges_in_order_and_both_ways():
    stored = [[2, 0, 2, 1], [1, 0, 1, 2]]
    assert ordered(stored, 3).T.tolist() == [[0, 0], [1, 2], [2, 1]]
    assert undirected(stored, 3).T.tolist() == [[1, 2], [2, 1]]
    assert undirected([[], []], 0).shape == (2, 0)


def test_what_is_not_a_policy_or_a_label_is_refused():
    with pytest.raises(UserError, match=r"policy for isolated nodes 'all'.*skip, zero"):
        node_homophily([[0, 1], [1, 0]], [0, 1], isolated="all")
    for measure in (class_homophily, adjusted_homophily):
        with pytest.raises(UserError, match="at most 2,000 work"):
            measure([[0, 1], [1, 0]], [0, 10**13])
