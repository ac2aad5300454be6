"""GAT-sep (Platonov et al. 2023): attention over the neighbours alone, and a node's own state beside what it hears."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from core.models import blocks
from core.models.contract import Model, Recipe, Shape
from core.models.linear import FeatureLinear
from core.models.omega_gat import AttentionSmoothing
from core.parameters import Value
from core.sparse import Edges, Features


class SeparatedAttention(nn.Module):
    """W_r z_i + W_l Σ_j α_ij z_j + b with z = W h + c, α that of PyG's `GATConv` that adds no self-loops, its heads side by side.

    One linear layer on [z_i ‖ Σ_j α_ij z_j], as the sum of one on each. A node without in-edges hears nothing; a self-loop that is
    stored counts as a neighbour.
    """

    def __init__(self, in_channels: int, out_channels: int, heads: int, channels: int, bias: bool) -> None:
        super().__init__()
        self.lin = FeatureLinear(in_channels, heads * channels, bias=bias, weight_initializer="glorot")
        self.attention = AttentionSmoothing(heads, channels, add_self_loops=False)
        self.own = FeatureLinear(heads * channels, out_channels, bias=bias)
        self.near = FeatureLinear(heads * channels, out_channels, bias=False)

    def forward(self, x: Features, edges: Edges | Tensor) -> Tensor:
        states = self.lin(x)
        out: Tensor = self.own(states) + self.near(self.attention(states, edges))
        return out


def build(shape: Shape, values: Mapping[str, Value]) -> nn.Module:
    heads, channels, bias = int(values["heads"]), int(values["width"]), bool(values["bias"])
    return blocks.separated(shape, values, lambda size, out: SeparatedAttention(size, out, heads, channels, bias), heads * channels)


MODEL = Model(
    name="gat_sep",
    title="GAT-sep",
    question="Which neighbours count more than others, if the node itself is none of them?",
    build=build,
    parameters=blocks.parameters(*blocks.HEADS),
    recipe=Recipe(blocks.SOURCE, model={**blocks.RECIPE, "width": 64, "heads": 8}, training=blocks.TRAINING),
    source=f"{blocks.PAPER}, their GAT-sep, with the score of Veličković et al. 2018: their code adds a number of each head's own to it",
    equation=(
        r"\begin{gathered} h_i' = W_r z_i + W_l \sum_{j\in N(i)} \alpha_{ij} z_j,\; z = W h," + blocks.BLOCK + r", \\"
        r" \alpha_{ij} = \mathrm{softmax}_j\left(\mathrm{LeakyReLU}(a^\top[z_i \,\Vert\, z_j])\right) \end{gathered}"
    ),
    depth_counts="message-passing layers",
    weighs_messages=True,
    has_attention=True,
)
