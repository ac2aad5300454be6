"""Attention over the edges of a graph without a tensor per edge and channel.

All heads make one sparse matrix over (node, head) pairs: row (i, h) holds the entries (j, h) of the edges j → i.
The states [num_nodes, heads, channels] are, without moving anything, its right factor, so that a layer is a
handful of sparse products; PyG's message passing copies both ends' states to every edge.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from core.dropout import factors
from core.errors import UserError

SAFE = 20.0
"""Scores within ±SAFE need no shift before the exponential: e²⁰ times states, or gradients divided by it, stay well inside float32."""


MOST_ENTRIES = 2**31 - 1
"""The sparse kernels count in 32 bits."""
AT_ONCE = 8
"""Columns that the sampled product does in one go; 2 to 7 it does number by number, in up to nine times the time of 8."""


class Heads:
    """Where the entries of an attention matrix lie, for a graph and a number of heads.

    A score or weight of every edge and head is a vector [num_entries] in the order (target, head, edge);
    `slots` [num_edges, heads] says where that of an edge of `edge_index` lies.
    """

    def __init__(self, edge_index: Tensor, num_nodes: int, heads: int) -> None:
        source, target = edge_index
        if edge_index.shape[1] * heads > MOST_ENTRIES:
            raise UserError(
                f"{heads} attention heads on {edge_index.shape[1]:,} edges are more entries than can be numbered; take fewer heads."
            )
        self.size, self.heads = num_nodes * heads, heads
        self.slots, self._start = _layout(target, source, num_nodes, heads)
        back, self._back_start = _layout(source, target, num_nodes, heads)
        head = torch.arange(heads, device=source.device)
        pairs_to, pairs_from = ((node[:, None] * heads + head).flatten() for node in (target, source))
        slots = self.slots.flatten()
        self.row, self.column = (torch.empty_like(slots).index_copy_(0, slots, pairs).int() for pairs in (pairs_to, pairs_from))
        self.order = torch.empty_like(slots).index_copy_(0, back.flatten(), slots)
        self._back_column = self.row.index_select(0, self.order)
        self._ones = torch.ones(self.size, device=slots.device)
        self.message_weights: Tensor | None = None
        """[num_entries] what `attend` multiplies each message by, after the softmax (`core.masked`)."""

    @cached_property
    def _places(self) -> Tensor:
        """Inverse of the slots."""
        slots = self.slots.flatten()
        return torch.empty_like(slots).index_copy_(0, slots, torch.arange(len(slots), device=slots.device))

    def matrix(self, values: Tensor) -> Tensor:
        """[size, size] CSR with these values [num_entries]."""
        return torch.sparse_csr_tensor(self._start, self.column, values, size=(self.size, self.size))

    def transposed(self, values: Tensor) -> Tensor:
        """The transpose of `matrix`."""
        ordered = values.index_select(0, self.order)
        return torch.sparse_csr_tensor(self._back_start, self._back_column, ordered, size=(self.size, self.size))

    def row_sums(self, values: Tensor) -> Tensor:
        """[size] sums over the in-edges of every node and head."""
        return torch.mv(self.matrix(values), self._ones.to(values.dtype))

    def column_sums(self, values: Tensor) -> Tensor:
        """[size] sums over the out-edges of every node and head."""
        return torch.mv(self.transposed(values), self._ones.to(values.dtype))

    def row_maxima(self, values: Tensor) -> Tensor:
        """[size] maxima over the in-edges of every node and head, −∞ where there are none."""
        lowest = values.new_full((self.size,), -torch.inf)
        return lowest.scatter_reduce_(0, self.row.long(), values, "amax")

    def products(self, target: Tensor, source: Tensor) -> Tensor:
        """[num_entries] target_i · source_j of every entry (i, j), from two tensors [size, channels]."""
        pattern = self.matrix(torch.ones_like(self.column, dtype=target.dtype))
        products: Tensor = torch.sparse.sampled_addmm(pattern, target, source.t(), beta=0.0).values()
        return products

    def pair_scores(self, source: Tensor, target: Tensor) -> Tensor:
        """[num_entries] source_jh + target_ih of every edge j → i and head h, from two tensors [num_nodes, heads]."""
        scores: Tensor = _PairScores.apply(source.flatten(), target.flatten(), self)
        return scores

    def dot_entries(self, target: Tensor, source: Tensor) -> Tensor:
        """[num_entries] target_ih · source_jh of every edge j → i and head h, from two tensors [num_nodes, heads, channels]."""
        scores: Tensor = _DotScores.apply(target.flatten(0, 1), source.flatten(0, 1), self)
        return scores

    def dot_scores(self, target: Tensor, source: Tensor) -> Tensor:
        """[num_edges, heads] the same, by edge."""
        return self.dot_entries(target, source)[self.slots]

    def entries(self, scores: Tensor) -> Tensor:
        """[num_entries] from the scores [num_edges, heads] of the edges of `edge_index`."""
        ordered: Tensor = _Ordered.apply(scores.flatten(), self.slots.flatten(), self._places)
        return ordered

    def by_edge(self, values: Tensor) -> Tensor:
        """[num_edges, heads] of the edges of `edge_index`, from values [num_entries]: the inverse of `entries`."""
        ordered: Tensor = _Ordered.apply(values, self._places, self.slots.flatten())
        return ordered.view(self.slots.shape)

    def weighted_sum(self, weights: Tensor, states: Tensor) -> Tensor:
        """[size, channels] sums of in-neighbours' states [size, channels] with these weights [num_entries]."""
        summed: Tensor = _WeightedSum.apply(weights, states, self)
        return summed

    def softmax(self, scores: Tensor) -> Tensor:
        """[num_entries] α: scores [num_entries] as shares of 1 over the in-edges of every node and head."""
        weights = _exponentials(scores, self)
        return weights / self.row_sums(weights).index_select(0, self.row)

    def attend(self, scores: Tensor, states: Tensor, dropout: float = 0.0) -> Tensor:
        """[num_nodes, heads, channels]: sums of in-neighbours' states, weighted by the softmax of the scores [num_entries].

        Weights are dropped with probability `dropout` after the softmax.
        """
        summed: Tensor = _Attend.apply(scores, states.reshape(self.size, -1), self.message_weights, self, dropout)
        return summed.view(states.shape)


