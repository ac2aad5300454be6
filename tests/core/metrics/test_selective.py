"""Risk against coverage: values by hand, the definition node by node, bad input."""

import numpy as np
import pytest

from core.errors import UserError
from core.metrics import aurc, excess_aurc, optimal_aurc, risk_coverage

SURE = [0.9, 0.6, 0.8, 0.7]
RIGHT = [True, True, False, True]


def test_curve_by_hand():
    # surest first: right, wrong, right, right
    coverage, risk = risk_coverage(SURE, RIGHT)
    np.testing.assert_allclose(coverage, [0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(risk, [0, 1 / 2, 1 / 3, 1 / 4])
    assert aurc(SURE, RIGHT) == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 4) / 4)
    assert optimal_aurc(RIGHT) == pytest.approx((0 + 0 + 0 + 1 / 4) / 4)
    assert excess_aurc(SURE, RIGHT) == pytest.approx((1 / 2 + 1 / 3) / 4)


def test_nodes_of_equal_confidence_are_accepted_together():
    coverage, risk = risk_coverage([0.9, 0.7, 0.9, 0.7, 0.5], [True, False, False, True, True])
    np.testing.assert_allclose(coverage, [2 / 5, 4 / 5, 1])
    np.testing.assert_allclose(risk, [1 / 2, 1 / 2, 2 / 5])
    assert aurc([0.9, 0.7, 0.9, 0.7, 0.5], [True, False, False, True, True]) == pytest.approx(0.4 / 2 + 0.4 / 2 + 0.2 * 2 / 5)
    # confidences that say nothing: the error of all
    assert [each.tolist() for each in risk_coverage([0.5] * 4, RIGHT)] == [[1], [0.25]]
    assert aurc([0.5] * 4, RIGHT) == 0.25


@pytest.mark.parametrize(("right", "area"), [([True] * 3, 0), ([False] * 3, 1), ([True], 0), ([False], 1)])
def test_all_right_and_all_wrong(right, area):
    sure = np.linspace(0.4, 0.9, len(right))
    assert aurc(sure, right) == optimal_aurc(right) == area
    assert excess_aurc(sure, right) == 0


@pytest.mark.parametrize("decimals", [1, 2, 12])
@pytest.mark.parametrize("seed", range(3))
def test_area_is_the_mean_risk_at_the_thresholds_of_the_nodes(seed, decimals):
    random = np.random.default_rng(seed)
    sure = np.round(random.random(200), decimals)
    right = random.random(200) < 0.3 + 0.6 * sure
    risks = [1 - right[sure >= threshold].mean() for threshold in sure]
    assert aurc(sure, right) == pytest.approx(np.mean(risks), abs=1e-12)
    order = random.permutation(200)
    assert aurc(sure[order], right[order]) == pytest.approx(aurc(sure, right), abs=1e-12)
    assert aurc(np.log(sure + 1), right) == pytest.approx(aurc(sure, right)), "only the ranking matters"
    oracle = [max(0, k - right.sum()) / k for k in range(1, 201)]
    assert optimal_aurc(right) == pytest.approx(np.mean(oracle), abs=1e-12)
    assert 0 < excess_aurc(sure, right) < aurc(sure, right)
    assert aurc(right + random.random(200) / 2, right) == pytest.approx(optimal_aurc(right), abs=1e-12)


def test_what_is_no_ranking_is_said():
    with pytest.raises(UserError, match="2 confidences and 1 answers were given"):
        risk_coverage([0.1, 0.2], [True])
    with pytest.raises(UserError, match="4 confidences and 4 answers"):
        aurc([[0.1, 0.2]] * 2, [[True, False]] * 2)
    with pytest.raises(UserError, match="1 of 2 confidences are no numbers"):
        excess_aurc([0.1, np.nan], [True, False])
    for measure in (lambda: aurc([], []), lambda: optimal_aurc([]), lambda: risk_coverage([], [])):
        with pytest.raises(UserError, match="no node to answer for"):
            measure()
