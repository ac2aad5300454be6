"""GRAND (Chamberlain et al. 2021): the states diffuse along attention weights, in continuous time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import sqrt

import torch
from torch import Tensor, nn
from torch_geometric.nn import SimpleConv
from torch_geometric.utils import softmax
from torchdiffeq import odeint

from core.models import options
from core.models.contract import Model, Recipe, Shape
from core.models.linear import FeatureLinear
from core.parameters import Integer, Value
from core.sparse import Edges, Features, dropout

KEY = 16
"""Channels of a head's queries and keys."""
STEP = 0.5
"""Of Runge and Kutta's fourth-order rule. The eigenvalues of A − I lie within a disk of radius 1 around −1, where a step errs by
less than 1 % of an eigenvector, and by far less where it decays slowly. A step chosen by its error would couple graphs side by side."""


class LinearDiffusion(nn.Module):
    """GRAND-l: dX/dt = (A(X⁰) − I) X from X⁰ = X W + b; A, the mean of the heads' attention, is fixed at the start.

    States: X(1), X(2) … X(T). The classifier gets σ(X(T)).
    """

    def __init__(self, shape: Shape, values: Mapping[str, Value]) -> None:
        super().__init__()
        time, width, self.heads = int(values["depth"]), int(values["width"]), int(values["heads"])
        self.out_channels = KEY  # with the heads, what the estimate of memory reads
        bias = bool(values["bias"])
        self.encoder = FeatureLinear(shape.num_features, width, bias=bias, weight_initializer="glorot")
        self.query, self.key = (FeatureLinear(width, self.heads * KEY) for _ in range(2))
        for lin in (self.query, self.key):  # attention starts as good as uniform, as in their code
            nn.init.normal_(lin.weight, std=1e-3)
            nn.init.zeros_(lin.bias)
        self.sum = SimpleConv()
        self.states = nn.ModuleList(nn.Identity() for _ in range(time))
        self.activation = options.ACTIVATIONS[str(values["activation"])]()
        self.classifier = FeatureLinear(width, shape.num_classes, bias=bias, weight_initializer="glorot")
        self.dropout = float(values["dropout"])

    @property
    def first_layer(self) -> nn.Module:
        return self.encoder

    @property
    def held(self) -> int:
        """Each of the rule's four slopes keeps the state that it was taken at; what is freed meanwhile measured as four more."""
        return round(len(self.states) / STEP) * 4 * 5 * int(self.classifier.in_channels)

    def forward(self, x: Features, edges: Edges | Tensor) -> Tensor:
        start = self.encoder(dropout(x, self.dropout, self.training))
        average = self._average(start, edges)
        now, unit = start, torch.tensor([0.0, 1.0], dtype=start.dtype, device=start.device)
        for state in self.states:
            now = state(odeint(lambda _, now: average(now) - now, now, unit, method="rk4", options={"step_size": STEP})[1])
        logits: Tensor = self.classifier(dropout(self.activation(now), self.dropout, self.training))
        return logits

    def _average(self, start: Tensor, edges: Edges | Tensor) -> Callable[[Tensor], Tensor]:
        """Multiplication by A(X⁰)."""
        query, key = (lin(start).view(-1, self.heads, KEY) for lin in (self.query, self.key))
        if isinstance(edges, Tensor):
            index = Edges(edges, len(start)).with_loops
            source, target = index
            weights = self._weights((query[target] * key[source]).sum(dim=-1), target, len(start))
            return lambda now: self.sum(now, index, weights)
        weights = self._weights(edges.attention(self.heads).dot_scores(query, key), edges.with_loops[1], len(start))
        pattern = edges.attention(1)
        entries = pattern.entries(weights[:, None])
        return lambda now: pattern.weighted_sum(entries, now)

    def _weights(self, scores: Tensor, target: Tensor, num_nodes: int) -> Tensor:
        """[num_edges] attention, averaged over the heads of the scores [num_edges, heads]."""
        weights: Tensor = softmax(scores / sqrt(KEY), target, num_nodes=num_nodes)
        return weights.mean(dim=1)


MODEL = Model(
    name="grand",
    title="GRAND",
    question="What if the layers become one diffusion in continuous time?",
    build=LinearDiffusion,
    parameters=(
        Integer(
            "depth",
            "Time t",
            4,
            1,
            128,
            help="How long the states diffuse. At every moment each node has heard from all that it can reach.",
        ),
        options.width(64),
        Integer("heads", "Heads", 4, 1, 64, help="Attention heads, averaged."),
        options.dropout(),
        options.BIAS,
        options.activation(),
    ),
    recipe=Recipe(
        "Chamberlain et al. 2021, GRAND-l on Cora in their code (80 channels, 8 heads, time 18.3 at a learned pace that starts at ½, here "
        "9 at pace 1 and without the source term; dropout 0.5 on the input, here also before the classifier; best validation score of 100 "
        "epochs). Adam for Adamax; their weight decay of 5.1e-3 is for features that are not normalised by row, here a tenth of it",
        model={"depth": 9, "width": 80, "heads": 8, "dropout": 0.5},
        training={"epochs": 100, "lr": 0.0229, "weight_decay": 5e-4, "keep": "score"},
    ),
    source="Chamberlain et al., GRAND: graph neural diffusion, ICML 2021, GRAND-l: linear diffusion with the scaled dot-product attention "
    "of X(0), softmax over in-neighbours and the node itself",
    equation=(
        r"\frac{\partial X(t)}{\partial t} = \big(A(X(0)) - I\big)\,X(t),\quad"
        r" A_{ij} = \frac{1}{h}\sum_{k=1}^{h}\mathrm{softmax}_j\left(\frac{(Q_k x_i)^\top K_k x_j}{\sqrt{d}}\right)"
    ),
    depth_counts="diffusion time",
    reach=lambda values: None,
    has_attention=True,
)
