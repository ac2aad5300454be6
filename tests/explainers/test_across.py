"""Models on several datasets: which runs, and what their scores say of two models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from core.errors import UserError
from core.models.contract import models
from core.spec import DatasetSpec, ModelSpec, RunSpec
from explainers.across import MODELS, Runs, Scores, across, measured, named
from explainers.across.result import verdict
from explainers.cli.training.plan import single


@dataclass(frozen=True)
class Ended:
    """A run of which only the score is known."""

    spec: RunSpec
    scores: Mapping[str, float]
    metric: str = "accuracy"
    seconds: float = 1.0
    note: str = ""


def ended(dataset: str, model: str, *scores: float) -> list[Ended]:
    """A run a score, seeds 0, 1, …"""
    return [Ended(RunSpec(DatasetSpec(dataset), ModelSpec(model), seed=seed), {"test_score": one}) for seed, one in enumerate(scores)]


def scores(*groups: list[Ended]) -> Scores:
    found = [run for group in groups for run in group]
    return measured([run.spec for run in found], found)


def test_every_model_on_every_dataset_with_one_split_a_seed() -> None:
    known = models()
    runs = across(("texas", "karate"), {name: known[name].parameters for name in ("gcn", "mlp")}, 3, 50)
    assert [(run.dataset.name, run.model.name, run.seed) for run in runs[:4]] == [
        ("texas", "gcn", 0),
        ("texas", "gcn", 1),
        ("texas", "gcn", 2),
        ("texas", "mlp", 0),
    ]
    assert len(runs) == 12
    assert [run.dataset.split for run in runs[:3]] == ["0", "1", "2"], "Texas has ten fixed splits"
    assert {run.dataset.split for run in runs[6:]} == {"public"}, "the karate club has one"
    assert {run.training.epochs for run in runs} == {50}


def test_the_runs_are_those_that_a_command_trains() -> None:
    from core.datasets.contract import dataset

    known = models()
    (run, *_) = across(("karate",), {"gcn": known["gcn"].parameters}, 1, 200)
    assert run.key == single(dataset("karate"), known["gcn"], (), None).key


def test_seeds_come_first_in_the_queue() -> None:
    runs = tuple(run.spec for run in (*ended("a", "gcn", 0.1, 0.2), *ended("a", "mlp", 0.1, 0.2)))
    assert [(run.seed, run.model.name) for run in Runs(runs, "").queue] == [(0, "gcn"), (0, "mlp"), (1, "gcn"), (1, "mlp")]


def test_names_are_checked() -> None:
    assert named("gcn,mlp", ("mlp", "gcn"), "model", ("gat",)) == ("gcn", "mlp")
    assert named("", ("mlp",), "model", ("gat",)) == ("gat",)
    with pytest.raises(UserError, match="Did you mean 'gcn'"):
        named("gcm", ("gcn",), "model", ())
    with pytest.raises(UserError):
        across(("txas",), {"gcn": ()}, 1, 1)
    assert MODELS.check(" gcn, gcn,mlp ") == "gcn,mlp"


def test_differences_are_paired_by_seed() -> None:
    found = scores(ended("texas", "gcn", 0.5, 0.7, 0.6), ended("texas", "sage", 0.6, 0.81, 0.7))
    apart = found.against("texas", "sage", "gcn")
    assert apart.mean == pytest.approx(0.31 / 3)
    assert verdict(apart) == "better", "every seed is 10 or 11 points better, although the seeds lie 20 apart"
    assert verdict(found.against("texas", "gcn", "sage")) == "worse"
    assert found.spread("texas", "gcn").mean == pytest.approx(0.6)
    assert found.metric("texas") == "accuracy"


def test_seeds_that_one_lacks_are_left_out() -> None:
    found = scores(ended("texas", "gcn", 0.5, 0.7), ended("texas", "sage", 0.6))
    assert found.against("texas", "sage", "gcn").n == 1
    assert verdict(found.against("texas", "sage", "gcn")) == ""
    assert found.against("texas", "sage", "mlp").n == 0


def test_runs_that_are_missing_are_counted() -> None:
    runs = ended("texas", "gcn", 0.5, 0.7)
    found = measured([run.spec for run in runs], [runs[0], None])
    assert (found.done, found.planned, found.datasets, found.models) == (1, 2, ("texas",), ("gcn",))
    assert measured([], []).metric("texas") == ""


def test_a_training_that_diverged_has_no_score() -> None:
    assert scores(ended("texas", "gcn", 0.5, float("nan"))).spread("texas", "gcn").n == 1
