"""A number that knows how it came about: why it is not defined, or from how many nodes it was estimated."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse

Floats = NDArray[np.float64]
NOT_NUMBERS = "some states are not finite numbers"
NOTHING = "all states are zero"


class Measured(float):
    """A float. `reason`: why it is NaN. `sample`: the nodes it was estimated from, 0 if from all; then with its `standard_error`."""

    reason: str
    sample: int
    standard_error: float

    def __new__(cls, value: float, *, reason: str = "", sample: int = 0, standard_error: float = 0.0) -> Measured:
        made = super().__new__(cls, value)
        made.reason, made.sample, made.standard_error = reason, sample, standard_error
        return made

    def __getnewargs_ex__(self) -> tuple[tuple[float], dict[str, Any]]:
        return (float(self),), {"reason": self.reason, "sample": self.sample, "standard_error": self.standard_error}


def undefined(reason: str) -> Measured:
    """NaN, and why."""
    return Measured(np.nan, reason=reason)


def states(h: ArrayLike) -> Floats:
    """Node states as float64 [num_nodes, width]: differences of nearly equal rows are what the measures are about."""
    array = h.toarray() if issparse(h) else np.asarray(h)  # type: ignore[union-attr]
    if array.ndim != 2:
        raise ValueError(f"States are a matrix [num_nodes, width]; this has the shape {array.shape}.")
    return np.asarray(array, dtype=np.float64)


def trouble(h: Floats) -> str:
    """Why no measure of distance or rank is defined on these states; empty if they are."""
    if not np.isfinite(h).all():
        return NOT_NUMBERS
    return "" if h.any() else NOTHING


def unit_rows(h: Floats) -> Floats:
    """Every row divided by its length; zero rows stay zero."""
    scaled = h / np.maximum(np.abs(h).max(axis=1, keepdims=True, initial=0), np.finfo(float).tiny)  # squares must not vanish
    length = np.linalg.norm(scaled, axis=1, keepdims=True)
    rows: Floats = np.divide(scaled, length, out=np.zeros_like(scaled), where=length > 0)
    return rows
