"""Graph transformer (Shi et al. 2021): queries, keys and values along the edges, and a node's own state beside them."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

from torch import Tensor, nn
from torch_geometric.nn import TransformerConv

from core.attention import Attention
from core.models import gat
from core.models.contract import Model, Recipe, Shape
from core.models.linear import FeatureLinear
from core.models.stack import Stack
from core.parameters import Value
from core.sparse import Edges, Features, dense


class TransformerConvolution(TransformerConv):
    """PyG's `TransformerConv`; with prepared `Edges` its scores and sums are sparse products.

    It adds no loops: a node without in-edges gets its own part, W_s h + b, alone.
    """

    def __init__(
        self, in_channels: int, out_channels: int, *, heads: int, concat: bool, dropout: float, bias: bool, root_weight: bool = True
    ) -> None:
        """Without `root_weight` a node's own part is left out."""
        super().__init__(in_channels, out_channels, heads=heads, concat=concat, dropout=dropout, bias=bias, root_weight=root_weight)
        width = heads * out_channels
        self.lin_key, self.lin_query, self.lin_value = (FeatureLinear(in_channels, width, bias=bias) for _ in range(3))
        self.lin_skip = FeatureLinear(in_channels, width if concat else out_channels, bias=bias) if root_weight else nn.Identity()
        self.attend = Attention(loops=False)

    def forward(self, x: Features, edges: Edges | Tensor, **kwargs: object) -> Tensor:
        if isinstance(edges, Tensor):
            return super().forward(dense(x), edges, **kwargs)  # type: ignore[no-any-return]
        query, key, value = (lin(x).view(-1, self.heads, self.out_channels) for lin in (self.lin_query, self.lin_key, self.lin_value))
        pattern = edges.attention(self.heads, loops=False)
        out = self.attend(pattern, pattern.dot_entries(query, key) / sqrt(self.out_channels), value, self.dropout * self.training)
        merged: Tensor = out.flatten(1) if self.concat else out.mean(dim=1)
        return self.lin_skip(x) + merged if self.root_weight else merged


def build(shape: Shape, values: Mapping[str, Value]) -> Stack:
    return gat.attention_stack(TransformerConvolution, shape, values)


MODEL = Model(
    name="graph_transformer",
    title="Graph transformer",
    question="What if a node asks its neighbours with a query of its own?",
    build=build,
    parameters=gat.PARAMETERS,
    recipe=Recipe(
        "Shi et al. 2021 give no citation-graph recipe; the settings of GAT (Veličković et al. 2018, section 3.3)",
        model=gat.MODEL.recipe.model,
        training=gat.MODEL.recipe.training,
    ),
    source="Shi et al., Masked label prediction (UniMP), IJCAI 2021, eq. 3 and 4, without its gate and its labels; PyG's TransformerConv",
    equation=(
        r"\alpha_{ij} = \mathrm{softmax}_j\left(\frac{(W_q h_i)^\top W_k h_j}{\sqrt{d}}\right),"
        r"\; h_i' = \sigma\Big(W_s h_i + \sum_j \alpha_{ij} W_v h_j\Big)"
    ),
    depth_counts="message-passing layers",
    weighs_messages=True,
    has_attention=True,
)
