"""The attention weights of a model's call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch_geometric.nn import MessagePassing

from core.cuts import masked
from core.data import dense_rows
from core.explained import Block, StoredEdges
from explainers.attribution.contract import Floats


def mean_attention(block: Block) -> list[Floats]:
    """[num_pairs] for each node that is asked about: mean α over layers, heads and both directions of each edge."""
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
    return block.by_pair(mean * torch.from_numpy(block.joined.within))


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
