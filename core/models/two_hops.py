"""Which nodes are exactly two hops apart: how many pairs there are, said before any is made, and then the pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix, identity
from torch import Tensor

from core.errors import UserError
from core.footprint import EDGE, PAIR
from core.memory import in_words
from core.models.once import OncePerGraph
from core.sparse import Matrix

Ints = NDArray[np.int64]

MOST_PAIRS = 30_000_000
"""Of nodes two hops apart that a matrix is made of; a product with it then takes seconds."""
SAMPLED, WAYS = 256, 20_000_000
"""Nodes whose two-hop neighbours are counted for an estimate, and the ways that are followed for it at most."""


@dataclass(frozen=True)
class Size:
    """How many ordered `pairs` of `num_nodes` nodes are two hops apart; an estimate unless `exact`."""

    pairs: int
    num_nodes: int
    exact: bool

    @property
    def bytes(self) -> int:
        """What their matrix takes while it is made, beside its transpose."""
        return self.pairs * (EDGE + PAIR)

    @property
    def brief(self) -> str:
        """ "two-hop matrix: about 46,000,000 pairs, 5.8 GB", for a line of progress."""
        return f"two-hop matrix: {self._count} pairs, {in_words(self.bytes)}"

    @property
    def _count(self) -> str:
        return f"{self.pairs:,}" if self.exact else f"about {_rounded(self.pairs):,}"

    def __str__(self) -> str:
        """ "of 11,758 nodes about 46,000,000 pairs (33.3 % of all), 5.8 GB of memory"."""
        share = 100 * self.pairs / max(self.num_nodes, 1) ** 2
        return f"of {self.num_nodes:,} nodes {self._count} pairs ({share:.1f} % of all), {in_words(self.bytes)} of memory"


def size(edge_index: ArrayLike, num_nodes: int) -> Size:
    """How many pairs of nodes are two hops apart, from the two-hop neighbours of some nodes that are drawn, always the same ones.

    Nothing of the matrix is built. Exact where a graph is so small that all its nodes are asked.
    """
    near = adjacency(edge_index, num_nodes)
    degree = np.diff(near.indptr)
    ways = np.asarray(near @ degree)
    drawn = np.random.default_rng(0).permutation(num_nodes)[:SAMPLED]
    asked = drawn[: max(1, int((ways[drawn].cumsum() <= WAYS).sum()))]
    found = _beyond(near[asked] @ near, near[asked], csr_matrix(identity(num_nodes, bool))[asked]).nnz
    if len(asked) == num_nodes:
        return Size(found, num_nodes, exact=True)
    # few nodes may hold most pairs, and be missed by a draw
    return Size(max(round(found * num_nodes / len(asked)), _around_hub(near)), num_nodes, exact=False)


def _around_hub(near: csr_matrix) -> int:
    """Pairs that one node alone puts two hops apart, at the least: who hears from it with whom it hears, but for what is linked."""
    hearing, heard = np.bincount(near.indices, minlength=near.shape[0]), np.diff(near.indptr).astype(np.int64)
    return max(0, int((hearing * heard - np.minimum(hearing, heard)).max(initial=0)) - int(near.nnz))


def checked_size(edge_index: ArrayLike, num_nodes: int) -> Size:
    """The size of the matrix. Raises `UserError`, with it, where it is too large."""
    found = size(edge_index, num_nodes)
    if found.pairs > MOST_PAIRS:
        raise UserError(
            f"H2GCN needs a matrix of all pairs of nodes exactly two hops apart: {found}. {MOST_PAIRS:,} pairs are the most. Take a "
            "sparser graph, or MixHop, which reaches two hops by multiplying twice and needs no such matrix."
        )
    return found


def adjacency(edge_index: ArrayLike, num_nodes: int) -> csr_matrix:
    """[num_nodes, num_nodes] whether row i hears from column j, along an edge j → i: each once, without loops."""
    source, target = np.asarray(edge_index, dtype=np.int64).reshape(2, -1)
    apart = source != target
    linked = csr_matrix((np.ones(int(apart.sum()), bool), (target[apart], source[apart])), shape=(num_nodes, num_nodes))
    linked.sum_duplicates()
    return linked


class Neighbours:
    """For each node those one hop away, and those exactly two hops away, against the edges' direction and without the node itself.

    Raises `UserError` where they are too many.
    """

    def __init__(self, edge_index: Tensor, num_nodes: int, _: int = 0) -> None:
        ends = edge_index.cpu().numpy()
        checked_size(ends, num_nodes)
        near = adjacency(ends, num_nodes)
        far = _beyond(near @ near, near, csr_matrix(identity(num_nodes, bool)))
        self.near, self.far = (_normalised(hop, edge_index.device) for hop in (near, far))
        """[num_nodes, num_nodes] each: D_k^-½ Ā_k D_k^-½ for k = 1 and 2, D_k how many nodes are that many hops away."""


neighbours = OncePerGraph(Neighbours)


class Ways:
    """What PyG's path needs, whose messages are weighed by the stored edges that they go along.

    `near` [num_stored]: the coefficient of the neighbour at each edge's source, parted among an edge's repetitions; 0 for loops. `far`
    [num_far]: that of each pair (`to`, `of`) of nodes two hops apart. A message from there goes in equal parts along all ways between them.
    """

    def __init__(self, edge_index: Tensor, num_nodes: int, _: int = 0) -> None:
        found = neighbours(edge_index, num_nodes, 0)
        self.to, self.of, self.far = found.far.rows, found.far.forward.col_indices().long(), found.far.forward.values()
        row, column = found.near.rows, found.near.forward.col_indices().long()
        source, target = edge_index
        # a neighbour pair for each edge, and one behind all for the loops
        code = row * num_nodes + column
        self._link = torch.searchsorted(code, target * num_nodes + source).where(source != target, len(code))
        self._repeats = torch.bincount(self._link, minlength=len(code) + 1).clamp(min=1)
        values = torch.cat([found.near.forward.values(), torch.zeros(1, device=code.device)])
        self.near = (values / self._repeats).index_select(0, self._link)
        # each neighbour pair (v, k) is followed by all pairs (k, u)
        degree, start = torch.bincount(row, minlength=num_nodes), found.near.forward.crow_indices().long()
        following = degree[column]
        second = torch.repeat_interleave(following)
        first = start[column][second] + torch.arange(len(second), device=code.device) - (following.cumsum(0) - following)[second]
        ends, pairs = row[second] * num_nodes + column[first], self.to * num_nodes + self.of
        kept = torch.isin(ends, pairs)
        self._pair, self._first, self._second = torch.searchsorted(pairs, ends[kept]), first[kept], second[kept]

    def shares(self, weights: Tensor) -> Tensor:
        """[num_far] what is left of a message from two hops away where stored edges have the weights [num_stored]: the mean over its ways
        of the product of both edges' weights."""
        links = weights.new_zeros(len(self._repeats)).index_add(0, self._link, weights) / self._repeats
        passed = weights.new_zeros(len(self.to)).index_add(0, self._pair, links[self._first] * links[self._second])
        return passed / torch.bincount(self._pair, minlength=len(self.to))


ways = OncePerGraph(Ways)


def _normalised(linked: csr_matrix, device: torch.device) -> Matrix:
    row, column = (torch.from_numpy(part.astype(np.int64)).to(device) for part in linked.nonzero())
    scale = torch.bincount(row, minlength=linked.shape[0]).clamp(min=1).rsqrt()
    return Matrix.from_entries(row, column, scale[row] * scale[column], linked.shape)


def _beyond(reached: csr_matrix, *nearer: csr_matrix) -> csr_matrix:
    """What is reached in two steps, and neither in one nor in none."""
    return csr_matrix(reached > sum(nearer[1:], nearer[0]))


def _rounded(count: int) -> int:
    """Two leading digits: no more is known of an estimate."""
    return round(count, 2 - len(str(count)))
