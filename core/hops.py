"""Who is next to whom, and how many hops away. Links count in both directions; free of torch."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix

Ints = NDArray[np.int64]

UNREACHABLE = -1


def adjacency(edge_index: ArrayLike, num_nodes: int) -> csr_matrix:
    """Symmetric 0/1 matrix [num_nodes, num_nodes]: each linked pair once in both directions, no self-loops.

    `edge_index`: [2, num_stored], in any direction, duplicates allowed.
    """
    source, target = np.asarray(edge_index, dtype=np.int64).reshape(2, -1)
    kept = source != target
    rows, columns = np.concatenate([source[kept], target[kept]]), np.concatenate([target[kept], source[kept]])
    matrix = csr_matrix((np.ones(len(rows), dtype=np.int32), (rows, columns)), shape=(num_nodes, num_nodes))
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


def degrees(links: csr_matrix) -> Ints:
    """Number of neighbours of each node, [num_nodes]; `links` from `adjacency`."""
    return np.asarray(np.diff(links.indptr), dtype=np.int64)


def pairs(links: csr_matrix) -> Ints:
    """Every link in both directions, [2, 2·num_edges], in the form of an `edge_index`."""
    return np.stack([np.repeat(np.arange(links.shape[0]), degrees(links)), links.indices]).astype(np.int64)


def hops_to_nearest(links: csr_matrix, sources: ArrayLike, limit: int | None = None) -> Ints:
    """Length of the shortest path from each node to the nearest source, [num_nodes]: 0 at a source, −1 without a path.

    `links` from `adjacency`; `sources`: a mask [num_nodes] or node ids. With a `limit`, nodes farther than that
    are −1 as well. Breadth-first from all sources at once, O(nodes + edges) whatever the diameter.
    """
    chosen = np.asarray(sources)
    distance = np.full(links.shape[0], UNREACHABLE, dtype=np.int64)
    frontier = np.flatnonzero(chosen) if chosen.dtype == bool else np.unique(chosen.astype(np.int64))
    hop = 0
    while len(frontier):
        distance[frontier] = hop
        if hop == limit:
            break
        hop += 1
        reached = neighbours_of(links, frontier)
        frontier = np.unique(reached[distance[reached] == UNREACHABLE])
    return distance


def neighbours_of(links: csr_matrix, nodes: Ints) -> Ints:
    """Neighbours of all the given nodes, one after the other, with repetitions."""
    starts, counts = links.indptr[nodes], np.diff(links.indptr)[nodes]
    ends = np.cumsum(counts)
    offsets = np.repeat(starts - np.concatenate([[0], ends[:-1]]), counts)
    return np.asarray(links.indices[offsets + np.arange(ends[-1] if len(ends) else 0)], dtype=np.int64)
