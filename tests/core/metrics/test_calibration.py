"""Calibration: values by hand, torchmetrics and scikit-learn as oracles, what must hold for any input, bad input."""

import numpy as np
import pytest
import torch
from sklearn.metrics import brier_score_loss, log_loss
from torchmetrics.functional.classification import multiclass_calibration_error

from core.errors import UserError
from core.metrics import (
    brier_parts,
    brier_score,
    classwise_calibration_error,
    expected_calibration_error,
    negative_log_likelihood,
    overconfidence,
    reliability_bins,
)

MEASURES = (
    brier_parts,
    brier_score,
    classwise_calibration_error,
    expected_calibration_error,
    negative_log_likelihood,
    overconfidence,
    reliability_bins,
)
PROB = [[0.95, 0.05], [0.95, 0.05], [0.65, 0.35], [0.65, 0.35]]
Y = [0, 0, 0, 1]


def drawn(seed, n=400, classes=5, sharpness=2.0):
    """Probabilities and labels that follow other ones: neither calibrated nor useless."""
    random = np.random.default_rng(seed)
    logits = random.normal(size=(n, classes)) * sharpness
    prob = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    y = np.array([random.choice(classes, p=row) for row in np.exp(logits / 2) / np.exp(logits / 2).sum(axis=1, keepdims=True)])
    return prob, y


@pytest.mark.parametrize(
    ("bins", "error"), [(3, 0.1), (5, 0.1), (10, 0.1), (15, 0.1), (20, 0.1), (25, 0.1), (30, 0.1), (1, 0.05), (2, 0.05)]
)
def test_expected_calibration_error_by_hand(bins, error):
    # apart: ½·|1 − .95| + ½·|.5 − .65|; in one bin: |.75 − .8|
    assert expected_calibration_error(PROB, Y, bins) == pytest.approx(error, abs=1e-12)


def test_adaptive_error_by_hand():
    # halves by confidence, and one node by itself where there are more bins than nodes
    assert expected_calibration_error(PROB, Y, 2, equal_mass=True) == pytest.approx(0.1)
    prob = [[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4]]
    assert expected_calibration_error(prob, [0, 1, 0, 1], 2, equal_mass=True) == pytest.approx((0.35 + 0.15) / 2)
    assert expected_calibration_error(prob, [0, 1, 0, 1], 15, equal_mass=True) == pytest.approx((0.1 + 0.8 + 0.3 + 0.6) / 4)


def test_bins_of_a_diagram_by_hand():
    found = reliability_bins([*PROB, [0.6, 0.4]], [*Y, 1], 5)
    np.testing.assert_allclose(found.low, [0, 0.2, 0.4, 0.6, 0.8])
    np.testing.assert_allclose(found.high, [0.2, 0.4, 0.6, 0.8, 1])
    assert found.count.tolist() == [0, 0, 0, 3, 2], ".6 begins a bin"
    np.testing.assert_allclose(found.accuracy, [np.nan, np.nan, np.nan, 1 / 3, 1])
    np.testing.assert_allclose(found.confidence, [np.nan, np.nan, np.nan, 1.9 / 3, 0.95])


def test_bins_of_equal_mass_by_hand():
    found = reliability_bins([*PROB, [0.6, 0.4]], [*Y, 1], 4, equal_mass=True)
    # .6 alone; the two .65 (ranks 1 and 2) at rank 1½, bin ⌊4·1½/5⌋ = 1; the two .95 at rank 3½, bin 2; none is left for bin 3
    assert found.count.tolist() == [1, 2, 2, 0]
    np.testing.assert_allclose(found.low, [0.6, 0.65, 0.95, np.nan])
    np.testing.assert_allclose(found.high, [0.6, 0.65, 0.95, np.nan])
    np.testing.assert_allclose(found.accuracy, [0, 0.5, 1, np.nan])


def test_classwise_error_by_hand():
    # two bins. class 0: all four in the upper one, share .75, mean .8; class 1: all in the lower one, share .25, mean .2
    assert classwise_calibration_error(PROB, Y, 2) == pytest.approx(0.05)
    # ten bins, of each class two and two: ½·|1 − .95| + ½·|.5 − .65|, of the other class the same
    assert classwise_calibration_error(PROB, Y, 10) == pytest.approx(0.1)
    # a class that never occurs counts with its mean probability
    prob = np.column_stack([np.array(PROB) * 0.9, np.full(4, 0.1)])
    first, second = np.abs([1 - 0.855, 0.5 - 0.585]).mean(), np.abs([0.045, 0.5 - 0.315]).mean()
    assert classwise_calibration_error(prob, Y, 20) == pytest.approx((first + second + 0.1) / 3)


