"""A graph small enough to count on, and runs whose predictions are written down."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from core.data import GraphData, Split
from core.run import COLUMNS, Run
from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec
from explainers.contract import Context

MakeRun = Callable[..., Run]
MakeContext = Callable[..., Context]
SPLIT = DatasetSpec("tiny", split="public")


def mask(*nodes: int) -> np.ndarray:
    chosen = np.zeros(7, dtype=bool)
    chosen[list(nodes)] = True
    return chosen


@pytest.fixture
def tiny() -> GraphData:
    """A path 0-1-2-3, a pair 4-5, and 6 alone; a self-loop at 0, and 1-2 stored in one direction only.

    Labels a a b b a ? b; node 0 trains, 1 validates, 2, 3, 4 and 6 test.
    """
    edges = [(0, 1), (1, 0), (1, 2), (2, 3), (3, 2), (4, 5), (5, 4), (0, 0)]
    return GraphData(
        name="tiny",
        features=np.eye(7, dtype=np.float32),
        edge_index=np.array(edges).T,
        labels=np.array([0, 0, 1, 1, 0, -1, 1]),
        class_names=("a", "b"),
        splits={"public": Split(mask(0), mask(1), mask(2, 3, 4, 6))},
    )


@pytest.fixture
def make_run() -> MakeRun:
    """A run with the given predictions [num_nodes], each made with the given confidence."""

    def make(
        predictions: Sequence[int],
        *,
        confidence: float | Sequence[float] = 0.8,
        classes: int = 2,
        seed: int = 0,
        model: str = "gcn",
        dataset: DatasetSpec = SPLIT,
        history: np.ndarray | None = None,
        best_epoch: int = 1,
        test_score: float = 0.5,
        **changes: object,
    ) -> Run:
        sure = np.broadcast_to(confidence, len(predictions))
        shares = np.repeat((1 - sure)[:, None] / (classes - 1), classes, axis=1)
        shares[np.arange(len(predictions)), predictions] = sure
        rows = np.array([[1.0, 1.0, 0.9, 0.6, test_score]]) if history is None else history
        scores = dict(zip(COLUMNS, rows[best_epoch - 1], strict=True))
        return Run(
            spec=RunSpec(dataset, ModelSpec(model), TrainingSpec(epochs=len(rows)), seed),
            metric="accuracy",
            history=dict(zip(COLUMNS, rows.T, strict=True)),
            logits=np.log(shares).astype(np.float32),
            best_epoch=best_epoch,
            scores=scores,
            seconds=0.1,
            device="cpu",
            **changes,  # type: ignore[arg-type]
        )

    return make


@pytest.fixture
def context_of(tiny: GraphData) -> MakeContext:
    """The context of some runs on a graph (the tiny one unless said otherwise)."""

    def make(*runs: Run, graph: GraphData | None = None) -> Context:
        data = graph or tiny
        return Context(data, data.splits["public"], runs[0].spec, runs)

    return make
