"""Thresholds that are off by one cover too little; sets and coverage by hand."""

from fractions import Fraction
from math import ceil

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from core.errors import UserError
from core.metrics.conformal import (
    conformal_rank,
    conformal_threshold,
    coverage_and_size,
    largest_coverage,
    prediction_sets,
    smallest_sample,
    too_few,
)

SCORES = np.array([[0.5, 0.7, 0.8], [0.9, 0.4, 0.7], [0.75, 0.75, 0.5], [1, 1, 0]])
EVERY = np.ones(4, dtype=bool)


def test_threshold_is_the_largest_of_nine_and_infinite_for_eight():
    scores = np.random.default_rng(0).permutation(np.arange(1, 20) / 20)
    assert conformal_threshold(scores[:9], 0.1) == scores[:9].max()
    assert conformal_threshold(scores[:8], 0.1) == np.inf
    assert conformal_threshold(scores, 0.1) == 18 / 20, "⌈20 · .9⌉ = 18"
    assert conformal_threshold(scores[:0], 0.1) == np.inf


def test_rank_is_that_of_exact_fractions():
    for n in range(130):
        for percent in range(1, 100):
            exact = ceil((n + 1) * (1 - Fraction(percent, 100)))
            assert conformal_rank(n, percent / 100) == exact, (n, percent)
            assert conformal_rank(n, 1 - (100 - percent) / 100) == exact, "α as it comes from a coverage"
    assert conformal_rank(9, 1 - 1e-13) == 1


def test_smallest_sample_is_the_first_with_a_finite_threshold():
    for percent in range(1, 100):
        alpha = percent / 100
        first = next(n for n in range(200) if np.isfinite(conformal_threshold(np.zeros(n), alpha)))
        assert smallest_sample(alpha) == first
    assert largest_coverage(9) == pytest.approx(0.9)


def test_too_few_calibration_nodes_are_said():
    assert too_few(9, 0.1) == ""
    assert too_few(8, 0.1) == (
        "Sets that cover 90 % take at least 9 calibration nodes; 8 are enough for 88.8 %. So every class is in every set."
    )


@pytest.mark.parametrize("alpha", [0, 1, -0.1, np.nan])
def test_an_error_rate_beyond_0_and_1_is_said(alpha):
    for asked in (lambda: conformal_threshold([0.5], alpha), lambda: smallest_sample(alpha), lambda: too_few(3, alpha)):
        with pytest.raises(UserError, match=r"lies between 0 and 1"):
            asked()


def test_scores_that_are_no_numbers_are_said():
    with pytest.raises(UserError, match=r"1 of 2 calibration scores are not numbers"):
        conformal_threshold([0.5, np.nan], 0.4)


def test_sets_hold_classes_up_to_the_threshold_and_may_be_empty():
    sets = prediction_sets(SCORES, 0.5)
    assert_array_equal(sets, [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]])
    assert_array_equal(prediction_sets(SCORES, 0.45).sum(axis=1), [0, 1, 0, 1])
    assert prediction_sets(SCORES, np.inf).all()


def test_coverage_and_size_by_hand():
    sets = prediction_sets(SCORES, 0.7)  # {0, 1}, {1, 2}, {2}, {2}
    found = coverage_and_size(sets, [1, 0, 2, -1], EVERY)
    assert (found.coverage, found.mean_size) == pytest.approx((2 / 3, 5 / 3)), "node 3 has no label"
    assert (found.empty, found.single, found.nodes) == pytest.approx((0, 1 / 3, 3))
    assert coverage_and_size(prediction_sets(SCORES, 0.45), [1, 1, 2, 2], EVERY).empty == 0.5
    nobody = coverage_and_size(sets, [1, 0, 2, -1], ~EVERY)
    assert np.isnan(nobody.coverage)
    assert nobody.nodes == 0
