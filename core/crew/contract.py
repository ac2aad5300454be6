"""What the coordinator of a plan and those who train for it say to each other. Free of torch."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from core.run import Run
from core.spec import RunSpec

Rows = list[list[float]]
"""Rows of a history, one an epoch, columns as in `core.run.COLUMNS`."""


@dataclass(frozen=True)
class News:
    """What a run in training tells on its way: the rows of its history after its first `before` epochs."""

    key: str
    before: int
    rows: Rows


class Line(Protocol):
    """A helper's line to the coordinator. Both may be asked after every epoch."""

    def tell(self, news: News) -> None: ...

    def stopped(self) -> bool:
        """Whether the coordinator wants no more of this run, or is gone."""
        ...


class Crew(Protocol):
    """Those who train for a plan beside its coordinator, whatever executor they are behind."""

    trains_here: bool
    """Whether the coordinator trains as well, having nothing better to do."""
    deaths: tuple[type[BaseException], ...]
    """What a future raises whose helper has died over it."""
    chances: int
    """After so many deaths over the same run it is not tried again."""

    def call(self, runs: int, seconds: float | None) -> None:
        """Say how much waits: `runs` that are about `seconds` of work, None if nobody knows. May start helpers."""

    def offer(self, spec: RunSpec, device: str, probes: tuple[str, ...]) -> Future[Run] | None:
        """The run, to be trained by whoever is free now; None if nobody is."""

    def news(self) -> Iterable[News]:
        """What was told since the last time."""
        ...

    def trouble(self) -> str:
        """What the plan waits for, in a few words; empty if all is well. Raises `UserError` once there is no hope."""
        ...

    def close(self) -> None:
        """Stop whoever trains, within an epoch; does not wait for that."""
