"""Probabilities as the metrics take them: checked once, with a sentence for whoever gave others."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import UserError

Floats = NDArray[np.float64]

TOLERANCE = 1e-4
"""How far a row of probabilities may be from a sum of 1: those of a run are float32."""


def checked_probabilities(prob: ArrayLike) -> Floats:
    """The probabilities [n, num_classes] as float64. Raises `UserError` unless they are numbers of 0 … 1 that sum to 1 in each row."""
    found = np.asarray(prob, dtype=np.float64)
    if found.ndim != 2 or not found.shape[1]:
        raise UserError(f"Probabilities are a table of nodes × classes; this has the shape {found.shape}.")
    if wrong := int((~np.isfinite(found)).any(axis=1).sum()):
        raise UserError(f"The probabilities of {wrong:,} of {len(found):,} nodes are not finite numbers; the training may have diverged.")
    if wrong := int(((found < -TOLERANCE).any(axis=1) | (np.abs(found.sum(axis=1) - 1) > TOLERANCE)).sum()):
        raise UserError(f"The probabilities of {wrong:,} of {len(found):,} nodes do not lie in 0 … 1 with a sum of 1. Are they logits?")
    return found
