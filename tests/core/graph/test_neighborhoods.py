"""Label informativeness, class-to-class edges and cross-class neighbourhood similarity against sums over all pairs of nodes."""

import numpy as np
import pytest

from core.datasets.edges import undirected
from core.errors import UserError
from core.graph import (
    adjusted_homophily,
    class_edges,
    class_mass,
    cross_class_neighborhood_similarity,
    edge_homophily,
    label_informativeness,
)

# The worked example of core's definitions: a triangle with a tail, whose end is another class.
EDGES = np.array([[0, 1, 2, 2, 3, 4], [1, 2, 0, 3, 4, 5]])
Y = np.array([0, 0, 0, 0, 1, 1])
BOTH_WAYS = undirected(EDGES, 6)
MEASURES = (edge_homophily, adjusted_homophily, label_informativeness, lambda e, y: label_informativeness(e, y, kind="node"))
TABLES = (class_edges, cross_class_neighborhood_similarity)


def multigraph(seed, nodes=25, edges=70, classes=4):
    """Directed, with parallel edges, self-loops, isolated and unlabelled nodes."""
    random = np.random.default_rng(seed)
    y = random.integers(classes, size=nodes)
    y[random.choice(nodes, 3, replace=False)] = -1
    return random.integers(nodes - 4, size=(2, edges)), y


def matrix(edges, nodes):
    found = np.zeros((nodes, nodes))
    np.add.at(found, tuple(edges), 1)
    return found


@pytest.mark.parametrize("edges", [EDGES, BOTH_WAYS])
def test_worked_values(edges):
    assert label_informativeness(edges, Y) == pytest.approx(0.25178, abs=5e-6)
    assert label_informativeness(edges, Y, kind="node") == pytest.approx(0.33819, abs=5e-6)


def test_tables_worked_out_by_hand():
    assert class_edges(BOTH_WAYS, Y) == pytest.approx(np.array([[8 / 9, 1 / 9], [1 / 3, 2 / 3]]))
    assert class_mass(BOTH_WAYS, Y) == pytest.approx([9 / 12, 3 / 12])
    # Histograms of nodes 0 … 5: (2,0) (2,0) (3,0) (1,1) (1,1) (0,1).
    root = np.sqrt(0.5)
    own, other = np.array([3 + root, root]) / 4, np.array([root, 1 + root]) / 2
    found = cross_class_neighborhood_similarity(BOTH_WAYS, Y)
    assert found == pytest.approx(np.array([[own @ own, own @ other], [own @ other, other @ other]]))


def dense_informativeness(edges, y, kind):
    """Loops over all pairs of nodes."""
    links = matrix(edges, len(y))
    links = (links + links.T) * np.outer(y >= 0, y >= 0)
    degree, classes = links.sum(axis=1), y.max() + 1
    linked = np.flatnonzero(degree)
    joint, drawn, mass = np.zeros((classes, classes)), np.zeros(classes), np.zeros(classes)
    for u in linked:
        mass[y[u]] += degree[u] / degree.sum()
        drawn[y[u]] += degree[u] / degree.sum() if kind == "edge" else 1 / len(linked)
        for v in linked:
            joint[y[u], y[v]] += links[u, v] / (degree.sum() if kind == "edge" else len(linked) * degree[u])
    told = sum(joint[a, b] * np.log(joint[a, b] / (drawn[a] * mass[b])) for a, b in np.argwhere(joint))
    return told / -sum(share * np.log(share) for share in drawn if share)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("kind", ["edge", "node"])
def test_informativeness_against_all_pairs(seed, kind):
    edges, y = multigraph(seed)
    assert label_informativeness(edges, y, kind=kind) == pytest.approx(dense_informativeness(edges, y, kind))


@pytest.mark.parametrize("seed", range(5))
def test_similarity_against_all_pairs(seed):
    edges, y = multigraph(seed)
    into = (matrix(edges, len(y)) * np.outer(y >= 0, y >= 0)).T
    histogram = np.stack([into[:, y == label].sum(axis=1) for label in range(4)], axis=1)

    def cosine(i, j):
        lengths = np.linalg.norm(histogram[i]) * np.linalg.norm(histogram[j])
        return histogram[i] @ histogram[j] / lengths if lengths else 0.0

    members = [np.flatnonzero(y == label) for label in range(4)]
    slow = [[np.mean([cosine(i, j) for i in mine for j in theirs]) for theirs in members] for mine in members]
    assert cross_class_neighborhood_similarity(edges, y) == pytest.approx(np.array(slow))


@pytest.mark.parametrize("seed", range(3))
def test_class_edges_against_counting_one_by_one(seed):
    edges, y = multigraph(seed)
    counts = np.zeros((4, 4))
    for u, v in edges.T:
        if y[u] >= 0 and y[v] >= 0:
            counts[y[u], y[v]] += 1
    assert class_edges(edges, y) == pytest.approx(counts / counts.sum(axis=1, keepdims=True))


