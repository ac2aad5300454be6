"""A helper on this machine, seen from inside: a process that trains one run after the other for its coordinator.

It never touches the store. It ends with its coordinator, even one that was killed, and when told to.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.connection import Connection

from core import background
from core.crew.contract import News
from core.crew.task import train_for
from core.run import Run
from core.spec import RunSpec
from core.work import Cancelled

GRACE = 5.0
"""Seconds that a training has to stop by itself."""


class _Line:
    """A pipe to the coordinator. It says one thing back: closed, it means stop."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._closed = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def tell(self, news: News) -> None:
        try:
            self._pipe.send(news)
        except OSError:
            raise Cancelled from None

    def stopped(self) -> bool:
        return self._closed.is_set()

    def _listen(self) -> None:
        with suppress(EOFError, OSError):
            self._pipe.recv()
        self._closed.set()
        if (coordinator := multiprocessing.parent_process()) is not None:
            coordinator.join(GRACE)
        os._exit(0)


_line: _Line | None = None


def enlist(pipe: Connection, settings: Mapping[str, str]) -> None:
    """Make this process a helper. `settings`: environment variables, which a fork server has as they once were."""
    global _line
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal is for the coordinator; until here it was blocked
    sys.stdout = sys.stderr  # what a library prints must not mix with a result
    os.environ.update(settings)
    if hasattr(os, "nice"):
        os.nice(background.NICE)
    _line = _Line(pipe)


def ready() -> None:
    """Import what a training needs, which a helper that was forked has already."""
    importlib.import_module("core.crew.preload")


def train_here(spec: RunSpec, device: str, probes: tuple[str, ...]) -> Run:
    """The run, trained in this helper."""
    assert _line is not None, "a helper is enlisted first"
    return train_for(_line, spec, device, probes)
