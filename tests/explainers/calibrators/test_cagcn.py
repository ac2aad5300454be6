"""CaGCN against dense NumPy, and its fit against the authors' procedure written down once more."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
import torch
from torch.nn import Parameter, functional

from core.device import seeded
from core.dropout import thinned
from core.work import silent
from explainers.calibrators.cagcn import network as cagcn
from explainers.calibrators.cagcn.network import Network, Weights, by_rank, drawn, learned, margin, rows_of
from explainers.calibrators.node_temperatures import descent

EDGES = np.array([(0, 1), (1, 0), (1, 2), (2, 1), (0, 2), (2, 0), (2, 3), (3, 2), (3, 3)]).T
"""A triangle, a tail with a self-loop, and node 4 alone."""
RANDOM = np.random.default_rng(0)
LOGITS, LABELS = RANDOM.normal(size=(5, 3)) * 2, np.array([0, 1, 2, 1, 0])


def propagation() -> np.ndarray:
    """Â of Kipf & Welling, dense."""
    linked = np.eye(5)
    linked[tuple(EDGES)] = 1
    scale = 1 / np.sqrt(linked.sum(axis=1))
    return scale[:, None] * linked * scale


def weights() -> Weights:
    return Weights(*(Parameter(torch.from_numpy(RANDOM.normal(size=size))) for size in ((3, 16), 16, (16, 1), 1)))


def test_the_temperatures_are_those_of_dense_matrices() -> None:
    given = weights()
    w1, b1, w2, b2 = (weight.detach().numpy() for weight in given)
    A = propagation()
    t = A @ np.maximum(A @ LOGITS @ w1 + b1, 0) @ w2 + b2
    expected = np.clip(1 / np.log(1.1 + np.exp(t[:, 0])), 0.05, 20)
    np.testing.assert_allclose(Network(EDGES, 5, given).of(LOGITS), expected, rtol=1e-5)
    assert len(np.unique(expected)) == 4, "nodes 0 and 1 hear the same"


def test_a_network_that_says_nothing_gives_each_node_the_same_temperature() -> None:
    given = Weights(*(Parameter(torch.zeros(size, dtype=torch.float64)) for size in ((3, 16), (16,), (16, 1), (1,))))
    np.testing.assert_allclose(Network(EDGES, 5, given).of(LOGITS), 1 / math.log(2.1), rtol=1e-12)


@pytest.mark.parametrize(("bias", "expected"), [(-1e6, 1 / math.log(1.1)), (1e6, 0.05)])
def test_temperatures_stay_above_0_and_below_ten_and_a_half(bias: float, expected: float) -> None:
    given = weights()
    given.out_bias.data.fill_(bias)
    np.testing.assert_allclose(Network(EDGES, 5, given).of(LOGITS), expected, rtol=1e-12)


def test_rows_of_a_matrix_with_what_they_need() -> None:
    whole = Network(EDGES, 5, weights()).matrix
    rows, heard = rows_of(whole, torch.tensor([3, 4]))
    assert heard.tolist() == [2, 3, 4]
    np.testing.assert_array_equal(rows.to_dense(), whole.to_dense()[3:, 2:])


def test_the_margin_worked_out_by_hand() -> None:
    # right with a lead of .5 − .3: 1 − .2; wrong with a lead of .6 − .3
    prob = torch.tensor([[0.3, 0.5, 0.2], [0.6, 0.1, 0.3]], dtype=torch.float64)
    ranked, rank = by_rank(prob.log(), torch.tensor([1, 2]))
    assert rank.tolist() == [0, 1]
    np.testing.assert_allclose(ranked.exp(), [[0.5, 0.3, 0.2], [0.6, 0.3, 0.1]])
    assert margin(ranked, rank).item() == pytest.approx((0.8 + 0.3) / 2)


def test_two_nodes_of_two_classes() -> None:
    ranked, rank = by_rank(torch.tensor([[1.0, 3.0], [2.0, 2.0]]), torch.tensor([0, 0]))
    assert ranked.tolist() == [[3, 1], [2, 2]]
    assert rank.tolist() == [1, 0], "a tie goes to the first, as argmax has it"


def test_the_fit_is_the_authors_procedure(monkeypatch: pytest.MonkeyPatch) -> None:
    """All but the dropout, which draws other numbers."""
    monkeypatch.setattr(cagcn, "DROPOUT", 0.0)
    monkeypatch.setattr(descent, "EPOCHS", 60)
    validation = np.array([1, 1, 0, 1, 1], dtype=bool)
    found = learned(LOGITS, LABELS, validation, EDGES, 3, silent)
    expected = _authors(validation, epochs=60, seed=3)
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours.data, theirs.data, rtol=0, atol=1e-6)
    with seeded(3, torch.device("cpu")):
        assert all((ours - first).abs().max() > 0.05 for ours, first in zip(found, drawn(3), strict=True)), "it did learn"


def _authors(validation: np.ndarray, epochs: int, seed: int) -> Weights:
    A, Z, y = torch.from_numpy(propagation()), torch.from_numpy(LOGITS), torch.from_numpy(LABELS)
    nodes = torch.from_numpy(validation)
    with seeded(seed, torch.device("cpu")):
        w = drawn(3)
    optimizer = torch.optim.Adam(w, lr=0.01, weight_decay=5e-3)

    def calibrated() -> torch.Tensor:
        t = A @ (torch.relu(A @ (Z @ w.hidden) + w.hidden_bias) @ w.out) + w.out_bias
        return (Z * torch.log(torch.exp(t) + 1.1))[nodes]

    best, kept = math.inf, w
    for _ in range(epochs):
        optimizer.zero_grad()
        out = calibrated()
        prob, guess = out.softmax(dim=1).sort(dim=1, descending=True)
        right = guess[:, 0] == y[nodes]
        apart = (1 - prob[right, 0] + prob[right, 1]).sum() + (prob[~right, 0] - prob[~right, 1]).sum()
        (functional.cross_entropy(out, y[nodes]) + 0.5 * apart / len(out)).backward()
        optimizer.step()
        loss = functional.cross_entropy(calibrated(), y[nodes]).item()
        if loss < best:
            best, kept = loss, copy.deepcopy(w)
    return kept


def test_dropout_is_there_while_it_learns_and_gone_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    shares: list[float] = []

    def watched(x: torch.Tensor, p: float) -> torch.Tensor:
        shares.append(p)
        return thinned(x, p)

    monkeypatch.setattr(cagcn, "thinned", watched)
    monkeypatch.setattr(descent, "EPOCHS", 7)
    given = learned(LOGITS, LABELS, np.ones(5, dtype=bool), EDGES, 0, silent)
    assert shares == [0.5] * 7
    Network(EDGES, 5, given).of(LOGITS)
    assert len(shares) == 7
