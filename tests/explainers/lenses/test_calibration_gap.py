"""Accuracy less mean confidence, of a few nodes and in words."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.metrics.calibration import expected_calibration_error, negative_log_likelihood
from core.seeds import interval
from explainers.lenses.calibration.gap import METRICS, measures, side, side_name, size

SURE, RIGHT = np.array([0.95, 0.95, 0.65, 0.65]), np.array([True, True, True, False])


def test_four_nodes_by_hand() -> None:
    found = measures(SURE, RIGHT, 0.4)
    assert found == pytest.approx({"accuracy": 0.75, "mean_confidence": 0.8, "gap": -0.05, "ece": 0.1, "nll": 0.4})
    assert tuple(found) == METRICS


def test_whole_probabilities_give_the_same() -> None:
    random = np.random.default_rng(0)
    prob, y = random.dirichlet(np.ones(4), 200), random.integers(0, 4, 200)
    found = measures(prob.max(axis=1), prob.argmax(axis=1) == y, float(-np.log(prob[np.arange(200), y]).mean()))
    assert found["ece"] == pytest.approx(expected_calibration_error(prob, y))
    assert found["nll"] == pytest.approx(negative_log_likelihood(prob, y))
    assert found["gap"] == pytest.approx((prob.argmax(axis=1) == y).mean() - prob.max(axis=1).mean())


@pytest.mark.parametrize("confidence", [np.zeros(0), np.array([0.5, np.nan])])
def test_no_nodes_and_no_numbers_have_no_measures(confidence: np.ndarray) -> None:
    found = measures(confidence, np.ones(len(confidence), dtype=bool), 1.0)
    assert all(math.isnan(value) for value in found.values())


@pytest.mark.parametrize(
    ("gaps", "which"),
    [([-0.1, -0.12, -0.11], 1), ([0.1, 0.12, 0.11], -1), ([0.1, -0.1, 0.02], 0), ([-0.1], 1), ([0.1], -1), ([], 0), ([-0.2, -0.2], 1)],
)
def test_the_side_is_told_where_the_seeds_tell_it(gaps: list[float], which: int) -> None:
    assert side(interval(gaps)) == which


def test_a_gap_in_words() -> None:
    assert (side_name(1), side_name(-1)) == ("over-confident", "under-confident")
    # t(0.975, 1 degree of freedom) = 12.706, of which 0.01 are half the difference over √2 · √2
    assert size(interval([-0.1, -0.12])) == "11.0 ± 12.7 points"
    assert size(interval([-0.101])) == "10.1 points"
