"""A helper on this machine, seen from outside: its process, the executor that feeds it, and our end of its pipe."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import BaseContext
from pathlib import Path

from core.crew import helper
from core.crew.contract import News
from core.run import Run
from core.spec import RunSpec

ROOT = Path(__file__).resolve().parents[2]
_FAILURES = (RuntimeError, OSError, EOFError, AssertionError)
"""Why a process does not start; the last one in a process that may have no children."""


def warm_up() -> bool:
    """Wait until there is what helpers are forked from, with everything imported; whether there is.

    That takes seconds, in which the program may end: the process asked for here needs nothing of it, whereas a
    helper would complain that the program's semaphores are gone.
    """
    if not _is_forked() or Helper.warm:
        return True
    forkserver.set_forkserver_preload(["core.crew.preload"])
    try:
        with _our_python(), _deaf():
            forkserver.ensure_running()
        first = multiprocessing.get_context("forkserver").Process(target=helper.ready)
        first.start()
        first.join()
    except _FAILURES:
        return False
    Helper.warm = first.exitcode == 0
    return Helper.warm


class Helper:
    """A pool of one process, so that a helper that dies takes no other one along."""

    warm = False
    """Whether the next one will be forked from a process that has imported everything."""

    def __init__(self) -> None:
        context = _context()
        self.alive = True
        self._pipe, self._far = context.Pipe()
        settings = {name: value for name, value in os.environ.items() if name.startswith("HOPSCOPE_")}
        self._executor = ProcessPoolExecutor(1, context, helper.enlist, (self._far, settings))
        self._task: Future[Run] | None = None

    @classmethod
    def started(cls) -> Helper | None:
        """A helper whose process is up; None if none can be had, for lack of files or processes."""
        try:
            one = cls()
        except _FAILURES:
            return None
        try:
            with _our_python(), _deaf():
                up = one._executor.submit(helper.ready)
            up.result()
        except _FAILURES:
            one.close()
            return None
        finally:
            one._far.close()  # it has its own copy
        return one

    @property
    def free(self) -> bool:
        return self.alive and (self._task is None or self._task.done())

    def train(self, spec: RunSpec, device: str, probes: tuple[str, ...]) -> Future[Run] | None:
        """The run to come; None if the process has died meanwhile."""
        try:
            self._task = self._executor.submit(helper.train_here, spec, device, probes)
        except BrokenExecutor:
            self.alive = False
            return None
        self._task.add_done_callback(self._notice)
        return self._task

    def news(self) -> Iterator[News]:
        with suppress(OSError, EOFError):
            while self.alive and self._pipe.poll():
                yield self._pipe.recv()

    def close(self) -> None:
        """Stop its training within an epoch, and end the process; does not wait."""
        self.alive = False
        self._pipe.close()  # which it takes as the sign
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _notice(self, task: Future[Run]) -> None:
        if not task.cancelled() and isinstance(task.exception(), BrokenExecutor):
            self.alive = False


def _is_forked() -> bool:
    """Whether helpers are forked from a server. macOS' libraries do not stand that, Windows has no fork."""
    return sys.platform == "linux"


def _context() -> BaseContext:
    return multiprocessing.get_context("forkserver" if _is_forked() else "spawn")


@contextmanager
def _our_python() -> Iterator[None]:
    """A new interpreter finds our code wherever it starts, and takes no folder called core there for it."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    before = {name: os.environ.get(name) for name in ("PYTHONPATH", "PYTHONSAFEPATH")}
    os.environ.update({"PYTHONPATH": path, "PYTHONSAFEPATH": "1"})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _deaf() -> Iterator[None]:
    """What is started within hears no Ctrl-C, which is for us, from its first moment on: it inherits what we block."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # its start, within, would end the blocking
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
