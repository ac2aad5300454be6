"""One worker process and the thread that feeds it; a process that dies is replaced. Free of torch."""

from __future__ import annotations

import os
import queue
import secrets
import subprocess
import sys
import threading
import time
from contextlib import suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import background

if TYPE_CHECKING:
    from core.jobs import Job, Jobs

ROOT = Path(__file__).resolve().parent.parent
COMMAND = (sys.executable, "-P", "-m", "core.worker")
"""-P: a folder called core where the user happens to be must not be taken for ours."""
START_LIMIT = 120.0
"""Seconds after which a worker that has not come up is given up."""
GRACE = 10.0
"""Seconds that cancelled work has to stop by itself before its worker is ended."""


class Lane:
    """The jobs of one kind, done one after the other by one worker. Its own thread alone starts and replaces it."""

    def __init__(self, jobs: Jobs, name: str, warm: tuple[str, ...]) -> None:
        self._jobs, self._name, self._warm = jobs, name, warm
        self._queue: queue.Queue[int | None] = queue.Queue()
        self._sending = threading.Lock()
        self._closed = False
        self._process: subprocess.Popen[str] | None = None
        self._connection: Connection | None = None
        self._running = 0
        self._cancelled: set[int] = set()
        self._thread = threading.Thread(target=self._serve, name=f"hopscope-{name}", daemon=True)
        self._thread.start()

    def put(self, number: int) -> None:
        """Queue a job."""
        self._queue.put(number)

    def cancel(self, number: int) -> None:
        """Tell the worker to stop a job, and end it if it does not listen."""
        self._cancelled.add(number)
        with suppress(OSError):  # a worker that has died is the business of the thread that feeds it
            self._send(("cancel", number))
        timer = threading.Timer(GRACE, self._end_if_running, (number,))
        timer.daemon = True
        timer.start()

    def close(self) -> None:
        """End the worker and the thread."""
        self._closed = True
        self._queue.put(None)
        if self._process:
            self._process.kill()
        self._thread.join(10)

    def _serve(self) -> None:
        self._try_start()
        while (number := self._queue.get()) is not None and not self._closed:
            job = self._jobs.begin(number)
            if job is None:
                continue
            self._running = number
            error = self._do(job)
            self._running = 0
            self._cancelled.discard(number)
            if error and not self._closed:
                self._jobs.update(number, state="failed", ended=time.monotonic(), error=error)
        self._bury(patience=0)

    def _do(self, job: Job) -> str:
        """Have a job done; returns a sentence if the worker could not."""
        if self._connection is None and (error := self._try_start()):
            return error
        if job.number in self._cancelled:  # while the worker was being started
            self._jobs.update(job.number, state="cancelled", ended=time.monotonic())
            return ""
        try:
            self._send(("do", job.number, job.name, job.arguments))
        except OSError:
            return self._replace()
        except Exception as error:  # whatever cannot be pickled raises
            return f"{job.title} could not be sent to the worker: {error}."
        return self._follow(job)

    def _follow(self, job: Job) -> str:
        """Pass on a job's reports until it has ended."""
        assert self._connection is not None
        while True:
            try:
                kind, _, content = self._connection.recv()
            except (EOFError, OSError):
                return self._replace()
            except Exception as error:  # an answer that cannot be read, and nobody knows what comes after it
                self._replace()
                return f"The answer to {job.title} could not be read: {error}."
            if kind == "report":
                done, total, message, snapshot = content
                changes = {} if snapshot is None else {"snapshot": snapshot}
                self._jobs.update(job.number, done=done, total=total, message=message, **changes)
            else:
                outcome = {"done": "result", "failed": "error"}.get(kind)
                self._jobs.update(job.number, state=kind, ended=time.monotonic(), **({outcome: content} if outcome else {}))
                return ""

    def _send(self, message: tuple[Any, ...]) -> None:
        connection = self._connection
        if connection is None:
            raise OSError("there is no worker")
        with self._sending:
            connection.send(message)

    def _replace(self) -> str:
        """Start another worker in the place of the one that died; returns what is to be said of it."""
        how = self._bury()
        cause = " The system may have run out of memory." if how == "by signal 9" else ""
        if not self._closed:
            self._try_start()
        return f"The {self._name} worker ended {how} during this job and was replaced; finished runs are kept.{cause} Start the job again."

    def _try_start(self) -> str:
        """Start the worker; returns a sentence if that fails."""
        try:
            self._start()
        except OSError as error:
            self._bury(patience=0)
            return f"The {self._name} worker could not be started: {error}. The terminal that Hopscope runs in says more."
        return ""

    def _start(self) -> None:
        key = secrets.token_bytes(32)
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        with Listener(authkey=key) as listener:
            command = (*COMMAND, background.OPTION) if self._name == "batch" else COMMAND
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": path})
            if self._closed:
                raise OSError("Hopscope is closing")
            with suppress(OSError), self._process.stdin as pipe:  # type: ignore[union-attr]
                pipe.write("\t".join([str(listener.address), key.hex(), *self._warm]) + "\n")
            self._connection = _accept(listener, key, self._process)

    def _bury(self, patience: float = 2.0) -> str:
        """Let go of the worker, ended by force if it does not end by itself; returns how it ended."""
        process, connection = self._process, self._connection
        self._process = self._connection = None
        if connection:
            connection.close()
        if process is None:
            return "before it began"
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
        process.kill()
        return _how(process)

    def _end_if_running(self, number: int) -> None:
        if self._running == number and self._process:
            self._jobs.update(number, state="cancelled", ended=time.monotonic())
            self._process.kill()


def _accept(listener: Listener, key: bytes, process: subprocess.Popen[str]) -> Connection:
    """The worker's connection; `OSError` if it ends or idles instead. Accepting alone would wait for ever."""
    arrived, reasons = threading.Event(), list[str]()

    def knock() -> None:
        """Take the worker's place at the door if it will not come."""
        limit = time.monotonic() + START_LIMIT
        while not arrived.wait(0.05):
            if process.poll() is not None or time.monotonic() > limit:
                late = process.poll() is None
                process.kill()
                reasons.append(f"it did not answer within {START_LIMIT:g} seconds" if late else f"it ended {_how(process)}")
                with suppress(OSError, EOFError, AuthenticationError):
                    Client(listener.address, authkey=key).close()
                return

    threading.Thread(target=knock, daemon=True).start()
    try:
        connection = listener.accept()
    except (EOFError, AuthenticationError) as error:
        raise OSError(f"{type(error).__name__} while it connected") from error
    finally:
        arrived.set()
    if reasons:
        connection.close()
        raise OSError(reasons[0])
    return connection


def _how(process: subprocess.Popen[str]) -> str:
    code = process.wait()
    return f"by signal {-code}" if code < 0 else f"with exit code {code}"
