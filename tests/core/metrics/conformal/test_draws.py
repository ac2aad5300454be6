"""Redraws: against a loop, and against what is known of coverage before anything is measured."""

from itertools import combinations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import betabinom

from core.errors import UserError
from core.hops import adjacency
from core.metrics.conformal import (
    SCORES,
    calibration_draws,
    conformal_threshold,
    coverage_and_size,
    expected_coverage,
    nonconformities,
    nonconformity,
    prediction_sets,
    redraws,
)

NAMES = [score.name for score in SCORES]


def predicted(seed=0, n=120, classes=4):
    """Probabilities of which the labels are drawn, and links; every fourth node is not in the pool."""
    random = np.random.default_rng(seed)
    prob = random.random((n, classes)) ** 4
    prob /= prob.sum(axis=1, keepdims=True)
    y = (prob.cumsum(axis=1) < random.random((n, 1))).sum(axis=1)
    return prob, y, adjacency(random.integers(0, n, (2, 3 * n)), n), np.arange(n) % 4 > 0


def test_draws_split_the_pool():
    draws = calibration_draws(11, 40, share=0.5, seed=1)
    assert draws.shape == (40, 11)
    assert (draws.sum(axis=1) == round(11 / 2)).all()
    assert len({row.tobytes() for row in draws}) > 30
    assert_array_equal(draws, calibration_draws(11, 40, share=0.5, seed=1))
    assert (calibration_draws(2, 5, share=0.99).sum(axis=1) == 1).all(), "somebody is left to evaluate"
    assert (calibration_draws(10, 5, share=0.01).sum(axis=1) == 1).all()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("alpha", [0.1, 0.02, 0.4])
def test_redraws_are_those_of_a_loop(name, alpha):
    prob, y, links, pool = predicted()
    scores, nodes = nonconformity(name, prob, links, seed=5), np.flatnonzero(pool)
    draws = calibration_draws(len(nodes), 7, share=0.45, seed=2)
    found = redraws(scores, y, pool, alpha, draws)
    for place, draw in enumerate(draws):
        drawn, rest = nodes[draw], np.isin(np.arange(len(y)), nodes[~draw])
        threshold = conformal_threshold(scores[drawn, y[drawn]], alpha)
        once = coverage_and_size(prediction_sets(scores, threshold), y, rest)
        assert found.threshold[place] == threshold
        assert (found.coverage[place], found.mean_size[place], found.empty[place]) == pytest.approx(
            (once.coverage, once.mean_size, once.empty)
        )
        if not place:
            assert_array_equal(found.sets, prediction_sets(scores, threshold))
            assert_array_equal(found.evaluated, rest)
    assert (found.calibration, found.evaluation) == (len(drawn), rest.sum())


def test_a_threshold_that_is_infinite_takes_every_class():
    prob, y, links, pool = predicted()
    draws = calibration_draws(int(pool.sum()), 3, share=0.1)
    found = redraws(nonconformity("thr", prob, links), y, pool, 0.01, draws)
    assert np.isinf(found.threshold).all()
    assert found.sets.all()
    assert (found.coverage == 1).all()
    assert (found.mean_size == 4).all()


@pytest.mark.parametrize("name", NAMES)
def test_coverage_over_redraws_is_that_of_chance(name):
    """Given the pool each draw's covered nodes are beta-binomial, draws independent: bounds are four standard errors."""
    prob, y, links, pool = predicted(3, 200)
    scores, alpha, count = nonconformity(name, prob, links, seed=0), 0.1, 3000
    found = redraws(scores, y, pool, alpha, calibration_draws(int(pool.sum()), count, seed=4))
    known = betabinom(found.evaluation, 69, 75 + 1 - 69)  # 75 of 150 are drawn; ⌈76 · .9⌉ = 69
    covered = found.coverage * found.evaluation
    assert found.calibration == 75
    assert covered.mean() == pytest.approx(known.mean(), abs=4 * known.std() / np.sqrt(count))
    mean, low, high = expected_coverage([(75, 75)], alpha)
    assert mean == pytest.approx(known.mean() / 75)
    inside = known.cdf(high * 75) - known.cdf(low * 75 - 1)
    share = ((found.coverage >= low - 1e-9) & (found.coverage <= high + 1e-9)).mean()
    assert 0.95 <= inside <= 0.99
    assert share == pytest.approx(inside, abs=4 * np.sqrt(inside * (1 - inside) / count))


