"""Multilayer perceptron: what the features alone can say."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from core.models import options
from core.models.contract import Model, Recipe, Shape
from core.models.linear import FeatureLinear
from core.models.stack import Stack
from core.parameters import Value
from core.sparse import Edges, Features


class EdgelessLinear(FeatureLinear):
    """A linear layer with the signature of a convolution; it never looks at the edges."""

    def forward(self, x: Features, edges: Edges | Tensor | None = None) -> Tensor:
        return super().forward(x)


def build(shape: Shape, values: Mapping[str, Value]) -> Stack:
    bias = bool(values["bias"])
    return Stack(shape, values, lambda size, out, _: EdgelessLinear(size, out, bias=bias, weight_initializer="glorot"))


MODEL = Model(
    name="mlp",
    title="MLP, features only",
    question="What do the features say without the edges?",
    build=build,
    parameters=options.stack(options.depth(meaning="Layers. No neighbour is ever seen.")),
    recipe=Recipe(
        "The multilayer perceptron of Kipf & Welling 2017, table 2 (in their code: the settings of GCN)",
        model={"depth": 2, "width": 16, "dropout": 0.5, "bias": False},
        training={"epochs": 200, "lr": 0.01, "weight_decay": 5e-4, "decay_scope": "first", "keep": "last"},
    ),
    source="The baseline without a graph of Kipf & Welling, ICLR 2017",
    equation=r"H^{(l+1)} = \sigma\left(H^{(l)} W^{(l)}\right)",
    depth_counts="layers",
    weighs_messages=True,
    reach=lambda values: 0,
    uses_edges=False,
)
