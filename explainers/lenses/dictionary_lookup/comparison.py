"""Trains every variant on every problem, but for what the store has of them. Needs torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from core.work import Report
from explainers.lenses.dictionary_lookup import kept
from explainers.lenses.dictionary_lookup.problem import problem
from explainers.lenses.dictionary_lookup.ranking import distinct_argmax, lowest_tau
from explainers.lenses.dictionary_lookup.result import CURVES, Cell, Floats, Live, Lookups, Trained, Variant, cells
from explainers.lenses.dictionary_lookup.scores import attended
from explainers.lenses.dictionary_lookup.tables import course, lookups
from explainers.lenses.dictionary_lookup.training import BATCH, Point, Watch, train
from explainers.wording import count

STEP = 6_000
"""Edges that take about as long as what a step does beside them."""


def compare(
    report: Report, sizes: Sequence[int], variants: Sequence[Variant], seeds: int, epochs: int, root: Path | None = None
) -> Lookups:
    """One training a variant, size and seed; after every epoch it reports, with a `Live`.

    `root`: of a store that gives what it has of them, and keeps each of the others as it ends: a stop costs what was in training.
    """
    asked = cells(sizes, variants, seeds, epochs)
    found = {cell: before for cell in asked if root and (before := kept.get(root, cell))}
    missing = [cell for cell in asked if cell not in found]
    done, total = 0, sum(map(cost, missing))
    for cell in missing:
        beside = [one for one in found if (one.size, one.seed) == (cell.size, cell.seed)]
        found[cell] = trained(cell, _watch(report, {one: found[one].points for one in beside}, cell, (done, total)))
        done += cost(cell)
        if root:
            kept.put(root, cell, found[cell])
    if root and missing:
        kept.keep_newest(root)
    return lookups(asked, [found[cell] for cell in asked])


def trained(cell: Cell, watch: Watch) -> Trained:
    """Trains, and asks every head how it ranks the keys of the first test permutation."""
    posed, variant = problem(cell.size, cell.seed), cell.variant
    module, points = train(posed, variant, cell.seed, cell.epochs, watch)
    none = np.zeros((0, cell.size, cell.size))
    scores, alpha = (one.numpy() for one in attended(module, posed.test[0])) if variant.heads else (none, none)
    return Trained(
        np.array(points, dtype=np.float64),
        scores,
        alpha,
        np.array([lowest_tau(head) for head in scores], dtype=np.float64),
        np.array([distinct_argmax(head) for head in scores], dtype=np.int64),
    )


def cost(cell: Cell) -> int:
    """Of a training, roughly: edges of all its examples, and as many again as a step takes whatever its size, in all epochs."""
    examples = len(problem(cell.size, cell.seed).train)
    return cell.epochs * (examples * cell.size**2 + STEP * max(1, examples // BATCH))


def _watch(report: Report, beside: dict[Cell, Floats], cell: Cell, work: tuple[int, int]) -> Watch:
    """Reports each epoch of one training, with the curves of those of its size and seed that have ended.

    `work`: what was done before, and all that is to be done.
    """
    (before, total), step = work, cost(cell) // cell.epochs
    what = f"{cell.variant.title}, {count(cell.size, 'key')}, seed {cell.seed}"

    def watch(epoch: int, points: list[Point]) -> None:
        def live() -> Live:
            so_far = beside | {cell: np.array(points, dtype=np.float64)}
            rows = [row for one, numbers in so_far.items() for row in course(one, numbers)]
            return Live(cell.size, cell.seed, cell.epochs, pd.DataFrame(rows, columns=CURVES))

        report(before + step * epoch, total, f"{what}: epoch {epoch} of {cell.epochs}", live)

    return watch
