"""Do the queries rank the keys alike? Free of torch."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau, rankdata

Floats = NDArray[np.float64]


def lowest_tau(scores: Floats) -> float:
    """Smallest Kendall τ_b between the rankings of the keys by any two queries, −1 … 1; `scores` [queries, keys].

    NaN where a query scores all keys alike, and so ranks none. Queries that rank alike, ties included, have τ = 1 exactly,
    which `kendalltau` misses by a rounding error.
    """
    if (np.ptp(scores, axis=1) == 0).any():
        return float("nan")
    rankings = np.unique(rankdata(scores, method="dense", axis=1), axis=0)
    return float(min((kendalltau(a, b).statistic for a, b in combinations(rankings, 2)), default=1.0))


def distinct_argmax(scores: Floats) -> int:
    """How many keys are the first choice of some query; of equal ones the first counts."""
    return len(np.unique(scores.argmax(axis=1)))
