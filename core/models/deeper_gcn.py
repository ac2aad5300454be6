"""DeeperGCN (Li et al. 2020): softmax aggregation in pre-activated residual blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from torch import Tensor, nn
from torch_geometric.nn import GENConv

from core.models import options
from core.models.contract import Model, Recipe, Shape
from core.models.linear import FeatureLinear
from core.parameters import Flag, Real, Value
from core.sparse import Edges, Features, dropout

SAFE = 60.0
"""Exponents that far apart still sum in float32."""


class SoftmaxConvolution(GENConv):
    """PyG's `GENConv`. A message depends on its source alone, so with prepared `Edges` the softmax is two sparse sums."""

    def __init__(self, channels: int, temperature: float, normalized: bool, bias: bool) -> None:
        super().__init__(
            channels, channels, t=temperature, learn_t=True, msg_norm=normalized, learn_msg_scale=True, num_layers=1, bias=bias
        )

    def forward(self, x: Tensor, edges: Edges | Tensor) -> Tensor:
        if isinstance(edges, Tensor):
            return super().forward(x, edges)  # type: ignore[no-any-return]
        messages = x.relu() + self.eps
        exponents = messages * self.aggr_module.t
        highest = exponents.detach().amax(dim=0)
        if (highest - exponents.detach().amin(dim=0)).max() > SAFE:
            return super().forward(x, edges.edge_index)  # type: ignore[no-any-return]
        weights = (exponents - highest).exp()
        share = edges.total @ weights
        share = share.masked_fill(share == 0, 1.0)  # a node without in-neighbours gets nothing, and its gradient stays finite
        out = edges.total @ (weights * messages) / share
        mixed: Tensor = self.mlp((self.msg_norm(x, out) if hasattr(self, "msg_norm") else out) + x)
        return mixed


class DeeperGCN(nn.Module):
    """Encoder, `depth` blocks H ← H + conv(dropout(σ(norm(H)))), of which the first has no norm, σ and sum, and a classifier.

    States: σ(norm(H)) after each block, of which the last is what the classifier gets.
    """

    def __init__(self, shape: Shape, values: Mapping[str, Value]) -> None:
        super().__init__()
        depth, width, bias = int(values["depth"]), int(values["width"]), bool(values["bias"])
        self.encoder = FeatureLinear(shape.num_features, width, bias=bias)
        self.convolutions = nn.ModuleList(
            SoftmaxConvolution(width, float(values["temperature"]), bool(values["message_norm"]), bias) for _ in range(depth)
        )
        self.norms = nn.ModuleList(options.make_norm(str(values["normalization"]), width) for _ in range(depth))
        self.activations = nn.ModuleList(options.ACTIVATIONS[str(values["activation"])]() for _ in range(depth))
        self.states = nn.ModuleList(nn.Identity() for _ in range(depth))
        self.classifier = FeatureLinear(width, shape.num_classes, bias=bias)
        self.dropout = float(values["dropout"])

    @property
    def first_layer(self) -> nn.Module:
        return self.encoder

    @property
    def held(self) -> int:
        """Messages, weights, their product, both sums and what they came from: measured as eight states a block."""
        return len(self.convolutions) * 8 * int(self.classifier.in_channels)

    def forward(self, x: Features, edges: Edges | Tensor) -> Tensor:
        hidden = self.convolutions[0](self.encoder(x), edges)
        for layer, (norm, activation, state) in enumerate(zip(self.norms, self.activations, self.states, strict=True), start=1):
            ready = dropout(state(activation(norm(hidden))), self.dropout, self.training)
            if layer < len(self.states):
                hidden = hidden + self.convolutions[layer](ready, edges)
        logits: Tensor = self.classifier(ready)
        return logits


MODEL = Model(
    name="deeper_gcn",
    title="DeeperGCN",
    question="Do an ordering of norm, activation and sum, and a learned softmax, let layers pile up?",
    build=DeeperGCN,
    parameters=(
        options.depth(),
        options.width(64),
        options.dropout(),
        Real("temperature", "Inverse temperature t", 1.0, 0.0, 10.0, step=0.1, help="Where the softmax's learned t starts; 0 is a mean."),
        Flag("message_norm", "MsgNorm", False, help="Gives a node's summed message the length of its own state, times a learned scale."),
        replace(options.NORMALIZATION, default="layer"),
        options.BIAS,
        options.activation(),
    ),
    recipe=Recipe(
        "Li et al. 2020 have no recipe for citation graphs of this size; the defaults of their code for ogbn-arxiv (three res+ blocks of "
        "128 channels, t = 1, batch normalisation, one-layer perceptrons, no weight decay, best validation score), softmax aggregation",
        model={"depth": 3, "width": 128, "dropout": 0.5, "temperature": 1.0, "normalization": "batch"},
        training={"epochs": 500, "lr": 0.01, "weight_decay": 0.0, "keep": "score"},
    ),
    source="Li, Xiong, Thabet & Ghanem, DeeperGCN: all you need to train deeper GCNs, 2020: softmax aggregation with a learned t, MsgNorm, "
    "pre-activated residual blocks (res+)",
    equation=(
        r"H^{(l+1)} = H^{(l)} + \mathrm{MLP}\big(\hat H + m\big),\; \hat H = \sigma(\mathrm{Norm}(H^{(l)})),\;"
        r" m_i = \sum_{j\in N(i)} \frac{e^{t\,\hat m_j}}{\sum_{k\in N(i)} e^{t\,\hat m_k}}\,\hat m_j,"
        r"\; \hat m_j = \mathrm{ReLU}(\hat h_j) + \epsilon"
    ),
    depth_counts="message-passing layers",
)
