"""GATv2 (Brody et al. 2022): attention whose ranking depends on who asks."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor
from torch.nn import functional
from torch_geometric.nn import GATv2Conv

from core.attention import Attention
from core.models import gat
from core.models.contract import Model, Recipe, Shape
from core.models.linear import FeatureLinear
from core.models.stack import Stack
from core.parameters import Value
from core.sparse import Edges, Features, dense


class DynamicAttentionConvolution(GATv2Conv):
    """PyG's `GATv2Conv`; with prepared `Edges` its scores and sums are sparse products."""

    def __init__(self, in_channels: int, out_channels: int, **options: object) -> None:
        super().__init__(in_channels, out_channels, **options)
        width, bias = self.heads * out_channels, bool(options.get("bias", True))
        self.lin_l = FeatureLinear(in_channels, width, bias=bias, weight_initializer="glorot")
        self.lin_r = FeatureLinear(in_channels, width, bias=bias, weight_initializer="glorot")
        self.attend = Attention()

    def forward(self, x: Features, edges: Edges | Tensor, **kwargs: object) -> Tensor:
        if isinstance(edges, Tensor):
            return super().forward(dense(x), edges, **kwargs)  # type: ignore[no-any-return]
        source, target = self.lin_l(x), self.lin_r(x)
        pattern = edges.attention(self.heads)
        pairs = functional.leaky_relu(edges.sources @ source + edges.targets @ target, self.negative_slope)
        scores = pattern.entries((gat.per_head(self.att) @ pairs.t()).t())
        out = self.attend(pattern, scores, source.view(-1, self.heads, self.out_channels), self.dropout * self.training)
        return gat.merge_heads(self, out)


def build(shape: Shape, values: Mapping[str, Value]) -> Stack:
    return gat.attention_stack(DynamicAttentionConvolution, shape, values)


MODEL = Model(
    name="gatv2",
    title="GATv2",
    question="What if every node ranks its neighbours in its own way?",
    build=build,
    parameters=gat.PARAMETERS,
    recipe=Recipe(
        "Brody et al. 2022 give no citation-graph recipe; the settings of GAT (Veličković et al. 2018, section 3.3)",
        model=gat.MODEL.recipe.model,
        training=gat.MODEL.recipe.training,
    ),
    source="Brody, Alon & Yahav, How attentive are graph attention networks?, ICLR 2022, eq. 7",
    equation=(
        r"\alpha_{ij} = \mathrm{softmax}_j\left(a^\top\,\mathrm{LeakyReLU}(W_r h_i + W_l h_j)\right),"
        r"\; h_i' = \sigma\Big(\sum_j \alpha_{ij} W_l h_j\Big)"
    ),
    depth_counts="message-passing layers",
    weighs_messages=True,
    has_attention=True,
    states_per_edge=True,
)