@pytest.mark.parametrize("seed", range(3))
def test_names_of_nodes_and_classes_do_not_matter(seed):
    edges, y = multigraph(seed)
    random = np.random.default_rng(seed)
    nodes, classes = random.permutation(len(y)), random.permutation(4)
    moved = np.empty_like(y)
    moved[nodes] = np.where(y >= 0, classes[y], -1)
    for measure in MEASURES:
        assert measure(nodes[edges], moved) == pytest.approx(measure(edges, y))
    for table in TABLES:
        assert table(nodes[edges], moved)[np.ix_(classes, classes)] == pytest.approx(table(edges, y))


def test_a_class_that_is_always_linked_to_the_other_is_told_by_it():
    edges, y = undirected([[0, 1, 2], [3, 4, 5]], 6), [0, 0, 0, 1, 1, 1]
    assert edge_homophily(edges, y) == 0
    assert label_informativeness(edges, y) == label_informativeness(edges, y, kind="node") == pytest.approx(1)
    assert class_edges(edges, y).tolist() == [[0, 1], [1, 0]]


def test_labels_that_are_drawn_without_regard_to_edges_tell_nothing():
    edges, y = undirected([[0, 0, 1, 1], [2, 3, 2, 3]], 4), [0, 1, 0, 1]
    assert label_informativeness(edges, y) == label_informativeness(edges, y, kind="node") == 0


def test_direction_is_that_of_the_table():
    edges, y = [[0, 0, 1], [1, 1, 2]], [0, 1, 0]
    assert class_edges(edges, y).tolist() == [[0, 1], [1, 0]]
    one_way = class_edges([[0, 0], [1, 1]], y)
    assert one_way[0].tolist() == [0, 1]
    assert np.isnan(one_way[1]).all()  # no edge leaves it


def test_a_parallel_edge_counts_again():
    edges = np.concatenate([BOTH_WAYS, [[3, 4], [4, 3]]], axis=1)
    assert class_edges(edges, Y)[0, 1] == pytest.approx(2 / 10)
    assert label_informativeness(edges, Y) == pytest.approx(dense_informativeness(edges, Y, "edge"))


def test_isolated_nodes():
    more = np.append(Y, [1, 1])
    for kind in ("edge", "node"):
        assert label_informativeness(BOTH_WAYS, more, kind=kind) == pytest.approx(label_informativeness(BOTH_WAYS, Y, kind=kind))
    before, after = (cross_class_neighborhood_similarity(BOTH_WAYS, y) for y in (Y, more))
    assert after == pytest.approx(before * [[1, 1 / 2], [1 / 2, 1 / 4]])  # half of class 1 now has the zero vector


def test_what_is_not_defined_says_why():
    nothing, alike = np.empty((2, 0)), [0, 0, 0, 0, 0, 0]
    for kind in ("edge", "node"):
        assert label_informativeness(nothing, Y, kind=kind).reason == "no edge links two labelled nodes"
        assert label_informativeness(BOTH_WAYS, alike, kind=kind).reason == "all linked nodes are of one class"
        assert np.isnan(label_informativeness(BOTH_WAYS, alike, kind=kind))
    assert adjusted_homophily(BOTH_WAYS, alike).reason == "all linked nodes are of one class"
    assert np.isnan(class_edges(nothing, Y)).all()
    assert np.isnan(cross_class_neighborhood_similarity(nothing, Y)).all()
    assert class_edges(nothing, []).shape == (0, 0)
    missing = cross_class_neighborhood_similarity([[0, 1], [1, 0]], [0, 2])
    assert np.isnan(missing[1]).all()
    assert np.isnan(missing[:, 1]).all()
    assert missing[0].tolist()[::2] == [1, 0]


@pytest.mark.parametrize("measure", [*MEASURES, *TABLES])
@pytest.mark.parametrize(
    ("edges", "y", "said"),
    [
        ([[0, 1], [1, 9]], [0, 1], "names node 9; with 2 labels, nodes are numbered from 0 to 1"),
        ([[0, -1], [1, 0]], [0, 1], "names node -1"),
        ([[0, 1]], [0, 1], r"the shape \(1, 2\)"),
        ([[0.5], [1.0]], [0, 1], "type float64"),
        ([[0], [1]], [[1, 0], [0, 1]], r"the shape \(2, 2\)"),
        ([[0], [1]], [0.0, np.nan], "type float64"),
    ],
)
def test_what_is_no_graph_gets_a_sentence(measure, edges, y, said):
    with pytest.raises(UserError, match=said):
        measure(edges, y)


def test_too_many_classes_and_unknown_kinds_are_refused():
    for table in (*TABLES, label_informativeness):
        with pytest.raises(UserError, match=r"A label is 1,000,000; .* at most 2,000"):
            table([[0], [1]], [0, 1_000_000])
    with pytest.raises(UserError, match="Did you mean 'node'"):
        label_informativeness(EDGES, Y, kind="nodes")


@pytest.mark.public_data
def test_values_of_cora():
    from core.datasets.contract import load

    graph = load("cora", {})
    assert label_informativeness(graph.edge_index, graph.labels) == pytest.approx(0.5904, abs=5e-5)
    assert adjusted_homophily(graph.edge_index, graph.labels) == pytest.approx(0.7711, abs=5e-5)
