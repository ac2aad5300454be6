"""Adam until other nodes stop it: how both papers fit their temperatures."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import Parameter

from core.adam import Adam
from core.work import Report

EPOCHS, PATIENCE, LR = 2000, 100, 0.01
"""Of CaGCN and of GATS alike, as in the authors' code."""


def descend(
    weights: Sequence[Parameter], loss: Callable[[], Tensor], stopping: Callable[[], Tensor], decay: float, report: Report, what: str
) -> None:
    """Minimise `loss`, and leave the weights as they were after the epoch with the least `stopping`.

    Ends when that has not fallen for `PATIENCE` epochs. `decay`: λ of the L2 penalty on all weights.
    """
    optimizer = Adam([(weights, decay)], LR)
    kept, least, since = _copies(weights), math.inf, 0
    for epoch in range(EPOCHS):
        report(epoch, EPOCHS, what)
        optimizer.forget_gradients()
        loss().backward()
        optimizer.step()
        with torch.no_grad():
            value = stopping().item()
        since += 1
        if value <= least:
            kept, least, since = _copies(weights), value, 0
        elif since == PATIENCE:
            break
    with torch.no_grad():
        for weight, copy in zip(weights, kept, strict=True):
            weight.copy_(copy)


def _copies(weights: Sequence[Parameter]) -> list[Tensor]:
    return [weight.detach().clone() for weight in weights]
