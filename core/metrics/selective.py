"""Selective prediction: how risky the answers are if only the surest are given. NumPy in and out.

`confidence` [n] is any score that ranks nodes by how sure the model is of them; `correct` [n] whether each prediction is right. Risk is
the share of wrong answers among those given, coverage the share of nodes that are given one. Nodes of equal confidence are accepted
together, as any threshold does. Every function raises `UserError` for confidences that are no numbers, shapes that do not fit, no nodes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import UserError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def risk_coverage(confidence: ArrayLike, correct: ArrayLike) -> tuple[Floats, Floats]:
    """Coverage and risk [thresholds], both 0 … 1, at each confidence that occurs, the highest first (El-Yaniv & Wiener 2010).

    Coverage rises to 1, where risk is the error of all; it begins with the surest nodes, since nothing is at risk at coverage 0.
    """
    given, right = _checked(confidence, correct)
    order = np.argsort(-given, kind="stable")
    # the last node of each confidence: with it all of them are accepted
    accepted = np.append(np.flatnonzero(np.diff(given[order])), len(given) - 1) + 1
    wrong = np.cumsum(~right[order])
    return accepted / len(given), wrong[accepted - 1] / accepted


def aurc(confidence: ArrayLike, correct: ArrayLike) -> float:
    """Area under risk against coverage, 0 … 1: Σ_k (coverage_k − coverage_{k−1})·risk_k, low is good (Geifman et al. 2019).

    That is the mean over nodes of the risk at the threshold that lets them in. Where no confidence says anything it is the error of all.
    """
    coverage, risk = risk_coverage(confidence, correct)
    return float((np.diff(coverage, prepend=0) * risk).sum())


def optimal_aurc(correct: ArrayLike) -> float:
    """AURC if every right prediction were surer than every wrong one: (1/n) Σ_k max(0, k − right)/k; no ranking has a lower one."""
    right_first = np.sort(np.asarray(correct, dtype=bool))[::-1]
    return aurc(-np.arange(len(right_first)), right_first)


def excess_aurc(confidence: ArrayLike, correct: ArrayLike) -> float:
    """AURC less the optimal one, 0 … 1: what the ranking alone is to blame for, whatever the accuracy (Geifman et al. 2019, E-AURC)."""
    return aurc(confidence, correct) - optimal_aurc(correct)


def _checked(confidence: ArrayLike, correct: ArrayLike) -> tuple[Floats, Bools]:
    given, right = np.asarray(confidence, dtype=np.float64), np.asarray(correct, dtype=bool)
    if given.ndim != 1 or right.shape != given.shape:
        raise UserError(
            "Risk against coverage takes one confidence and one answer, right or wrong, of each node; "
            f"{given.size:,} confidences and {right.size:,} answers were given."
        )
    if not given.size:
        raise UserError("There is no node to answer for; take a part of the split that has some.")
    if np.isnan(given).any():
        raise UserError(f"{int(np.isnan(given).sum()):,} of {len(given):,} confidences are no numbers; leave those nodes out.")
    return given, right
