"""Whom the sets of all draws cover: by hand, and against a loop over draws."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from core.metrics.conformal import (
    calibration_draws,
    coverage_by_group,
    node_coverage,
    nonconformity,
    prediction_sets,
    redraws,
)
from core.metrics.node_bins import by_class
from tests.core.metrics.conformal.test_draws import NAMES, predicted

SCORES = np.array([[0.5, 0.7, 0.8], [0.9, 0.4, 0.7], [0.75, 0.75, 0.5], [1, 1, 0]])
EVERY = np.ones(4, dtype=bool)


def test_groups_by_hand():
    """Two draws: node 0 calibrates, then nodes 0 and 1; of bars .7 and .45 the sets are {0, 1}, {1, 2}, {2}, {2} and {}, {1}, {}, {2}."""
    draws = np.array([[True, False, False, False], [True, True, False, False]])
    found = node_coverage(SCORES, [1, 1, 0, 2], EVERY, draws, np.array([0.7, 0.45]))
    assert_array_equal(found.judged, [0, 1, 2, 2])
    assert_array_equal(found.covered, [0, 1, 0, 2])
    assert_array_equal(found.classes, [0, 2, 1, 2])
    groups = coverage_by_group(found, by_class([1, 1, 0, -1], ["a", "b", "c"]))
    assert groups.labels == ("a", "b", "c")
    assert_array_equal(groups.count, [1, 2, 0])
    assert_array_equal(groups.judged, [2, 1, 0])
    assert_allclose(groups.coverage, [0, 1, np.nan])
    assert_allclose(groups.mean_size, [0.5, 2, np.nan])
    assert groups.left_out == 1


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("alpha", [0.1, 0.02, 0.4])
def test_nodes_are_those_of_a_loop(name, alpha):
    prob, y, links, pool = predicted()
    scores, nodes = nonconformity(name, prob, links, seed=5), np.flatnonzero(pool)
    draws = calibration_draws(len(nodes), 9, share=0.45, seed=2)
    drawn = redraws(scores, y, pool, alpha, draws)
    found = node_coverage(scores, y, pool, draws, drawn.threshold)
    judged, covered, classes = np.zeros((3, len(y)), dtype=int)
    for draw, bar in zip(draws, drawn.threshold, strict=True):
        rest, sets = nodes[~draw], prediction_sets(scores, bar)
        judged[rest] += 1
        covered[rest] += sets[rest, y[rest]]
        classes[rest] += sets[rest].sum(axis=1)
    assert_array_equal(found.judged, judged)
    assert_array_equal(found.covered, covered)
    assert_array_equal(found.classes, classes)
    everybody = coverage_by_group(found, by_class(np.zeros(len(y)), ["all"]))
    assert everybody.coverage[0] == pytest.approx(drawn.coverage.mean())
    assert everybody.mean_size[0] == pytest.approx(drawn.mean_size.mean())


def test_nodes_beyond_the_pool_are_in_no_group_and_not_left_out():
    prob, y, links, pool = predicted()
    draws = calibration_draws(int(pool.sum()), 3)
    scores = nonconformity("thr", prob, links)
    found = node_coverage(scores, y, pool, draws, redraws(scores, y, pool, 0.1, draws).threshold)
    groups = coverage_by_group(found, by_class(np.where(np.arange(len(y)) < 20, -1, y), list("abcd")))
    assert groups.left_out == pool[:20].sum()
    assert groups.count.sum() + groups.left_out == pool.sum()
