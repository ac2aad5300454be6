"""GCNII (Chen et al. 2020): every layer keeps a share of the first state and most of its input."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch_geometric.nn import GCN2Conv

from core.models import options
from core.models.contract import Model, Recipe, Shape
from core.models.linear import FeatureLinear
from core.parameters import Real, Value
from core.sparse import Edges, Features, dropout


class InitialResidualConvolution(GCN2Conv):
    """PyG's `GCN2Conv`, ((1 − α) Â H + α H⁰)((1 − β) I + β W); with prepared `Edges` it is one sparse and one dense product."""

    def forward(self, x: Tensor, x_0: Tensor, edges: Edges | Tensor, edge_weight: Tensor | None = None) -> Tensor:
        if isinstance(edges, Tensor):
            return super().forward(x, x_0, edges, edge_weight)  # type: ignore[no-any-return]
        kept = (1 - self.alpha) * (edges.symmetric @ x) + self.alpha * x_0
        return torch.addmm(kept, kept, self.weight1, beta=1 - self.beta, alpha=self.beta)


class InitialResidualNet(nn.Module):
    """H⁰ = σ(X W), inner layers of equal width, linear layer out. States: H⁰, H¹ … of the last inner layer."""

    def __init__(self, shape: Shape, values: Mapping[str, Value]) -> None:
        super().__init__()
        depth, width, alpha, strength = int(values["depth"]), int(values["width"]), float(values["alpha"]), float(values["lambda"])
        self.before = FeatureLinear(shape.num_features, width)
        self.convolutions = nn.ModuleList(InitialResidualConvolution(width, alpha, strength, layer) for layer in range(1, depth + 1))
        self.after = FeatureLinear(width, shape.num_classes)
        self.activations = nn.ModuleList(options.ACTIVATIONS[str(values["activation"])]() for _ in range(depth + 1))
        self.states = nn.ModuleList(nn.Identity() for _ in range(depth + 1))
        self.dropout, self.inner_decay = float(values["dropout"]), float(values["inner_decay"])

    @property
    def first_layer(self) -> nn.Module:
        return self.before

    @property
    def decay_multiples(self) -> tuple[tuple[nn.Module, float], ...]:
        return ((self.convolutions, self.inner_decay),)

    def forward(self, x: Features, edges: Edges | Tensor) -> Tensor:
        start: Tensor = self.states[0](self.activations[0](self.before(dropout(x, self.dropout, self.training))))
        hidden = start
        for convolution, activation, state in zip(self.convolutions, self.activations[1:], self.states[1:], strict=True):
            hidden = state(activation(convolution(dropout(hidden, self.dropout, self.training), start, edges)))
        logits: Tensor = self.after(dropout(hidden, self.dropout, self.training))
        return logits


MODEL = Model(
    name="gcnii",
    title="GCNII",
    question="Can a GCN go deep if no layer may forget the first?",
    build=InitialResidualNet,
    parameters=(
        options.depth(16, meaning="Inner message-passing layers, between a linear layer in and one out."),
        options.width(64),
        options.dropout(0.6),
        Real("alpha", "Initial residual α", 0.1, 0.0, 1.0, step=0.05, help="Share of the first state in what each layer works on."),
        Real("lambda", "Identity mapping λ", 0.5, 0.0, 1.5, step=0.1, help="Layer l's weights count log(λ/l + 1), its input the rest."),
        Real(
            "inner_decay",
            "Inner weight decay ×",
            1.0,
            0.0,
            100.0,
            step=1.0,
            help="Weight decay of the inner layers, as a multiple of the training's.",
            common=False,
        ),
        options.activation(),
    ),
    recipe=Recipe(
        "Chen et al. 2020, section 6.1 and their code's train.py for Cora (weight decay 0.01 on the inner layers, 5e-4 on the linear "
        "ones), with the 16 layers of a row of their table 3; 64 are their best",
        model={"depth": 16, "width": 64, "alpha": 0.1, "lambda": 0.5, "dropout": 0.6, "inner_decay": 20.0},
        training={"lr": 0.01, "weight_decay": 5e-4, "epochs": 1500, "patience": 100, "keep": "loss"},
    ),
    source="Chen et al., Simple and deep graph convolutional networks, ICML 2020, eq. 5",
    equation=(
        r"H^{(l+1)} = \sigma\left(\left((1-\alpha)\hat A H^{(l)} + \alpha H^{(0)}\right)"
        r"\left((1-\beta_l) I + \beta_l W^{(l)}\right)\right),\; \beta_l = \log\left(\tfrac{\lambda}{l} + 1\right)"
    ),
    depth_counts="inner layers",
    weighs_messages=True,
)
