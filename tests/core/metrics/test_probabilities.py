import numpy as np
import pytest
from numpy.testing import assert_allclose

from core.errors import UserError
from core.metrics.probabilities import checked_probabilities


def test_what_a_softmax_gives_passes():
    logits = np.random.default_rng(0).normal(size=(50, 41)).astype(np.float32) * 10
    prob = np.exp(logits - logits.max(axis=1, keepdims=True))
    prob /= prob.sum(axis=1, keepdims=True)
    assert_allclose(checked_probabilities(prob), prob)
    assert checked_probabilities(np.empty((0, 3))).shape == (0, 3)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([[0.5, 0.6]], "those of node 0 sum to 1.1"),
        ([[1.5, -0.5]], "0 or more; -0.5 was given"),
        ([[np.inf, 0], [1, 0]], "1 of 2 nodes have probabilities that are no numbers"),
        (np.empty((3, 0)), "nodes × classes"),
        ([1.0], "nodes × classes"),
    ],
)
def test_what_is_none_is_said(given, said):
    with pytest.raises(UserError, match=said):
        checked_probabilities(given)
