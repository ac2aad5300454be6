"""Spread over seeds: means, t-intervals, and whether a paired difference is noise. Free of torch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from core.errors import UserError

if TYPE_CHECKING:
    from core.spec import RunSpec


@dataclass(frozen=True)
class Interval:
    """Mean with its 95 % t-interval over n values; `low` and `high` are NaN for n < 2."""

    mean: float
    low: float
    high: float
    n: int

    @property
    def half_width(self) -> float:
        """t·s/√n, NaN for n < 2."""
        return (self.high - self.low) / 2


def interval(values: ArrayLike, level: float = 0.95) -> Interval:
    """t-interval of the mean, mean ± t·s/√n, over the finite values.

    The values are taken as independent; overlapping random splits make it too narrow
    (Nadeau & Bengio 2003).
    """
    from scipy.stats import t  # slow to import, needed only here

    array = np.asarray(values, dtype=float)
    array = array[np.isfinite(array)]
    n = len(array)
    if n == 0:
        return Interval(np.nan, np.nan, np.nan, 0)
    mean = float(array.mean())
    if n == 1:
        return Interval(mean, np.nan, np.nan, 1)
    half = float(t.ppf((1 + level) / 2, n - 1) * array.std(ddof=1) / np.sqrt(n))
    return Interval(mean, mean - half, mean + half, n)


def paired_difference(first: ArrayLike, second: ArrayLike) -> Interval:
    """Interval of first − second, paired by position (same seed and split). It is noise if it holds 0."""
    a, b = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if a.shape != b.shape:
        raise ValueError(f"Paired values must be equal in number: {len(a)} and {len(b)} were given.")
    return interval(a - b)


def plan(spec: RunSpec, seeds: int, splits: int = 0) -> tuple[RunSpec, ...]:
    """Training seeds 0 … seeds−1 of one spec. With split "all", run i takes split i mod `splits`.

    Without fixed splits (`splits` = 0), "all" means ten random splits with split seeds 0 … 9.
    """
    if seeds < 1:
        raise UserError(f"{seeds} seeds give no run; take 1 or more.")
    runs = []
    for seed in range(seeds):
        dataset = spec.dataset
        if dataset.split == "all" and splits:
            dataset = replace(dataset, split=str(seed % splits))
        elif dataset.split == "all":
            dataset = replace(dataset, split="random", split_seed=seed % 10)
        runs.append(replace(spec, dataset=dataset, seed=seed))
    return tuple(runs)
