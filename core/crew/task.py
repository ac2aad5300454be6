"""One run, trained for somebody else: what every helper does, whichever executor it is behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from core.crew.contract import Line, News, Rows
from core.open_graphs import graph_of
from core.run import Run
from core.spec import RunSpec
from core.training import Watch, train
from core.work import Cancelled

TELL_EVERY = 0.2
"""Seconds between two news of a run."""
_alone = threading.Lock()
"""Random numbers and the number of threads belong to the process: two trainings at once would disturb each other."""


def train_for(line: Line, spec: RunSpec, device: str, probes: tuple[str, ...]) -> Run:
    """The run, the same bit by bit as from any process on such a processor. Raises `Cancelled` within an epoch of being stopped."""
    with _turn(line):
        return train(spec, graph=graph_of(spec.dataset), device=device, probes=probes, watch=_watch(line, spec.key))


def _watch(line: Line, key: str) -> Watch:
    last, told = time.monotonic(), 0

    def watch(epoch: int, rows: Rows) -> None:
        nonlocal last, told
        if line.stopped():
            raise Cancelled
        now = time.monotonic()
        if now - last >= TELL_EVERY:
            line.tell(News(key, told, rows[told:]))
            last, told = now, epoch

    return watch


@contextmanager
def _turn(line: Line) -> Iterator[None]:
    """One training at a time in this process; who waits for its turn can be stopped as well."""
    while not _alone.acquire(timeout=TELL_EVERY):
        if line.stopped():
            raise Cancelled
    try:
        yield
    finally:
        _alone.release()
