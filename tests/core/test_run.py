"""A run as plain arrays, and the slim copy that pages hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.kept import size_of
from core.parameters import resolve
from core.run import COLUMNS, Run
from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec, settings


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


NAN = np.nan


@pytest.mark.parametrize(
    ("row", "failed"),
    [
        ([1, 0.9, 0.5, 0.5, 0.5], False),
        ([NAN, NAN, NAN, NAN, NAN], True),
        ([np.inf, 0.9, NAN, NAN, NAN], True),
        ([1, NAN, NAN, NAN, NAN], True),
        ([1, NAN, 0.5, NAN, 0.5], False),
        ([1, 0.9, 0.5, 0.5, NAN], False),
        ([1, 0.9, NAN, NAN, NAN], False),
    ],
    ids=["fine", "diverged", "too large", "validation diverged", "no validation nodes", "test nodes of one class", "all of one class"],
)
def test_a_run_that_failed_has_neither_losses_nor_scores(run: Run, row: list[float], failed: bool) -> None:
    history = {name: np.array([1.0, value, 1.0]) for name, value in zip(COLUMNS, row, strict=True)}
    assert replace(run, history=history).failed is failed


def test_a_training_that_diverges_at_once_has_failed() -> None:
    from core.models.contract import model
    from core.training import train

    given = TrainingSpec(epochs=20, lr=1e38)
    spec = RunSpec(DatasetSpec("karate", split="public"), ModelSpec("gcn", settings(resolve(model("gcn").parameters, {}, "gcn"))), given)
    found = train(spec, device="cpu")
    assert found.failed
    assert not found.logits.any()
    assert not train(replace(spec, training=replace(given, lr=0.01)), device="cpu").failed
