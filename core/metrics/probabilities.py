"""Probabilities as the metrics take them: checked once, with a sentence for whoever gave others."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import UserError

Floats = NDArray[np.float64]

SLACK = 1e-4
"""How far a row of probabilities may be from a sum of 1: those of a run are float32."""


def checked_probabilities(prob: ArrayLike) -> Floats:
    """The probabilities [n, num_classes] as float64. Raises `UserError` unless they are numbers of 0 … 1 that sum to 1 in each row."""
    found = np.asarray(prob, dtype=np.float64)
    if found.ndim != 2 or not found.shape[1]:
        raise UserError(f"Probabilities are a table of nodes × classes; this has the shape {found.shape}.")
    finite, sums = np.isfinite(found).all(axis=1), found.sum(axis=1)
    if not finite.all():
        many = f"{int((~finite).sum()):,} of {len(found):,} nodes"
        raise UserError(f"{many} have probabilities that are no numbers; the first is node {finite.argmin()}.")
    if found.size and found.min() < -SLACK:
        raise UserError(f"A probability is 0 or more; {found.min():g} was given. Take the softmax of logits first.")
    if found.size and (apart := np.abs(sums - 1)).max() > SLACK:
        raise UserError(f"The probabilities of a node sum to 1; those of node {apart.argmax()} sum to {sums[apart.argmax()]:g}.")
    return found