def test_proper_scores_by_hand():
    assert brier_score(PROB, Y) == pytest.approx(2 * (2 * 0.05**2 + 0.35**2 + 0.65**2) / 4)
    assert negative_log_likelihood(PROB, Y) == pytest.approx(-(2 * np.log(0.95) + np.log(0.65) + np.log(0.35)) / 4)
    assert brier_score([[0, 1]], [0]) == 2
    assert brier_score([[0, 1]], [1]) == 0
    assert negative_log_likelihood([[0, 1]], [0]) == pytest.approx(708.4, abs=0.1), "a number, not infinite"


def test_overconfidence_by_hand():
    assert overconfidence(PROB, Y) == pytest.approx(0.05)
    assert overconfidence([[0.6, 0.4]], [0]) == pytest.approx(-0.4)
    assert overconfidence([[0.5, 0.5]], [1]) == pytest.approx(0.5), "of equally probable classes the first is predicted"


def test_parts_of_a_brier_score_by_hand():
    # one bin, each class: p̄ = .8, ō = .75, uncertainty ¾·¼; within: the probabilities vary by .15², and their covariance with the
    # labels is .15·(.25 + .25 − .25 + .75)/4
    found = brier_parts(PROB, Y, 1)
    assert found.reliability == pytest.approx(2 * 0.05**2)
    assert found.resolution == pytest.approx(0)
    assert found.uncertainty == pytest.approx(2 * 0.75 * 0.25)
    assert found.within_bins == pytest.approx(2 * (0.15**2 - 2 * 0.15 * 0.25))
    # apart, nothing varies inside a bin: reliability ½·.05² + ½·.15², resolution ½·.25² + ½·.25²
    found = brier_parts(PROB, Y, 10)
    assert found.reliability == pytest.approx(0.05**2 + 0.15**2)
    assert found.resolution == pytest.approx(2 * 0.25**2)
    assert found.within_bins == pytest.approx(0)


@pytest.mark.parametrize("bins", [1, 2, 7, 15, 100])
@pytest.mark.parametrize("classes", [2, 3, 10])
def test_parts_sum_to_the_score(bins, classes):
    prob, y = drawn(bins, classes=classes)
    found = brier_parts(prob, y, bins)
    assert found.score == pytest.approx(brier_score(prob, y), abs=1e-13)
    assert min(found.reliability, found.resolution, found.uncertainty) >= 0
    assert found.uncertainty == pytest.approx(1 - np.square(np.bincount(y) / len(y)).sum())


def dense_ece(prob, y, bins):
    """The definition, bin by bin."""
    confidence, total = prob.max(axis=1), 0.0
    for b in range(bins):
        inside = (confidence < (b + 1) / bins if b < bins - 1 else confidence <= 1) & (confidence >= b / bins)
        if inside.any():
            total += inside.mean() * abs((prob.argmax(axis=1) == y)[inside].mean() - confidence[inside].mean())
    return total


