"""FAGCN (Bo et al. 2021): each edge passes a share of a message between −1 and 1, so that a node can also move away from a neighbour.

These shares are no attention as GAT's is: each is a tanh of its own, they do not sum to 1 and may be negative. What is said of attention
(entropy, mass, uniform weights) is not said of them, so the model does not claim to attend.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import cast

import torch
from torch import Tensor, nn
from torch_geometric.nn import FAConv

from core.models import options
from core.models.contract import Model, Recipe, Shape
from core.models.linear import FeatureLinear
from core.models.once import OncePerGraph
from core.parameters import Real, Value
from core.sparse import Edges, Features, dropout

GAIN = 1.414
"""By which the authors' code multiplies the weights that Glorot's rule draws."""


def _scale(edge_index: Tensor, num_nodes: int, _: int) -> Tensor:
    """[num_stored] 1 / √(d_i d_j) of each stored edge j → i, d in-degrees without loops and at least 1; 0 for loops."""
    source, target = edge_index
    apart = source != target
    root = torch.bincount(target[apart], minlength=num_nodes).clamp(min=1).rsqrt()
    found: Tensor = root[source] * root[target] * apart
    return found


scale = OncePerGraph(_scale)


class FrequencyConvolution(FAConv):
    """PyG's `FAConv` without self-loops, ε h⁰_i + Σ_j tanh(g · [h_i ‖ h_j]) / √(d_i d_j) h_j; with prepared `Edges` its sums are sparse
    products. `att_l` and `att_r` are the parts of g that read the source and the target."""

    heads = 1
    """With the channels, what the estimate of memory reads."""

    def __init__(self, channels: int, eps: float, rate: float) -> None:
        super().__init__(channels, eps, rate, normalize=False)
        self.out_channels = channels
        for part in (self.att_l, self.att_r):  # Glorot's rule for both as one layer of 2 · channels inputs
            nn.init.normal_(part.weight, std=GAIN * sqrt(2 / (2 * channels + 1)))

    def forward(self, x: Tensor, x_0: Tensor, edges: Edges | Tensor) -> Tensor:
        if isinstance(edges, Tensor):
            return super().forward(x, x_0, edges, scale(edges, len(x), 0).to(x.dtype))  # type: ignore[no-any-return]
        pattern = edges.attention(self.heads, loops=False)
        source, target = (x @ torch.cat([self.att_l.weight, self.att_r.weight]).t()).split(1, dim=1)
        shares = cast(Tensor, dropout(pattern.pair_scores(source, target).tanh(), self.dropout, self.training))
        out: Tensor = pattern.weighted_sum(shares * pattern.entries(scale(edges.edge_index, len(x), 0)[:, None]), x) + self.eps * x_0
        return out


class FrequencyAdaptiveNet(nn.Module):
    """H⁰ = σ(X W₁ + b), `depth` layers without weights but their gates', and a linear layer out. States: H⁰ and that after each layer."""

    def __init__(self, shape: Shape, values: Mapping[str, Value]) -> None:
        super().__init__()
        depth, width, bias, self.dropout = int(values["depth"]), int(values["width"]), bool(values["bias"]), float(values["dropout"])
        self.before = FeatureLinear(shape.num_features, width, bias=bias)
        self.activation = options.ACTIVATIONS[str(values["activation"])]()
        self.convolutions = nn.ModuleList(FrequencyConvolution(width, float(values["eps"]), self.dropout) for _ in range(depth))
        self.states = nn.ModuleList(nn.Identity() for _ in range(depth + 1))
        self.after = FeatureLinear(width, shape.num_classes, bias=bias)
        for linear in (self.before, self.after):
            nn.init.xavier_normal_(linear.weight, gain=GAIN)

    @property
    def first_layer(self) -> nn.Module:
        return self.before

    @property
    def held(self) -> int:
        """Two states a layer: its own, and its sum."""
        return 2 * len(self.convolutions) * int(self.after.in_channels)

    def forward(self, x: Features, edges: Edges | Tensor) -> Tensor:
        hidden = self.states[0](self.activation(self.before(dropout(x, self.dropout, self.training))))
        hidden = start = dropout(hidden, self.dropout, self.training)
        for convolution, state in zip(self.convolutions, self.states[1:], strict=True):
            hidden = state(convolution(hidden, start, edges))
        logits: Tensor = self.after(hidden)
        return logits


MODEL = Model(
    name="fagcn",
    title="FAGCN",
    question="What if a node may also move away from a neighbour?",
    build=FrequencyAdaptiveNet,
    parameters=(
        options.depth(),
        options.width(32),
        options.dropout(),
        Real("eps", "Own start ε", 0.3, 0.0, 1.0, step=0.1, help="How much of the first state is added in each layer."),
        options.BIAS,
        options.activation(),
    ),
    recipe=Recipe(
        "Bo et al. 2021, the defaults of their code's train.py (32 channels, two layers, ε 0.3, 500 epochs; on Cora, CiteSeer and PubMed "
        "the lowest validation loss, with a patience of 200, on others the best validation score), without the bias of their gate, as in "
        "PyG. The paper and its settings for each dataset were not at hand",
        model={"depth": 2, "width": 32, "dropout": 0.5, "eps": 0.3},
        training={"lr": 0.01, "weight_decay": 5e-5, "epochs": 500, "patience": 200, "keep": "loss"},
    ),
    source="Bo, Wang, Shi & Shen, Beyond low-frequency information in graph convolutional networks, AAAI 2021, as in PyG's `FAConv`, "
    "without self-loops as in the authors' code, where a degree counts at least 1",
    equation=(
        r"\begin{gathered} h_i^{(l)} = \varepsilon h_i^{(0)} + \sum_{j \in N(i)} \frac{\alpha_{ij}}{\sqrt{d_i d_j}}\, h_j^{(l-1)},\\"
        r" \alpha_{ij} = \tanh\big(g_l^\top [h_i^{(l-1)} \Vert h_j^{(l-1)}]\big),\; h_i^{(0)} = \sigma(W_1 x_i) \end{gathered}"
    ),
    depth_counts="message-passing layers",
)
