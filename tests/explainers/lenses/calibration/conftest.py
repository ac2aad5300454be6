"""Readings that are written down, and runs of the karate club."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.data import GraphData
from core.metrics.selective import aurc, excess_aurc
from core.open_graphs import graph_of
from core.parameters import resolve
from core.run import Run
from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec, settings
from core.training import train
from explainers.calibration_request import RAW
from explainers.lenses.calibration.result import PARTS, Answer, Calibration, Reading

Shown = Mapping[str, tuple[Sequence[float], Sequence[bool]]]
"""Confidence and correctness of some nodes, by calibrator."""
MakeFound = Callable[..., Calibration]


@pytest.fixture
def found_of() -> MakeFound:
    """A result of written-down test nodes, a reading a seed; scores are those that follow from confidence and correctness."""

    def make(*seeds: Shown, part: str = "test", **changes: object) -> Calibration:
        return Calibration("gcn", "tiny", "public split", 0.1, tuple(_reading(n, one, part) for n, one in enumerate(seeds)), **changes)  # type: ignore[arg-type]

    return make


@pytest.fixture
def beside() -> Callable[[Calibration, Calibration], Calibration]:
    """Two results of the same seeds, of different parts, as one."""

    def join(one: Calibration, other: Calibration) -> Calibration:
        pairs = zip(one.readings, other.readings, strict=True)
        return replace(one, readings=tuple(_joined(first, second) for first, second in pairs))

    return join


def _joined(one: Reading, other: Reading) -> Reading:
    answers = [
        replace(a, confidence=np.append(a.confidence, b.confidence), correct=np.append(a.correct, b.correct))
        for a, b in zip(one.answers, other.answers, strict=True)
    ]
    return replace(
        one,
        nodes=np.append(one.nodes, other.nodes + len(one.nodes)),
        part=np.append(one.part, other.part),
        answers=tuple(answers),
        scores=pd.concat([one.scores, other.scores], ignore_index=True),
    )


def _reading(seed: int, shown: Shown, part: str) -> Reading:
    count = len(shown[RAW][0])
    answers, rows = [], []
    for name, (confidence, correct) in shown.items():
        sure, right = np.array(confidence, dtype=np.float64), np.array(correct)
        answers.append(Answer(name, sure, right, 0.0 if name == RAW else 0.25, 0 if name == RAW else 1, 5, 0.1, None, ""))
        values = {
            "ece": abs(float(sure.mean() - right.mean())),
            "accuracy": right.mean(),
            "mean_confidence": sure.mean(),
            "aurc": aurc(sure, right),
            "excess_aurc": excess_aurc(sure, right),
        }
        rows += [{"calibrator": name, "split": part, "metric": metric, "value": float(value)} for metric, value in values.items()]
    empty = pd.DataFrame()
    return Reading(seed, np.arange(count), np.full(count, PARTS.index(part), np.int8), tuple(answers), pd.DataFrame(rows), empty, empty)


@pytest.fixture(scope="session")
def karate() -> GraphData:
    return graph_of(DatasetSpec("karate"))


@pytest.fixture(scope="session")
def run(karate: GraphData) -> Run:
    from core.models.contract import model

    spec = RunSpec(
        DatasetSpec("karate", split="public"),
        ModelSpec("gcn", settings(resolve(model("gcn").parameters, {}, "gcn"))),
        TrainingSpec.of({"epochs": 40}),
        3,
    )
    return train(spec, graph=karate, device="cpu")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path
