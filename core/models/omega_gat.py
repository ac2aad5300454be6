"""ωGAT (Eliasof, Ruthotto & Treister 2023): attention in the place of Â, and ω per channel as in ωGCN."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from core.models import options
from core.models.contract import Model, Recipe, Shape
from core.models.gat import AttentionConvolution
from core.models.omega_gcn import MODEL as OMEGA_GCN
from core.models.omega_gcn import OmegaNetwork
from core.parameters import Integer, Value


class AttentionSmoothing(AttentionConvolution):
    """The sum of in-neighbours' states weighted by attention, as a layer of GAT without weights; each head has its own channels."""

    def __init__(self, heads: int, channels: int, **options: object) -> None:
        super().__init__(heads * channels, channels, heads=heads, bias=False, **options)
        self.lin = nn.Identity()  # type: ignore[assignment]


def build(shape: Shape, values: Mapping[str, Value]) -> OmegaNetwork:
    heads, channels = int(values["heads"]), int(values["width"])
    return OmegaNetwork(shape, values, lambda: AttentionSmoothing(heads, channels), heads * channels)


MODEL = Model(
    name="omega_gat",
    title="ωGAT",
    question="What if attention may sharpen as well as smooth?",
    build=build,
    parameters=(
        options.depth(),
        Integer("width", "Head width", 64, 1, 1024, step=8, help="Channels of each head; a hidden state has heads × width of them."),
        Integer("heads", "Heads", 1, 1, 64, help="Attention heads in each layer."),
        options.dropout(0.6),
        options.activation(),
    ),
    recipe=Recipe(
        "Eliasof et al. 2023, semi-supervised node classification in their code (Cora, one head)",
        model={**OMEGA_GCN.recipe.model, "heads": 1},
        training=OMEGA_GCN.recipe.training,
    ),
    source="Eliasof, Ruthotto & Treister, Improving graph neural networks with learnable propagation operators, ICML 2023: "
    "an ω per channel and layer on the attention of Veličković et al. 2018, K starting at the identity as in their code",
    equation=(
        r"H^{(l+1)} = \sigma\left(\big(H^{(l)} - (H^{(l)} - \alpha^{(l)} H^{(l)})\,\Omega^{(l)}\big) K^{(l)}\right),\;"
        r"\alpha_{ij} = \mathrm{softmax}_j\left(\mathrm{LeakyReLU}(a^\top[h_i \,\Vert\, h_j])\right)"
    ),
    depth_counts="message-passing layers",
    weighs_messages=True,
    has_attention=True,
)
