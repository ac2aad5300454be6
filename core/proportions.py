"""Counts of nodes as evidence: intervals of shares, and whether one of two counts is larger than chance. Free of torch."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

Z = 1.959963984540054
"""97.5 % point of the normal distribution."""


def wilson(count: ArrayLike, size: ArrayLike, together: int = 1) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """95 % Wilson score interval of count/size, low and high, 0 … 1; NaN for size 0 (Wilson 1927).

    Wider where so many intervals shall hold `together` in 95 % of cases (Bonferroni). Nodes are taken as independent; linked nodes
    are often wrong together, which makes it too narrow.
    """
    k, n = np.asarray(count, dtype=float), np.asarray(size, dtype=float)
    z = Z if together == 1 else NormalDist().inv_cdf(1 - 0.025 / together)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = k / n
        middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return np.clip(middle - half, 0, 1), np.clip(middle + half, 0, 1)


def mcnemar(first_only: int, second_only: int) -> float:
    """Exact two-sided p-value that the two discordant counts come from a fair coin; 1 without any (McNemar 1947)."""
    from scipy.stats import binomtest

    both = first_only + second_only
    return float(binomtest(first_only, both).pvalue) if both else 1.0


def standard_uncertainty(share: float, size: int) -> float:
    """Half-width of the 95 % interval that `size` nodes alone give a share: 1.96·√(p(1−p)/n)."""
    return float(Z * np.sqrt(share * (1 - share) / size)) if size else np.nan
