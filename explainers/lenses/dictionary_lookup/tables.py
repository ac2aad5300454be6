"""The tables of a comparison from what its trainings gave. Free of torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from explainers.lenses.dictionary_lookup.problem import Problem, problem
from explainers.lenses.dictionary_lookup.result import (
    ACCURACY,
    ATTENDED,
    CURVES,
    PROBLEMS,
    RANKINGS,
    Cell,
    Floats,
    Lookups,
    Trained,
)

Row = dict[str, Any]


def lookups(cells: Sequence[Cell], found: Sequence[Trained]) -> Lookups:
    """All tables, of trainings with as many epochs each; `found` in the order of `cells`."""
    pairs = list(zip(cells, found, strict=True))
    posed = dict.fromkeys((cell.size, cell.seed) for cell in cells)
    return Lookups(
        pd.DataFrame([cell.row | dict(zip(ACCURACY[-2:], one.points[-1, 2:].tolist(), strict=True)) for cell, one in pairs]),
        pd.DataFrame([row for cell, one in pairs for row in attended(cell, one)], columns=ATTENDED),
        pd.DataFrame([row for cell, one in pairs for row in rankings(cell, one)], columns=RANKINGS),
        pd.DataFrame([row for cell, one in pairs for row in course(cell, one.points)], columns=CURVES),
        pd.DataFrame([posed_row(problem(size, seed), seed) for size, seed in posed], columns=PROBLEMS),
        cells[0].epochs,
    )


def attended(cell: Cell, found: Trained) -> Iterator[Row]:
    """Rows of `attention`."""
    for (head, query, key), score in np.ndenumerate(found.scores):
        ends = {"head": head + 1, "query": query, "key": key}
        yield cell.row | ends | {"score": float(score), "alpha": float(found.alpha[head, query, key])}


def rankings(cell: Cell, found: Trained) -> Iterator[Row]:
    """Rows of `rankings`."""
    for head, (tau, first) in enumerate(zip(found.tau.tolist(), found.first.tolist(), strict=True), 1):
        yield cell.row | {"head": head, "kendall_tau_min": tau, "distinct_argmax": first}


def course(cell: Cell, points: Floats) -> Iterator[Row]:
    """Rows of `curves`."""
    for epoch, *numbers in points.tolist():
        yield cell.row | {"epoch": int(epoch)} | dict(zip(CURVES[-3:], numbers, strict=True))


def posed_row(posed: Problem, seed: int) -> Row:
    """A row of `problems`; the example is the one that `attention` shows."""
    shown = " ".join(map(str, posed.test[0]))
    numbers = {"possible": posed.possible, "train": len(posed.train), "test": len(posed.test)}
    return {"size": posed.size, "seed": seed} | numbers | {"example": shown}
