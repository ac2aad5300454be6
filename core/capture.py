"""Look inside a model without changing it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from core.attention import Attention, Heads

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Attended:
    """What one layer attended to. Of every edge, its node's own loop among them where the layer has one:

    `edge_index` [2, num_edges] source → target; `scores` [num_edges, heads] before the softmax; `alpha` [num_edges, heads], which sum
    to 1 over the in-edges of every node and head; `sizes` [num_nodes, heads] lengths ‖W h_j‖ of what is passed on. All detached.
    """

    edge_index: Tensor
    scores: Tensor
    alpha: Tensor
    sizes: Tensor
    loops: bool

    @property
    def num_nodes(self) -> int:
        return len(self.sizes)

    @property
    def heads(self) -> int:
        return self.alpha.shape[1]


@dataclass(frozen=True, eq=False)
class Chosen:
    """What the nodes do in one layer: `taken` [num_nodes, 4] one-hot, in the order of `core.actions.ACTIONS`, and `policy` [num_nodes, 4],
    the probabilities that it was chosen by. Detached."""

    taken: Tensor
    policy: Tensor


@dataclass(frozen=True, eq=False)
class Asked:
    """The few nodes that all nodes attend to in one layer: `nodes` [m], the `similarity` [m] that they were chosen by, and `alpha`
    [heads, num_nodes, m], which sum to 1 over the m. Detached."""

    nodes: Tensor
    similarity: Tensor
    alpha: Tensor


def hidden_states(module: nn.Module, *, last_only: bool = False) -> AbstractContextManager[list[Tensor]]:
    """List that the model's next call fills with its hidden states, first layer first, or with the last one.

    Each is [num_nodes, width], detached. Of layered models they are those after the activation, so at depth 1 there is none.
    SGC has Âᵏ X W for k = 1 … K, of the classes' width and before the bias; APPNP has its perceptron's hidden ones, then the
    propagated scores Z¹ … Z^K, of which the last are the logits. Models with a linear layer of their own at the end have one
    state more: GCNII and ResGCN begin with that of their linear layer in, JK-Net ends with the one that its layers' were joined
    to. DAGNN has its perceptron's hidden ones, then Â Z … Âᴷ Z of the classes' width, then their gated sum, the logits; GPR-GNN
    the same with a weighted sum. DGMLP has Âᵏ X W of its first layer's weights for k = 1 … K, then its perceptron's hidden
    ones, or the logits where that is one linear layer. ωGCN and ωGAT begin with their embedding, DeeperGCN has the normalised
    and activated state after each block, TIDE the state after each block, GRAND the states at the times 1 … T, Co-GNN its
    encoder's and that of each layer, GPS the state after each layer, TANGNN that of its linear layer in and that after each
    layer, H2GCN its embedding and the state after each round, twice as wide as the one before, LINKX what its last perceptron
    is given, then that one's hidden states, FAGCN that of its linear layer in and that after each layer. GCN-sep and its kin have
    the state of their linear layer in and that after each layer of residual blocks, GloGNN its perceptron's hidden one and that
    after each layer, the last being the logits, and ADPA what its patterns' states are joined to.
    The hooks are released on every way out, so the model is left as it was.
    """
    taps = list(getattr(module, "states", ()))[-1 if last_only else 0 :]
    return _filled(taps, lambda _tap, _inputs, output: output.detach())


def attention(module: nn.Module) -> AbstractContextManager[list[Attended]]:
    """List that the module's next call on prepared edges fills with what its layers attend to, first layer first.

    Empty for a model that does not attend. Ask in evaluation mode: dropout acts behind what is seen here. The hooks are
    released on every way out, so the model is left as it was.
    """
    return _filled(attending(module), lambda tap, inputs, _output: _attended(tap, *inputs[:3]))


def actions(module: nn.Module) -> AbstractContextManager[list[Chosen]]:
    """List that the module's next call fills with what its nodes do in each layer, first layer first.

    Empty for a model whose nodes have no choice. In evaluation mode each takes its likeliest action; in training it is drawn. The hooks
    are released on every way out, so the model is left as it was.
    """
    return _filled(choosing(module), lambda _tap, inputs, output: Chosen(output.detach(), inputs[1].detach()))


def asked(module: nn.Module) -> AbstractContextManager[list[Asked]]:
    """List that the module's next call fills with the few nodes that all nodes attend to, first layer first.

    Empty for a model that chooses none. The hooks are released on every way out, so the model is left as it was.
    """

    def read(_tap: nn.Module, inputs: tuple[Tensor, ...], _output: Tensor) -> Asked:
        alpha, nodes, similarity = (one.detach() for one in inputs)
        return Asked(nodes, similarity, alpha)

    return _filled([part for part in module.modules() if hasattr(part, "asks_chosen")], read)


@contextmanager
def _filled(taps: Sequence[nn.Module], read: Callable[..., T]) -> Iterator[list[T]]:
    """List that each of some places adds to when it is called: what is read of it, its inputs and its output."""
    found: list[T] = []
    handles = [tap.register_forward_hook(lambda *call: found.append(read(*call))) for tap in taps]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


def choosing(module: nn.Module) -> list[nn.Module]:
    """The places where a module's nodes choose what they do, first layer first."""
    return list(getattr(module, "actions", ()))


@torch.no_grad()
def screening(module: nn.Module) -> list[Tensor]:
    """[hops + 1, heads] of each layer that weighs what surrounds a node by its distance: what one node so far away weighs, itself 1."""
    return [layer.screening for layer in screened(module)]


def screened(module: nn.Module) -> list[Any]:
    """The layers that weigh what surrounds a node by its distance, first layer first."""
    return [part for part in module.modules() if hasattr(part, "screening")]


def attending(module: nn.Module) -> list[Attention]:
    """The places where a module attends, first layer first."""
    return [part for part in module.modules() if isinstance(part, Attention)]


def _attended(tap: Attention, pattern: Heads, scores: Tensor, states: Tensor) -> Attended:
    slots, scores = pattern.slots, scores.detach()
    places = slots.flatten()  # one index for all heads: indexing with the matrix takes twice as long
    ends = [ids.index_select(0, slots[:, 0]).long() // pattern.heads for ids in (pattern.column, pattern.row)]
    return Attended(
        edge_index=torch.stack(ends),
        scores=scores.index_select(0, places).view_as(slots),
        alpha=pattern.softmax(scores).index_select(0, places).view_as(slots),
        sizes=states.detach().view(-1, pattern.heads, states.shape[-1]).norm(dim=2),
        loops=tap.loops,
    )
