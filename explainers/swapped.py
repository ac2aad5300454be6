"""What becomes of a stored run with something else in the place of what it learned, at fixed weights. Needs torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import softmax

from core.asked import AskedEdges
from core.data import Bools, GraphData
from core.rebuilt import batch_of
from core.spec import RunSpec
from core.tasks import node_classification as task

Floats = NDArray[np.floating]

DRAWS = 3
"""Permutations whose scores are averaged."""
MOST_WORK = 100_000_000
"""Weights or messages that are computed in all for swapping every part alone."""


def asked_batch(spec: RunSpec, graph: GraphData) -> task.Batch:
    """As `batch_of`, with edges that are only asked: on a large graph preparing them takes longer than the question."""
    return replace(batch_of(spec, graph), edges=AskedEdges(torch.from_numpy(graph.edge_index), graph.num_nodes))


def one_by_one(edges: int, parts: int) -> bool:
    """Whether each of so many parts can be swapped alone without taking minutes: every swap asks all of them, over so many edges."""
    return edges * parts**2 <= MOST_WORK


class Scored:
    """How answers differ from the whole model's, over the test nodes."""

    def __init__(self, batch: task.Batch, whole: Floats, test: Bools) -> None:
        self._batch, self._test = batch, test
        self._said = whole.argmax(axis=1)[test]
        self._sure = self._of_said(whole)

    def of(self, answers: Sequence[Floats]) -> dict[str, float]:
        """`explainers.swaps.SCORES`, means over several logits [num_nodes, num_classes]; NaN without test nodes."""
        scores = [task.evaluate(torch.from_numpy(logits), self._batch)[-1] for logits in answers]
        falls = [_mean(self._sure - self._of_said(logits)) for logits in answers]
        changed = [_mean(logits[self._test].argmax(axis=1) != self._said) for logits in answers]
        return {"test_score": float(np.mean(scores)), "probability": float(np.mean(falls)), "changed": float(np.mean(changed))}

    def _of_said(self, logits: Floats) -> Floats:
        shares = softmax(logits[self._test].astype(np.float64), axis=1)
        return np.asarray(shares[np.arange(len(self._said)), self._said])


def _mean(values: NDArray[Any]) -> float:
    return float(values.mean()) if len(values) else float("nan")
