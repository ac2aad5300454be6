"""Against chance: the paired difference, and who is better, by hand."""

import numpy as np
import pytest

from explainers.trust.metrics import METRICS
from explainers.whole.result import BEATS, HIGHER, LOWER, SAME, UNKNOWN, WORSE, Shares, against

HALF = 4.30265 * 1 / np.sqrt(3)
"""t-interval of 2, 3, 4."""


def test_a_difference_by_hand_in_both_directions():
    more = against("saliency", "characterization", [3.0, 4.0, 5.0], [1.0, 1.0, 1.0])
    assert (more.difference.mean, more.difference.n) == (3, 3)
    assert (more.difference.low, more.difference.high) == pytest.approx((3 - HALF, 3 + HALF), abs=1e-4)
    assert more.verdict == BEATS
    assert against("saliency", "unfaithfulness", [3.0, 4.0, 5.0], [1.0, 1.0, 1.0]).verdict == WORSE
    assert against("saliency", "unfaithfulness", [1.0, 1.0, 1.0], [3.0, 4.0, 5.0]).verdict == BEATS
    assert against("saliency", "characterization", [1.0, 1.0, 1.0], [3.0, 4.0, 5.0]).verdict == WORSE
    assert against("saliency", "auc", [1.0, 2.0], [0.0, 3.0]).verdict == SAME


def test_a_method_does_not_beat_itself():
    same = against("random", "fidelity_plus", [0.2, 0.5, 0.9], [0.2, 0.5, 0.9])
    assert (same.difference.low, same.difference.high, same.verdict) == (0, 0, SAME)


def test_pairs_need_both_and_one_cannot_tell():
    found = against("saliency", "characterization", [1.0, np.nan, 3.0, 4.0], [0.0, 0.0, np.nan, 1.0])
    assert (found.difference.n, found.difference.mean) == (2, 2)
    assert against("saliency", "characterization", [1.0, np.nan], [0.0, 0.0]).verdict == UNKNOWN
    nothing = against("saliency", "characterization", [np.nan], [0.0])
    assert (nothing.difference.n, nothing.verdict) == (0, UNKNOWN)


def test_only_metrics_with_a_better_side_are_compared():
    with pytest.raises(ValueError, match="sparsity has no better side"):
        against("saliency", "sparsity", [1.0], [0.0])
    names = {metric.name for metric in METRICS}
    assert {*HIGHER, *LOWER} == names - {"sparsity", "stability", "stability_top_k", "sanity"}
    assert all("minus" in name or name == "unfaithfulness" for name in LOWER)


def test_lift():
    found = Shares(np.array([0.5, 0.5, 0.0]), np.array([0.25, 0.75, 0.0]), 4).lift
    assert found[:2] == pytest.approx([2, 2 / 3])
    assert np.isnan(found[2])
