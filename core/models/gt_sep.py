"""GT-sep (Platonov et al. 2023): a transformer along the edges, with a node's own state beside what it hears."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from core.models import blocks
from core.models.contract import Model, Recipe, Shape
from core.models.graph_transformer import TransformerConvolution
from core.models.linear import FeatureLinear
from core.parameters import Value
from core.sparse import Edges, Features


class SeparatedTransformer(nn.Module):
    """W_r h_i + W_l Σ_j α_ij v_j + b, the sum that of PyG's `TransformerConv` without the node's own part, its heads side by side.

    One linear layer on [h_i ‖ Σ_j α_ij v_j], as the sum of one on each. A node without in-edges hears nothing; a self-loop that is
    stored counts as a neighbour.
    """

    def __init__(self, in_channels: int, out_channels: int, heads: int, channels: int, bias: bool) -> None:
        super().__init__()
        self.attention = TransformerConvolution(in_channels, channels, heads=heads, concat=True, dropout=0.0, bias=bias, root_weight=False)
        self.own = FeatureLinear(in_channels, out_channels, bias=bias)
        self.near = FeatureLinear(heads * channels, out_channels, bias=False)

    def forward(self, x: Features, edges: Edges | Tensor) -> Tensor:
        out: Tensor = self.own(x) + self.near(self.attention(x, edges))
        return out


def build(shape: Shape, values: Mapping[str, Value]) -> nn.Module:
    heads, channels, bias = int(values["heads"]), int(values["width"]), bool(values["bias"])
    return blocks.separated(
        shape, values, lambda size, out: SeparatedTransformer(size, out, heads, channels, bias), heads * channels, split=True
    )


MODEL = Model(
    name="gt_sep",
    title="GT-sep",
    question="What if a transformer along the edges keeps a node's own state apart?",
    build=build,
    parameters=blocks.parameters(*blocks.HEADS),
    recipe=Recipe(blocks.SOURCE, model={**blocks.RECIPE, "width": 64, "heads": 8}, training=blocks.TRAINING),
    source=f"{blocks.PAPER}, their GT-sep: attention and perceptron are blocks of their own",
    equation=(
        r"\begin{gathered} h_i' = h_i + W_r n_i + W_l \sum_{j\in N(i)} \alpha_{ij} W_v n_j,"
        r"\; h_i'' = h_i' + W_2\,\mathrm{GELU}(W_1 \mathrm{norm}(h_i')), \\"
        r" \alpha_{ij} = \mathrm{softmax}_j\left(\frac{(W_q n_i)^\top W_k n_j}{\sqrt{d}}\right),\; n = \mathrm{norm}(h) \end{gathered}"
    ),
    depth_counts="message-passing layers",
    weighs_messages=True,
    has_attention=True,
)
