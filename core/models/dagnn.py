"""DAGNN (Liu et al. 2020): predict first, then let each node weigh how far to look."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from torch import Tensor, nn

from core.models import options
from core.models.contract import Model, Recipe, Shape
from core.models.linear import FeatureLinear
from core.models.propagation import Propagation
from core.parameters import Integer, Value
from core.sparse import Edges, Features, dropout


class DeepAdaptiveNet(nn.Module):
    """Z = MLP(X), the sum over k = 0 … K of σ(Âᵏ Z s) · Âᵏ Z; the gates' bias is that of their code.

    States: the perceptron's hidden ones, then Â Z … Âᴷ Z, then the gated sum.
    """

    def __init__(self, shape: Shape, values: Mapping[str, Value]) -> None:
        super().__init__()
        layers, self.steps = int(values["layers"]), int(values["depth"])
        sizes = [shape.num_features] + [int(values["width"])] * (layers - 1) + [shape.num_classes]
        self.linears = nn.ModuleList(FeatureLinear(size, out) for size, out in pairwise(sizes))
        self.activations = nn.ModuleList(options.ACTIVATIONS[str(values["activation"])]() for _ in range(layers - 1))
        self.propagation = Propagation()
        self.gate = nn.Linear(shape.num_classes, 1)
        self.states = nn.ModuleList(nn.Identity() for _ in range(layers - 1 + self.steps + 1))
        self.dropout = float(values["dropout"])

    @property
    def first_layer(self) -> nn.Module:
        return self.linears[0]

    @property
    def held(self) -> int:
        """The scores of every step, each beside what its gate leaves of it."""
        return 2 * self.steps * self.gate.in_features

    def forward(self, x: Features, edges: Edges | Tensor) -> Tensor:
        for linear, activation, state in zip(self.linears[:-1], self.activations, self.states, strict=False):
            x = state(activation(linear(dropout(x, self.dropout, self.training))))
        scores: Tensor = self.linears[-1](dropout(x, self.dropout, self.training))
        step, out = self.propagation.over(edges, len(scores)), self._gated(scores)
        for state in self.states[len(self.activations) : -1]:
            scores = state(step(scores))
            out = out + self._gated(scores)
        logits: Tensor = self.states[-1](out)
        return logits

    def _gated(self, scores: Tensor) -> Tensor:
        gate: Tensor = self.gate(scores).sigmoid()
        return gate * scores


MODEL = Model(
    name="dagnn",
    title="DAGNN",
    question="Can each node weigh its near and its far neighbourhoods?",
    build=DeepAdaptiveNet,
    parameters=(
        options.depth(10, meaning="Propagation steps K."),
        options.width(64),
        options.dropout(0.8),
        Integer("layers", "Layers before propagation", 2, 1, 16, help="Layers of the perceptron.", common=False),
        options.activation(),
    ),
    recipe=Recipe(
        "Liu et al. 2020, section 5.1 and their code's run.sh for Cora. Their stop (validation loss above the mean of the hundred "
        "epochs before, from the 500th on) is replaced by a patience of 100",
        model={"depth": 10, "width": 64, "dropout": 0.8, "layers": 2},
        training={"lr": 0.01, "weight_decay": 5e-3, "epochs": 1000, "patience": 100, "keep": "loss"},
    ),
    source="Liu, Gao & Ji, Towards deeper graph neural networks, KDD 2020, eq. 8",
    equation=(
        r"Z = \mathrm{MLP}(X),\; H_k = \hat A^k Z,\; s_k = \sigma(H_k s),"
        r"\; \hat Y = \mathrm{softmax}\Big(\sum_{k=0}^{K} \mathrm{diag}(s_k) H_k\Big)"
    ),
    depth_counts="propagation steps",
    weighs_messages=True,
)
