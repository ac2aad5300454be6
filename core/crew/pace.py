"""How long a plan will take, from the speed measured so far. Free of torch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from core.costs import Kind, kind_of
from core.crew.contract import Rows
from core.run import Run
from core.spec import RunSpec, TrainingSpec

_Planned: TypeAlias = tuple[int, bool]
"""Epochs at most, and whether patience may end it earlier."""


@dataclass(eq=False)
class Running:
    """A run in training: its history so far, and when the first and the last part of it was seen."""

    spec: RunSpec
    rows: Rows = field(default_factory=list)
    first: tuple[float, int] | None = None
    last: tuple[float, int] | None = None

    def saw(self, now: float) -> None:
        """Its rows have become more, at `now` seconds on some clock."""
        self.last = (now, len(self.rows))
        self.first = self.first or self.last

    @property
    def seconds_per_epoch(self) -> float | None:
        if self.first is None or self.last is None or self.last[1] <= self.first[1]:
            return None
        return (self.last[0] - self.first[0]) / (self.last[1] - self.first[1])


@dataclass
class _Measured:
    """Sums over the runs of a kind that have ended."""

    runs: int = 0
    epochs: int = 0
    seconds: float = 0.0

    def add(self, run: Run) -> None:
        self.runs, self.epochs, self.seconds = self.runs + 1, self.epochs + run.epochs, self.seconds + run.seconds


class Pace:
    """What waits, what was measured, and what follows for the time left.

    A kind that was measured takes its mean; any other, as long an epoch as all measured ones together, for as
    many epochs as planned. With patience few runs need all: no more than the longest of the plan is expected.
    """

    def __init__(self, waiting: Iterable[RunSpec]) -> None:
        self._waiting = Counter(map(kind_of, waiting))
        self._unmeasured = Counter[_Planned]()
        for (*_, training), runs in self._waiting.items():
            self._unmeasured[_planned(training)] += runs
        self._kinds: dict[Kind, _Measured] = {}
        self._open = set[Kind]()
        """Kinds that were measured and have runs that wait."""
        self._all, self._longest = _Measured(), 0

    def begins(self, spec: RunSpec, runs: int = 1) -> None:
        """A run waits no longer; with `runs` = -1, it waits again."""
        kind = kind_of(spec)
        self._waiting[kind] -= runs
        if kind in self._kinds:
            self._sort(kind)
        else:
            self._unmeasured[_planned(spec.training)] -= runs

    def ended(self, run: Run) -> None:
        kind = kind_of(run.spec)
        if kind not in self._kinds:
            self._kinds[kind] = _Measured()
            self._unmeasured[_planned(run.spec.training)] -= self._waiting[kind]
        self._kinds[kind].add(run)
        self._sort(kind)
        self._all.add(run)
        self._longest = max(self._longest, run.epochs)

    def left(self, running: Sequence[Running], hands: int) -> float | None:
        """Seconds until the plan is done if `hands` trainings go on at once; None while no speed is known."""
        usual = self._usual(running)
        if usual is None:
            return None
        rests = [self._rest(one, usual) for one in running]
        known = sum(self._waiting[kind] * self._kinds[kind].seconds / self._kinds[kind].runs for kind in self._open)
        unknown = sum(runs * self._expected(planned) * usual for planned, runs in self._unmeasured.items())
        return max([(sum(rests) + known + unknown) / max(hands, 1), *rests])

    def _sort(self, kind: Kind) -> None:
        if self._waiting[kind] > 0:
            self._open.add(kind)
        else:
            self._open.discard(kind)

    def _usual(self, running: Sequence[Running]) -> float | None:
        """Seconds an epoch of whatever was measured."""
        if self._all.epochs:
            return self._all.seconds / self._all.epochs
        speeds = [speed for one in running if (speed := one.seconds_per_epoch) is not None]
        return sum(speeds) / len(speeds) if speeds else None

    def _rest(self, one: Running, usual: float) -> float:
        """Seconds until a run in training ends."""
        done = self._kinds.get(kind_of(one.spec))
        epochs = done.epochs / done.runs if done else self._expected(_planned(one.spec.training))
        speed = done.seconds / done.epochs if done else one.seconds_per_epoch
        return max(epochs - len(one.rows), 0) * (usual if speed is None else speed)

    def _expected(self, planned: _Planned) -> int:
        epochs, patient = planned
        return min(epochs, self._longest) if patient and self._longest else epochs


def _planned(training: TrainingSpec) -> _Planned:
    return training.epochs, training.patience > 0
