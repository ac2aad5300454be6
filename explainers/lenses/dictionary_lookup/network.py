"""One layer between learned embeddings and a linear read-out, and many examples as one graph."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.data import Ints
from core.models.gat import AttentionConvolution
from core.models.gatv2 import DynamicAttentionConvolution
from core.models.gcn import GraphConvolution
from core.models.gin import SumConvolution
from core.sparse import Edges
from explainers.lenses.dictionary_lookup.result import WIDTH, Variant


@dataclass(frozen=True, eq=False)
class Examples:
    """Examples as a disjoint union of complete bipartite graphs, in each the keys before the queries.

    `attributes` and `values` [examples · 2 · size]: what the nodes hold, `size` where a query holds no value; `answers`
    [examples · size]: the value that each query looks for. Every edge leads from a key to a query; the layers add self-loops.
    """

    size: int
    attributes: Tensor
    values: Tensor
    answers: Tensor
    edges: Edges

    @classmethod
    def of(cls, permutations: Ints, edges: Edges | None = None) -> Examples:
        """From permutations [examples, size]; `edges`: those of as many other examples, which are the same."""
        held = torch.from_numpy(permutations)
        count, size = held.shape
        return cls(
            size,
            torch.arange(size).repeat(2 * count),
            torch.cat([held, torch.full_like(held, size)], dim=1).flatten(),
            held.flatten(),
            edges or bipartite(count, size),
        )


def bipartite(count: int, size: int) -> Edges:
    """So many complete bipartite graphs, every edge from one of the first `size` nodes to one of the `size` after them."""
    own, first = torch.arange(size), 2 * size * torch.arange(count)[:, None, None]
    source = (first + own).expand(count, size, size)
    target = (first + size + own[:, None]).expand(count, size, size)
    return Edges(torch.stack([source.flatten(), target.flatten()]), 2 * size * count)


class Lookup(nn.Module):
    """ReLU(embedding of the attribute + of the value) → one layer → linear read-out, as in the paper's code.

    No activation behind the layer, no normalisation, residual connection or dropout.
    """

    def __init__(self, variant: Variant, size: int) -> None:
        super().__init__()
        self.attributes = nn.Embedding(size, WIDTH)
        self.values = nn.Embedding(size + 1, WIDTH)
        self.layer = layer(variant)
        self.read_out = nn.Linear(variant.width, size)

    def states(self, attributes: Tensor, values: Tensor) -> Tensor:
        """[nodes, WIDTH] what goes into the layer."""
        states: Tensor = self.attributes(attributes) + self.values(values)
        return states.relu()

    def forward(self, examples: Examples) -> Tensor:
        """[examples · size, size] a logit for each value, of the queries only."""
        out = self.layer(self.states(examples.attributes, examples.values), examples.edges)
        queries = out.view(-1, 2 * examples.size, out.shape[1])[:, examples.size :]
        logits: Tensor = self.read_out(queries.flatten(0, 1))
        return logits


def layer(variant: Variant) -> nn.Module:
    """The layer that is compared, of the engine's models, biases and self-loops as they have them."""
    if variant.model == "gcn":
        return GraphConvolution(WIDTH, WIDTH, bias=True)
    if variant.model == "gin":
        return SumConvolution(WIDTH, WIDTH, WIDTH, bias=True)
    kind: type[nn.Module] = AttentionConvolution if variant.model == "gat" else DynamicAttentionConvolution
    return kind(WIDTH, variant.channels, heads=variant.heads)
