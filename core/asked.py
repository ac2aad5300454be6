"""Prepared edges of a graph that is asked about once and not trained on: without transposes, and without sorting."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import torch
from scipy.sparse import coo_matrix
from torch import Tensor

from core import sparse
from core.attention import MOST_ENTRIES, Heads
from core.sparse import Edges, Matrix


class AskedEdges(Edges):
    """The same matrices as `Edges`, on a CPU, for calls without gradients: preparing a million edges takes a quarter of the time.

    Whoever wants a transpose of one finds it empty, and fails.
    """

    def _heads(self, edge_index: Tensor, heads: int) -> Heads:
        fits = edge_index.shape[1] * heads <= MOST_ENTRIES
        return AskedHeads(edge_index, self.num_nodes, heads) if fits else super()._heads(edge_index, heads)

    def _matrix(self, edge_index: Tensor, weight: Tensor) -> Matrix:
        source, target = edge_index.numpy().astype(np.int32)
        size = (self.num_nodes, self.num_nodes)
        found = coo_matrix((weight.numpy(), (target, source)), shape=size).tocsr()  # sums what is stored repeatedly
        start, column = torch.from_numpy(found.indptr.astype(np.int32)), torch.from_numpy(found.indices.astype(np.int32))
        return _without_transpose(torch.sparse_csr_tensor(start, column, torch.from_numpy(found.data), size=size))

    def _ends(self, node: Tensor) -> Matrix:
        start, one = torch.arange(len(node) + 1, dtype=torch.int32), torch.ones(len(node))
        return _without_transpose(torch.sparse_csr_tensor(start, node.int(), one, size=(len(node), self.num_nodes)))


def _without_transpose(forward: Tensor) -> Matrix:
    none = torch.empty(0)
    return Matrix(forward, none, none, forward.to_dense() if forward.shape[0] * forward.shape[1] <= sparse.SMALL else None)


class AskedHeads(Heads):
    """The same pattern as `Heads`, but that the entries of a row are in the order of the edges, and that there is no transpose."""

    def __init__(self, edge_index: Tensor, num_nodes: int, heads: int) -> None:
        source, target = edge_index.numpy().astype(np.int32)
        edge = np.arange(len(target), dtype=np.int32)
        # edges by their target: as columns that occur once each they are only put into their rows
        by_target = coo_matrix((edge, (target, edge)), shape=(num_nodes, len(edge))).tocsr()
        self._edge, self._first = by_target.data, by_target.indptr.astype(np.int64)
        degree = np.repeat(np.diff(self._first), heads)
        start = np.concatenate([[0], np.cumsum(degree)])
        row = np.repeat(np.arange(num_nodes * heads, dtype=np.int32), degree)
        place = np.arange(len(row), dtype=np.int32) - np.repeat((start[:-1] - np.repeat(self._first[:-1], heads)).astype(np.int32), degree)
        head = np.repeat(np.tile(np.arange(heads, dtype=np.int32), num_nodes), degree)
        self.size, self.heads = num_nodes * heads, heads
        self._start = torch.from_numpy(start.astype(np.int32))
        self.row, self.column = torch.from_numpy(row), torch.from_numpy((source[self._edge] * np.int32(heads))[place] + head)
        self._ones = torch.ones(self.size)
        self.message_weights = None

    @cached_property
    def slots(self) -> Tensor:  # type: ignore[override]  # made on first use: most layers ask for entries only
        degree = np.repeat(np.diff(self._first), np.diff(self._first))
        first = np.repeat(self._first[:-1], np.diff(self._first))
        slots = np.empty((len(self._edge), self.heads), dtype=np.int64)
        slots[self._edge] = (first * (self.heads - 1) + np.arange(len(self._edge)))[:, None] + degree[:, None] * np.arange(self.heads)
        return torch.from_numpy(slots)
