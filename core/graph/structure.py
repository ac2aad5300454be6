"""What the measures ask of a graph again and again, made once: links, degrees, components, who is near and far.

The graph counts as undirected: each linked pair once, self-loops left out.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from functools import cached_property
from threading import Lock

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from core.hops import Ints, adjacency, degrees

Bools = NDArray[np.bool_]

EXACT, SAMPLE = 5_000, 1_000
"""Nodes up to which all rows of a matrix of pairs are taken, and how many are of a larger graph."""
BLOCK = 256
"""Rows whose distances to all nodes are in memory at once; four words of 64 bits."""
NEAR, FAR = 3, 8
"""Hops of MADGap: near pairs have at most so many, far ones at least so many."""
KEPT = 4
"""Graphs whose structure is kept."""


class Structure:
    """An undirected graph of `num_nodes` nodes as the measures see it."""

    def __init__(self, edge_index: NDArray[np.int64], num_nodes: int) -> None:
        self.num_nodes = num_nodes
        self.links: csr_matrix = adjacency(edge_index, num_nodes)
        self._near_and_far: dict[int, list[tuple[NDArray[np.uint8], NDArray[np.uint8]]]] = {}

    @cached_property
    def degree(self) -> Ints:
        """Neighbours of each node, [num_nodes]."""
        return degrees(self.links)

    @cached_property
    def pairs(self) -> tuple[Ints, Ints]:
        """Ends of each linked pair, once."""
        one = np.repeat(np.arange(self.num_nodes), self.degree)
        once = one < self.links.indices
        return one[once], self.links.indices[once].astype(np.int64)

    @cached_property
    def component(self) -> Ints:
        """Number of the connected component of each node, [num_nodes]."""
        return np.asarray(connected_components(self.links, directed=False)[1], dtype=np.int64)

    def near_and_far(self, seed: int) -> Iterator[tuple[Ints, Bools, Bools]]:
        """Of some nodes at a time: which others are at most `NEAR` hops away, and which at least `FAR` but not out of reach.

        Both masks are [num_chosen, num_nodes]. They are kept as bits, because the hops take most of the time.
        """
        rows = rows_of(self.num_nodes, seed)
        chosen = [rows[block] for block in blocks(len(rows))]
        if seed not in self._near_and_far:
            self._near_and_far = {seed: [self._packed(some) for some in chosen]}
        for some, masks in zip(chosen, self._near_and_far[seed], strict=True):
            near, far = (np.unpackbits(mask, axis=1, count=self.num_nodes).view(bool) for mask in masks)
            yield some, near, far

    def _packed(self, chosen: Ints) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        near, within = _within(self.links, chosen, (NEAR, FAR - 1))
        near[np.arange(len(chosen)), chosen] = False
        far = (self.component[chosen][:, None] == self.component) & ~within
        return np.packbits(near, axis=1), np.packbits(far, axis=1)


def structure(edge_index: ArrayLike, num_nodes: int) -> Structure:
    """The structure of a graph; that of the last few graphs is at hand."""
    edges = np.ascontiguousarray(edge_index, dtype=np.int64).reshape(2, -1)
    key = (hashlib.sha256(edges.tobytes()).hexdigest(), num_nodes)
    with _lock:
        if key not in _made:
            _made[key] = Structure(edges, num_nodes)
        _made.move_to_end(key)
        while len(_made) > KEPT:
            _made.popitem(last=False)
        return _made[key]


_made: OrderedDict[tuple[str, int], Structure] = OrderedDict()
_lock = Lock()


def rows_of(num_nodes: int, seed: int) -> Ints:
    """All nodes, or of a large graph a sample of them drawn with `seed`, in rising order."""
    if num_nodes <= EXACT:
        return np.arange(num_nodes)
    return np.sort(np.random.default_rng(seed).choice(num_nodes, SAMPLE, replace=False))


def blocks(rows: int) -> Iterator[slice]:
    return (slice(start, min(start + BLOCK, rows)) for start in range(0, rows, BLOCK))


def _within(links: csr_matrix, sources: Ints, hops: Sequence[int]) -> list[Bools]:
    """For each number of hops, ascending: which nodes are at most so far from each source, [num_sources, num_nodes].

    A node's sources are the bits of its words, so that one pass over the links moves all of them a hop.
    """
    num_nodes = links.shape[0]
    bits = np.zeros((num_nodes, BLOCK // 8), dtype=np.uint8)
    order = np.arange(len(sources))
    np.bitwise_or.at(bits, (sources, order // 8), (1 << (order % 8)).astype(np.uint8))
    reached = bits.view(np.uint64)
    linked = np.flatnonzero(np.diff(links.indptr))
    starts = links.indptr[linked]
    found, hop, growing = [], 0, len(linked) > 0
    for limit in hops:
        while hop < limit and growing:  # in a dense graph all is reached after a few hops
            further = reached.copy()
            further[linked] |= np.bitwise_or.reduceat(reached[links.indices], starts, axis=0)
            growing = not np.array_equal(further, reached)
            reached, hop = further, hop + 1
        unpacked = np.unpackbits(reached.view(np.uint8), axis=1, bitorder="little")[:, : len(sources)]
        found.append(unpacked.T.astype(bool))
    return found
