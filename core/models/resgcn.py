"""ResGCN (Li et al. 2019): graph convolutions that add to their input."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from core.models import options
from core.models.contract import Model, Recipe, Shape
from core.models.gcn import GraphConvolution
from core.models.linear import FeatureLinear
from core.parameters import Value
from core.sparse import Edges, Features, dropout


class ResidualGraphNet(nn.Module):
    """H⁰ = X W, Hˡ⁺¹ = Hˡ + σ(norm(Â Hˡ Wˡ)), linear layer out. States: H⁰, H¹ … of the last layer."""

    def __init__(self, shape: Shape, values: Mapping[str, Value]) -> None:
        super().__init__()
        depth, width, bias = int(values["depth"]), int(values["width"]), bool(values["bias"])
        self.before = FeatureLinear(shape.num_features, width, bias=bias, weight_initializer="glorot")
        self.convolutions = nn.ModuleList(GraphConvolution(width, width, bias) for _ in range(depth))
        self.norms = nn.ModuleList(options.make_norm(str(values["normalization"]), width) for _ in range(depth))
        self.activations = nn.ModuleList(options.ACTIVATIONS[str(values["activation"])]() for _ in range(depth))
        self.after = FeatureLinear(width, shape.num_classes, bias=bias, weight_initializer="glorot")
        self.states = nn.ModuleList(nn.Identity() for _ in range(depth + 1))
        self.dropout = float(values["dropout"])

    @property
    def first_layer(self) -> nn.Module:
        return self.before

    def forward(self, x: Features, edges: Edges | Tensor) -> Tensor:
        hidden: Tensor = self.states[0](self.before(dropout(x, self.dropout, self.training)))
        parts = zip(self.convolutions, self.norms, self.activations, self.states[1:], strict=True)
        for convolution, norm, activation, state in parts:
            hidden = state(hidden + activation(norm(convolution(dropout(hidden, self.dropout, self.training), edges))))
        logits: Tensor = self.after(dropout(hidden, self.dropout, self.training))
        return logits


MODEL = Model(
    name="resgcn",
    title="ResGCN",
    question="Do residual connections let a GCN go deep?",
    build=ResidualGraphNet,
    parameters=(
        options.depth(8, meaning="Message-passing layers, between a linear layer in and one out."),
        options.width(64),
        options.dropout(),
        options.NORMALIZATION,
        options.BIAS,
        options.activation(),
    ),
    recipe=Recipe(
        "Li et al. 2019, section 4.2: ResGCN-28, 28 layers of width 64 with batch normalisation, dropout 0.3, Adam 0.001 (there for "
        "point clouds; nothing is said of citation graphs, so epochs and weight decay are those of GCN, Kipf & Welling 2017)",
        model={"depth": 28, "width": 64, "dropout": 0.3, "normalization": "batch"},
        training={"lr": 0.001, "epochs": 200, "weight_decay": 5e-4, "decay_scope": "first"},
    ),
    source="Li et al., DeepGCNs: Can GCNs go as deep as CNNs?, ICCV 2019, eq. 3, with the graph convolution of GCN",
    equation=r"H^{(l+1)} = H^{(l)} + \sigma\left(\hat A H^{(l)} W^{(l)}\right)",
    depth_counts="message-passing layers",
    weighs_messages=True,
)
