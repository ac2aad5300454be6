"""Neighbourhoods, with values counted by hand."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from core.errors import UserError
from core.neighborhood import k_hop, pairs_within, showing

# 0 – 1 – 2 – 3 and 1 – 4; 5 stands alone
PAIRS = np.array([[0, 1, 2, 1], [1, 2, 3, 4]])
BOTH = np.concatenate([PAIRS, PAIRS[::-1]], axis=1)


def test_hops_by_hand() -> None:
    found = k_hop(BOTH, 6, 0, hops=2, limit=100)
    assert found.nodes.tolist() == [0, 1, 2, 4]
    assert found.hop.tolist() == [0, 1, 2, 2]
    assert found.total == 4


def test_no_hops_and_isolated_nodes() -> None:
    assert k_hop(BOTH, 6, 0, hops=0, limit=10).nodes.tolist() == [0]
    assert k_hop(BOTH, 6, 5, hops=3, limit=10).nodes.tolist() == [5]


def test_edges_are_followed_against_their_direction() -> None:
    """A GNN gathers from the sources of a node's in-edges."""
    assert k_hop(PAIRS, 6, 3, hops=3, limit=10).nodes.tolist() == [3, 2, 1, 0]
    assert k_hop(PAIRS, 6, 0, hops=3, limit=10).nodes.tolist() == [0]


def test_limit_keeps_the_near_ones_spread_over_the_ids_and_says_the_total() -> None:
    star = np.stack([np.arange(1, 101), np.zeros(100, dtype=np.int64)])
    found = k_hop(star, 101, 0, hops=1, limit=5)
    assert found.nodes.tolist() == [0, 1, 34, 67, 100]
    assert found.total == 101


def test_kept_nodes_are_connected_to_the_middle() -> None:
    graph = nx.random_regular_graph(4, 200, seed=1)
    edges = np.array(graph.edges).T
    found = k_hop(np.concatenate([edges, edges[::-1]], axis=1), 200, 7, hops=6, limit=40)
    assert len(found.nodes) == 40
    assert nx.is_connected(graph.subgraph(found.nodes.tolist()))


def test_hops_agree_with_networkx() -> None:
    graph = nx.gnp_random_graph(150, 0.02, seed=2)
    edges = np.array(graph.edges).T
    found = k_hop(np.concatenate([edges, edges[::-1]], axis=1), 150, 3, hops=4, limit=1000)
    expected = nx.single_source_shortest_path_length(graph, 3, cutoff=4)
    assert dict(zip(found.nodes.tolist(), found.hop.tolist(), strict=True)) == expected


def test_unknown_node() -> None:
    with pytest.raises(UserError, match=r"no node 9.*0 to 5"):
        k_hop(BOTH, 6, 9, hops=1, limit=10)


def test_pairs_within() -> None:
    loops = np.concatenate([BOTH, [[1], [1]]], axis=1)
    assert pairs_within(loops, np.array([1, 2, 4]), 6).tolist() == [[1, 2], [1, 4]]
    assert pairs_within(loops, np.array([5]), 6).shape == (0, 2)


def test_sentence() -> None:
    all_of_it = k_hop(BOTH, 6, 0, hops=1, limit=9)
    assert showing(all_of_it, 2708, 0, 1) == "Showing 2 of 2,708 nodes: 1 hop around node 0."
    part = k_hop(BOTH, 6, 0, hops=3, limit=2)
    assert showing(part, 2708, 0, 3) == "Showing 2 of 2,708 nodes: 3 hops around node 0 (2 of the 5 within reach)."
