import math

import numpy as np
import pytest
from scipy import stats

from core.errors import UserError
from core.seeds import interval, paired_difference, plan
from core.spec import DatasetSpec, ModelSpec, RunSpec


def test_by_hand():
    # mean 2, s = 1, n = 3, t(.975; 2) = 4.302653
    found = interval([1, 2, 3])
    assert (found.mean, found.n) == (2.0, 3)
    assert found.half_width == pytest.approx(4.302653 / math.sqrt(3), abs=1e-6)


@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_agrees_with_scipy(level):
    values = np.random.default_rng(0).normal(size=12)
    found = interval(values, level)
    expected = stats.ttest_1samp(values, 0).confidence_interval(level)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_few_and_missing_values():
    assert interval([0.5, math.nan, math.inf]).mean == 0.5
    assert math.isnan(interval([0.5]).low)
    assert math.isnan(interval([0.5]).half_width)
    assert interval([]).n == 0
    assert math.isnan(interval([]).mean)
    assert interval([2, 2, 2]).half_width == 0


def test_pairs():
    first, second = np.array([0.8, 0.82, 0.79, 0.81]), np.array([0.7, 0.73, 0.69, 0.7])
    found = paired_difference(first, second)
    expected = stats.ttest_rel(first, second).confidence_interval()
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert paired_difference([1, math.nan, 2], [0, 0, math.nan]).n == 1, "a pair is there or not"
    with pytest.raises(ValueError, match="2 and 3 were given"):
        paired_difference([1, 2], [1, 2, 3])


def spec(split):
    return RunSpec(DatasetSpec("cora", split=split, split_seed=5), ModelSpec("gcn"))


def test_plan_counts_training_seeds():
    runs = plan(spec("public"), 3)
    assert [run.seed for run in runs] == [0, 1, 2]
    assert {(run.dataset.split, run.dataset.split_seed) for run in runs} == {("public", 5)}


def test_plan_over_all_splits():
    fixed = plan(spec("all"), 5, splits=3)
    assert [run.dataset.split for run in fixed] == ["0", "1", "2", "0", "1"]
    drawn = plan(spec("all"), 12)
    assert {run.dataset.split for run in drawn} == {"random"}
    assert [run.dataset.split_seed for run in drawn] == [*range(10), 0, 1]


def test_no_seeds_give_a_sentence():
    with pytest.raises(UserError, match="0 seeds give no run; take 1 or more"):
        plan(spec("public"), 0)
