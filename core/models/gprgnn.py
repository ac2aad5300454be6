"""GPR-GNN (Chien et al. 2021): predict first, then learn how much each propagation step counts, and with which sign."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn

from core.models import options
from core.models.contract import Model, Recipe, Shape
from core.models.linear import FeatureLinear
from core.models.propagation import Propagation
from core.parameters import Choice, Integer, Real, Value
from core.sparse import Edges, Features, dropout


def starting_weights(kind: str, steps: int, alpha: float) -> Tensor:
    """[steps + 1] γ before training, as in their code.

    "ppr": α(1 − α)ᵏ, the last (1 − α)ᴷ, those of personalised PageRank, which sum to 1. "nppr": αᵏ over their sum. "random": uniform,
    their sizes sum to 1. "far": the last step alone, which is SGC.
    """
    powers = torch.arange(steps + 1, dtype=torch.float32)
    if kind == "far":
        return (powers == steps).float()
    if kind == "ppr":
        weights = alpha * (1 - alpha) ** powers
        weights[-1] = (1 - alpha) ** steps
        return weights
    weights = alpha**powers if kind == "nppr" else torch.rand(steps + 1) * 2 - 1
    return weights / weights.abs().sum()


class StepWeights(nn.Module):
    """γ [steps + 1], a part of its own because weight decay spares it."""

    def __init__(self, start: Tensor) -> None:
        super().__init__()
        self.gamma = nn.Parameter(start)


class GeneralizedPageRank(nn.Module):
    """Z = MLP(X), the sum over k = 0 … K of γ_k Âᵏ Z.

    States: the perceptron's hidden ones, then Â Z … Âᴷ Z, then the weighted sum.
    """

    def __init__(self, shape: Shape, values: Mapping[str, Value]) -> None:
        super().__init__()
        layers, self.steps, self.num_classes = int(values["layers"]), int(values["depth"]), shape.num_classes
        sizes = [shape.num_features] + [int(values["width"])] * (layers - 1) + [shape.num_classes]
        self.linears = nn.ModuleList(FeatureLinear(size, out, bias=bool(values["bias"])) for size, out in pairwise(sizes))
        self.activations = nn.ModuleList(options.ACTIVATIONS[str(values["activation"])]() for _ in range(layers - 1))
        self.propagation = Propagation()
        self.weights = StepWeights(starting_weights(str(values["start"]), self.steps, float(values["alpha"])))
        self.states = nn.ModuleList(nn.Identity() for _ in range(layers - 1 + self.steps + 1))
        self.dropout, self.scores_dropout = float(values["dropout"]), float(values["scores_dropout"])

    @property
    def first_layer(self) -> nn.Module:
        return self.linears[0]

    @property
    def decay_multiples(self) -> tuple[tuple[nn.Module, float], ...]:
        return ((self.weights, 0.0),)

    @property
    def held(self) -> int:
        """The scores of every step."""
        return self.steps * self.num_classes

    def forward(self, x: Features, edges: Edges | Tensor) -> Tensor:
        for linear, activation, state in zip(self.linears[:-1], self.activations, self.states, strict=False):
            x = state(activation(linear(dropout(x, self.dropout, self.training))))
        predicted = self.linears[-1](dropout(x, self.dropout, self.training))
        scores = cast(Tensor, dropout(predicted, self.scores_dropout, self.training))
        step, (first, *rest) = self.propagation.over(edges, len(scores)), self.weights.gamma.unbind()
        out = first * scores
        for weight, state in zip(rest, self.states[len(self.activations) : -1], strict=True):
            scores = state(step(scores))
            out = out + weight * scores
        logits: Tensor = self.states[-1](out)
        return logits


MODEL = Model(
    name="gprgnn",
    title="GPR-GNN",
    question="What if each step of propagation has a learned weight, which may be negative?",
    build=GeneralizedPageRank,
    parameters=(
        options.depth(10, meaning="Propagation steps K."),
        options.width(64),
        options.dropout(),
        Real(
            "alpha", "Start α", 0.1, 0.0, 1.0, step=0.1, help="What the steps' weights are before training, of PageRank and its opposite."
        ),
        Choice(
            "start",
            "Steps' weights start as",
            "ppr",
            (("ppr", "personalised PageRank"), ("nppr", "growing less with αᵏ"), ("random", "random"), ("far", "the last step alone")),
            help="γ before training. From PageRank: α(1 − α)ᵏ, near steps count more.",
            common=False,
        ),
        Real(
            "scores_dropout",
            "Dropout of scores",
            0.5,
            0.0,
            0.95,
            step=0.05,
            help="Share of the perceptron's scores set to zero before they are propagated, in training.",
            common=False,
        ),
        Integer("layers", "Layers before propagation", 2, 1, 16, help="Layers of the perceptron.", common=False),
        options.BIAS,
        options.activation(),
    ),
    recipe=Recipe(
        "Chien et al. 2021, read from their code: Reproduce_GPRGNN.sh for Cora (sparse random splits; α is tuned for each dataset there) "
        "with the defaults of train_model.py, no weight decay on γ. Their stop (validation loss above the mean of the 200 epochs before) "
        "is replaced by a patience of 200",
        model={"depth": 10, "width": 64, "alpha": 0.1, "start": "ppr", "dropout": 0.5, "scores_dropout": 0.5, "layers": 2},
        training={"lr": 0.01, "weight_decay": 5e-4, "epochs": 1000, "patience": 200, "keep": "loss"},
    ),
    source="Chien, Peng, Li & Milenkovic, Adaptive universal generalized PageRank graph neural network, ICLR 2021; the layers as in the "
    "authors' code, the paper itself was not at hand",
    equation=(
        r"H^{(0)} = \mathrm{MLP}(X),\; H^{(k)} = \hat A H^{(k-1)},"
        r"\; \hat Y = \mathrm{softmax}\Big(\sum_{k=0}^{K} \gamma_k H^{(k)}\Big)"
    ),
    depth_counts="propagation steps",
    weighs_messages=True,
)
