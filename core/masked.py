"""Prepared edges whose messages are weighted, differentiable in the weights: masks at the engine's speed.

An edge of weight w passes on w times its message, and coefficients stay those of the whole graph: PyG's edge masks, without its copies
of every edge's source. Loops keep the weight 1. Tests hold the two together for every model that says it `weighs_messages`.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from core.attention import Heads, widened
from core.computation_graph import ComputationGraph
from core.data import Bools
from core.sparse import Edges, Matrix, revalued

FEW = 2**13
"""Entries of a matrix's filled rows, zeros included, up to which their dense product takes less time than a sparse one."""


class WeightedMatrix(Matrix):
    """A sparse matrix with values [nnz] that may want a gradient."""

    def __init__(self, pattern: Matrix, values: Tensor) -> None:
        super().__init__(pattern.forward, pattern.backward, pattern.order)
        self._values = values

    @cached_property
    def held(self) -> Tensor:
        """The matrix as a constant; made once for all products with it."""
        return revalued(self.forward, self._values.detach())

    @cached_property
    def held_transposed(self) -> Tensor:
        """Likewise its transpose, which only products with what wants a gradient need."""
        return revalued(self.backward, self._values.detach().index_select(0, self.order))

    def to_dense(self) -> Tensor:
        return self._values.new_zeros(self.shape).index_put((self.rows, self.forward.col_indices().long()), self._values)

    def __matmul__(self, other: Tensor) -> Tensor:
        product: Tensor = _WeightedProduct.apply(self._values, other, self)
        return product


@dataclass(frozen=True)
class Filled:
    """The rows of a matrix that hold anything: which they are, and where its values lie in them, one row after the other."""

    rows: Tensor
    place: Tensor

    @classmethod
    def of(cls, matrix: Matrix) -> Filled | None:
        """None where they are so large that the sparse product is quicker."""
        rows, within = torch.unique(matrix.rows, return_inverse=True)
        width = matrix.shape[1]
        return cls(rows, within * width + matrix.forward.col_indices()) if len(rows) * width <= FEW else None


class FewRows(Matrix):
    """A weighted matrix whose few filled rows are held dense: on the graph around one node the calls count, not the numbers."""

    def __init__(self, pattern: Matrix, values: Tensor, filled: Filled) -> None:
        super().__init__(pattern.forward, pattern.backward, pattern.order)
        count, width = len(filled.rows), self.shape[1]
        self._rows = filled.rows
        self._dense = values.new_zeros(count * width).index_copy(0, filled.place, values).view(count, width)

    def to_dense(self) -> Tensor:
        return self._spread(self._dense)

    def __matmul__(self, other: Tensor) -> Tensor:
        return self._spread(torch.mm(self._dense, other))

    def _spread(self, rows: Tensor) -> Tensor:
        return rows.new_zeros(self.shape[0], rows.shape[1]).index_copy(0, self._rows, rows)


class _WeightedProduct(torch.autograd.Function):
    """matrix @ dense, with gradients for the matrix's values and for the dense one."""

    @staticmethod
    def forward(ctx: Any, _: Tensor, other: Tensor, matrix: WeightedMatrix) -> Tensor:
        other = other.contiguous()
        ctx.matrix = matrix
        ctx.save_for_backward(other)
        return torch.mm(matrix.held, other)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        (other,) = ctx.saved_tensors
        grad = grad.contiguous()
        of_values, of_other, _ = ctx.needs_input_grad
        along = _sampled(ctx.matrix.forward, grad, other) if of_values else None
        return along, torch.mm(ctx.matrix.held_transposed, grad) if of_other else None, None


def _sampled(pattern: Tensor, left: Tensor, right: Tensor) -> Tensor:
    """[nnz] the entries of left @ rightᵀ at a pattern in CSR, for left [rows, k] and right [columns, k]."""
    found: Tensor = torch.sparse.sampled_addmm(pattern, widened(left), widened(right).t(), beta=0.0).values()
    return found


