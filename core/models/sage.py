"""GraphSAGE with the mean aggregator (Hamilton et al. 2017), full graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from torch import Tensor
from torch_geometric.nn import SAGEConv

from core.models import options
from core.models.contract import Model, Recipe, Shape
from core.models.linear import FeatureLinear
from core.models.stack import Stack
from core.parameters import Value
from core.sparse import Edges, Features, dense


class MeanConvolution(SAGEConv):
    """PyG's `SAGEConv`; with prepared `Edges` the neighbours' mean is taken after the weights: D⁻¹A (X W)."""

    def __init__(self, in_channels: int, out_channels: int, bias: bool) -> None:
        super().__init__(in_channels, out_channels, bias=bias)
        self.lin_l = FeatureLinear(in_channels, out_channels, bias=bias)
        self.lin_r = FeatureLinear(in_channels, out_channels, bias=False)

    def forward(self, x: Features, edges: Edges | Tensor) -> Tensor:
        if isinstance(edges, Tensor):
            return super().forward(dense(x), edges)  # type: ignore[no-any-return]
        neighbours = edges.mean @ self.lin_l.product(x)
        out: Tensor = neighbours + self.lin_r(x)
        return out if self.lin_l.bias is None else cast(Tensor, out + self.lin_l.bias)


def build(shape: Shape, values: Mapping[str, Value]) -> Stack:
    return Stack(shape, values, lambda size, out, _: MeanConvolution(size, out, bool(values["bias"])))


MODEL = Model(
    name="sage",
    title="GraphSAGE",
    question="What if a node keeps its own state apart from its neighbours' mean?",
    build=build,
    parameters=(*options.stack(), options.DROP_EDGE),
    recipe=Recipe(
        "Hamilton et al. 2017 sample neighbours, no recipe for a full graph; the settings of GCN (Kipf & Welling 2017, section 5.2)",
        model={"depth": 2, "width": 16, "dropout": 0.5},
        training={"epochs": 200, "lr": 0.01, "weight_decay": 5e-4},
    ),
    source="Hamilton, Ying & Leskovec, Inductive representation learning on large graphs, NeurIPS 2017, algorithm 1 (mean, no sampling)",
    equation=r"h_i^{(l+1)} = \sigma\left(W_r h_i^{(l)} + W_l\,\frac{1}{d_i}\sum_{j\in N(i)} h_j^{(l)}\right)",
    depth_counts="message-passing layers",
    weighs_messages=True,
)
