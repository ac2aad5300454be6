"""Adam (Kingma & Ba 2015, algorithm 1) with an L2 penalty, by torch's fused kernel.

`torch.optim.Adam` gives the same bits; around the kernel its object does bookkeeping that on a small graph takes
three times as long as the kernel.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import Parameter
from torch.optim.adam import adam


class Adam:
    """The moments of some weights; β₁ = 0.9, β₂ = 0.999, ε = 1e-8."""

    def __init__(self, groups: Sequence[tuple[Sequence[Parameter], float]], lr: float) -> None:
        """`groups`: weights, and the λ of which λ·W is added to their gradient."""
        self._lr = lr
        self._groups = [(_Moments(weights), decay) for weights, decay in groups if weights]

    def forget_gradients(self) -> None:
        for moments, _ in self._groups:
            for weight in moments.weights:
                weight.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Move every weight that has a gradient."""
        for moments, decay in self._groups:
            moving = [state for state in moments.states if state[0].grad is not None]
            if moving:
                weights, first, second, steps = (list(part) for part in zip(*moving, strict=True))
                adam(
                    weights,
                    [weight.grad for weight in weights],
                    first,
                    second,
                    [],
                    steps,
                    fused=True,
                    amsgrad=False,
                    beta1=0.9,
                    beta2=0.999,
                    lr=self._lr,
                    weight_decay=decay,
                    eps=1e-8,
                    maximize=False,
                )


class _Moments:
    def __init__(self, weights: Sequence[Parameter]) -> None:
        self.weights = weights
        self.states: list[tuple[Parameter, Tensor, Tensor, Tensor]] = [
            (weight, torch.zeros_like(weight), torch.zeros_like(weight), torch.zeros((), device=weight.device)) for weight in weights
        ]
