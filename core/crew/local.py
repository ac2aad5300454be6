"""Helpers on this machine, started when there is enough to do."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Future

from core import memory
from core.crew.contract import News
from core.crew.process import Helper, warm_up
from core.run import Run
from core.spec import RunSpec

WORTH = 6.0
"""Seconds of work from which helpers are worth their start: importing torch takes them five, on another core."""
WORTH_WARM = 0.5
"""The same once there is a process that has imported it, which they are forked from."""
ROOM = 1e9
"""Bytes of memory that have to be free for another helper."""
PATIENCE = 3.0
"""Seconds that the end of a plan waits for a helper that is about to come."""


class Local:
    """Up to `most` helpers, started once `worth` seconds of work wait. None if `most` is 0."""

    trains_here = True
    deaths: tuple[type[BaseException], ...] = (BrokenExecutor,)
    chances = 2

    def __init__(self, most: int, worth: float = WORTH) -> None:
        if getattr(multiprocessing.current_process(), "_inheriting", False):
            raise RuntimeError("A helper has to import the script that started it; put what that does under if __name__ == '__main__':")
        self._most, self._worth = most, worth
        self._lock = threading.Lock()
        """Held while a helper starts and while the list of helpers changes."""
        self._closed = False
        self._starting = False
        self._helpers: list[Helper] = []

    def call(self, runs: int, seconds: float | None) -> None:
        if self._starting:
            return
        with self._lock:
            for one in self._helpers:
                if not one.alive:
                    one.close()
            self._helpers = [one for one in self._helpers if one.alive]
            lacking = min(self._most, runs) - len(self._helpers)
        worth = min(self._worth, WORTH_WARM) if Helper.warm else self._worth
        if lacking > 0 and seconds is not None and seconds >= worth:
            self._starting = True
            threading.Thread(target=self._start, args=(lacking,), name="hopscope-helpers", daemon=True).start()

    def offer(self, spec: RunSpec, device: str, probes: tuple[str, ...]) -> Future[Run] | None:
        for one in self._helpers:
            if one.free and (future := one.train(spec, device, probes)):
                return future
        return None

    def news(self) -> Iterator[News]:
        for one in self._helpers:
            yield from one.news()

    def trouble(self) -> str:
        return ""

    def close(self) -> None:
        """Waits for a helper that is about to come, which would complain if the program ended before."""
        self._closed = True
        is_ours = self._lock.acquire(timeout=PATIENCE)
        for one in self._helpers:
            one.close()
        if is_ours:
            self._lock.release()

    def _start(self, number: int) -> None:
        """Start helpers, one after the other; once that fails, the plan goes on with those there are."""
        try:
            while number and self._add():
                number -= 1
        finally:
            if number:
                self._most = 0
            self._starting = False

    def _add(self) -> bool:
        """Whether there is one more helper."""
        if memory.available() < ROOM or not warm_up():
            return False
        with self._lock:
            one = None if self._closed else Helper.started()
            if one is None:
                return False
            self._helpers = [*self._helpers, one]
            if self._closed:  # whoever closed us had no more patience
                one.close()
            return True
