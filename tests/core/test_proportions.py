from __future__ import annotations

import numpy as np
import pytest

from core.proportions import mcnemar, standard_uncertainty, wilson


def test_wilson_is_the_one_of_scipy() -> None:
    from scipy.stats import binomtest

    for k, n in ((0, 4), (3, 10), (10, 10), (182, 1000)):
        expected = binomtest(k, n).proportion_ci(method="wilson")
        assert [float(bound) for bound in wilson(k, n)] == pytest.approx([expected.low, expected.high])
    assert np.isnan(wilson(0, 0)).all()


def test_intervals_that_hold_together_are_wider() -> None:
    from scipy.stats import binomtest

    expected = binomtest(3, 10).proportion_ci(0.95 + 0.05 * 19 / 20, method="wilson")
    assert [float(bound) for bound in wilson(3, 10, together=20)] == pytest.approx([expected.low, expected.high])


def test_mcnemar_by_hand() -> None:
    assert mcnemar(0, 0) == 1
    assert mcnemar(5, 0) == pytest.approx(2 / 2**5)
    assert mcnemar(4, 1) == pytest.approx(2 * (5 + 1) / 2**5)


def test_a_thousand_test_nodes() -> None:
    assert standard_uncertainty(0.815, 1000) == pytest.approx(0.0241, abs=1e-4)
    assert np.isnan(standard_uncertainty(0.5, 0))