@pytest.mark.parametrize("name", NAMES)
def test_new_nodes_are_covered_as_often_as_asked_for(name):
    """Many worlds, each with 39 calibration nodes and one new node: 1 − α ≤ coverage ≤ 1 − α + 1/40, to four standard errors."""
    alpha, worlds, size = 0.2, 2000, 40
    prob, y, _, _ = predicted(6, worlds * size, 3)
    ends = np.random.default_rng(8).integers(0, size, (2, worlds, size)) + size * np.arange(worlds)[:, None]  # within a world
    scores = nonconformity(name, prob, adjacency(ends, len(y)), seed=1)
    truth = scores[np.arange(len(y)), y].reshape(worlds, size)
    covered = np.mean([new <= conformal_threshold(known, alpha) for *known, new in truth])
    slack = 4 * np.sqrt(0.2 * 0.8 / worlds)
    assert 1 - alpha - slack <= covered <= 1 - alpha + 1 / size + slack


def test_expected_coverage_is_that_of_all_splits():
    values, calibration, alpha = np.arange(7.0), 4, 0.3  # ⌈5 · .7⌉ = 4: the largest of four
    covered = []
    for chosen in combinations(range(7), calibration):
        drawn = np.isin(values, chosen)
        covered.append((values[~drawn] <= conformal_threshold(values[drawn], alpha)).mean())
    mean, low, high = expected_coverage([(calibration, 3)], alpha, level=0.8)
    assert mean == pytest.approx(np.mean(covered))
    assert [low, high] == pytest.approx(np.quantile(covered, [0.1, 0.9], method="inverted_cdf"))
    assert expected_coverage([(8, 5)], 0.1) == (1, 1, 1)


def test_expected_coverage_of_runs_of_different_sizes_is_that_of_the_mixture():
    """Two runs in which 20 nodes are judged, one in which 5 are."""
    sizes, alpha = [(9, 20), (9, 20), (4, 5)], 0.3
    mean, low, high = expected_coverage(sizes, alpha)
    assert expected_coverage(sizes[:2], alpha) == expected_coverage(sizes[:1], alpha)
    random = np.random.default_rng(0)
    drawn = [
        (pool[calibration:] <= conformal_threshold(pool[:calibration], alpha)).mean()
        for calibration, evaluation in sizes
        for pool in random.random((4000, calibration + evaluation))
    ]
    assert mean == pytest.approx(np.mean(drawn), abs=4 * np.std(drawn) / np.sqrt(len(drawn)))
    shares = [(np.array(drawn) < low - 1e-9).mean(), (np.array(drawn) > high + 1e-9).mean()]
    assert max(shares) < 0.025 + 4 * np.sqrt(0.025 / len(drawn))
    assert low < expected_coverage(sizes[:1], alpha)[1], "few nodes spread farther"


def test_all_scores_at_once_are_the_single_ones():
    prob, _, links, _ = predicted()
    found = dict(nonconformities(prob, links, seed=3))
    assert list(found) == NAMES
    for name, scores in found.items():
        assert_array_equal(scores, nonconformity(name, prob, links, seed=3))


def test_redraws_do_not_depend_on_the_order_of_nodes():
    prob, y, links, pool = predicted()
    order = np.random.default_rng(7).permutation(len(y))
    scores, draws = nonconformity("daps", prob, links), calibration_draws(int(pool.sum()), 20)
    place = np.full(len(y), -1)
    place[np.flatnonzero(pool)] = np.arange(pool.sum())
    one = redraws(scores, y, pool, 0.1, draws)
    other = redraws(scores[order], y[order], pool[order], 0.1, draws[:, place[order][pool[order]]])
    for name in ("threshold", "coverage", "mean_size", "empty"):
        assert_allclose(getattr(other, name), getattr(one, name))
    assert_array_equal(other.sets, one.sets[order])
    assert_array_equal(other.evaluated, one.evaluated[order])


def test_what_cannot_be_drawn_is_said():
    prob, y, links, pool = predicted()
    scores, draws = nonconformity("thr", prob, links), calibration_draws(int(pool.sum()), 2)
    with pytest.raises(UserError, match=r"at least 2 nodes, .* this one has 0"):
        calibration_draws(0)
    with pytest.raises(UserError, match=r"5 draws of 100 %"):
        calibration_draws(10, 5, share=1)
    with pytest.raises(UserError, match=r"α is 1"):
        redraws(scores, y, pool, 1, draws)
    with pytest.raises(UserError, match=r"of a pool of 90 nodes, and this one has 120"):
        redraws(scores, y, np.ones(120, dtype=bool), 0.1, draws)
    with pytest.raises(UserError, match=r"90 of the 90 nodes of the pool have no label"):
        redraws(scores, np.full(120, -1), pool, 0.1, draws)
    with pytest.raises(UserError, match=r"90 of the 90 nodes of the pool are not numbers"):
        redraws(np.full_like(scores, np.nan), y, pool, 0.1, draws)
