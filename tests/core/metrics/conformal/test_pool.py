from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from core.data import Split
from core.errors import UserError
from core.metrics.conformal import conformal_pool
from core.spec import TrainingSpec

SPLIT = Split(*(np.arange(8) // 2 == part for part in range(3)))
LAST = TrainingSpec(keep="last")


@pytest.mark.parametrize("training", [TrainingSpec(), TrainingSpec(keep="score"), replace(LAST, patience=20)])
def test_validation_nodes_that_chose_the_epoch_are_left_out(training):
    pool = conformal_pool(SPLIT, training, fitted=False)
    assert_array_equal(pool.nodes, SPLIT.test)
    assert "The 2 validation nodes are left out: the epoch was chosen by them, so" in pool.said


def test_validation_nodes_that_a_calibrator_is_fitted_to_are_left_out():
    pool = conformal_pool(SPLIT, LAST, fitted=True)
    assert_array_equal(pool.nodes, SPLIT.test)
    assert "left out: calibrators are fitted to them, so" in pool.said
    assert "the epoch was chosen by them and calibrators are fitted to them" in conformal_pool(SPLIT, TrainingSpec(), fitted=True).said


def test_validation_nodes_that_nothing_was_done_with_are_in_the_pool():
    pool = conformal_pool(SPLIT, LAST, fitted=False)
    assert_array_equal(pool.nodes, SPLIT.test | SPLIT.validation)
    assert "2 validation and 2 test nodes" in pool.said


def test_a_split_without_validation_or_test_nodes():
    nobody = np.zeros(8, dtype=bool)
    pool = conformal_pool(replace(SPLIT, validation=nobody), TrainingSpec(), fitted=True)
    assert_array_equal(pool.nodes, SPLIT.test)
    assert "no validation nodes" in pool.said
    with pytest.raises(UserError, match=r"this split has none"):
        conformal_pool(replace(SPLIT, test=nobody), LAST, fitted=False)
