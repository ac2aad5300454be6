"""Logits whose softmax is true, as often as it says so, times a factor; and a fit of one calibrator to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest

from core.data import GraphData
from explainers.calibrators.contract import Fitted, fit


@dataclass(frozen=True, eq=False)
class Case:
    """All that a calibrator is fitted to."""

    logits: np.ndarray
    y: np.ndarray
    validation: np.ndarray
    train: np.ndarray
    graph: GraphData

    def fit(self, name: str, seed: int = 0) -> Fitted:
        return fit(name, self.logits, self.y, self.validation, self.train, self.graph, seed=seed)

    def with_labels(self, y: np.ndarray) -> Case:
        """The same with other labels, in the graph too."""
        return replace(self, y=y, graph=replace(self.graph, labels=y))

    def on(self, *nodes: int) -> Case:
        """The same with these validation nodes only."""
        chosen = np.zeros(len(self.y), dtype=bool)
        chosen[list(nodes)] = True
        return replace(self, validation=chosen, train=self.train & ~chosen)


MakeCase = Callable[..., Case]


@pytest.fixture
def all_epochs() -> None:
    """For a test of what a long fit finds."""


@pytest.fixture(autouse=True)
def _few_epochs(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """What is promised of every fit holds for a short one, too."""
    if "all_epochs" not in request.fixturenames:
        monkeypatch.setattr("explainers.calibrators.node_temperatures.descent.EPOCHS", 40)


@pytest.fixture
def make_case() -> MakeCase:
    """`n` nodes of `classes`, of which a third validates and a sixth trains; `unknown` of the others have no label."""

    def make(n: int = 240, classes: int = 4, *, factor: float = 1.0, seed: int = 0, unknown: int = 20) -> Case:
        random = np.random.default_rng(seed)
        logits = random.normal(size=(n, classes)) * 1.5
        prob = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        y = (prob.cumsum(axis=1) < random.random((n, 1))).sum(axis=1).clip(max=classes - 1)
        place = random.permutation(n)
        validation, train = place < n // 3, (place >= n // 3) & (place < n // 2)
        y[place >= n - unknown] = -1
        pairs = random.integers(n, size=(2, 4 * n))
        pairs = pairs[:, (pairs[0] != pairs[1]) & ((y[pairs[0]] == y[pairs[1]]) | (random.random(4 * n) < 0.3))]
        edges = np.unique(np.concatenate([pairs, pairs[::-1]], axis=1), axis=1)
        names = tuple(f"class {letter}" for letter in "abcdefghij"[:classes])
        graph = GraphData("drawn", random.normal(size=(n, 3)).astype(np.float32), edges, y, names)
        return Case(logits * factor, y, validation, train, graph)

    return make
