"""A run: what a training left behind, as plain arrays. Free of torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import isfinite, isnan

import numpy as np
from numpy.typing import NDArray

from core.spec import RunSpec

History = Mapping[str, NDArray[np.float64]]
"""Columns over epochs 1 … n: train_loss, validation_loss, train_score, validation_score, test_score."""

COLUMNS = ("train_loss", "validation_loss", "train_score", "validation_score", "test_score")


@dataclass(frozen=True, eq=False)
class Run:
    """The trained result of a spec.

    `logits`: [num_nodes, num_classes] float32, evaluation mode, at `best_epoch` (1-based). Scores are
    in 0 … 1 in the unit of `metric`. `seconds` counts training only. `probes`: recordings over
    epochs, by name. `code` is the version of each unit's source that made the run.
    """

    spec: RunSpec
    metric: str
    history: History
    logits: NDArray[np.float32]
    best_epoch: int
    scores: Mapping[str, float]
    seconds: float
    device: str
    code: Mapping[str, str] = field(default_factory=dict)
    weights: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    probes: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)
    note: str = ""
    """What happened on the way, as a sentence: diverged, stopped early by the user …"""

    @property
    def key(self) -> str:
        return self.spec.key

    @property
    def failed(self) -> bool:
        """Whether the training diverged before any epoch had a loss that is a number: its logits are 0, and stand for nothing.

        The epoch that is kept has no scores then. A score alone may be undefined, as ROC-AUC is of nodes of one class, and so is the
        validation loss without validation nodes.
        """
        row = {name: float(self.history[name][self.best_epoch - 1]) for name in COLUMNS}
        return not all(map(isfinite, (row["train_loss"], row["validation_loss"]))) and all(isnan(row[name]) for name in COLUMNS[2:])

    @property
    def epochs(self) -> int:
        return len(self.history["train_loss"])

    @cached_property
    def probabilities(self) -> NDArray[np.float32]:
        """softmax(logits), [num_nodes, num_classes]."""
        shifted = np.exp(self.logits - self.logits.max(axis=1, keepdims=True))
        return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), dtype=np.float32)

    @cached_property
    def predictions(self) -> NDArray[np.int64]:
        """Most probable class of each node, [num_nodes]."""
        return np.asarray(self.logits.argmax(axis=1), dtype=np.int64)

    @cached_property
    def confidence(self) -> NDArray[np.float32]:
        """Probability of the predicted class, [num_nodes], 1/num_classes … 1."""
        shifted = np.exp(self.logits - self.logits.max(axis=1, keepdims=True))
        return np.asarray(1 / shifted.sum(axis=1), dtype=np.float32)

    def without_logits(self) -> Run:
        """The same with every node's prediction and confidence, and no logits: a tenth of the size where there are many classes."""
        slim = replace(self, logits=self.logits[:0].copy())
        vars(slim).update(predictions=self.predictions, confidence=self.confidence)
        return slim
