"""Jobs: numeric work in two warm processes, so that no page ever waits for a number. Free of torch.

The *interactive* worker answers clicks, the *batch* worker trains. Work is named ("core.plans:run_plan")
and resolved in the worker; what crosses is plain data and frozen dataclasses of arrays.
"""

from __future__ import annotations

import atexit
import itertools
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.lane import Lane

LANES = ("interactive", "batch")
KEPT = 50
"""Finished jobs remembered; older ones are forgotten with their results (the store has the runs)."""


@dataclass(frozen=True, eq=False)
class Job:
    """Snapshot of a job. `state`: waiting, running, done, failed, cancelled."""

    number: int
    title: str
    lane: str
    name: str
    arguments: Mapping[str, Any]
    state: str = "waiting"
    done: float = 0.0
    total: float = 0.0
    message: str = ""
    snapshot: Any = None
    result: Any = None
    error: str = ""
    stopping: bool = False
    """Whether somebody has asked it to stop, which it does at its next report."""
    started: float = 0.0
    ended: float = 0.0

    @property
    def finished(self) -> bool:
        return self.state in ("done", "failed", "cancelled")

    @property
    def share(self) -> float:
        """Part done, 0 … 1."""
        return 1.0 if self.state == "done" else min(1.0, self.done / self.total) if self.total else 0.0

    @property
    def eta(self) -> float | None:
        """Seconds left at the measured speed, None while that is unknown."""
        if self.state != "running" or not self.share > 0:
            return None
        return (time.monotonic() - self.started) * (1 - self.share) / self.share


class Jobs:
    """Both workers and the jobs given to them. Thread-safe; made once per app."""

    def __init__(self, warm: Mapping[str, tuple[str, ...]] | None = None) -> None:
        """`warm`: modules that each lane's worker imports at its start, before anybody waits for them."""
        self._numbers = itertools.count(1)
        self._jobs: OrderedDict[int, Job] = OrderedDict()
        self._changed = threading.Condition()
        self._closed = False
        self._lanes = {lane: Lane(self, lane, (warm or {}).get(lane, ())) for lane in LANES}
        atexit.register(self.close)

    def submit(self, name: str, arguments: Mapping[str, Any], *, title: str, lane: str = "interactive") -> int:
        """Queue named work; returns the job's number at once."""
        with self._changed:
            number = next(self._numbers)
            self._jobs[number] = Job(number, title, lane, name, arguments)
            self._forget()
        if self._closed:
            self.update(number, state="failed", error="Hopscope is closing; start it again.")
        else:
            self._lanes[lane].put(number)
        return number

    def job(self, number: int) -> Job | None:
        """The job as it stands, None if it was forgotten."""
        with self._changed:
            return self._jobs.get(number)

    def active(self) -> list[Job]:
        """Jobs that wait or run, oldest first."""
        with self._changed:
            return [job for job in self._jobs.values() if not job.finished]

    def wait(self, number: int, timeout: float | None = None) -> Job:
        """Block until a job has ended (or `timeout` seconds have passed) and return it; `KeyError` if it was forgotten."""
        with self._changed:
            last = self._jobs[number]

            def ended() -> bool:
                nonlocal last
                last = self._jobs.get(number, last)
                return last.finished or number not in self._jobs

            self._changed.wait_for(ended, timeout)
            return last

    def release(self, number: int) -> None:
        """Let go of a job's result: whoever asked for it has it."""
        with self._changed:
            if number in self._jobs:
                self._jobs[number] = replace(self._jobs[number], result=None)

    def cancel(self, number: int) -> None:
        """Ask a job to stop: at once while it waits, at its next report while it runs.

        Work that does not report soon is ended with its worker.
        """
        with self._changed:
            if self._move(number, "waiting", state="cancelled", ended=time.monotonic()):
                return
            job = self._jobs.get(number)
            self.update(number, stopping=True)
        if job and job.state == "running":
            self._lanes[job.lane].cancel(number)

    def close(self) -> None:
        """End both workers; what was not finished is cancelled."""
        self._closed = True
        atexit.unregister(self.close)
        for lane in self._lanes.values():
            lane.close()
        for job in self.active():
            self.update(job.number, state="cancelled", ended=time.monotonic())

    def begin(self, number: int) -> Job | None:
        """For the lane: the job, now running; None if it does not wait any more."""
        return self._move(number, "waiting", state="running", started=time.monotonic())

    def update(self, number: int, **changes: Any) -> None:
        """For the lane: replace fields of a job that has not ended, and wake whoever waits."""
        with self._changed:
            job = self._jobs.get(number)
            if job and not job.finished:
                self._jobs[number] = replace(job, **changes)
            self._changed.notify_all()

    def _move(self, number: int, source: str, **changes: Any) -> Job | None:
        with self._changed:
            job = self._jobs.get(number)
            if job is None or job.state != source:
                return None
            self.update(number, **changes)
            return self._jobs[number]

    def _forget(self) -> None:
        ended = [number for number, job in self._jobs.items() if job.finished]
        for number in ended[: max(0, len(ended) - KEPT)]:
            del self._jobs[number]
