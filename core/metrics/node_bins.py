"""Nodes in bins by a fact about each: degree, hops, shares of neighbours. The same bins for every run, so that runs can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NOWHERE = -1
"""Index of a node of which the fact is not known."""


@dataclass(frozen=True)
class Bin:
    """Values from `low` on and under the next bin's `low`; `high` is the upper end, ∞ where there is none."""

    low: float
    high: float
    label: str


@dataclass(frozen=True, eq=False)
class NodeBins:
    """`index` [num_nodes]: the place in `bins` of each node, −1 where its value is not defined."""

    bins: tuple[Bin, ...]
    index: Ints

    def sums(self, mask: NDArray[np.bool_], weights: ArrayLike | None = None) -> Floats:
        """[num_bins] sums of `weights` [num_nodes] over the nodes of a mask [num_nodes] that have a bin; without weights how many."""
        inside = mask & (self.index >= 0)
        chosen = None if weights is None else np.asarray(weights, dtype=np.float64)[inside]
        return np.bincount(self.index[inside], weights=chosen, minlength=len(self.bins)).astype(np.float64)


def binned(values: ArrayLike, bins: tuple[Bin, ...]) -> NodeBins:
    """Each node's bin by its value [num_nodes]; NaN has none."""
    # Sums over neighbours depend on their order in the last digits, and no node may change its bin by that.
    found = np.round(np.asarray(values, dtype=np.float64), 12)
    index = np.digitize(found, [one.low for one in bins]) - 1
    return NodeBins(bins, np.where(np.isnan(found), NOWHERE, index).astype(np.int64))


def by_class(y: ArrayLike, names: Sequence[str]) -> NodeBins:
    """A bin for each class; `y` [num_nodes], negative where there is no label."""
    labels = np.asarray(y, dtype=np.int64)
    return NodeBins(tuple(Bin(place, place, name) for place, name in enumerate(names)), np.maximum(labels, NOWHERE))


def between(edges: Sequence[float], text: str = "{} to {}") -> tuple[Bin, ...]:
    """Bins between rising edges, left-closed, the last one closed on both sides."""
    return tuple(Bin(low, high, text.format(_number(low), _number(high))) for low, high in pairwise(edges))


def _number(value: float) -> str:
    return f"{value:g}".replace("-", "−")


SHARES = (
    Bin(0, 0.25, "under 25 %"),
    Bin(0.25, 0.5, "25 to 50 %"),
    Bin(0.5, 0.75, "50 to 75 %"),
    Bin(0.75, 1, "75 to under 100 %"),
    Bin(1, 1, "100 %"),
)
"""Of a share of neighbours. All of them is a bin of its own: on a homophilous graph most nodes are in it."""

DEGREES = (
    Bin(0, 0, "0"),
    Bin(1, 1, "1"),
    Bin(2, 3, "2–3"),
    Bin(4, 7, "4–7"),
    Bin(8, 15, "8–15"),
    Bin(16, 31, "16–31"),
    Bin(32, 63, "32–63"),
    Bin(64, np.inf, "64 and over"),
)
"""Powers of two; `high` is the highest degree in the bin."""

HOPS = (Bin(0, 0, "0"), Bin(1, 1, "1"), Bin(2, np.inf, "2 and over"), Bin(np.inf, np.inf, "no path"))
"""0 are the nodes themselves that hops are counted from."""
