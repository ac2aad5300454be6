"""Sparse products with a kept transpose: where the engine's speed comes from.

Bag-of-words features stay sparse and every propagation matrix is prepared once, in CSR, together
with its transpose for the backward pass. PyG's plain `edge_index` path stays available in every
model; a test holds the two together.
"""

from __future__ import annotations

import warnings
from functools import cached_property
from typing import Any, TypeAlias

import torch
from scipy.sparse import csr_matrix
from torch import Tensor

from core.attention import Heads
from core.dropout import factors, thinned

with warnings.catch_warnings():  # torch warns of its sparse tensors once a process, and here is where it does
    warnings.simplefilter("ignore")
    torch.sparse_csr_tensor(torch.tensor([0, 1]), torch.tensor([0]), torch.ones(1), size=(1, 1))


SMALL = 2**14
"""Entries, zeros included, up to which a dense product takes less time than what surrounds a sparse one."""


class Matrix:
    """A sparse matrix [rows, columns] in CSR with the pattern of its transpose.

    `order` maps the stored values to those of the transpose, so that new values on the same
    pattern (dropout, attention) cost one gather. `full`: the same matrix, dense, where it is small and stays as it is.
    """

    def __init__(self, forward: Tensor, backward: Tensor, order: Tensor, full: Tensor | None = None) -> None:
        self.forward, self.backward, self.order, self.full = forward, backward, order, full

    @classmethod
    def from_entries(cls, row: Tensor, column: Tensor, value: Tensor, shape: tuple[int, int]) -> Matrix:
        """From coordinates [nnz] without repetitions, in any order."""
        row, column, value, _ = _sorted(row, column, value)
        forward = _csr(row, column, value, shape)
        back_row, back_column, back_value, order = _sorted(column, row, value)
        backward = _csr(back_row, back_column, back_value, (shape[1], shape[0]))
        return cls(forward, backward, order, forward.to_dense() if shape[0] * shape[1] <= SMALL else None)

    @property
    def shape(self) -> tuple[int, int]:
        return (self.forward.shape[0], self.forward.shape[1])

    @property
    def device(self) -> torch.device:
        return self.forward.device

    @property
    def rows(self) -> Tensor:
        """[nnz] the row of each stored value."""
        # of 32-bit counts it would make 32-bit numbers, which products with the number of columns overflow
        return torch.repeat_interleave(self.forward.crow_indices().diff().long())

    def size(self, dim: int) -> int:
        return self.shape[dim]

    def with_values(self, values: Tensor) -> Matrix:
        """The same pattern with other values [nnz], in the order of the stored ones."""
        return Matrix(revalued(self.forward, values), revalued(self.backward, values.index_select(0, self.order)), self.order)

    def to_dense(self) -> Tensor:
        return self.forward.to_dense()

    def transposed_product(self, other: Tensor) -> Tensor:
        """The transpose times a dense matrix, which gets no gradient: on a CPU one that wants it is refused."""
        return _product(self.backward, other)

    def __matmul__(self, other: Tensor) -> Tensor:
        if self.full is not None:
            return torch.mm(self.full, other)
        if not (torch.is_grad_enabled() and other.requires_grad):
            return _product(self.forward, other)
        product: Tensor = _Product.apply(other, self)
        return product


class _Product(torch.autograd.Function):
    """matrix @ dense; the matrix itself gets no gradient. Handed over whole: autograd looks at every tensor that it is given."""

    @staticmethod
    def forward(ctx: Any, other: Tensor, matrix: Matrix) -> Tensor:
        ctx.matrix = matrix
        return _product(matrix.forward, other)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return ctx.matrix.transposed_product(grad), None


def _product(matrix: Tensor, other: Tensor) -> Tensor:
    """CSR @ dense; twice as fast where the dense rows lie one after the other, as transposed weights do not."""
    other = other.contiguous()
    if matrix.device.type != "cpu" or not torch.backends.mkl.is_available():
        return torch.mm(matrix, other)
    # the same kernel without filling the result with zeros and copying it; with beta = 0 it does not read what it overwrites
    out = other.new_empty(matrix.shape[0], other.shape[1])
    return torch.addmm(out, matrix, other, beta=0, out=out)


