"""Graph isomorphism network (Xu et al. 2019), for nodes."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn
from torch_geometric.nn import GINConv

from core.models import options
from core.models.contract import Model, Recipe, Shape
from core.models.linear import FeatureLinear
from core.models.stack import Stack
from core.parameters import Value
from core.sparse import Edges, Features, dense


class SumConvolution(GINConv):
    """PyG's `GINConv` with a two-layer perceptron, whose first weights are applied before summing."""

    def __init__(self, in_channels: int, hidden: int, out_channels: int, bias: bool) -> None:
        first = FeatureLinear(in_channels, hidden, bias=bias)
        second = FeatureLinear(hidden, out_channels, bias=bias)
        super().__init__(nn.Sequential(first, nn.ReLU(), second), train_eps=True)

    def forward(self, x: Features, edges: Edges | Tensor) -> Tensor:
        if isinstance(edges, Tensor):
            return super().forward(dense(x), edges)  # type: ignore[no-any-return]
        first = self.nn[0]
        own = first.product(x)
        summed = edges.total @ own + (1 + self.eps) * own
        out: Tensor = self.nn[1:](summed if first.bias is None else summed + first.bias)
        return out


def build(shape: Shape, values: Mapping[str, Value]) -> Stack:
    width, bias = int(values["width"]), bool(values["bias"])
    return Stack(shape, values, lambda size, out, _: SumConvolution(size, width, out, bias))


MODEL = Model(
    name="gin",
    title="GIN",
    question="Can a sum tell neighbourhoods apart that an average confuses?",
    build=build,
    parameters=(*options.stack(), options.DROP_EDGE),
    recipe=Recipe(
        "Xu et al. 2019, section 7 (written for graph classification: batch normalisation, two-layer perceptrons, dropout 0.5, Adam 0.01)",
        model={"depth": 5, "width": 32, "dropout": 0.5, "normalization": "batch"},
        training={"lr": 0.01, "weight_decay": 0.0},
    ),
    source="Xu, Hu, Leskovec & Jegelka, How powerful are graph neural networks?, ICLR 2019, eq. 4.1",
    equation=r"h_i^{(l+1)} = \mathrm{MLP}^{(l)}\left((1+\epsilon)\,h_i^{(l)} + \sum_{j\in N(i)} h_j^{(l)}\right)",
    depth_counts="message-passing layers",
    weighs_messages=True,
)
