"""A run as plain arrays, and the slim copy that pages hold."""

from __future__ import annotations

import numpy as np
import pytest

from core.kept import size_of
from core.run import COLUMNS, Run
from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec


@pytest.fixture
def run() -> Run:
    logits = np.random.default_rng(0).normal(size=(5000, 40)).astype(np.float32)
    history = {name: np.zeros(3) for name in COLUMNS}
    spec = RunSpec(DatasetSpec("karate"), ModelSpec("gcn"), TrainingSpec())
    return Run(spec, "accuracy", history, logits, 2, {"test_score": 0.5}, 1.0, "cpu")


def test_confidence_is_the_probability_of_the_prediction(run: Run) -> None:
    picked = run.probabilities[np.arange(5000), run.predictions]
    np.testing.assert_array_equal(run.confidence, picked)
    np.testing.assert_array_equal(run.predictions, run.probabilities.argmax(axis=1))


def test_confidence_does_not_keep_the_probabilities(run: Run) -> None:
    assert run.confidence.shape == (5000,)
    assert "probabilities" not in vars(run)


def test_without_logits_it_says_the_same_of_every_node(run: Run) -> None:
    slim = run.without_logits()
    np.testing.assert_array_equal(slim.predictions, run.predictions)
    np.testing.assert_array_equal(slim.confidence, run.confidence)
    assert (slim.key, slim.epochs, slim.scores) == (run.key, run.epochs, run.scores)
    assert len(slim.logits) == 0
    assert size_of(slim) < size_of(run.logits) / 10
