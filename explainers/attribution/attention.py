"""Attention as an explanation: the weights that an attention model gives its edges, averaged over layers and heads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn
from torch_geometric.nn import MessagePassing

from core.cuts import masked
from core.data import Ints, dense_rows
from core.explained import Block, StoredEdges
from core.models.contract import model
from core.spec import RunSpec
from explainers.attribution.contract import Attribution, Method, Prepared, attributions


def attribute(state: Prepared, nodes: Sequence[int], *, target: ArrayLike | None = None) -> list[Attribution]:
    """Mean α over layers, heads and both directions of each edge, 0 … 1. It is the same whatever the class."""

    def score(block: Block, _: Ints) -> list[tuple[object, ...]]:
        stored = StoredEdges(block.joined)
        x = torch.from_numpy(dense_rows(block.joined.graph.features))
        with torch.no_grad(), masked(block.module, stored.stored(block.whole()), stored.edge_index), _weights(block.module) as found:
            block.module(x, stored.edge_index)
        pair_of = stored.pair_of[stored.pair_of >= 0]
        # layers put their loops last, where the stored ones are, too
        alpha = torch.stack([one[: len(pair_of)].mean(dim=1) for one in found]).mean(dim=0)
        count = torch.bincount(pair_of, minlength=block.num_pairs).clamp(min=1)
        mean = alpha.new_zeros(block.num_pairs).index_add(0, pair_of, alpha) / count
        # beyond the model's reach nodes are there for degrees only, and lack neighbours to attend to
        return [(own,) for own in block.by_pair(mean * torch.from_numpy(block.joined.within))]

    return attributions(state, nodes, target, score)


@contextmanager
def _weights(module: nn.Module) -> Iterator[list[Tensor]]:
    """List that the module's next call fills with each layer's α [num_edges_with_loops, heads]."""
    found: list[Tensor] = []

    def listen(_: MessagePassing, inputs: tuple[dict[str, Tensor]]) -> None:
        if "alpha" in inputs[0]:
            found.append(inputs[0]["alpha"].detach())

    handles = [layer.register_message_forward_pre_hook(listen) for layer in module.modules() if isinstance(layer, MessagePassing)]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


def _unsupported(spec: RunSpec) -> str:
    unit = model(spec.model.name)
    return "" if unit.has_attention else f"{unit.title} has no attention weights; GAT and GATv2 have, or take another method."


ATTRIBUTION = Method(
    name="attention",
    title="Attention weights",
    question="To which neighbours does the model pay attention?",
    attribute=attribute,
    source="Veličković et al., Graph attention networks, ICLR 2018, eq. 3; whether it explains is a question of its own",
    equation=r"s_e = \frac{1}{LK} \sum_{l, k} \alpha^{(l, k)}_e",
    signed=False,
    scores_features=False,
    unsupported=_unsupported,
)
