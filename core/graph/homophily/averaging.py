"""Where one step of averaging over neighbours helps, and where it hurts: how far class centres are apart afterwards, against the noise.

Assumed, besides independent links (the contextual block model): C balanced classes whose features have the same variance in every
direction around centres that are equally far apart; d neighbours for every node; and in every neighbourhood exactly the expected share
of each class. Chance in who the neighbours are adds noise of its own, the more the further the centres are apart, so that in a drawn
graph averaging hurts somewhat further than the threshold says.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.datasets.csbm import possible_pairs
from core.errors import UserError

Operator = Literal["mean", "self_loop"]
"""The mean over neighbours, or over neighbours and the node itself: on equal degrees what a GCN's normalised adjacency does."""

Reals = NDArray[np.float64]

TOUCHING = 1e-12
"""Squared distances closer than this are equal but for rounding."""


@dataclass(frozen=True)
class Threshold:
    """Averaging hurts for homophily between `low` and `high`: 0 or 1 where it does so up to the end, NaN where it hurts nowhere.

    Of classes that are not all equally far apart afterwards (circulant, more than three) it is the two closest ones that it hurts: others
    may gain meanwhile, and the score over all classes rise.
    """

    low: float
    high: float

    @property
    def left_arm(self) -> bool:
        """Whether averaging hurts nobody at homophily 0 and somebody above: the left half of a V, if all classes are alike."""
        return self.low > 0

    @property
    def hurts_somewhere(self) -> bool:
        return not math.isnan(self.low)


def separation(homophily: float, classes: int, degree: float, others: str = "uniform", operator: Operator = "mean") -> float:
    """Distance of the two closest class centres over the noise after averaging, divided by the same before; above 1 averaging helps.

    `others` as in the contextual block model: where a node's neighbours of other classes come from. With "uniform" and the plain mean
    it is √d·|(Ch − 1)/(C − 1)| (Ma et al. 2022 for C = 2). Raises `UserError` for circulant neighbours in two or four classes.
    """
    constant, slope = _differences(classes, degree, others, operator)
    squared = ((constant + homophily * slope) ** 2).sum(axis=1) / 2
    return float(np.sqrt(squared.min() / _noise(degree, operator)))


def threshold(classes: int, degree: float, others: str = "uniform", operator: Operator = "mean") -> Threshold:
    """The homophily values between which `separation` is below 1. Raises `UserError` as `separation` does, and for fewer than two classes
    or no degree.

    >>> threshold(2, 10)  # doctest: +ELLIPSIS
    Threshold(low=0.341..., high=0.658...)
    """
    if classes < 2 or not degree > 0:
        raise UserError(f"{classes} classes of degree {degree:g} have no threshold; take 2 classes or more, and a degree above 0.")
    constant, slope = _differences(classes, degree, others, operator)
    # half the squared distance of a pair is a parabola in the homophily: it is too small between the roots
    square, linear = (slope**2).sum(axis=1) / 2, (slope * constant).sum(axis=1)
    rest = (constant**2).sum(axis=1) / 2 - _noise(degree, operator)
    discriminant = linear**2 - 4 * square * rest
    real = discriminant > TOUCHING
    half = np.sqrt(discriminant[real])
    low, high = (np.clip((-linear[real] + sign * half) / (2 * square[real]), 0, 1) for sign in (-1, 1))
    inside = low < high
    if not inside.any():
        return Threshold(math.nan, math.nan)
    # the parabolas of different pairs overlap wherever two of them are too small somewhere, so that their union has no gap
    return Threshold(float(low[inside].min()), float(high[inside].max()))


def _differences(classes: int, degree: float, others: str, operator: Operator) -> tuple[Reals, Reals]:
    """Rows of the averaged centres of class 0 less those of each other class, as coefficients of the raw centres: constant and slope in
    the homophily, both [classes − 1, classes]. The classes stand in a circle, so that class 0 has every kind of pair."""
    allowed = np.triu(possible_pairs(np.ones(classes, dtype=np.int64), others), 1)
    elsewhere = allowed + allowed.T
    elsewhere = elsewhere / elsewhere.sum(axis=1, keepdims=True)
    own = np.eye(classes)
    if operator == "mean":
        constant, slope = elsewhere, own - elsewhere
    else:
        constant, slope = (own + degree * elsewhere) / (degree + 1), (own - elsewhere) * degree / (degree + 1)
    return constant[0] - constant[1:], slope[0] - slope[1:]


def _noise(degree: float, operator: Operator) -> float:
    """Variance of an average of independent features, in units of one feature's."""
    return 1 / degree if operator == "mean" else 1 / (degree + 1)
