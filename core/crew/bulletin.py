"""What a plan says of itself while it trains: one bar, one line, one snapshot for the pages."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import islice

from core.crew.pace import Running
from core.progress import Progress, Training
from core.work import Report

SHOWN, LISTED = 8, 100
"""Runs in training whose curves the pages get, and stored runs whose keys they get."""


class Bulletin:
    """Reports in seconds: those since the plan began, and those that it takes in all, 0 while nobody knows."""

    def __init__(self, report: Report, stored: Sequence[str], total: int, note: str) -> None:
        """`stored`: keys of the runs of the plan that need not be trained. `note` goes before every message."""
        self._report, self._note = report, note
        self._total = total
        self._finished = deque(stored, maxlen=LISTED)
        self._started = time.monotonic()
        self.done = len(stored)
        self.left: float | None = None
        """Seconds until the plan is done, if it is known."""

    def add(self, key: str) -> None:
        """A run was stored."""
        self._finished.append(key)
        self.done += 1

    def tell(self, running: Sequence[Running], *texts: str) -> None:
        """Report; `texts` say what else is going on. Raises `Cancelled` once the plan should stop."""
        seconds = time.monotonic() - self._started
        total = 0.0 if self.left is None else seconds + self.left
        shown = [one for one in islice(running, SHOWN) if one.rows]
        snapshot = (lambda: self._progress(shown)) if shown else None
        self._report(seconds if total else 0.0, total, " · ".join(filter(None, self._words(running, texts))), snapshot)

    def _words(self, running: Sequence[Running], texts: Iterable[str]) -> list[str]:
        runs = f"{self.done:,} of {self._total:,} runs" if self._total > 1 else ""
        training = f"{len(running)} in training" if len(running) > 1 else ""
        epoch = f"epoch {len(running[0].rows)} of {running[0].spec.training.epochs}" if running and running[0].rows else ""
        return [self._note, runs, training, epoch, *texts]

    def _progress(self, shown: Iterable[Running]) -> Progress:
        trainings = tuple(Training.of(one.spec, one.rows) for one in shown)
        return Progress(self.done, self._total, trainings, tuple(self._finished))
