import pickle

import numpy as np
import pytest
from scipy.sparse import issparse

from core.data import disjoint_union
from core.errors import UserError


def test_sizes_and_undirected_edges(make_graph):
    graph = make_graph(edge_index=np.array([[0, 1, 1, 2, 3, 3], [1, 0, 1, 0, 2, 2]]))
    assert (graph.num_nodes, graph.num_features, graph.num_classes, graph.num_stored_edges) == (12, 7, 3, 6)
    assert graph.undirected_edges.tolist() == [[0, 1], [0, 2], [2, 3]]
    assert (graph.self_loops, graph.parallel_edges) == (1, 1), "1 to itself, and 3 to 2 once more; 0 to 1 and 1 to 0 are two"
    assert make_graph(edge_index=np.empty((2, 0), dtype=np.int64)).undirected_edges.shape == (0, 2)


def test_structure_hash_follows_nodes_and_edges(make_graph):
    graph = make_graph()
    assert graph.structure_hash == make_graph(features=graph.features * 2).structure_hash
    assert graph.structure_hash != make_graph(edge_index=graph.edge_index[:, ::-1]).structure_hash
    assert graph.structure_hash != make_graph(features=graph.features[:11]).structure_hash


def test_without_features_only_their_shape_is_left(make_graph):
    graph = make_graph(num_features=500)
    slim = graph.without_features()
    assert (slim.num_nodes, slim.num_features, slim.structure_hash) == (12, 500, graph.structure_hash)
    np.testing.assert_array_equal(slim.undirected_edges, graph.undirected_edges)
    with pytest.raises(TypeError):
        slim.features[0]
    assert len(pickle.dumps(slim)) < graph.features.nbytes / 5


def test_union_is_block_diagonal(make_graph):
    first, second = make_graph(0), make_graph(1, num_nodes=9)
    union = disjoint_union((first, second), "both")
    assert issparse(union.features)
    np.testing.assert_array_equal(union.features.toarray(), np.concatenate([first.features, second.features]))
    np.testing.assert_array_equal(union.edge_index[:, : first.num_stored_edges], first.edge_index)
    np.testing.assert_array_equal(union.edge_index[:, first.num_stored_edges :], second.edge_index + 12)
    np.testing.assert_array_equal(union.labels, np.concatenate([first.labels, second.labels]))
    assert union.graph_of_node.tolist() == [0] * 12 + [1] * 9
    np.testing.assert_array_equal(union.splits["public"].test[12:], second.splits["public"].test)
    assert set(disjoint_union((first, make_graph(1, splits={})), "both").splits) == set()


def test_graphs_that_do_not_fit_are_refused(make_graph):
    for graphs in ((make_graph(), make_graph(num_features=3)), (make_graph(), make_graph(classes=2)), ()):
        with pytest.raises(UserError, match="can only be joined from graphs with the same"):
            disjoint_union(graphs, "both")
