"""Jobs: numeric work in two warm processes, so that no page ever waits for a number. Free of torch.

The *interactive* worker answers clicks, the *batch* worker trains. Work is named ("core.plans:train")
and resolved in the worker; what crosses is plain data and frozen dataclasses of arrays.
"""

from __future__ import annotations

import atexit
import itertools
import os
import queue
import secrets
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from typing import Any

LANES = ("interactive", "batch")
KEPT = 100
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
        if self.state != "running" or not 0 < self.share:
            return None
        return (time.monotonic() - self.started) * (1 - self.share) / self.share


class Jobs:
    """Both workers and the jobs given to them. Thread-safe; made once per app."""

    def __init__(self, warm: Mapping[str, tuple[str, ...]] | None = None) -> None:
        self._numbers = itertools.count(1)
        self._jobs: OrderedDict[int, Job] = OrderedDict()
        self._changed = threading.Condition()
        self._lanes = {lane: _Lane(self, lane, (warm or {}).get(lane, ())) for lane in LANES}
        atexit.register(self.close)

    def submit(self, name: str, arguments: Mapping[str, Any], *, title: str, lane: str = "interactive") -> int:
        """Queue named work; returns the job's number at once."""
        with self._changed:
            number = next(self._numbers)
            self._jobs[number] = Job(number, title, lane, name, arguments)
            self._forget()
        self._lanes[lane].queue.put(number)
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
        """Block until a job has ended (or `timeout` seconds have passed) and return it."""
        with self._changed:
            self._changed.wait_for(lambda: self._jobs[number].finished, timeout)
            return self._jobs[number]

    def cancel(self, number: int) -> None:
        """Ask a job to stop: at once while it waits, at its next report while it runs."""
        job = self.job(number)
        if job and job.state == "waiting":
            self.update(number, state="cancelled")
        elif job and job.state == "running":
            self._lanes[job.lane].cancel(number)

    def close(self) -> None:
        """End both workers."""
        for lane in self._lanes.values():
            lane.close()

    def update(self, number: int, **changes: Any) -> None:
        """Replace fields of a job and wake whoever waits."""
        with self._changed:
            if number in self._jobs:
                self._jobs[number] = replace(self._jobs[number], **changes)
            self._changed.notify_all()

    def _forget(self) -> None:
        ended = [number for number, job in self._jobs.items() if job.finished]
        for number in ended[: max(0, len(ended) - KEPT)]:
            del self._jobs[number]


class _Lane:
    """One worker process and the thread that feeds it; a process that dies is replaced."""

    def __init__(self, jobs: Jobs, name: str, warm: tuple[str, ...]) -> None:
        self.queue: queue.Queue[int] = queue.Queue()
        self._jobs, self._name, self._warm = jobs, name, warm
        self._closed = False
        self._process: subprocess.Popen[str] | None = None
        self._connection: Connection | None = None
        threading.Thread(target=self._serve, name=f"hopscope-{name}", daemon=True).start()

    def cancel(self, number: int) -> None:
        if self._connection:
            self._connection.send(("cancel", number))

    def close(self) -> None:
        self._closed = True
        if self._process:
            self._process.kill()

    def _serve(self) -> None:
        self._start()
        while not self._closed:
            number = self.queue.get()
            job = self._jobs.job(number)
            if job is None or job.state != "waiting":
                continue
            self._jobs.update(number, state="running", started=time.monotonic())
            try:
                self._follow(job)
            except (EOFError, OSError):
                if self._closed:
                    return
                self._jobs.update(number, state="failed", ended=time.monotonic(), error=self._obituary())
                self._start()

    def _follow(self, job: Job) -> None:
        """Send a job and pass on its reports until it has ended."""
        assert self._connection is not None
        try:
            self._connection.send(("do", job.number, job.name, job.arguments))
        except (TypeError, AttributeError, ValueError) as error:  # not to be pickled
            self._jobs.update(job.number, state="failed", ended=time.monotonic(), error=f"{job.title} could not be sent to the worker: {error}.")
            return
        while True:
            kind, number, content = self._connection.recv()
            if number != job.number:
                continue
            if kind == "report":
                done, total, message, snapshot = content
                changes = {} if snapshot is None else {"snapshot": snapshot}
                self._jobs.update(number, done=done, total=total, message=message, **changes)
            else:
                outcome = {"done": "result", "failed": "error"}.get(kind)
                self._jobs.update(number, state=kind, ended=time.monotonic(), **({outcome: content} if outcome else {}))
                return

    def _start(self) -> None:
        key = secrets.token_bytes(32)
        with Listener(authkey=key) as listener:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "core.worker"],
                stdin=subprocess.PIPE,
                text=True,
                cwd=Path(__file__).resolve().parent.parent,
                env=os.environ | {"PYTHONUNBUFFERED": "1"},
            )
            assert self._process.stdin is not None
            self._process.stdin.write("\t".join([str(listener.address), key.hex(), *self._warm]) + "\n")
            self._process.stdin.flush()
            self._connection = listener.accept()

    def _obituary(self) -> str:
        code = self._process.wait(5) if self._process else None
        how = f"by signal {-code}" if code and code < 0 else f"with exit code {code}"
        cause = " The system may have run out of memory." if code == -9 else ""
        return f"The {self._name} worker ended {how} during this job and was replaced; finished runs are kept.{cause} Start the job again."
