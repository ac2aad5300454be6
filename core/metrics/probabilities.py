"""Probabilities as the metrics take them: checked once, with a sentence for whoever gave something else."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import UserError

Floats = NDArray[np.float64]

TOLERANCE = 1e-4
"""How far a row may sum from 1, and an entry lie below 0: what rounding of single precision does, and no more."""


def checked_probabilities(prob: ArrayLike) -> Floats:
    """The probabilities [n, num_classes] as float64, 0 … 1, without what rounding left outside.

    Raises `UserError` unless all are finite, none is negative, and those of each node sum to 1. No nodes are no error.
    """
    given = np.asarray(prob, dtype=np.float64)
    if given.ndim != 2 or not given.shape[1]:
        raise UserError(f"Probabilities are a table of nodes × classes; {' × '.join(map(str, given.shape)) or 'one number'} were given.")
    finite, sums = np.isfinite(given).all(axis=1), given.sum(axis=1)
    if not finite.all():
        many = f"{int((~finite).sum()):,} of {len(given):,} nodes"
        raise UserError(f"{many} have probabilities that are no numbers; the first is node {finite.argmin()}.")
    if (lowest := given.min(initial=0)) < -TOLERANCE:
        raise UserError(f"A probability is 0 or more; {lowest:g} was given. Take the softmax of logits first.")
    if (apart := np.abs(sums - 1)).max(initial=0) > TOLERANCE:
        raise UserError(f"The probabilities of a node sum to 1; those of node {apart.argmax()} sum to {sums[apart.argmax()]:g}.")
    return np.clip(given, 0, 1)
