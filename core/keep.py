"""Which epoch's weights are the result, and when to stop waiting for a better one."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from core.spec import TrainingSpec


class Best:
    """The epoch worth keeping so far (1-based, 0 before the first), with its logits and weights.

    A tie keeps the earlier epoch, except for "both", where it is an improvement, as in the code of the
    papers that use it (Veličković et al. 2018, Gasteiger et al. 2019).
    """

    def __init__(self, training: TrainingSpec, module: nn.Module) -> None:
        self._state = module.state_dict()  # the live tensors: collecting them anew takes longer than copying them
        self._keep, self._patience = training.keep, training.patience
        self._lowest, self._highest = math.inf, -math.inf
        self._improved = 0
        self._measured = False
        self.epoch = 0
        self.logits = torch.empty(0)
        self.weights: dict[str, Tensor] = {}

    def see(self, epoch: int, row: list[float], logits: Tensor) -> None:
        """Look at an epoch's history row and keep its weights if it is the one to keep."""
        better = self._is_better(row[1], row[3])
        if better:
            self._improved = epoch
        if self._is_kept(row[1], row[3], better) or not self.epoch:
            self.epoch, self.logits = epoch, logits
            self.weights = {name: value.clone() for name, value in self._state.items()}
        self._lowest, self._highest = min(self._lowest, _or(row[1], math.inf)), max(self._highest, _or(row[3], -math.inf))

    def is_stale(self, epoch: int) -> bool:
        """Whether `patience` epochs have passed without improvement; never where nothing can be validated."""
        return bool(self._patience) and self._measured and epoch - self._improved >= self._patience

    @property
    def note(self) -> str:
        """A sentence where the wish could not be met."""
        if self._measured or (self._keep == "last" and not self._patience):
            return ""
        return "There was nothing to choose an epoch by on the validation nodes, so the last epoch was kept."

    def _is_better(self, loss: float, score: float) -> bool:
        self._measured |= not math.isnan(score if self._keep == "score" else loss)
        if self._keep == "score":
            return score > self._highest
        return loss < self._lowest or (self._keep == "both" and (loss <= self._lowest or score >= self._highest))

    def _is_kept(self, loss: float, score: float, better: bool) -> bool:
        if self._keep == "last" or not self._measured:
            return True
        return loss <= self._lowest and score >= self._highest if self._keep == "both" else better


def _or(value: float, otherwise: float) -> float:
    return otherwise if math.isnan(value) else value
