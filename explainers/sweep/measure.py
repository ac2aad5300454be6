"""From what the store has of a sweep to the mean and interval of every point. Free of torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Protocol

import numpy as np

from core.parameters import Value
from core.seeds import Interval, interval, paired_difference
from core.spec import RunSpec
from explainers.settings import Setting
from explainers.sweep.grid import Grid
from explainers.wording import split_names

PARTS = {"test": "test", "validation": "validation", "train": "training"}
"""Parts of a split by their names in `scores`, each as a sentence has it."""

Shares = Mapping[str, float]
"""A score, 0 … 1, for each part."""


class Scored(Protocol):
    """What is known of a finished run: a `core.run.Run` or a `core.store.Entry`."""

    @property
    def spec(self) -> RunSpec: ...
    @property
    def metric(self) -> str: ...
    @property
    def scores(self) -> Mapping[str, float]: ...
    @property
    def seconds(self) -> float: ...
    @property
    def note(self) -> str: ...


@dataclass(frozen=True, eq=False)
class Point:
    """One model at one value: the finished ones of its `planned` runs, in the order of their seeds."""

    name: str
    value: Value
    planned: int
    runs: tuple[Scored, ...]

    def scores(self, part: str = "test") -> list[float]:
        """[runs], 0 … 1 in the metric's unit; NaN where a training diverged at once."""
        return [run.scores[f"{part}_score"] for run in self.runs]

    def interval(self, part: str = "test") -> Interval:
        """Mean over the runs that gave a number, with its 95 % t-interval."""
        return self._intervals[part]

    @cached_property
    def _intervals(self) -> Mapping[str, Interval]:
        return {part: interval(self.scores(part)) for part in PARTS}

    @property
    def diverged(self) -> tuple[int, ...]:
        """Seeds of the trainings that diverged."""
        return tuple(run.spec.seed for run in self.runs if "diverged" in run.note)


@dataclass(frozen=True, eq=False)
class Response:
    """How scores answer to one setting. `points`: name by name, the values in the setting's order, also those without runs yet.

    `own`: the value that each name had before the sweep; `largest`: what naming the largest class for all would score
    at each value, () where that was not counted.
    """

    setting: Setting
    metric: str
    split: str
    points: tuple[Point, ...]
    own: Mapping[str, Value]
    largest: tuple[Shares, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(point.name for point in self.points))

    @property
    def planned(self) -> int:
        """Number of runs of the whole sweep."""
        return sum(point.planned for point in self.points)

    @property
    def done(self) -> int:
        """Number of its runs that are stored."""
        return sum(len(point.runs) for point in self.points)

    def of(self, name: str) -> tuple[Point, ...]:
        """The points of a name, one a value."""
        return tuple(point for point in self.points if point.name == name)

    def measured(self, name: str, part: str = "test") -> tuple[Point, ...]:
        """Those with a score."""
        return tuple(point for point in self.of(name) if point.interval(part).n)


def measure(grid: Grid, found: Sequence[Scored | None], largest: Sequence[Shares] = ()) -> Response:
    """`found`: what is known of each of `grid.runs`, in their order, None for those that are not trained."""
    kept = iter(found)
    points = []
    for cell in grid.cells:
        runs = tuple(run for run in islice(kept, len(cell.runs)) if run is not None)
        points.append(Point(cell.name, cell.value, len(cell.runs), runs))
    metric = next((run.metric for run in found if run is not None), "accuracy")
    split = split_names([run.dataset for run in grid.runs])
    return Response(grid.setting, metric, split, tuple(points), grid.own, tuple(largest))


def best_on_validation(points: Sequence[Point], prefer: Value | None = None) -> Point | None:
    """The point with the highest mean validation score, among equals the one with the value `prefer`, else the first.

    None if no point has such a score. The test nodes have no say.
    """
    equals = tied_on_validation(points)
    return next((point for point in equals if point.value == prefer), equals[0] if equals else None)


def tied_on_validation(points: Sequence[Point]) -> list[Point]:
    """The points whose mean validation score is the highest: usually one, on few validation nodes often several."""
    means = np.array([point.interval("validation").mean for point in points], dtype=float)
    if not np.isfinite(means).any():
        return []
    return [point for point, tied in zip(points, np.isclose(means, np.nanmax(means), rtol=0, atol=1e-9), strict=True) if tied]


def difference(first: Point, second: Point, part: str = "test") -> Interval:
    """Interval of first − second, paired over the seeds that both have."""
    a, b = (dict(zip((run.spec.seed for run in point.runs), point.scores(part), strict=True)) for point in (first, second))
    both = sorted(a.keys() & b.keys())
    return paired_difference([a[seed] for seed in both], [b[seed] for seed in both])
