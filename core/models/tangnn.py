"""TANGNN (E et al. 2024): each layer joins what neighbours send with attention to the m nodes that lie nearest to a learned direction.

The abstract says that each layer has a component of Top-m attention and one of neighbourhood aggregation; the paper's equations were not
at hand. From the authors' code are: the choice by the cosine of ReLU(h) to one auxiliary vector a, the mean over neighbours, and that
the components' outputs are joined. In that code the attention's output never reaches the logits, and no gradient reaches a. So it is
decided here: every node asks the m chosen ones, by scaled dot products, and the cosines are added to its scores, which is how a learns.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.errors import UserError
from core.models import options
from core.models.contract import Model, Recipe, Shape
from core.models.linear import FeatureLinear
from core.models.sage import MeanConvolution
from core.parameters import Integer, Value
from core.sparse import Edges, Features, dropout

TIE = 1e-6
"""Cosines that are nearer to each other are equal within rounding."""


def cosines(states: Tensor, direction: Tensor) -> Tensor:
    """[num_nodes] cos(ReLU(h), a), −1 … 1, of states [num_nodes, width]; 0 for a node without any positive channel."""
    return functional.cosine_similarity(states.relu(), direction[None], dim=1)


@torch.no_grad()
def nearest(similarity: Tensor, states: Tensor, count: int) -> Tensor:
    """[min(count, num_nodes)] the nodes of the largest similarity, in no order.

    Where nodes tie for the last places, their states decide and not their numbers, so that renumbering the nodes changes nothing: of
    equal ones it does not matter which is taken.
    """
    if count >= len(similarity):
        return torch.arange(len(similarity), device=similarity.device)
    last = similarity.topk(count).values[-1]
    above, reaches = similarity > last + TIE, similarity >= last - TIE
    sure, tied = above.nonzero()[:, 0], (reaches & ~above).nonzero()[:, 0]
    places = count - len(sure)
    if len(tied) > places:
        # no whole-number multiples of these weights cancel: different states hardly ever get the same sum
        weights = torch.arange(1, states.shape[1] + 1, device=states.device).sin()
        tied = tied[(states[tied] @ weights.to(states.dtype)).topk(places).indices]
    return torch.cat([sure, tied])


class Asked(nn.Module):
    """Where all nodes ask the chosen ones: whoever wants to know listens here with a forward hook."""

    asks_chosen = True

    def forward(self, alpha: Tensor, chosen: Tensor, similarity: Tensor) -> Tensor:
        """Weights [heads, num_nodes, m] of the `chosen` nodes [m], as they are; `similarity` [m]: the cosines they were chosen by."""
        return alpha


class TopAttention(nn.Module):
    """Scaled dot-product attention of every node to a few chosen ones, in `parts` heads of out_channels / parts channels."""

    def __init__(self, in_channels: int, out_channels: int, parts: int, bias: bool) -> None:
        super().__init__()
        self.parts = parts
        self.query, self.key, self.value = (
            FeatureLinear(in_channels, out_channels, bias=bias, weight_initializer="glorot") for _ in range(3)
        )
        self.merged = FeatureLinear(out_channels, out_channels, bias=bias, weight_initializer="glorot")
        self.asked = Asked()

    def forward(self, x: Tensor, chosen: Tensor, similarity: Tensor) -> Tensor:
        """[num_nodes, out_channels]; `chosen` [m] and their `similarity` [m], which is added to their scores."""
        asked = x.index_select(0, chosen)
        query, key, value = (self._by_head(out) for out in (self.query(x), self.key(asked), self.value(asked)))
        scores = torch.baddbmm(similarity, query, key.transpose(1, 2), alpha=1 / sqrt(query.shape[2]))
        alpha = self.asked(scores.softmax(dim=2), chosen, similarity)
        mixed: Tensor = self.merged((alpha @ value).transpose(0, 1).flatten(1))
        return mixed

    def _by_head(self, x: Tensor) -> Tensor:
        return x.view(len(x), self.parts, -1).transpose(0, 1)


class Layer(nn.Module):
    """[near ‖ far]: W_r h + W_l (mean of the in-neighbours) + b, and the attention to the chosen nodes; `width` channels each."""

    def __init__(self, width: int, values: Mapping[str, Value]) -> None:
        super().__init__()
        bias = bool(values["bias"])
        self.near = MeanConvolution(2 * width, width, bias)
        self.far = TopAttention(2 * width, width, int(values["heads"]), bias)

    def forward(self, x: Tensor, edges: Edges | Tensor, chosen: Tensor, similarity: Tensor) -> Tensor:
        return torch.cat([self.near(x, edges), self.far(x, chosen, similarity)], dim=1)


class TopAttentionNetwork(nn.Module):
    """A linear layer in, `depth` layers, and a linear layer to the classes. States: that of the layer in, then those after each layer.

    Every layer chooses its m nodes anew, by its input without dropout. Raises `UserError` for heads that do not divide the width.
    """

    sees_all = True
    """Whom all nodes attend to is chosen among all of them: graphs side by side are one graph here."""

    def __init__(self, shape: Shape, values: Mapping[str, Value]) -> None:
        super().__init__()
        depth, width, heads = int(values["depth"]), int(values["width"]), int(values["heads"])
        if width % heads:
            raise UserError(f"The width ({width}) is shared by the heads ({heads}) of TANGNN; take a width that they divide.")
        bias, self.count = bool(values["bias"]), int(values["chosen"])
        self.encoder = FeatureLinear(shape.num_features, 2 * width, bias=bias, weight_initializer="glorot")
        self.direction = nn.Parameter(torch.randn(2 * width))
        self.layers = nn.ModuleList(Layer(width, values) for _ in range(depth))
        self.activations = nn.ModuleList(options.ACTIVATIONS[str(values["activation"])]() for _ in range(depth + 1))
        self.states = nn.ModuleList(nn.Identity() for _ in range(depth + 1))
        self.classifier = FeatureLinear(2 * width, shape.num_classes, bias=bias, weight_initializer="glorot")
        self.dropout, self.residual = float(values["dropout"]), bool(values["residual"])
        self.held = heads * min(self.count, shape.num_nodes) * (2 * depth + 2)
        """Scores and shares of the chosen nodes in each layer, and their gradients in one."""

    @property
    def first_layer(self) -> nn.Module:
        return self.encoder

    def forward(self, x: Features, edges: Edges | Tensor) -> Tensor:
        first, *rest = self.activations
        hidden = self.states[0](first(self.encoder(dropout(x, self.dropout, self.training))))
        for layer, activation, state in zip(self.layers, rest, self.states[1:], strict=True):
            similarity = cosines(hidden, self.direction)
            chosen = nearest(similarity, hidden, self.count)
            out = layer(dropout(hidden, self.dropout, self.training), edges, chosen, similarity.index_select(0, chosen))
            hidden = state(activation(out) + hidden if self.residual else activation(out))
        logits: Tensor = self.classifier(dropout(hidden, self.dropout, self.training))
        return logits


MODEL = Model(
    name="tangnn",
    title="TANGNN",
    question="What if every node also asks the few nodes that a learned direction picks out of the whole graph?",
    build=TopAttentionNetwork,
    parameters=(
        options.depth(meaning="Layers, each of messages from neighbours and attention to the chosen nodes."),
        Integer("width", "Width", 32, 1, 1024, step=8, help="Channels of each of a layer's two parts; a hidden state has twice as many."),
        Integer("chosen", "Chosen nodes (m)", 20, 1, 1000, help="How many nodes all others attend to, chosen anew in each layer."),
        Integer("heads", "Heads", 1, 1, 64, help="Of the attention; they share the width.", common=False),
        options.dropout(),
        options.RESIDUAL,
        options.BIAS,
        options.activation(),
    ),
    recipe=Recipe(
        "The file TANGNN/TANGNN of their code (Cora's public split with raw features, 32 channels, one head, two layers, m = 20, dropout "
        "0.3 within its neighbourhood part, the last of 80 epochs); the paper's own settings were not at hand",
        model={"depth": 2, "width": 32, "chosen": 20, "heads": 1, "dropout": 0.3},
        training={"epochs": 80, "lr": 0.005, "weight_decay": 1e-4, "keep": "last"},
    ),
    source="E, Zhang, Xia & Xu, TANGNN: a concise, scalable and effective graph neural networks with top-m attention mechanism for graph "
    "representation learning, arXiv 2411.15458, 2024: its abstract, and its code for the choice (the cosine of ReLU(h) to a vector a), the "
    "mean over neighbours and the join; the paper's equations were not at hand. In that code the attention never reaches the logits and a "
    "does not learn. Decided here: every node asks the chosen ones; their cosines are added to its scores; linear layers in and out, one "
    "layer of GraphSAGE on all neighbours (there two, on five that are drawn), attention without the transformer's norms and perceptron; "
    "of nodes that tie, their states decide",
    equation=(
        r"S = \mathrm{top}_m\, s_j,\; s_j = \cos\big(\mathrm{ReLU}(h_j), a\big),\; \alpha_{ij} = \mathrm{softmax}_{j \in S}"
        r"\left(\frac{(W_q h_i)^\top W_k h_j}{\sqrt d} + s_j\right),\; h_i' = \sigma\Big(W_r h_i + W_l\,\frac{1}{d_i}"
        r"\sum_{j \in N(i)} h_j \;\Big\Vert\; W_o \sum_{j \in S} \alpha_{ij} W_v h_j\Big)"
    ),
    depth_counts="layers of messages and attention",
    reach=lambda values: None,
    has_attention=True,
    chooses_nodes=True,
)