class Attention(nn.Module):
    """Where a layer attends: `core.capture` listens here, and `core.swaps` changes here what comes in or goes out.

    `loops`: whether every node attends to itself as well, so that its α has an entry of its own.
    """

    def __init__(self, loops: bool = True) -> None:
        super().__init__()
        self.loops = loops

    def forward(self, pattern: Heads, scores: Tensor, states: Tensor, dropout: float = 0.0) -> Tensor:
        """As `Heads.attend`."""
        return pattern.attend(scores, states, dropout)


class _PairScores(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, source: Tensor, target: Tensor, heads: Heads) -> Tensor:
        ctx.heads = heads
        return source.index_select(0, heads.column).add_(target.index_select(0, heads.row))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:
        return ctx.heads.column_sums(grad), ctx.heads.row_sums(grad), None


class _DotScores(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, target: Tensor, source: Tensor, heads: Heads) -> Tensor:
        ctx.save_for_backward(target, source)
        ctx.heads = heads
        return heads.products(target, source)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:
        target, source = ctx.saved_tensors
        return torch.mm(ctx.heads.matrix(grad), source), torch.mm(ctx.heads.transposed(grad), target), None


class _WeightedSum(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, weights: Tensor, states: Tensor, heads: Heads) -> Tensor:
        ctx.save_for_backward(weights, states)
        ctx.heads = heads
        return torch.mm(heads.matrix(weights), states)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:
        weights, states = ctx.saved_tensors
        return ctx.heads.products(grad, states), torch.mm(ctx.heads.transposed(weights), grad), None


class _Ordered(torch.autograd.Function):
    """A permutation, whose gradient is the inverse one and not a sum."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, inverse: Tensor, order: Tensor) -> Tensor:
        ctx.inverse = inverse
        return values.index_select(0, order)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        return grad.index_select(0, ctx.inverse), None, None


class _Attend(torch.autograd.Function):
    """Softmax and weighted sum in one, normalised per node rather than per edge.

    out_i = Σ_j m_ij w_ij x_j / z_i with w = e^score, z_i = Σ_j w_ij and factors m, of dropout or given ones. With g' = g / z the
    gradients are ∂score_ij = w_ij (a_ij − Σ_k w_ik a_ik / z_i) with a_ij = m_ij g'_i · x_j, and ∂x_j = Σ_i m_ij w_ij g'_i. The sum over k
    equals g'_i · out_i, but only sums of the very same terms cancel to the last bits. Given factors get ∂m_ij = w_ij g'_i · x_j.
    """

    @staticmethod
    def forward(ctx: Any, scores: Tensor, states: Tensor, given: Tensor | None, heads: Heads, dropout: float) -> Tensor:
        weights = _exponentials(scores, heads)
        kept = factors(weights, dropout) if dropout else given
        used = weights if kept is None else weights * kept
        total = heads.row_sums(weights).clamp_(min=torch.finfo(weights.dtype).tiny)
        out = torch.mm(heads.matrix(used), states).div_(total[:, None])
        ctx.save_for_backward(states, weights, kept, used, total)
        ctx.heads = heads
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor | None, None, None]:
        states, weights, kept, used, total = ctx.saved_tensors
        heads: Heads = ctx.heads
        scaled = grad / total[:, None]
        along = torch.sparse.sampled_addmm(heads.matrix(weights), scaled, states.t(), beta=0.0).values()
        of_given = along * weights if ctx.needs_input_grad[2] else None
        if kept is not None:
            along *= kept
        along -= (heads.row_sums(weights * along) / total).index_select(0, heads.row)
        return along.mul_(weights), torch.mm(heads.transposed(used), scaled), of_given, None, None


def widened(x: Tensor) -> Tensor:
    """x [..., columns] with zeros up to `AT_ONCE` columns, where a sampled product is quicker so."""
    lacking = AT_ONCE - x.shape[-1]
    return functional.pad(x, (0, lacking)) if 0 < lacking < AT_ONCE - 1 and x.device.type == "cpu" else x


def _exponentials(scores: Tensor, heads: Heads) -> Tensor:
    """[num_entries] e^score, times a number of the row's own where some score is large."""
    if not scores.numel() or scores.abs().max() < SAFE:
        return scores.exp()
    return (scores - heads.row_maxima(scores).index_select(0, heads.row)).exp_()


def _layout(row: Tensor, column: Tensor, num_nodes: int, heads: int) -> tuple[Tensor, Tensor]:
    """Slots [num_edges, heads] in the order (row, head, column), and where each row of the CSR matrix starts.

    Only edges are sorted: with eight heads, sorting the entries took as long as an epoch.
    """
    degree, head = torch.bincount(row, minlength=num_nodes), torch.arange(heads, device=row.device)
    first = degree.cumsum(0) - degree
    order = torch.argsort(row * num_nodes + column, stable=True)
    rank = torch.empty_like(order).index_copy_(0, order, torch.arange(len(order), device=order.device)) - first[row]
    start = torch.zeros(num_nodes * heads + 1, dtype=torch.int32, device=row.device)
    start[1:] = degree.repeat_interleave(heads).cumsum(0)
    return (first[row] * heads + rank)[:, None] + degree[row][:, None] * head, start
