"""TIDE (Behmanesh, Krahn & Ovsjanikov 2023): each channel learns how long it diffuses before a message is passed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import exp
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from core.models import options
from core.models.contract import Model, Recipe, Shape
from core.models.gcn import GraphConvolution
from core.models.linear import FeatureLinear
from core.models.propagation import Propagation
from core.parameters import Value
from core.sparse import Edges, Features, dropout

LONGEST = 40.0
"""Time beyond which a channel stays as it is then: its weights would leave float32's range."""
REST = 1e-7
"""What the powers that are left out may weigh together."""


def heat(x: Tensor, time: Tensor, multiply: Callable[[Tensor], Tensor]) -> Tensor:
    """e^{−t(I − Â)} X = Σ_k e^{−t} t^k / k! Â^k X for a time [channels], by multiplications with Â.

    For t ≥ 0 the weights are those of Poisson's distribution: t is the mean number of hops. They are positive, so that
    the sum is as exact on directed graphs, whose eigenvalues are not real and where Chebyshev's polynomials grow.
    """
    longest = float(time.detach().abs().max())
    weight, rest, power = torch.exp(-time), exp(longest), 0
    out = weight * x
    while rest > REST:
        power += 1
        x, weight, rest = multiply(x), weight * time / power, rest * longest / power
        out = out + weight * x
    return out


class _Heat(torch.autograd.Function):
    """`heat` along prepared edges. Its derivative in t is −(I − Â) times itself, so that no power of Â needs to be kept."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, time: Tensor, edges: Edges) -> Tensor:
        out = heat(x, time, lambda now: edges.symmetric @ now)
        ctx.save_for_backward(out, time)
        ctx.matrix = edges.symmetric
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:
        out, time = ctx.saved_tensors
        return heat(grad, time, ctx.matrix.transposed_product), (grad * (ctx.matrix @ out - out)).sum(dim=0), None


class DiffusionBlock(nn.Module):
    """H ↦ H + σ(Â (e^{−t(I − Â)} H + β H) W + b). `time` [channels] starts at 0, where the block is one of GCN; negative sharpens."""

    def __init__(self, channels: int, rate: float, activation: nn.Module, bias: bool) -> None:
        super().__init__()
        self.time, self.beta = nn.Parameter(torch.zeros(channels)), nn.Parameter(torch.zeros(()))
        self.propagation, self.convolution = Propagation(), GraphConvolution(channels, channels, bias)
        self.activation, self.rate = activation, rate

    def forward(self, x: Tensor, edges: Edges | Tensor) -> Tensor:
        ready = dropout(self._diffused(x, edges) + self.beta * x, self.rate, self.training)
        changed: Tensor = x + self.activation(self.convolution(ready, edges))
        return changed

    def _diffused(self, x: Tensor, edges: Edges | Tensor) -> Tensor:
        time = self.time.clamp(-LONGEST, LONGEST)
        if isinstance(edges, Edges):
            diffused: Tensor = _Heat.apply(x, time, edges)
            return diffused
        return heat(x, time, self.propagation.over(edges, len(x)))


class TimeDerivativeDiffusion(nn.Module):
    """A linear layer, `depth` blocks and a classifier. States: those after each block."""

    def __init__(self, shape: Shape, values: Mapping[str, Value]) -> None:
        super().__init__()
        depth, width, bias, rate = int(values["depth"]), int(values["width"]), bool(values["bias"]), float(values["dropout"])
        self.encoder = FeatureLinear(shape.num_features, width, bias=bias)
        self.blocks = nn.ModuleList(
            DiffusionBlock(width, rate, options.ACTIVATIONS[str(values["activation"])](), bias) for _ in range(depth)
        )
        self.states = nn.ModuleList(nn.Identity() for _ in range(depth))
        self.classifier = FeatureLinear(width, shape.num_classes, bias=bias)

    @property
    def first_layer(self) -> nn.Module:
        return self.encoder

    @property
    def held(self) -> int:
        """Measured: four states a block."""
        return len(self.blocks) * 4 * int(self.classifier.in_channels)

    def forward(self, x: Features, edges: Edges | Tensor) -> Tensor:
        hidden = self.encoder(x)
        for block, state in zip(self.blocks, self.states, strict=True):
            hidden = state(block(hidden, edges))
        logits: Tensor = self.classifier(hidden)
        return logits


MODEL = Model(
    name="tide",
    title="TIDE",
    question="How far should each channel reach?",
    build=TimeDerivativeDiffusion,
    parameters=(
        options.depth(meaning="Blocks. In each, a channel diffuses for a time that it learns, then passes one message."),
        options.width(64),
        options.dropout(),
        options.BIAS,
        options.activation(),
    ),
    recipe=Recipe(
        "Behmanesh et al. 2023, the defaults of their code (64 channels, one block, 500 epochs, no weight decay, best validation score; "
        "Adam for Adamax), which splits a dataset's largest component 20 / 30 / 50 %",
        model={"depth": 1, "width": 64, "dropout": 0.5},
        training={"epochs": 500, "lr": 0.01, "weight_decay": 0.0, "keep": "score"},
    ),
    source="Behmanesh, Krahn & Ovsjanikov, TIDE: time derivative diffusion for deep learning on graphs, ICML 2023, the block of their code "
    "(eq. 10, simplified) with the whole heat kernel for its first 64 eigenvectors, so that its α and β are one",
    equation=(
        r"H^{(l+1)} = H^{(l)} + \sigma\Big(\hat A\big(e^{-t^{(l)}(I-\hat A)} H^{(l)} + \beta^{(l)} H^{(l)}\big) W^{(l)}\Big),\quad"
        r" e^{-t(I-\hat A)} = \sum_{k\ge 0} e^{-t}\frac{t^k}{k!}\hat A^k"
    ),
    depth_counts="diffusion blocks",
    reach=lambda values: None,
)
