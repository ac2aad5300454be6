"""The same sets with other calibration nodes, many times: how far coverage depends on who was drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import UserError
from core.metrics.conformal.sets import conformal_rank, prediction_sets

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


def calibration_draws(size: int, redraws: int = 100, *, share: float = 0.5, seed: int = 0) -> Bools:
    """Who of a pool of `size` nodes is a calibration node, draw by draw: [redraws, size], the same number in each.

    The rest of the pool is evaluated. Give the same draws to every score, calibrator and coverage, and they differ by nothing else.
    Raises `UserError` for a pool of fewer than two nodes, of which none could be left to evaluate.
    """
    if size < 2:
        raise UserError(f"Conformal sets take a pool of at least 2 nodes, one to calibrate and one to evaluate; this one has {size}.")
    if redraws < 1 or not 0 < share < 1:
        raise UserError(f"{redraws} draws of {100 * share:g} % of the pool are none; take 1 or more, of a share between 0 and 100 %.")
    chosen = np.arange(size) < min(max(round(share * size), 1), size - 1)
    return np.random.default_rng(seed).permuted(np.tile(chosen, (redraws, 1)), axis=1)


@dataclass(frozen=True, eq=False)
class Redraws:
    """What each draw gives, [redraws]: the `threshold`, and on the rest of the pool `coverage`, `mean_size` and the share of `empty` sets.

    Of the first draw also the `sets` of all nodes [num_nodes, num_classes], and which were `evaluated` [num_nodes]. `calibration` and
    `evaluation`: nodes of each kind in a draw.
    """

    threshold: Floats
    coverage: Floats
    mean_size: Floats
    empty: Floats
    sets: Bools
    evaluated: Bools
    calibration: int
    evaluation: int


def redraws(scores: ArrayLike, y: ArrayLike, pool: ArrayLike, alpha: float, draws: Bools) -> Redraws:
    """Thresholds from each draw's calibration nodes, judged on the others of the pool.

    `scores` [num_nodes, num_classes], `y` [num_nodes], `pool` [num_nodes] a mask: nodes by which nothing was chosen or fitted
    (`conformal_pool`); `draws` [redraws, pool] of `calibration_draws`, in the order of node ids. Raises `UserError` for α beyond
    0 … 1, and for nodes of the pool without a label or with scores that are no numbers.
    """
    values, labels = np.asarray(scores, dtype=np.float64), np.asarray(y, dtype=np.int64)
    nodes = np.flatnonzero(pool)
    calibration = int(draws[0].sum())
    rank = conformal_rank(calibration, alpha)
    inside, truth = of_pool(values, labels, nodes, draws)
    rest = ~draws
    threshold = _thresholds(truth, draws, rank)
    always, node, upto = between(inside, threshold)
    sizes = rest @ always + [np.count_nonzero(kept[node[:end]]) for kept, end in zip(rest, upto, strict=True)]
    bar, evaluation = threshold[:, None], len(nodes) - calibration
    sets = prediction_sets(values, threshold[0])
    evaluated = np.zeros(len(labels), dtype=bool)
    evaluated[nodes[rest[0]]] = True
    return Redraws(
        threshold=threshold,
        coverage=((truth <= bar) & rest).sum(axis=1) / evaluation,
        mean_size=sizes / evaluation,
        empty=((inside.min(axis=1) > bar) & rest).sum(axis=1) / evaluation,
        sets=sets,
        evaluated=evaluated,
        calibration=calibration,
        evaluation=evaluation,
    )


def expected_coverage(sizes: Sequence[tuple[int, int]], alpha: float, level: float = 0.95) -> tuple[float, float, float]:
    """Mean coverage over all draws, and the bounds low and high that hold `level` of them.

    `sizes`: calibration and evaluated nodes of a draw, of every run that has as many draws. The number of evaluated nodes that are covered
    is beta-binomial(evaluation, k, calibration + 1 − k), k the threshold's rank, for *any* score without ties: the draw is random, so the
    histogram of coverage says nothing of the model. The size of the sets does, and so does coverage group by group. With ties coverage is
    higher.
    """
    pairs, runs = np.unique(np.asarray(sizes, dtype=np.int64).reshape(-1, 2), axis=0, return_counts=True)
    parts = [_chances(int(calibration), int(evaluation), alpha) for calibration, evaluation in pairs]
    coverage = np.concatenate([np.arange(len(part)) / (len(part) - 1) for part in parts])
    chance = np.concatenate([part * share for part, share in zip(parts, runs / runs.sum(), strict=True)])
    order = np.argsort(coverage, kind="stable")
    below = chance[order].cumsum()
    bounds = np.array([1 - level, 1 + level]) / 2
    low, high = coverage[order][np.searchsorted(below, bounds - 1e-12).clip(max=len(below) - 1)]  # by rounding the sum may end below 1
    return float(coverage @ chance), float(low), float(high)


def _chances(calibration: int, evaluation: int, alpha: float) -> Floats:
    """[evaluation + 1] the probability of 0, 1 … `evaluation` covered nodes."""
    rank = conformal_rank(calibration, alpha)
    if rank > calibration:
        return np.append(np.zeros(evaluation), 1.0)
    from scipy.stats import betabinom  # slow to import, needed only here

    return np.asarray(betabinom(evaluation, rank, calibration + 1 - rank).pmf(np.arange(evaluation + 1)))


def between(inside: Floats, threshold: Floats) -> tuple[Ints, Ints, Ints]:
    """What it takes to count the classes of sets at each of some thresholds [redraws], from scores [pool, num_classes].

    How many classes of each node [pool] are in its sets at all thresholds; the nodes of those that are in some, the lowest score first;
    and how many of these are in at each threshold [redraws]. Thresholds of different draws lie close, so that these are few.
    """
    low, high = threshold.min(), threshold.max()
    node, label = np.nonzero((inside > low) & (inside <= high))
    scores = inside[node, label]
    order = np.argsort(scores, kind="stable")
    return np.count_nonzero(inside <= low, axis=1), node[order], np.searchsorted(scores[order], threshold, side="right")


def of_pool(values: Floats, labels: NDArray[np.int64], nodes: NDArray[np.intp], draws: Bools) -> tuple[Floats, Floats]:
    """Scores of the pool's nodes [pool, num_classes], and those of their true classes [pool]."""
    if draws.shape[1] != len(nodes):
        raise UserError(f"The draws are of a pool of {draws.shape[1]:,} nodes, and this one has {len(nodes):,}.")
    if unknown := int((labels[nodes] < 0).sum()):
        raise UserError(f"{unknown:,} of the {len(nodes):,} nodes of the pool have no label; leave them out of it.")
    inside = values[nodes]
    if wrong := int(np.isnan(inside).any(axis=1).sum()):
        raise UserError(f"The scores of {wrong:,} of the {len(nodes):,} nodes of the pool are not numbers.")
    return inside, inside[np.arange(len(nodes)), labels[nodes]]


def _thresholds(truth: Floats, draws: Bools, rank: int) -> Floats:
    """[redraws] the rank-th smallest score among each draw's calibration nodes. One sorting serves all draws."""
    order = np.argsort(truth, kind="stable")
    seen = draws[:, order].cumsum(axis=1, dtype=np.int32)
    if rank > seen[0, -1]:
        return np.full(len(draws), np.inf)
    return np.asarray(truth[order][(seen >= rank).argmax(axis=1)])
