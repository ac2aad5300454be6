"""Whether probabilities mean what they say: calibration errors, proper scores and the bins of a reliability diagram. NumPy in and out.

`prob` [n, num_classes] are probabilities, one row a node, each summing to 1; `y` [n] the true classes 0 … num_classes−1. A node's
confidence is the probability of its predicted class, the most probable one (of equally probable ones the first). Equal-width bins are
left-closed and the last one is closed; bins of equal mass hold equally many nodes up to rounding, nodes of equal confidence together.
Every function raises `UserError` for what are no probabilities, labels beyond the classes, no nodes, and bins that are no number of
1 or more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import UserError
from core.metrics.binning import equal_mass_bins, equal_width_bins
from core.metrics.probabilities import checked_probabilities

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

NOBODY = "There is no node to measure calibration on; take a part of the split that has some."


@dataclass(frozen=True, eq=False)
class ReliabilityBins:
    """The bins of a reliability diagram, arrays [bins]: where each begins and ends, its nodes, their accuracy and mean confidence.

    Of equal width: `low` … `high` are the edges. Of equal mass: the least and the greatest confidence in the bin. An empty bin has
    `count` 0 and NaN for accuracy and confidence, of equal mass also for its ends.
    """

    low: Floats
    high: Floats
    count: Ints
    accuracy: Floats
    confidence: Floats

    @property
    def calibration_error(self) -> float:
        """Σ_b (n_b/n)·|accuracy_b − confidence_b|, 0 … 1."""
        gap = np.abs(np.nan_to_num(self.accuracy - self.confidence))
        return float((self.count * gap).sum() / self.count.sum())


@dataclass(frozen=True)
class BrierParts:
    """What a Brier score is made of: reliability − resolution + uncertainty + within_bins, summed over classes.

    Of each class against the rest, with bins b of its probability, p̄_b the mean probability and ō_b the share of the class in the bin:
    `reliability` Σ_b (n_b/n)(p̄_b − ō_b)², low is good; `resolution` Σ_b (n_b/n)(ō_b − ō)², high is good; `uncertainty` ō(1 − ō), which
    is the labels' alone; `within_bins`, the variance of the probabilities inside the bins less twice their covariance with the labels.
    """

    reliability: float
    resolution: float
    uncertainty: float
    within_bins: float

    @property
    def score(self) -> float:
        """The Brier score, 0 … 2."""
        return self.reliability - self.resolution + self.uncertainty + self.within_bins


def reliability_bins(prob: ArrayLike, y: ArrayLike, bins: int = 15, equal_mass: bool = False) -> ReliabilityBins:
    """Accuracy and mean confidence by bin of confidence (Niculescu-Mizil & Caruana 2005; Guo et al. 2017)."""
    return confidence_bins(*_top(*_checked(prob, y)), bins, equal_mass)


def confidence_bins(confidence: ArrayLike, correct: ArrayLike, bins: int = 15, equal_mass: bool = False) -> ReliabilityBins:
    """The same of nodes whose `confidence` [n] in 0 … 1 is known, and whether they are `correct` [n]."""
    confidence, correct = np.asarray(confidence, dtype=np.float64), np.asarray(correct, dtype=bool)
    if not len(confidence):
        raise UserError(NOBODY)
    if equal_mass:
        place = equal_mass_bins(confidence, bins)
        low, high = np.full(bins, np.inf), np.full(bins, -np.inf)
        np.minimum.at(low, place, confidence)
        np.maximum.at(high, place, confidence)
        low, high = (np.where(np.isfinite(ends), ends, np.nan) for ends in (low, high))
    else:
        place = equal_width_bins(confidence, bins)
        low, high = np.arange(bins) / bins, np.arange(1, bins + 1) / bins
    count = np.bincount(place, minlength=bins)
    filled = np.where(count > 0, count, np.nan)
    sums = (np.bincount(place, weights=values, minlength=bins) for values in (correct, confidence))
    return ReliabilityBins(low, high, count, *(values / filled for values in sums))


def expected_calibration_error(prob: ArrayLike, y: ArrayLike, bins: int = 15, equal_mass: bool = False) -> float:
    """ECE: Σ_b (n_b/n)·|acc_b − conf_b| over bins of confidence, 0 … 1 (Naeini et al. 2015; Guo et al. 2017, Eq. 3).

    With `equal_mass` it is the adaptive ECE (Nguyen & O'Connor 2015; Nixon et al. 2019).
    """
    return reliability_bins(prob, y, bins, equal_mass).calibration_error


def classwise_calibration_error(prob: ArrayLike, y: ArrayLike, bins: int = 15, equal_mass: bool = False) -> float:
    """Mean over classes of Σ_b (n_b/n)·|share of the class in b − its mean probability in b|, 0 … 1 (Kull et al. 2019).

    The bins are of each class's own probability, of all nodes; a class without a node counts as well.
    """
    given, labels = _checked(prob, y)
    place = _class_bins(given, bins, equal_mass)
    gaps = _binned(_one_hot(given, labels) - given, place, bins)
    return float(np.abs(gaps).sum() / given.size)


def brier_score(prob: ArrayLike, y: ArrayLike) -> float:
    """mean_i Σ_c (p_ic − [y_i = c])², 0 … 2 (Brier 1950)."""
    given, labels = _checked(prob, y)
    return float(np.square(given - _one_hot(given, labels)).sum(axis=1).mean())


def brier_parts(prob: ArrayLike, y: ArrayLike, bins: int = 15) -> BrierParts:
    """The Brier score's parts, each class against the rest in `bins` equal-width bins of its own probability, summed over classes.

    Murphy 1973 with the two within-bin parts of Stephenson et al. 2008, without which the sum is the score only where all
    probabilities in a bin are equal.
    """
    given, labels = _checked(prob, y)
    n, target = len(given), _one_hot(given, labels)
    place = _class_bins(given, bins, equal_mass=False)
    count = _binned(np.ones_like(given), place, bins)
    shares, means = (_binned(values, place, bins) / np.maximum(count, 1) for values in (target, given))
    overall = target.mean(axis=0)
    beside = given - np.take_along_axis(means, place, axis=0)
    apart = target - np.take_along_axis(shares, place, axis=0)
    return BrierParts(
        reliability=float((count * np.square(means - shares)).sum() / n),
        resolution=float((count * np.square(shares - overall)).sum() / n),
        uncertainty=float((overall * (1 - overall)).sum()),
        within_bins=float((beside * (beside - 2 * apart)).sum() / n),
    )


def negative_log_likelihood(prob: ArrayLike, y: ArrayLike) -> float:
    """mean_i −ln p_i(y_i) in nats, 0 or more; a probability of 0 counts as the smallest positive number, 708 nats."""
    given, labels = _checked(prob, y)
    true = given[np.arange(len(given)), labels]
    return float(-np.log(np.clip(true, np.finfo(np.float64).tiny, 1)).mean())


def overconfidence(prob: ArrayLike, y: ArrayLike) -> float:
    """Mean confidence less accuracy, −1 … 1: above 0 the model is over-confident, below 0 under-confident."""
    confidence, correct = _top(*_checked(prob, y))
    return float(confidence.mean() - correct.mean())


def _top(prob: Floats, y: Ints) -> tuple[Floats, Bools]:
    """[n] confidence of each node, and whether its predicted class is true."""
    predicted = prob.argmax(axis=1)
    return prob[np.arange(len(prob)), predicted], predicted == y


def _one_hot(prob: Floats, y: Ints) -> Floats:
    return np.asarray(y[:, None] == np.arange(prob.shape[1]), dtype=np.float64)


def _class_bins(prob: Floats, bins: int, equal_mass: bool) -> Ints:
    """[n, num_classes] bin of each node's probability of each class."""
    return np.stack([equal_mass_bins(column, bins) for column in prob.T], axis=1) if equal_mass else equal_width_bins(prob, bins)


def _binned(values: Floats, place: Ints, bins: int) -> Floats:
    """[bins, num_classes] sums of values [n, num_classes] by bin, each class for itself."""
    classes = values.shape[1]
    sums = np.bincount((place * classes + np.arange(classes)).ravel(), weights=values.ravel(), minlength=bins * classes)
    return np.asarray(sums.reshape(bins, classes), dtype=np.float64)


def _checked(prob: ArrayLike, y: ArrayLike) -> tuple[Floats, Ints]:
    given, labels = np.asarray(prob, dtype=np.float64), np.asarray(y)
    if given.ndim != 2 or labels.shape != given.shape[:1]:
        raise UserError(
            "Calibration is measured on probabilities of n nodes × classes with n labels; "
            f"{' × '.join(map(str, given.shape)) or 'one number'} and {' × '.join(map(str, labels.shape)) or 'one label'} were given."
        )
    if not given.size:
        raise UserError(NOBODY)
    given = checked_probabilities(given)
    outside = (labels < 0) | (labels >= given.shape[1]) | (labels != np.floor(labels))
    if outside.any():
        raise UserError(
            f"Labels are whole numbers from 0 to {given.shape[1] - 1}, a class for each column; {labels[outside][0]} was given. "
            "Leave out nodes whose label is unknown."
        )
    return np.clip(given, 0, 1), labels.astype(np.int64)
