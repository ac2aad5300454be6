from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from core.hops import adjacency, degrees, hops_to_nearest, neighbours_of, pairs


def random_edges(seed: int, num_nodes: int = 60, num_edges: int = 50) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, num_nodes, (2, num_edges))


def test_a_path_counted_by_hand() -> None:
    links = adjacency([[0, 1, 2, 4], [1, 2, 3, 4]], 6)  # 0-1-2-3, a self-loop at 4, and 5 alone
    assert degrees(links).tolist() == [1, 2, 2, 1, 0, 0]
    assert hops_to_nearest(links, [0]).tolist() == [0, 1, 2, 3, -1, -1]
    assert hops_to_nearest(links, [0, 3]).tolist() == [0, 1, 1, 0, -1, -1]
    assert hops_to_nearest(links, [0], limit=1).tolist() == [0, 1, -1, -1, -1, -1]


def test_a_pair_counts_once_whatever_is_stored() -> None:
    once, twice = adjacency([[0], [1]], 2), adjacency([[0, 1, 0, 1], [1, 0, 1, 1]], 2)
    assert (once != twice).nnz == 0
    assert pairs(once).tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize("seed", range(5))
def test_distances_are_those_of_networkx(seed: int) -> None:
    edges, sources = random_edges(seed), [3, 17, 40]
    graph = nx.Graph(list(edges.T.tolist()))
    graph.add_nodes_from(range(60))
    expected = nx.multi_source_dijkstra_path_length(graph, set(sources))
    found = hops_to_nearest(adjacency(edges, 60), sources)
    assert {node: hop for node, hop in enumerate(found.tolist()) if hop >= 0} == expected


def test_distances_move_with_the_nodes() -> None:
    edges, names = random_edges(1), np.random.default_rng(1).permutation(60)
    sources = np.arange(60) < 4
    moved = np.zeros(60, dtype=bool)
    moved[names[sources]] = True
    assert (hops_to_nearest(adjacency(names[edges], 60), moved)[names] == hops_to_nearest(adjacency(edges, 60), sources)).all()


def test_a_mask_and_its_ids_are_the_same_sources() -> None:
    links, chosen = adjacency(random_edges(2), 60), np.arange(60) % 7 == 0
    assert (hops_to_nearest(links, chosen) == hops_to_nearest(links, np.flatnonzero(chosen))).all()


def test_without_sources_or_links_nothing_is_reached() -> None:
    links = adjacency(np.empty((2, 0), dtype=int), 3)
    assert hops_to_nearest(links, np.zeros(3, dtype=bool)).tolist() == [-1, -1, -1]
    assert hops_to_nearest(links, []).tolist() == [-1, -1, -1]
    assert neighbours_of(links, np.array([], dtype=np.int64)).tolist() == []
    assert hops_to_nearest(links, [1]).tolist() == [-1, 0, -1]
