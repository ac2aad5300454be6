"""From scores to sets of classes: the threshold, what is in a set, and whom the sets cover."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import UserError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NEAR = 1e-9
"""(n + 1)·α is a whole number if it is this close to one: 100 · 0.29 is 28.999999999999996."""


def conformal_rank(n: int, alpha: float) -> int:
    """⌈(n + 1)(1 − α)⌉: which of n calibration scores, the smallest first, is the threshold; n + 1 if n are too few.

    Raises `UserError` for α beyond 0 … 1.
    """
    if not 0 < alpha < 1:
        raise UserError(f"The error rate α is {alpha:g}; it lies between 0 and 1, for example 0.1 for sets that cover 90 % of the nodes.")
    return max(n + 1 - math.floor((n + 1) * alpha + NEAR), 1)


def conformal_threshold(scores_of_truth: ArrayLike, alpha: float) -> float:
    """The ⌈(n + 1)(1 − α)⌉-th smallest of the scores [n] of calibration nodes' true classes; ∞ if n is too small (Vovk et al. 2005).

    Sets of the classes with at most this score hold the true class of a new node with a probability of at least 1 − α, if the
    new node is drawn like the calibration nodes. Raises `UserError` for α beyond 0 … 1 and for scores that are no numbers.
    """
    scores = np.asarray(scores_of_truth, dtype=np.float64)
    rank = conformal_rank(len(scores), alpha)
    if np.isnan(scores).any():
        raise UserError(f"{int(np.isnan(scores).sum()):,} of {len(scores):,} calibration scores are not numbers; no threshold can be set.")
    return float(np.partition(scores, rank - 1)[rank - 1]) if rank <= len(scores) else math.inf


def smallest_sample(alpha: float) -> int:
    """Calibration nodes that a finite threshold takes at least: ⌈1/α⌉ − 1."""
    conformal_rank(0, alpha)
    return math.ceil(1 / alpha - NEAR) - 1


def largest_coverage(n: int) -> float:
    """Highest coverage 1 − α that n calibration nodes give a finite threshold for: n/(n + 1)."""
    return n / (n + 1)


def too_few(n: int, alpha: float) -> str:
    """A sentence where n calibration nodes are too few for the coverage, so that every class is in every set; else empty."""
    needed = smallest_sample(alpha)
    if n >= needed:
        return ""
    most = math.floor(1000 * largest_coverage(n)) / 10  # rounded up it would not be reached
    return (
        f"Sets that cover {100 * (1 - alpha):.4g} % take at least {needed:,} calibration nodes; {n:,} are enough for {most:g} %. "
        "So every class is in every set."
    )


def prediction_sets(scores: ArrayLike, threshold: float) -> Bools:
    """Whether each class is in a node's set: a score of at most the threshold, [n, num_classes] as `scores`.

    A set may be empty, where no class fits, which with adaptive scores happens to nodes that the model is sure of. It stays so, and
    counts as a miss of size 0: to put the likeliest class into it would cover more nodes than asked for.
    """
    return np.asarray(np.asarray(scores) <= threshold)


@dataclass(frozen=True)
class Coverage:
    """`coverage`: share of the nodes whose set holds the true class; `mean_size`: classes in a set; `empty`, `single`: share of sets
    with none and with one. NaN without nodes."""

    coverage: float
    mean_size: float
    empty: float
    single: float
    nodes: int


def coverage_and_size(sets: ArrayLike, y: ArrayLike, mask: ArrayLike) -> Coverage:
    """Of the nodes of a mask; `sets` [num_nodes, num_classes], `y` [num_nodes], `mask` [num_nodes]. Nodes without a label are left out."""
    covered, sizes, known = _facts(sets, y, mask)
    if not known.any():
        return Coverage(np.nan, np.nan, np.nan, np.nan, 0)
    sizes = sizes[known]
    coverage, mean_size, empty, single = (float(values.mean()) for values in (covered[known], sizes, sizes == 0, sizes == 1))
    return Coverage(coverage, mean_size, empty, single, len(sizes))


def _facts(sets: ArrayLike, y: ArrayLike, mask: ArrayLike) -> tuple[Bools, NDArray[np.int64], Bools]:
    """Of each node whether its set holds its class, how many classes the set has, and whether the node counts."""
    inside, labels = np.asarray(sets, dtype=bool), np.asarray(y, dtype=np.int64)
    known = np.asarray(mask, dtype=bool) & (labels >= 0)
    return inside[np.arange(len(labels)), labels], inside.sum(axis=1), known
