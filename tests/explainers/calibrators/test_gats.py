"""GATS against sums over neighbours in plain NumPy, and its fit against the authors' procedure written down once more."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
import torch
from torch.nn import Parameter, functional

from core.device import seeded
from core.work import silent
from explainers.calibrators.gats.attention import Attention, Weights, drawn, learned, stretched, zones
from explainers.calibrators.node_temperatures import descent

PAIRS = [(0, 1), (1, 0), (1, 2), (2, 1), (0, 2), (2, 0), (2, 3), (3, 2), (3, 3)]
EDGES = np.array(PAIRS).T
"""A triangle, a tail with a self-loop, and node 4 alone."""
NEIGHBOURS = {0: [0, 1, 2], 1: [1, 0, 2], 2: [2, 1, 0, 3], 3: [3, 2], 4: [4]}
RANDOM = np.random.default_rng(0)
LOGITS, LABELS = RANDOM.normal(size=(5, 3)) * 2, np.array([0, 1, 2, 1, 0])
TRAIN = np.array([1, 0, 0, 0, 0], dtype=bool)
ZONE = [0, 1, 1, 2, 2]
EVERYONE = np.ones(5, dtype=bool)


def weights(gamma: tuple[float, float] = (0.7, 1.6), base: float = 0.3) -> Weights:
    sizes = (RANDOM.normal(size=(8, 3)), np.array([0.9]), np.array([base]), np.array(gamma))
    return Weights(*(Parameter(torch.from_numpy(numbers)) for numbers in sizes))


def by_hand(w: Weights, logits: np.ndarray, neighbours: dict[int, list[int]], zone: list[int]) -> list[float]:
    """T before it is held, node by node."""
    theta, omega, base, gamma = (weight.detach().numpy() for weight in w)
    gammas = [[*gamma, 1.0][z] for z in zone]
    confidence = np.exp(logits).max(axis=1) / np.exp(logits).sum(axis=1)
    low, high = logits.min(axis=1, keepdims=True), logits.max(axis=1, keepdims=True)
    ranks = np.sort((logits - low) / (high - low), axis=1)
    found = []
    for i, around in neighbours.items():
        scores = np.array([logits[i] / gammas[i] @ logits[j] / gammas[j] for j in around])
        scores = np.where(scores > 0, scores, 0.2 * scores)
        alpha = np.exp(scores) / np.exp(scores).sum()
        relative = np.mean([confidence[i] - confidence[j] for j in around])
        seen = sum(a * gammas[j] * (theta @ ranks[j]) for a, j in zip(alpha, around, strict=True))
        found.append(float(base[0] + np.log1p(np.exp(omega[0] * relative + seen)).mean()))
    return found


@pytest.mark.parametrize("gamma", [(1.0, 1.0), (0.7, 1.6), (-0.8, 0.4)])
def test_the_temperatures_are_those_of_sums_over_neighbours(gamma: tuple[float, float]) -> None:
    given = weights(gamma)
    expected = by_hand(given, LOGITS, NEIGHBOURS, ZONE)
    np.testing.assert_allclose(Attention(EDGES, TRAIN, given).of(LOGITS), expected, rtol=1e-9)
    assert len(np.unique(expected)) == 5


def test_messages_follow_the_edges_as_they_are_stored() -> None:
    directed, into = np.array([(0, 1), (1, 2), (0, 2), (2, 3), (3, 3)]).T, {0: [0], 1: [1, 0], 2: [2, 1, 0], 3: [3, 2], 4: [4]}
    given = weights()
    assert zones(TRAIN, directed).tolist() == ZONE
    assert zones(np.array([0, 0, 0, 1, 0], dtype=bool), directed).tolist() == [2, 2, 2, 0, 2], "nobody hears from node 3"
    np.testing.assert_allclose(Attention(directed, TRAIN, given).of(LOGITS), by_hand(given, LOGITS, into, ZONE), rtol=1e-9)


def test_an_edge_that_is_stored_twice_counts_twice() -> None:
    doubled, twice = np.array([*PAIRS, (0, 1)]).T, NEIGHBOURS | {1: [1, 0, 0, 2]}
    given = weights()
    np.testing.assert_allclose(Attention(doubled, TRAIN, given).of(LOGITS), by_hand(given, LOGITS, twice, ZONE), rtol=1e-9)


def test_what_is_asked_of_some_nodes_is_what_all_nodes_get() -> None:
    attention, some = Attention(EDGES, TRAIN, weights()), np.array([0, 1, 0, 1, 1], dtype=bool)
    found = attention.temperatures(attention.readings(torch.from_numpy(LOGITS), some))
    np.testing.assert_allclose(found.detach().numpy()[:, 0], attention.of(LOGITS)[some], rtol=1e-12)


def test_a_base_below_0_is_held_above_it() -> None:
    given = weights(base=-50.0)
    assert (np.array(by_hand(given, LOGITS, NEIGHBOURS, ZONE)) < 0).all(), "without bounds each class would turn around"
    np.testing.assert_array_equal(Attention(EDGES, TRAIN, given).of(LOGITS), 0.05)


def test_ranks_do_not_see_how_large_logits_are() -> None:
    logits = torch.tensor([[4.0, 1.0, 3.0], [2.0, 2.0, 2.0]])
    torch.testing.assert_close(stretched(logits), torch.tensor([[0.0, 2 / 3, 1.0], [0.0, 0.0, 0.0]]))
    torch.testing.assert_close(stretched(3 * logits + 5), stretched(logits))


def test_the_fit_is_the_authors_procedure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(descent, "EPOCHS", 60)
    validation = np.array([0, 1, 0, 1, 1], dtype=bool)
    found = learned(LOGITS, LABELS, validation, TRAIN, TRAIN, EDGES, 3, silent)
    expected = _authors(validation, epochs=60, seed=3)
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours.data, theirs.data, rtol=0, atol=1e-9)
    with seeded(3, torch.device("cpu")):
        moved = [(ours - first).abs().max().item() for ours, first in zip(found, drawn(3), strict=True)]
    assert min(moved) > 1e-3, "it did learn"


def _authors(validation: np.ndarray, epochs: int, seed: int) -> Weights:
    Z, y = torch.from_numpy(LOGITS), torch.from_numpy(LABELS)
    linked = torch.tensor([[float(j in NEIGHBOURS[i]) for j in range(5)] for i in range(5)], dtype=torch.float64)
    confidence = Z.softmax(dim=1).amax(dim=1)
    relative = confidence - linked @ confidence / linked.sum(dim=1)
    ranks = ((Z - Z.amin(dim=1, keepdim=True)) / (Z.amax(dim=1, keepdim=True) - Z.amin(dim=1, keepdim=True))).sort(dim=1).values
    with seeded(seed, torch.device("cpu")):
        w = drawn(3)
    optimizer = torch.optim.Adam(w, lr=0.01, weight_decay=0.005)

    def nll(mask: np.ndarray) -> torch.Tensor:
        gamma = torch.cat([w.gamma, torch.ones(1, dtype=torch.float64)])[ZONE]
        phi = Z / gamma[:, None]
        scores = functional.leaky_relu(phi @ phi.t(), 0.2).masked_fill(linked == 0, -math.inf)
        seen = scores.softmax(dim=1) @ (ranks @ w.theta.t() * gamma[:, None])
        temperature = functional.softplus(w.omega * relative[:, None] + seen).mean(dim=1) + w.base
        return functional.cross_entropy((Z / temperature[:, None])[torch.from_numpy(mask)], y[torch.from_numpy(mask)])

    best, kept = math.inf, w
    for _ in range(epochs):
        optimizer.zero_grad()
        nll(validation).backward()
        optimizer.step()
        loss = nll(TRAIN).item()
        if loss <= best:
            best, kept = loss, copy.deepcopy(w)
    return kept