class Edges:
    """A graph as the layers see it: the stored edges, and each propagation matrix, made once on first use.

    Row i of a matrix gathers from the sources j of the edges j → i.
    """

    def __init__(self, edge_index: Tensor, num_nodes: int) -> None:
        self.edge_index, self.num_nodes = edge_index, num_nodes
        self._attention: dict[tuple[int, bool], Heads] = {}

    @cached_property
    def with_loops(self) -> Tensor:
        """[2, num_edges + num_nodes]: stored loops removed, one loop a node appended, as PyG's layers do."""
        loops = torch.arange(self.num_nodes, device=self.edge_index.device).repeat(2, 1)
        source, target = self.edge_index
        return torch.cat([self.edge_index[:, source != target], loops], dim=1)

    @cached_property
    def symmetric(self) -> Matrix:
        """Â = D̃^-½ (A + I) D̃^-½ (Kipf & Welling 2017, eq. 2)."""
        source, target = self.with_loops
        scale = self._degree(target).clamp(min=1).rsqrt()
        return self._matrix(self.with_loops, scale[source] * scale[target])

    @cached_property
    def mean(self) -> Matrix:
        """D⁻¹ A without self-loops; rows of nodes without in-edges are zero."""
        target = self.edge_index[1]
        return self._matrix(self.edge_index, self._degree(target).clamp(min=1).reciprocal()[target])

    @cached_property
    def directed(self) -> Matrix:
        """D_in^-½ A D_out^-½ without self-loops (Rossi et al. 2023, section 4)."""
        return self._matrix(self.edge_index, directed_weights(self.edge_index, self.num_nodes))

    @cached_property
    def reversed(self) -> Edges:
        """The same with every edge turned round, so that a node gathers from those that it points to."""
        return Edges(self.edge_index.flip(0), self.num_nodes)

    @cached_property
    def chebyshev(self) -> Matrix:
        """2 L / λ_max − I with L = I − D^-½ A D^-½ and λ_max = 2, so −D^-½ A D^-½: stored loops removed, out-degrees, as PyG's ChebConv."""
        edges = self.edge_index[:, self.edge_index[0] != self.edge_index[1]]
        source, target = edges
        degree = self._degree(source)
        scale = degree.clamp(min=1).rsqrt() * (degree > 0)
        return self._matrix(edges, -scale[source] * scale[target])

    @cached_property
    def total(self) -> Matrix:
        """A: sums over in-neighbours."""
        return self._matrix(self.edge_index, torch.ones(self.edge_index.shape[1], device=self.edge_index.device))

    @cached_property
    def pairs(self) -> tuple[Tensor, int]:
        """[num_edges] which pair of nodes each stored edge joins, whatever its direction, and how many pairs there are."""
        low, high = self.edge_index.min(dim=0).values, self.edge_index.max(dim=0).values
        joined, pair = torch.unique(low * self.num_nodes + high, return_inverse=True)
        return pair, len(joined)

    def without(self, share: float) -> Edges:
        """Each pair of nodes parted with probability `share`: both its directions go, and what is stored twice goes twice."""
        pair, count = self.pairs
        kept = factors(torch.ones(count, device=pair.device), share) > 0
        return Edges(self.edge_index[:, kept[pair]], self.num_nodes)

    @cached_property
    def sources(self) -> Matrix:
        """[num_with_loops, num_nodes] one-hot: a product copies the state of every edge's source."""
        return self._ends(self.with_loops[0])

    @cached_property
    def targets(self) -> Matrix:
        """The same of the edges' targets."""
        return self._ends(self.with_loops[1])

    def attention(self, heads: int, *, loops: bool = True) -> Heads:
        """The pattern of an attention matrix with so many heads: over the edges `with_loops`, or over those that are stored."""
        if (heads, loops) not in self._attention:
            self._attention[heads, loops] = self._heads(self.with_loops if loops else self.edge_index, heads)
        return self._attention[heads, loops]

    def _heads(self, edge_index: Tensor, heads: int) -> Heads:
        return Heads(edge_index, self.num_nodes, heads)

    def _ends(self, node: Tensor) -> Matrix:
        edge, one = torch.arange(len(node), device=node.device), torch.ones(len(node), device=node.device)
        return Matrix.from_entries(edge, node, one, (len(node), self.num_nodes))

    def _degree(self, target: Tensor) -> Tensor:
        return torch.bincount(target, minlength=self.num_nodes).float()

    def _matrix(self, edge_index: Tensor, weight: Tensor) -> Matrix:
        # a repeated edge counts as often as it is stored, as in PyG: its weights are summed
        code, position = torch.unique(edge_index[1] * self.num_nodes + edge_index[0], return_inverse=True)
        summed = torch.zeros(len(code), device=weight.device).index_add_(0, position, weight)
        row, column = code // self.num_nodes, code % self.num_nodes
        return Matrix.from_entries(row, column, summed, (self.num_nodes, self.num_nodes))


