"""What captum's methods share: the explained logits as one module of features and edge weights, for many nodes at once."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from core.data import Ints
from core.explained import Block
from core.models.contract import Shape, build, model
from core.spec import RunSpec
from explainers.attribution.contract import Attribution, Prepared, attributions

Inputs: TypeAlias = tuple[Tensor, Tensor]
"""Values of the features [b, …] and edge weights [b, num_pairs], as a `Block` takes them."""


class ClassScore(nn.Module):
    """Sum of the explained logits [b]. The nodes have no links among each other, so each gradient is one node's own."""

    def __init__(self, block: Block, targets: Ints) -> None:
        super().__init__()
        self.module, self._block, self._targets = block.module, block, targets

    def forward(self, values: Tensor, weights: Tensor) -> Tensor:
        count, block = len(weights), self._block.times(len(weights))
        found = block.scores(values.flatten(0, 1), weights.flatten(), np.tile(self._targets, count))
        # a model that ignores its edges, or its features, does not depend on them: its gradient is 0 rather than none
        idle = 0 * (values.flatten(1).sum(dim=1) + weights.sum(dim=1))
        return found.view(count, -1).sum(dim=1) + idle


def inputs_of(block: Block) -> Inputs:
    """Everything as it is."""
    return block.values[None].clone().requires_grad_(), block.whole()[None].requires_grad_()


def by_captum(explain: Callable[[ClassScore], Any], state: Prepared, nodes: Sequence[int], target: ArrayLike | None) -> list[Attribution]:
    """Scores of features and edges by a method of captum's, made as `explain(model)`."""

    def score(block: Block, targets: Ints) -> list[tuple[object, ...]]:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Setting backward hooks on ReLU", UserWarning)  # on our own copy
            values, weights = explain(ClassScore(block, targets)).attribute(inputs_of(block))
        return list(zip(block.by_pair(weights[0]), block.by_feature(values[0]), strict=True))

    return attributions(state, nodes, target, score)


def without_relu(spec: RunSpec) -> str:
    """Why methods that change the gradient of ReLU modules say nothing of a model; empty if it has one."""
    with torch.device("meta"):
        module = build(spec.model.name, Shape(1, 2, 2), dict(spec.model.parameters))
    if any(isinstance(part, nn.ReLU) for part in module.modules()):
        return ""
    return (
        f"This method changes the gradient of ReLU modules, and this {model(spec.model.name).title} has none. "
        "Take a model with the activation ReLU and at least two layers, or another method."
    )
