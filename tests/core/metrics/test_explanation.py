"""Trust in an explanation: values by hand, the libraries' own functions as oracles, bad input."""

import numpy as np
import pytest
import torch
from torch_geometric.explain.metric import characterization_score as pyg_characterization_score

from core.metrics import (
    Fidelity,
    characterization_score,
    explanation_auc,
    fidelity,
    jaccard,
    rank_correlation,
    robust_fidelity,
    top_k,
    top_k_precision,
    unfaithfulness,
)

WHOLE = [[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]]


def test_fidelity_by_hand():
    # falls: .9 → .3 (changes), .6 → .7 (surer), .8 → .8
    found = fidelity(WHOLE, [[0.3, 0.7], [0.3, 0.7], [0.2, 0.8]])
    assert (found.classes, found.probability, found.absolute) == pytest.approx((1 / 3, (0.6 - 0.1) / 3, (0.6 + 0.1) / 3))
    assert fidelity(WHOLE, WHOLE) == Fidelity(0, 0, 0)


def test_fidelity_of_a_class_that_is_not_the_predicted_one():
    found = fidelity([[0.9, 0.1]], [[0.6, 0.4]], target=[1])
    assert (found.classes, found.probability) == pytest.approx((0, -0.3)), "the model still says 0"
    assert fidelity([[0.9, 0.1]], [[0.4, 0.6]], target=[1]).classes == 1


def test_fidelity_of_one_prediction_and_of_none():
    assert fidelity([0.7, 0.3], [0.5, 0.5]).probability == pytest.approx(0.2)
    with pytest.raises(ValueError, match="no prediction"):
        fidelity(np.empty((0, 2)), np.empty((0, 2)))
    with pytest.raises(ValueError, match=r"\(3, 2\) on the whole graph and \(1, 2\)"):
        fidelity(WHOLE, [[0.5, 0.5]])


@pytest.mark.parametrize(("plus", "minus", "score"), [(0.8, 0.2, 0.8), (1, 0.5, 2 / 3), (0, 0.3, 0), (0.7, 1, 0), (0, 1, 0), (1, 0, 1)])
def test_characterization_by_hand(plus, minus, score):
    assert characterization_score(plus, minus) == pytest.approx(score)


def test_characterization_agrees_with_pyg():
    random = np.random.default_rng(0)
    plus, minus = random.uniform(0.01, 0.99, (2, 50))
    theirs = pyg_characterization_score(torch.from_numpy(plus), torch.from_numpy(minus), 0.3, 0.7)
    np.testing.assert_allclose(characterization_score(plus, minus, (0.3, 0.7)), theirs)


def test_what_characterization_does_not_take():
    with pytest.raises(ValueError, match="absolute value"):
        characterization_score(-0.1, 0.2)
    with pytest.raises(ValueError, match="both have to be positive"):
        characterization_score(0.1, 0.2, (0, 1))


def test_unfaithfulness_by_hand():
    divergence = 0.5 * np.log(0.5 / 0.9) + 0.5 * np.log(0.5 / 0.1)
    assert unfaithfulness([[0.9, 0.1]], [[0.5, 0.5]]) == pytest.approx([1 - np.exp(-divergence)])
    assert unfaithfulness(WHOLE, WHOLE).tolist() == [0, 0, 0]
    # a class that the explanation alone is sure of and the whole graph rules out
    assert unfaithfulness([1, 0], [0, 1]) == pytest.approx([1 - 1e-12])


def edges_add_up(masks):
    """Edge 0 is worth .5, edge 1 .25, edge 2 nothing, for class 0."""
    share = 0.2 + masks @ np.array([0.5, 0.25, 0.0])
    return np.stack([share, 1 - share], axis=1)


def test_robust_fidelity_is_the_ordinary_one_where_nothing_is_drawn():
    plus, minus = robust_fidelity(edges_add_up, [True, False, False], alpha_plus=1, alpha_minus=0)
    assert (plus, minus) == pytest.approx((0.5, 0.25))


def test_robust_fidelity_is_a_mean_over_draws():
    plus, minus = robust_fidelity(edges_add_up, [True, False, False], alpha_plus=0.1, alpha_minus=0.9, samples=20_000)
    # four standard errors: .5 · √(.09 / 20000) and .25 · √(.09 / 20000)
    assert plus == pytest.approx(0.05, abs=0.0043)
    assert minus == pytest.approx(0.025, abs=0.0022)
    again = robust_fidelity(edges_add_up, [True, False, False], alpha_plus=0.1, alpha_minus=0.9, samples=20_000)
    assert again == (plus, minus)


def test_robust_fidelity_of_another_class():
    plus, _ = robust_fidelity(edges_add_up, [True, False, False], target=1, alpha_plus=1)
    assert plus == pytest.approx(-0.5)


def test_auc_is_pooled_over_predictions():
    # positives .9 and .4, negatives .5 and .3: 3 of the 4 pairs are in order
    assert explanation_auc([[0.9, 0.5], [0.4, 0.3]], [[True, False], [True, False]]) == pytest.approx(0.75)
    assert np.isnan(explanation_auc([[1, 2]], [[True, True]]))
    assert np.isnan(explanation_auc([], []))
    with pytest.raises(ValueError, match=r"\[2, 1\] edges, prediction by prediction, and the truth is of \[1, 2\]"):
        explanation_auc([[1, 2], [3]], [[True], [False, True]])


def test_the_highest_scores_and_how_many_are_true():
    scores, truth = [0.1, 0.9, 0.5, 0.9], [True, True, False, False]
    assert top_k(scores, 3).tolist() == [1, 3, 2]
    assert top_k_precision(scores, truth) == 0.5
    assert top_k_precision(scores, truth, 1) == 0.5, "two edges tie for the first place, and one of them is true"
    assert top_k_precision(scores, truth, 9) == 0.5
    assert np.isnan(top_k_precision(scores, [False] * 4))


def test_equal_scores_have_the_precision_of_chance():
    assert top_k_precision(np.zeros(10), np.arange(10) < 3) == pytest.approx(0.3)


def test_rank_correlation_with_ties_by_hand():
    # ranks 1, 2.5, 2.5, 4 and 1, 3, 2, 4; centred -1.5, 0, 0, 1.5 and -1.5, .5, -.5, 1.5
    assert rank_correlation([0.1, 0.7, 0.7, 9], [10, 30, 20, 40]) == pytest.approx(4.5 / np.sqrt(4.5 * 5))


def test_ranks_that_say_nothing():
    assert np.isnan(rank_correlation([1, 1], [1, 2]))
    assert np.isnan(rank_correlation([], []))
    assert np.isnan(rank_correlation([1, np.nan], [1, 2]))
    with pytest.raises(ValueError, match="2 scores cannot be compared with 0"):
        rank_correlation([1, 2], [])
    assert rank_correlation([1, 2, 3], [30, 20, 10]) == pytest.approx(-1)


def test_overlap_of_the_highest():
    assert jaccard([3, 2, 1], [3, 1, 2], 2) == pytest.approx(1 / 3)
    assert jaccard([3, 2, 1], [30, 20, 10], 2) == 1
    assert np.isnan(jaccard([1], [1], 0))
    assert np.isnan(jaccard(np.zeros(5), np.zeros(5), 2)), "two masks that say nothing do not agree"
    assert jaccard([3, 1, 1], [3, 2, 2], 1) == 1
    assert np.isnan(jaccard([3, 1, 1], [3, 2, 1], 2))
