"""GCN with a node's own state kept apart from its neighbours', in the residual blocks of Platonov et al. 2023."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn
from torch_geometric.nn import GCNConv

from core.models import blocks
from core.models.contract import Model, Recipe, Shape
from core.models.linear import FeatureLinear
from core.parameters import Value
from core.sparse import Edges, Features, dense, directed_weights


class SeparatedConvolution(GCNConv):
    """W_r h_i + W_l Σ_j h_j / √(d_i d_j) + b: PyG's `GCNConv` that adds no self-loops, with weights of their own for a node's
    own state. A self-loop that is stored counts as a neighbour."""

    def __init__(self, in_channels: int, out_channels: int, bias: bool) -> None:
        super().__init__(in_channels, out_channels, bias=bias, normalize=False)
        self.lin = FeatureLinear(in_channels, out_channels, bias=False, weight_initializer="glorot")
        self.own = FeatureLinear(in_channels, out_channels, bias=False, weight_initializer="glorot")

    def forward(self, x: Features, edges: Edges | Tensor) -> Tensor:
        if isinstance(edges, Tensor):
            whole = dense(x)
            near: Tensor = super().forward(whole, edges, directed_weights(edges, len(whole)).to(whole.dtype))
            apart: Tensor = near + self.own(whole)
            return apart
        out: Tensor = edges.directed @ self.lin(x) + self.own(x)
        return out if self.bias is None else out + self.bias


def build(shape: Shape, values: Mapping[str, Value]) -> nn.Module:
    return blocks.separated(shape, values, lambda size, out: SeparatedConvolution(size, out, bool(values["bias"])))


MODEL = Model(
    name="gcn_sep",
    title="GCN-sep",
    question="What if a GCN keeps a node's own state apart from its neighbours'?",
    build=build,
    parameters=blocks.parameters(),
    recipe=Recipe(f"{blocks.SOURCE}. They separate GAT and the transformer so, not GCN", model=blocks.RECIPE, training=blocks.TRAINING),
    source=f"{blocks.PAPER}, whose separation of GAT and whose blocks are here those of a GCN that adds no self-loops; a stored one counts "
    "as a neighbour. On a directed graph d_i counts the edges into the target and d_j those out of the source, so that no edge is lost",
    equation=r"h_i' = W_r h_i + W_l \sum_{j\in N(i)} \frac{h_j}{\sqrt{d_i d_j}}," + blocks.BLOCK,
    depth_counts="message-passing layers",
    weighs_messages=True,
)
