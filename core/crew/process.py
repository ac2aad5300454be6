"""A helper on this machine, seen from outside: its process, the executor that feeds it, and our end of its pipe."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import forkserver
from multiprocessing.context import BaseContext
from pathlib import Path

from core.crew import helper
from core.crew.contract import News
from core.run import Run
from core.spec import RunSpec

ROOT = Path(__file__).resolve().parents[2]


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

    def start(self) -> bool:
        """Wait until the process is up; whether it is."""
        try:
            if _is_forked():
                with _our_python():
                    forkserver.ensure_running()
            self._executor.submit(helper.ready).result()
        except (RuntimeError, OSError, EOFError, AssertionError):  # the last one in a process that may have no children
            return False
        self._far.close()  # it has its own copy
        Helper.warm = _is_forked()
        return True

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
    if not _is_forked():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["core.crew.preload"])
    return context


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
