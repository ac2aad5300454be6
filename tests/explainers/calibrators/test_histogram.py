import numpy as np
import pytest
from scipy.special import softmax

from explainers.calibrators.histogram import shares_by_bin


def test_bins_by_hand():
    prob = np.array([0.1, 0.2, 0.4, 0.5, 0.8, 0.9])
    true = np.array([False, False, True, False, True, True])
    edges, shares = shares_by_bin(prob, true, 3)
    np.testing.assert_allclose(edges, [0.3, 0.65])
    np.testing.assert_allclose(shares, [0, 0.5, 1])
    edges, shares = shares_by_bin(np.array([0.3, 0.3, 0.3, 0.7]), np.array([True, False, False, True]), 4)
    np.testing.assert_allclose((edges[0], *shares), (0.5, 1 / 3, 1))
    edges, shares = shares_by_bin(prob, true, 1)
    assert (edges.tolist(), shares.tolist()) == ([], [0.5])


def test_rows_are_the_shares_normalised(make_case):
    case = make_case(n=900, factor=3.0)
    prob, val = softmax(case.logits, axis=1), case.validation
    found, fitted = np.zeros_like(prob), case.fit("histogram")
    for c in range(4):
        edges, shares = shares_by_bin(prob[val, c], case.y[val] == c, 15)
        found[:, c] = [shares[(edges <= p).sum()] for p in prob[:, c]]
    found[found.sum(axis=1) == 0] = 1
    np.testing.assert_allclose(np.exp(fitted(case.logits)), found / found.sum(axis=1, keepdims=True), atol=1e-9)
    assert (fitted.parameters, fitted.nodes, fitted.said) == (60, 300, "")


@pytest.mark.parametrize(("nodes", "bins"), [(9, "1 bin"), (20, "2 bins"), (149, "14 bins")])
def test_bins_shrink_with_few_nodes(make_case, nodes, bins):
    case = make_case(n=600)
    case = case.on(*np.flatnonzero(case.validation)[:nodes])
    assert case.fit("histogram").said.startswith(f"{bins} in the place of 15: each holds 10 validation nodes or more.")


def test_probabilities_of_nothing_but_0_and_1_have_two_bins():
    edges, shares = shares_by_bin(np.repeat([0.0, 1.0], 20), np.arange(40) >= 21, 4)
    assert (edges.tolist(), shares.tolist()) == ([0.5], [0, 0.95])