class MaskedEdges(Edges):
    """The edges of a computation graph among the nodes that count, with the coefficients that they have in the whole graph."""

    def __init__(self, part: ComputationGraph, inner: Bools, receives: Bools) -> None:
        """`inner` [n]: the nodes that count. The others are there for their neighbours' degrees.

        `receives` [n]: those among them that messages matter to: what goes into the outermost ring comes too late.
        """
        self._part = part
        self._inner, self._place = torch.from_numpy(inner), torch.from_numpy(inner).cumsum(0) - 1
        self._receives = torch.from_numpy(receives)
        every, pair_of = torch.from_numpy(part.graph.edge_index), torch.from_numpy(part.pair_of)
        stays = self._inner[every[0]] & self._receives[every[1]]
        super().__init__(self._place[every[:, stays]], int(inner.sum()))
        self._all = Edges(every, len(inner))
        links, own = pair_of[stays], pair_of.new_full((self.num_nodes,), part.num_pairs)
        self._pair_of = {True: torch.cat([links[links >= 0], own]), False: links.where(links >= 0, own.new_tensor(part.num_pairs))}
        """Of the edges in `with_loops`, and of the stored ones; the loops' weight comes behind all others."""
        code = every[1] * len(inner) + every[0]
        self._codes, first = _first_of_each(code)
        self._pair_of_code = pair_of[first]
        self._fixed: dict[str, tuple[Matrix, Tensor, Filled | None]] = {}
        self._made: dict[str, Matrix] = {}
        self._weights = torch.ones(part.num_pairs)

    def weighted(self, weights: Tensor) -> MaskedEdges:
        """The same with a weight for each pair [num_pairs]; what was prepared is shared."""
        other = copy(self)
        other._weights, other._made = weights, {}
        return other

    @property
    def symmetric(self) -> Matrix:
        return self._matrix_of("symmetric")

    @property
    def mean(self) -> Matrix:
        return self._matrix_of("mean")

    @property
    def directed(self) -> Matrix:
        return self._matrix_of("directed")

    @property
    def chebyshev(self) -> Matrix:
        return self._matrix_of("chebyshev")

    @property
    def total(self) -> Matrix:
        return self._matrix_of("total")

    def attention(self, heads: int, *, loops: bool = True) -> Heads:
        pattern = copy(super().attention(heads, loops=loops))
        pattern.message_weights = pattern.entries(self._every_weight().index_select(0, self._pair_of[loops])[:, None].expand(-1, heads))
        return pattern

    def _every_weight(self) -> Tensor:
        return torch.cat([self._weights, self._weights.new_ones(1)])

    def _matrix_of(self, name: str) -> Matrix:
        if name not in self._fixed:
            matrix, pair = self._restricted(getattr(self._all, name))
            self._fixed[name] = matrix, pair, Filled.of(matrix)
        if name not in self._made:
            matrix, pair, filled = self._fixed[name]
            values = matrix.forward.values() * self._every_weight().index_select(0, pair)
            self._made[name] = FewRows(matrix, values, filled) if filled else WeightedMatrix(matrix, values)
        return self._made[name]

    def _restricted(self, full: Matrix) -> tuple[Matrix, Tensor]:
        """A matrix among the inner nodes: and the pair of each of its values; loops have a pair of their own behind all."""
        row, column = full.rows, full.forward.col_indices().long()
        inside = self._receives[row] & self._inner[column]
        row, column, values = row[inside], column[inside], full.forward.values()[inside]
        # a row's own entry may come from loops that a layer adds, of which the stored edges know nothing
        place = torch.searchsorted(self._codes, row * len(self._inner) + column).clamp(max=max(len(self._codes) - 1, 0))
        found = self._pair_of_code[place] if len(self._codes) else torch.zeros_like(row)
        pair = torch.where(row == column, self._part.num_pairs, found)
        matrix = Matrix.from_entries(self._place[row], self._place[column], values, (self.num_nodes, self.num_nodes))
        return matrix, pair


def _first_of_each(code: Tensor) -> tuple[Tensor, Tensor]:
    """The different numbers, rising, and where each is for the first time."""
    ordered, order = torch.sort(code, stable=True)
    is_first = torch.ones_like(ordered, dtype=torch.bool)
    is_first[1:] = ordered[1:] != ordered[:-1]
    return ordered[is_first], order[is_first]
