import networkx as nx
import numpy as np
import pytest

from core.datasets.contract import load
from core.datasets.motifs import GRID, random_links

HOUSE = nx.house_graph()
SHAPES = {
    # name: motifs, nodes of a motif, first motif node, what the motif is
    "ba_shapes": (80, 5, 300, HOUSE),
    "tree_cycles": (60, 6, 511, nx.cycle_graph(6)),
    "tree_grid": (80, 9, 511, nx.grid_2d_graph(3, 3)),
}


def networks(graph, edges):
    found = nx.Graph()
    found.add_nodes_from(range(graph.num_nodes))
    found.add_edges_from(edges.T.tolist())
    return found


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("noise", [0, 0.1])
def test_every_motif_is_one(name, noise):
    motifs, size, first, shape = SHAPES[name]
    graph = load(name, {"noise": noise, "seed": 5})
    assert graph.num_nodes == first + motifs * size
    assert (graph.motif_of_node[:first] == -1).all()
    assert (graph.motif_of_node[first:] == np.repeat(np.arange(motifs), size)).all()
    for motif in range(motifs):
        found = nx.Graph(graph.edge_index[:, graph.truth_edges == motif].T.tolist())
        assert nx.is_isomorphic(found, shape)
        assert set(found) == set(np.flatnonzero(graph.motif_of_node == motif))


@pytest.mark.parametrize("name", [*SHAPES, "ba_community"])
def test_both_directions_of_an_edge_have_one_truth(name):
    graph = load(name, {})
    truth = dict(zip(map(tuple, graph.edge_index.T.tolist()), graph.truth_edges.tolist(), strict=True))
    assert all(truth[v, u] == motif for (u, v), motif in truth.items())


@pytest.mark.parametrize(("name", "edges"), [("ba_shapes", 1475 + 80 * 7), ("tree_cycles", 510 + 60 * 7), ("tree_grid", 510 + 80 * 13)])
def test_without_noise_only_base_motifs_and_one_link_each(name, edges):
    graph = load(name, {"noise": 0})
    assert len(graph.undirected_edges) == edges
    assert nx.is_connected(networks(graph, graph.edge_index))
    first = SHAPES[name][2]
    outside = graph.edge_index[:, (graph.edge_index[0] >= first) & (graph.truth_edges < 0)]
    assert len(outside.T) == SHAPES[name][0]
    assert (outside[1] < first).all()
    assert len(set(outside[1].tolist())) == SHAPES[name][0]


@pytest.mark.parametrize(("name", "code", "paper"), [("ba_shapes", 20, 70), ("tree_cycles", 9, 87), ("tree_grid", 155, 123)])
def test_random_links_of_the_published_code_and_of_the_paper(name, code, paper):
    bare, default, text = (len(load(name, given).undirected_edges) for given in ({"noise": 0}, {}, {"noise": 0.1}))
    assert (default - bare, text - bare) == (code, paper)


def test_nodes_that_papers_evaluate_are_in_motifs():
    houses, cycles, grids = (load(name, {}) for name in SHAPES)
    assert (houses.labels[400:700:5] == 1).all()
    assert houses.labels[300:305].tolist() == [1, 1, 2, 2, 3]
    assert (cycles.labels[511:871:6] == 1).all()
    assert (grids.labels[511:800] == 1).all()


def test_house_roles_are_what_they_are_called():
    graph = load("ba_shapes", {"noise": 0})
    inside = networks(graph, graph.edge_index[:, graph.truth_edges == 0])
    roof, middle, bottom = 304, {300, 301}, {302, 303}
    assert set(inside[roof]) == middle
    assert all(len(bottom & set(inside[node])) == 1 for node in middle)


def test_the_trees_are_binary_of_depth_eight():
    tree = networks(load("tree_cycles", {"noise": 0}), load("tree_cycles", {"noise": 0}).edge_index).subgraph(range(511))
    assert nx.is_tree(tree)
    assert nx.eccentricity(tree, 0) == 8


def test_grid_is_three_by_three():
    assert nx.is_isomorphic(nx.Graph(GRID), nx.grid_2d_graph(3, 3))


def test_community_has_two_of_everything():
    graph = load("ba_community", {})
    assert graph.num_classes == 8
    assert np.bincount(graph.labels).tolist() == [300, 160, 160, 80] * 2
    assert sorted(set(graph.motif_of_node[700:].tolist())) == [-1, *range(80, 160)]
    bridges = graph.undirected_edges[(graph.undirected_edges[:, 0] < 700) & (graph.undirected_edges[:, 1] >= 700)]
    assert len(bridges) == 350
    means = np.stack([graph.features[:700].mean(axis=0), graph.features[700:].mean(axis=0)])
    assert np.abs(means[:, :2] - [[-1], [1]]).max() < 4 * 0.5 / 700**0.5
    assert np.abs(means[:, 2:]).max() < 4 / 700**0.5


def test_random_links_avoid_what_is_there():
    links = np.array([[0, 1], [2, 1]])
    found = random_links(links, 3, 1, np.random.default_rng(0))
    assert found.tolist() == [[0, 2]]
    assert random_links(links, 3, 0, np.random.default_rng(0)).shape == (0, 2)


@pytest.mark.parametrize("name", SHAPES)
def test_features_are_constant(name):
    assert (load(name, {}).features == 1).all()
