"""ωGCN (Eliasof, Ruthotto & Treister 2023): each channel learns how much it is smoothed, or sharpened."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from core.models import options
from core.models.contract import Model, Recipe, Shape
from core.models.gcn import GraphConvolution
from core.models.linear import FeatureLinear
from core.parameters import Value
from core.sparse import Edges, Features, dropout


class OmegaLayer(nn.Module):
    """H ↦ (H − (H − S H) Ω) K for a smoothing S.

    `omega` [channels] starts at 1, which is S alone; 0 leaves a channel as it is, and below 0 it is sharpened.
    """

    def __init__(self, smoothing: nn.Module, channels: int) -> None:
        super().__init__()
        self.smoothing, self.omega = smoothing, nn.Parameter(torch.ones(channels))
        self.lin = FeatureLinear(channels, channels, bias=False)
        nn.init.eye_(self.lin.weight)

    def forward(self, x: Tensor, edges: Edges | Tensor) -> Tensor:
        mixed: Tensor = self.lin(torch.lerp(x, self.smoothing(x, edges), self.omega))
        return mixed


class OmegaNetwork(nn.Module):
    """An embedding, `depth` layers of ω and a classifier, without biases. States: the embedding, then each layer's."""

    def __init__(self, shape: Shape, values: Mapping[str, Value], smoothing: Callable[[], nn.Module], width: int) -> None:
        super().__init__()
        depth, activation = int(values["depth"]), options.ACTIVATIONS[str(values["activation"])]
        self.embedding = FeatureLinear(shape.num_features, width, bias=False, weight_initializer="glorot")
        self.layers = nn.ModuleList(OmegaLayer(smoothing(), width) for _ in range(depth))
        self.classifier = FeatureLinear(width, shape.num_classes, bias=False, weight_initializer="glorot")
        self.activations = nn.ModuleList(activation() for _ in range(depth + 1))
        self.states = nn.ModuleList(nn.Identity() for _ in range(depth + 1))
        self.dropout = float(values["dropout"])

    @property
    def first_layer(self) -> nn.Module:
        return self.embedding

    def forward(self, x: Features, edges: Edges | Tensor) -> Tensor:
        hidden = self.states[0](self.activations[0](self.embedding(dropout(x, self.dropout, self.training))))
        for layer, activation, state in zip(self.layers, self.activations[1:], self.states[1:], strict=True):
            hidden = state(activation(layer(hidden, edges)))
        logits: Tensor = self.classifier(dropout(hidden, self.dropout, self.training))
        return logits


class Smoothing(GraphConvolution):
    """Multiplication by Â, as a graph convolution without weights."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, channels, bias=False)
        self.lin = nn.Identity()  # type: ignore[assignment]


def build(shape: Shape, values: Mapping[str, Value]) -> OmegaNetwork:
    width = int(values["width"])
    return OmegaNetwork(shape, values, lambda: Smoothing(width), width)


MODEL = Model(
    name="omega_gcn",
    title="ωGCN",
    question="Should every channel be smoothed alike, or some sharpened?",
    build=build,
    parameters=(options.depth(), options.width(64), options.dropout(0.6), options.activation()),
    recipe=Recipe(
        "Eliasof et al. 2023, semi-supervised node classification in their code (Cora: 64 channels, dropout 0.6 before the embedding and "
        "the classifier; stops after 400 epochs without a better validation score)",
        model={"depth": 2, "width": 64, "dropout": 0.6},
        training={"lr": 0.01, "weight_decay": 1e-5, "epochs": 10_000, "patience": 400, "keep": "score"},
    ),
    source="Eliasof, Ruthotto & Treister, Improving graph neural networks with learnable propagation operators, ICML 2023: "
    "an ω per channel and layer, K starting at the identity as in their code",
    equation=(
        r"H^{(l+1)} = \sigma\left(\big(H^{(l)} - (H^{(l)} - \hat A H^{(l)})\,\Omega^{(l)}\big) K^{(l)}\right),"
        r"\quad \Omega^{(l)} = \mathrm{diag}(\omega^{(l)})"
    ),
    depth_counts="message-passing layers",
    weighs_messages=True,
)