def directed_weights(edge_index: Tensor, num_nodes: int) -> Tensor:
    """[num_edges] 1 / √(in-degree of the target · out-degree of the source), which are the same degrees on an undirected graph."""
    source, target = edge_index
    outward, inward = (torch.bincount(node, minlength=num_nodes).float() for node in (source, target))
    return (inward[target] * outward[source]).rsqrt()


Features: TypeAlias = Tensor | Matrix
"""Node features [num_nodes, num_features], dense or sparse."""


def features_from_scipy(matrix: csr_matrix, device: torch.device) -> Matrix:
    """Sparse features on a device."""
    if not matrix.has_canonical_format:
        matrix = matrix.copy()
        matrix.sum_duplicates()
    entries = matrix.tocoo()
    row = torch.from_numpy(entries.row).long().to(device)
    column = torch.from_numpy(entries.col).long().to(device)
    return Matrix.from_entries(row, column, torch.from_numpy(entries.data).float().to(device), matrix.shape)


def identity(size: int, device: torch.device) -> Matrix:
    """The features of a model that has none: one free direction a node."""
    index = torch.arange(size, device=device)
    return Matrix.from_entries(index, index, torch.ones(size, device=device), (size, size))


def dense(x: Features) -> Tensor:
    """Features as a dense tensor, for PyG's own paths."""
    return x.to_dense() if isinstance(x, Matrix) else x


def dropout(x: Features, p: float, training: bool) -> Features:
    """Each entry zero with probability p, the others divided by 1 − p; in sparse features the zeros stay as they are."""
    if isinstance(x, Matrix):
        return dropped(x, p, training)
    return thinned(x, p) if training and p else x


def dropped(matrix: Matrix, p: float, training: bool) -> Matrix:
    """`dropout` of a matrix."""
    return matrix.with_values(thinned(matrix.forward.values(), p)) if training and p else matrix


def drop_edges(edges: Edges | Tensor, share: float, num_nodes: int) -> Edges | Tensor:
    """The graph without a random share of its edges, for one training step (DropEdge, Rong et al. 2020, section 4.1)."""
    if isinstance(edges, Edges):
        return edges.without(share)
    return Edges(edges, num_nodes).without(share).edge_index


def _sorted(row: Tensor, column: Tensor, value: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    width = int(column.max()) + 1 if len(column) else 1
    order = torch.argsort(row * width + column, stable=True)
    return row[order], column[order], value[order], order


def _csr(row: Tensor, column: Tensor, value: Tensor, shape: tuple[int, int]) -> Tensor:
    start = torch.zeros(shape[0] + 1, dtype=torch.int64, device=row.device)
    start[1:] = torch.bincount(row, minlength=shape[0]).cumsum(0)
    # 32-bit indices let the CPU use MKL's kernels without converting at every product
    return torch.sparse_csr_tensor(start.int(), column.int(), value, size=shape)


def revalued(matrix: Tensor, values: Tensor) -> Tensor:
    return torch.sparse_csr_tensor(matrix.crow_indices(), matrix.col_indices(), values, size=matrix.shape)