@pytest.mark.parametrize("bins", [1, 5, 15, 30])
@pytest.mark.parametrize("seed", range(3))
def test_error_agrees_with_torchmetrics(seed, bins):
    # it counts in single precision, its edges come from `linspace`, and 1.0 has a bin of its own: random input meets no edge
    prob, y = drawn(seed)
    theirs = multiclass_calibration_error(torch.from_numpy(prob), torch.from_numpy(y), num_classes=5, n_bins=bins, norm="l1")
    assert expected_calibration_error(prob, y, bins) == pytest.approx(theirs.item(), abs=1e-6)
    assert expected_calibration_error(prob, y, bins) == pytest.approx(dense_ece(prob, y, bins), abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_proper_scores_agree_with_scikit_learn(seed):
    prob, y = drawn(seed)
    assert negative_log_likelihood(prob, y) == pytest.approx(log_loss(y, prob, labels=range(5)), abs=1e-12)
    assert brier_score(prob, y) == pytest.approx(brier_score_loss(y, prob, labels=range(5), scale_by_half=False), abs=1e-12)


@pytest.mark.parametrize("equal_mass", [False, True])
def test_classwise_error_is_the_mean_of_the_errors_of_each_class(equal_mass):
    """For two columns (p, 1 − p) and the predicted class, an expected calibration error over p is what `reliability_bins` gives."""
    prob, y = drawn(0, classes=3)
    each = []
    for c in range(3):
        upper = np.column_stack([prob[:, c], 1 - prob[:, c]]) / 2 + [0.5, 0]  # p/2 + ½ is the confidence, in bins half as wide
        upper[:, 1] = 1 - upper[:, 0]
        found = reliability_bins(upper, np.where(y == c, 0, 1), 15 if equal_mass else 30, equal_mass)
        gap = np.nan_to_num(found.accuracy - (2 * found.confidence - 1))
        each.append((found.count * np.abs(gap)).sum() / len(y))
    assert classwise_calibration_error(prob, y, 15, equal_mass) == pytest.approx(np.mean(each), abs=1e-9)


@pytest.mark.parametrize("equal_mass", [False, True])
def test_neither_order_nor_names_matter(equal_mass):
    prob, y = drawn(1)
    nodes, classes = np.random.default_rng(2).permutation(len(y)), np.array([3, 0, 4, 1, 2])
    renamed = np.argsort(classes)[y]
    for measure in (expected_calibration_error, classwise_calibration_error):
        assert measure(prob[nodes], y[nodes], 15, equal_mass) == pytest.approx(measure(prob, y, 15, equal_mass), abs=1e-12)
        assert measure(prob[:, classes], renamed, 15, equal_mass) == pytest.approx(measure(prob, y, 15, equal_mass), abs=1e-12)
    assert brier_score(prob[:, classes], renamed) == pytest.approx(brier_score(prob, y))
    assert brier_parts(prob[nodes], y[nodes]).within_bins == pytest.approx(brier_parts(prob, y).within_bins)


def test_one_bin_is_the_size_of_the_overconfidence():
    prob, y = drawn(3)
    assert overconfidence(prob, y) > 0.1, "sharper than the labels are"
    assert expected_calibration_error(prob, y, 1) == pytest.approx(overconfidence(prob, y))
    assert expected_calibration_error(prob, y, 30) >= overconfidence(prob, y) - 1e-12


def test_probabilities_that_labels_follow_are_calibrated():
    random = np.random.default_rng(0)
    prob = random.dirichlet([0.5] * 4, size=40_000)
    y = (prob.cumsum(axis=1) < random.random((len(prob), 1))).sum(axis=1)
    assert expected_calibration_error(prob, y) < 0.01
    assert classwise_calibration_error(prob, y, equal_mass=True) < 0.01
    assert brier_parts(prob, y).reliability < 1e-3
    assert abs(overconfidence(prob, y)) < 0.01


def test_single_precision_is_taken():
    prob, y = drawn(0)
    assert expected_calibration_error(prob.astype(np.float32), y) == pytest.approx(expected_calibration_error(prob, y), abs=1e-5)
    assert brier_score([[1.0000001, -1e-7]], [0]) == pytest.approx(0)


BAD = [
    ([[0.5, np.nan], [0.5, 0.5]], [0, 1], "1 of 2 nodes have probabilities that are no numbers; the first is node 0"),
    ([[0.5, 0.5], [np.inf, 0.5]], [0, 1], "first is node 1"),
    ([[0.5, 0.5], [0.5, 0.6]], [0, 1], "those of node 1 sum to 1.1"),
    ([[1.5, -0.5]], [0], "A probability is 0 or more; -0.5 was given"),
    ([0.5, 0.5], [0], "2 and 1 were given"),
    ([[0.5, 0.5]], [0, 1], "1 × 2 and 2 were given"),
    (0.5, 0, "one number and one label were given"),
    ([[0.5, 0.5]], [2], "from 0 to 1, a class for each column; 2 was given"),
    ([[0.5, 0.5]], [-1], "-1 was given. Leave out nodes whose label is unknown"),
    ([[0.5, 0.5]], [0.5], "0.5 was given"),
    (np.empty((0, 3)), [], "no node to measure calibration on"),
]


@pytest.mark.parametrize(("prob", "y", "sentence"), BAD)
@pytest.mark.parametrize("measure", MEASURES)
def test_what_is_no_prediction_is_said(measure, prob, y, sentence):
    with pytest.raises(UserError, match=sentence.replace(".", r"\.")):
        measure(prob, y)


@pytest.mark.parametrize("equal_mass", [False, True])
def test_no_bins_is_said(equal_mass):
    for measure in (expected_calibration_error, classwise_calibration_error, reliability_bins):
        with pytest.raises(UserError, match="0 was given"):
            measure(PROB, Y, 0, equal_mass)
    with pytest.raises(UserError, match="0 was given"):
        brier_parts(PROB, Y, 0)
