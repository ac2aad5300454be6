"""Graph convolutional network (Kipf & Welling 2017)."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor
from torch_geometric.nn import GCNConv

from core.models import options
from core.models.contract import Model, Recipe, Shape
from core.models.linear import FeatureLinear
from core.models.stack import Stack
from core.parameters import Value
from core.sparse import Edges, Features, dense


class GraphConvolution(GCNConv):
    """PyG's `GCNConv`; with prepared `Edges` it is one sparse product, Â (X W) + b."""

    def __init__(self, in_channels: int, out_channels: int, bias: bool) -> None:
        super().__init__(in_channels, out_channels, bias=bias)
        self.lin = FeatureLinear(in_channels, out_channels, bias=False, weight_initializer="glorot")

    def forward(self, x: Features, edges: Edges | Tensor, edge_weight: Tensor | None = None) -> Tensor:
        if isinstance(edges, Tensor):
            return super().forward(dense(x), edges, edge_weight)  # type: ignore[no-any-return]
        out: Tensor = edges.symmetric @ self.lin(x)
        return out if self.bias is None else out.add_(self.bias)  # nobody else has seen the product


def build(shape: Shape, values: Mapping[str, Value]) -> Stack:
    return Stack(shape, values, lambda size, out, _: GraphConvolution(size, out, bool(values["bias"])))


MODEL = Model(
    name="gcn",
    title="GCN",
    question="What if each node becomes the degree-weighted average of its neighbourhood?",
    build=build,
    parameters=(*options.stack(), options.DROP_EDGE),
    recipe=Recipe(
        "Kipf & Welling 2017, section 5.2 (Cora, CiteSeer, PubMed), no biases as in their code. Their stop (validation loss "
        "above the mean of the ten epochs before) hardly ever acts within 200 epochs and is left out",
        model={"depth": 2, "width": 16, "dropout": 0.5, "bias": False},
        training={"epochs": 200, "lr": 0.01, "weight_decay": 5e-4, "decay_scope": "first", "keep": "last"},
    ),
    source="Kipf & Welling, Semi-supervised classification with graph convolutional networks, ICLR 2017, eq. 2",
    equation=r"H^{(l+1)} = \sigma\left(\tilde D^{-1/2}\tilde A\,\tilde D^{-1/2} H^{(l)} W^{(l)}\right)",
    depth_counts="message-passing layers",
    weighs_messages=True,
)
