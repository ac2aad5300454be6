"""APPNP (Gasteiger et al. 2019): predict first, then propagate by personalised PageRank."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from torch import Tensor, nn

from core.models import options
from core.models.contract import Model, Recipe, Shape
from core.models.linear import FeatureLinear
from core.models.propagation import Propagation
from core.parameters import Integer, Real, Value
from core.sparse import Edges, Features, dropout


class PredictThenPropagate(nn.Module):
    """Z⁰ = MLP(X), Zᵏ⁺¹ = (1 − α) Â Zᵏ + α Z⁰. States: the perceptron's hidden ones, then Z¹ … Z^K."""

    def __init__(self, shape: Shape, values: Mapping[str, Value]) -> None:
        super().__init__()
        layers, width, steps = int(values["layers"]), int(values["width"]), int(values["depth"])
        sizes = [shape.num_features] + [width] * (layers - 1) + [shape.num_classes]
        self.linears = nn.ModuleList(
            FeatureLinear(size, out, bias=bool(values["bias"]), weight_initializer="glorot") for size, out in pairwise(sizes)
        )
        self.activations = nn.ModuleList(options.ACTIVATIONS[str(values["activation"])]() for _ in range(layers - 1))
        self.states = nn.ModuleList(nn.Identity() for _ in range(layers - 1 + steps))
        self.propagation = Propagation(float(values["edge_dropout"]))
        self.alpha, self.dropout = float(values["alpha"]), float(values["dropout"])

    @property
    def first_layer(self) -> nn.Module:
        return self.linears[0]

    def forward(self, x: Features, edges: Edges | Tensor) -> Tensor:
        for linear, activation, state in zip(self.linears[:-1], self.activations, self.states, strict=False):
            x = state(activation(linear(dropout(x, self.dropout, self.training))))
        start: Tensor = self.linears[-1](dropout(x, self.dropout, self.training))
        alpha, step, out = self.alpha, self.propagation.over(edges, len(start)), start
        for state in self.states[len(self.activations) :]:
            out = state(step(out) * (1 - alpha) + alpha * start)
        return out


MODEL = Model(
    name="appnp",
    title="APPNP",
    question="Can a node look far without forgetting itself?",
    build=PredictThenPropagate,
    parameters=(
        options.depth(10, meaning="Propagation steps K."),
        options.width(64),
        options.dropout(),
        Real("alpha", "Teleport α", 0.1, 0.0, 1.0, step=0.05, help="Share of the node's own prediction kept in every step."),
        Integer("layers", "Layers before propagation", 2, 1, 16, help="Layers of the perceptron.", common=False),
        Real(
            "edge_dropout", "Edge dropout", 0.0, 0.0, 0.95, step=0.05, help="Share of Â's entries dropped, anew in each step.", common=False
        ),
        options.BIAS,
        options.activation(),
    ),
    recipe=Recipe(
        "Gasteiger et al. 2019, section 5 and appendix D (dropout also on Â, L2 on the first layer, no biases; "
        "stops after 100 epochs without a better validation loss or accuracy)",
        model={"depth": 10, "width": 64, "alpha": 0.1, "dropout": 0.5, "edge_dropout": 0.5, "bias": False},
        training={"lr": 0.01, "weight_decay": 5e-3, "decay_scope": "first", "epochs": 10_000, "patience": 100, "keep": "both"},
    ),
    source="Gasteiger, Bojchevski & Günnemann, Predict then propagate, ICLR 2019, eq. 4",
    equation=r"Z^{(k+1)} = (1-\alpha)\,\hat A Z^{(k)} + \alpha Z^{(0)},\quad Z^{(0)} = \mathrm{MLP}(X)",
    depth_counts="propagation steps",
    weighs_messages=True,
)
