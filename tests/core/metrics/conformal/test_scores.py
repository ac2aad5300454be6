"""Nonconformity scores, by hand on four nodes of three classes: 0 is linked with 1 and 2, and 3 with nobody."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from core.errors import UserError
from core.hops import adjacency
from core.metrics.conformal import SCORES, adaptive_scores, diffused_scores, nonconformity, threshold_scores

PROB = np.array([[0.5, 0.3, 0.2], [0.1, 0.6, 0.3], [0.25, 0.25, 0.5], [0, 0, 1]])
LINKS = adjacency([[0, 2], [1, 0]], 4)
ADAPTIVE = [[0.5, 0.8, 1], [1, 0.6, 0.9], [0.75, 0.75, 0.5], [1, 1, 1]]


def random_prob(seed=0, n=60, classes=5):
    prob = np.random.default_rng(seed).random((n, classes)) ** 3
    return prob / prob.sum(axis=1, keepdims=True)


def random_links(seed=0, n=60):
    return adjacency(np.random.default_rng(seed).integers(0, n - 2, (2, 150)), n)


def test_threshold_scores_by_hand():
    assert_allclose(threshold_scores(PROB), [[0.5, 0.7, 0.8], [0.9, 0.4, 0.7], [0.75, 0.75, 0.5], [1, 1, 0]])


def test_adaptive_scores_by_hand():
    assert_allclose(adaptive_scores(PROB), ADAPTIVE, err_msg="the equal classes of node 2 have equal scores")


def test_randomised_adaptive_scores_by_hand():
    found = adaptive_scores(PROB, [0.5, 0, 1, 0.5])
    assert_allclose(found, [[0.25, 0.65, 0.9], [0.9, 0, 0.6], [0.75, 0.75, 0.5], [1, 1, 0.5]])


def test_diffused_scores_by_hand():
    found = diffused_scores(ADAPTIVE, LINKS)
    # the mean of the neighbours 1 and 2 of node 0 is (.875, .675, .7)
    assert_allclose(found, [[0.6875, 0.7375, 0.85], [0.75, 0.7, 0.95], [0.625, 0.775, 0.75], [1, 1, 1]])


@pytest.mark.parametrize("randomised", [False, True])
def test_adaptive_scores_are_those_of_a_loop(randomised):
    prob = random_prob()
    uniform = np.random.default_rng(1).random(len(prob)) if randomised else np.ones(len(prob))
    expected = np.zeros_like(prob)
    for node, row in enumerate(prob):
        total = 0.0
        for place in sorted(range(len(row)), key=lambda place: -row[place]):
            expected[node, place] = total + uniform[node] * row[place]
            total += row[place]
    assert_allclose(adaptive_scores(prob, uniform if randomised else None), expected, atol=1e-12)


@pytest.mark.parametrize("lam", [0, 0.3, 1])
def test_diffused_scores_are_those_of_dense_matrices(lam):
    scores, links = adaptive_scores(random_prob()), random_links()
    dense = links.toarray().astype(float)
    alone = dense.sum(axis=1) == 0
    dense[alone, alone] = 1  # whoever has no neighbours is its own
    expected = (1 - lam) * scores + lam * dense @ scores / dense.sum(axis=1, keepdims=True)
    assert alone.any()
    assert_allclose(diffused_scores(scores, links, lam), expected, atol=1e-12)


@pytest.mark.parametrize("name", [score.name for score in SCORES])
def test_scores_do_not_depend_on_the_order_of_nodes_and_classes(name):
    random, prob, links = np.random.default_rng(2), random_prob(), random_links()
    nodes, classes = random.permutation(len(prob)), random.permutation(prob.shape[1])
    expected = nonconformity(name, prob, links)[nodes][:, classes]
    assert_allclose(nonconformity(name, prob[nodes][:, classes], links[nodes][:, nodes]), expected, atol=1e-12)


def test_scores_by_name_are_seeded():
    prob, links = random_prob(), random_links()
    uniform = np.random.default_rng(3).random(len(prob))
    assert_array_equal(nonconformity("aps", prob, links, seed=3), adaptive_scores(prob, uniform))
    assert_array_equal(nonconformity("daps", prob, links, seed=3), diffused_scores(adaptive_scores(prob, uniform), links))
    assert_array_equal(nonconformity("aps", prob, links), adaptive_scores(prob))
    assert_array_equal(nonconformity("thr", prob, links, seed=3), threshold_scores(prob))


@pytest.mark.parametrize("score", [threshold_scores, adaptive_scores])
def test_what_is_no_probability_is_said(score):
    with pytest.raises(UserError, match=r"1 of 2 nodes have probabilities that are no numbers"):
        score([[0.5, 0.5], [np.nan, 0.5]])
    with pytest.raises(UserError, match=r"0 or more; .* was given. Take the softmax"):
        score([[0.5, 0.5], [3, -2]])
    with pytest.raises(UserError, match=r"nodes × classes"):
        score([0.5, 0.5])


def test_what_cannot_be_diffused_is_said():
    with pytest.raises(UserError, match=r"λ is 1.5"):
        diffused_scores(ADAPTIVE, LINKS, 1.5)
    with pytest.raises(UserError, match=r"Scores of 3 nodes"):
        diffused_scores(ADAPTIVE[:3], LINKS)
    with pytest.raises(UserError, match=r"Did you mean 'daps'"):
        nonconformity("dap", PROB, LINKS)
