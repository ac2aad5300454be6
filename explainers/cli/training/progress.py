"""Progress on standard error: one line that moves on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

from explainers.wording import duration

EVERY = {True: 0.1, False: 5.0}
"""Seconds between two lines, on a terminal and elsewhere."""


class Progress:
    """A `core.work.Report` for a person at a command line."""

    def __init__(self) -> None:
        self._moves = sys.stderr.isatty()
        self._started = self._last = time.monotonic()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._moves:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def __call__(self, done: float = 0.0, total: float = 0.0, message: str = "", snapshot: Any = None) -> None:
        now = time.monotonic()
        if now - self._last < EVERY[self._moves]:
            return
        self._last = now
        text = f"{message}{self._eta(done, total, now)}"
        print(f"\r\x1b[K{text[:100]}" if self._moves else text, end="" if self._moves else "\n", file=sys.stderr, flush=True)

    def _eta(self, done: float, total: float, now: float) -> str:
        if not 0 < done < total:
            return ""
        return f" · {duration((now - self._started) * (total - done) / done)} left"
