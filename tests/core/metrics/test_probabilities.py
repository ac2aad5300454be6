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
    assert checked_probabilities([[1 + 1e-5, -1e-5]]).tolist() == [[1, 0]], "what rounding left outside is cut off"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([[0.5, 0.5], [0.5, 0.6]], "those of node 1 sum to 1.1"),
        ([[1.5, -0.5]], "-0.5 was given. Take the softmax"),
        ([[1, 0], [np.inf, 0]], "1 of 2 nodes have probabilities that are no numbers; the first is node 1"),
        (np.empty((3, 0)), "3 × 0 were given"),
        ([1.0], "nodes × classes; 1 were given"),
    ],
)
def test_what_is_none_is_said(given, said):
    with pytest.raises(UserError, match=said):
        checked_probabilities(given)
