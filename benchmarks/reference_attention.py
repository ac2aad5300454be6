"""What attention is measured against: PyG's layers, which give their weights, and its scatter; the dictionary lookup as a plain loop."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch_geometric.data import Data
from torch_geometric.nn import GATConv, GATv2Conv
from torch_geometric.utils import degree, scatter

from core.data import Ints

LAYERS: dict[str, type[GATConv] | type[GATv2Conv]] = {"gat": GATConv, "gatv2": GATv2Conv}
WIDTH, LR, BATCH, EVERY = 128, 0.001, 32, 5
"""As ours; channels of all heads together."""


@torch.no_grad()
def normalized_entropies(net: nn.Module, data: Data) -> list[Tensor]:
    """[num_nodes, heads] of each layer of `reference.Net`, in evaluation mode."""
    x, found, layers = data.x, [], list(net.layers)
    for layer, following in pairwise([*layers, None]):
        x, (edge_index, alpha) = layer(x, data.edge_index, return_attention_weights=True)
        x = net.activation(x) if following else x
        terms = -alpha * alpha.clamp_min(torch.finfo(alpha.dtype).tiny).log()
        entropy = scatter(terms, edge_index[1], dim=0, dim_size=data.num_nodes, reduce="sum")
        found.append(entropy / degree(edge_index[1], data.num_nodes).clamp_min(2).log()[:, None])
    return found


class Lookup(nn.Module):
    """ReLU(embedding of the attribute + of the value) → one layer → linear read-out of the queries."""

    def __init__(self, model: str, heads: int, size: int) -> None:
        super().__init__()
        self.size = size
        self.attributes, self.values = nn.Embedding(size, WIDTH), nn.Embedding(size + 1, WIDTH)
        self.layer = LAYERS[model](WIDTH, WIDTH // heads, heads=heads)
        self.read_out = nn.Linear(WIDTH, size)

    def forward(self, held: Tensor) -> Tensor:
        """[examples · size, size] logits, of permutations [examples, size]."""
        examples, size = held.shape
        own, first = torch.arange(size), 2 * size * torch.arange(examples)[:, None, None]
        source, target = (first + own).expand(examples, size, size), (first + size + own[:, None]).expand(examples, size, size)
        values = torch.cat([held, torch.full_like(held, size)], dim=1).flatten()
        states = (self.attributes(own.repeat(2 * examples)) + self.values(values)).relu()
        out = self.layer(states, torch.stack([source.flatten(), target.flatten()]))
        logits: Tensor = self.read_out(out.view(-1, 2 * size, WIDTH)[:, size:].flatten(0, 1))
        return logits


def look_up(model: str, heads: int, training: Ints, test: Ints, epochs: int, seed: int) -> float:
    """Share of the test's queries that are answered after the last epoch; both shares are measured every few epochs, as in ours."""
    torch.manual_seed(seed)
    known, unseen = torch.from_numpy(training), torch.from_numpy(test)
    net = Lookup(model, heads, known.shape[1])
    optimizer = torch.optim.Adam(net.parameters(), lr=LR)
    size, share = min(BATCH, len(known)), float("nan")
    for epoch in range(1, epochs + 1):
        net.train()
        for batch in torch.randperm(len(known)).split(size):
            if len(batch) == size:
                optimizer.zero_grad()
                functional.cross_entropy(net(known[batch]), known[batch].flatten()).backward()
                optimizer.step()
        if epoch % EVERY == 0 or epoch == epochs:
            _, share = (_answered(net, held) for held in (known, unseen))
    return share


@torch.no_grad()
def _answered(net: Lookup, held: Tensor) -> float:
    net.eval()
    return float(np.mean((net(held).argmax(dim=1) == held.flatten()).numpy()))
