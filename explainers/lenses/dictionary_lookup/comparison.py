"""Trains every variant on every problem, and tabulates what came out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from core.work import Report
from explainers.lenses.dictionary_lookup.problem import Problem, problem
from explainers.lenses.dictionary_lookup.ranking import distinct_argmax, lowest_tau
from explainers.lenses.dictionary_lookup.result import ACCURACY, ATTENDED, CURVES, PROBLEMS, RANKINGS, Live, Lookups, Variant
from explainers.lenses.dictionary_lookup.scores import attended
from explainers.lenses.dictionary_lookup.training import Point, Watch, train
from explainers.wording import count

Row = dict[str, Any]


class Tables:
    """The rows of `Lookups`, as they come."""

    def __init__(self) -> None:
        self.accuracy: list[Row] = []
        self.attention: list[Row] = []
        self.rankings: list[Row] = []
        self.curves: list[Row] = []


def compare(report: Report, sizes: Sequence[int], variants: Sequence[Variant], seeds: int, epochs: int) -> Lookups:
    """One training a variant, size and seed; after every epoch it reports, with a `Live`."""
    problems = [(problem(size, seed), seed) for size in sizes for seed in range(seeds)]
    cells = [(posed, seed, variant) for posed, seed in problems for variant in variants]
    tables, done, total = Tables(), 0, epochs * sum(edges(posed) for posed, _, _ in cells)
    for posed, seed, variant in cells:
        cell: Row = {"model": variant.model, "heads": variant.heads, "size": posed.size, "seed": seed}
        watch = _watch(report, tables.curves, cell, variant.title, epochs, (done, edges(posed), total))
        module, points = train(posed, variant, seed, epochs, watch)
        done += epochs * edges(posed)
        tables.curves += course(cell, points)
        tables.accuracy.append(cell | {"train": points[-1][2], "test": points[-1][3]})
        if variant.heads:
            scores, alpha = (found.numpy() for found in attended(module, posed.test[0]))
            for head in range(variant.heads):
                tables.attention += [
                    cell | {"head": head + 1, "query": query, "key": key, "score": float(score), "alpha": float(alpha[head, query, key])}
                    for query, row in enumerate(scores[head])
                    for key, score in enumerate(row)
                ]
                found = {"kendall_tau_min": lowest_tau(scores[head]), "distinct_argmax": distinct_argmax(scores[head])}
                tables.rankings.append(cell | {"head": head + 1} | found)
    return Lookups(
        pd.DataFrame(tables.accuracy, columns=ACCURACY),
        pd.DataFrame(tables.attention, columns=ATTENDED),
        pd.DataFrame(tables.rankings, columns=RANKINGS),
        pd.DataFrame(tables.curves, columns=CURVES),
        pd.DataFrame([posed_row(posed, seed) for posed, seed in problems], columns=PROBLEMS),
        epochs,
    )


def edges(posed: Problem) -> int:
    """Of all training examples: what an epoch costs, roughly."""
    return len(posed.train) * posed.size**2


def course(cell: Row, points: Sequence[Point]) -> list[Row]:
    """Rows of `curves`."""
    return [cell | dict(zip(CURVES[-4:], point, strict=True)) for point in points]


def posed_row(posed: Problem, seed: int) -> Row:
    """A row of `problems`; the example is the one that `attention` shows."""
    shown = " ".join(map(str, posed.test[0]))
    numbers = {"possible": posed.possible, "train": len(posed.train), "test": len(posed.test)}
    return {"size": posed.size, "seed": seed} | numbers | {"example": shown}


def _watch(report: Report, curves: Sequence[Row], cell: Row, title: str, epochs: int, work: tuple[int, int, int]) -> Watch:
    """Reports each epoch of one training, with the curves of all trainings of its size and seed.

    `work`: what was done before, what an epoch costs, and all that is to be done.
    """
    before, cost, total = work
    beside = [row for row in curves if (row["size"], row["seed"]) == (cell["size"], cell["seed"])]
    what = f"{title}, {count(cell['size'], 'key')}, seed {cell['seed']}"

    def watch(epoch: int, points: list[Point]) -> None:
        def live() -> Live:
            return Live(cell["size"], cell["seed"], epochs, pd.DataFrame([*beside, *course(cell, points)], columns=CURVES))

        report(before + epoch * cost, total, f"{what}: epoch {epoch} of {epochs}", live)

    return watch
