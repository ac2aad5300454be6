"""The process that does numeric work: `python -m core.worker`, started and fed by `core.jobs`.

A plain subprocess, because multiprocessing's spawn would run Streamlit's script again in the child.
"""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from multiprocessing.connection import Client, Connection
from typing import Any

from core.errors import UserError
from core.work import Cancelled, resolve

REPORT_EVERY = 0.1
"""Seconds between two reports; the pages look no more often than that."""


class _Worker:
    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.todo: queue.Queue[tuple[int, str, Mapping[str, Any]]] = queue.Queue()
        self.stopping: set[int] = set()
        self.sending = threading.Lock()

    def listen(self) -> None:
        """Take orders until the app goes away; then there is nobody left to work for."""
        with contextlib.suppress(EOFError, OSError):
            while True:
                order, number, *rest = self.connection.recv()
                if order == "do":
                    self.todo.put((number, rest[0], rest[1]))
                else:
                    self.stopping.add(number)
        os._exit(0)

    def work(self) -> None:
        while True:
            number, name, arguments = self.todo.get()
            try:
                result = resolve(name)(self._reporter(number), **arguments)
                self._send(("done", number, result))
            except Cancelled:
                self._send(("cancelled", number, None))
            except UserError as error:
                self._send(("failed", number, str(error)))
            except MemoryError:
                self._send(("failed", number, "There was not enough memory for this; a smaller graph or model would fit."))
            except Exception as error:  # the worker must survive whatever a unit does
                traceback.print_exc()
                self._send(("failed", number, f"{name} failed unexpectedly: {type(error).__name__}: {error}"))

    def _reporter(self, number: int) -> Any:
        last = 0.0

        def report(done: float = 0.0, total: float = 0.0, message: str = "", snapshot: Any = None) -> None:
            nonlocal last
            if number in self.stopping:
                raise Cancelled
            if time.monotonic() - last >= REPORT_EVERY:
                self._send(("report", number, (done, total, message, snapshot() if callable(snapshot) else snapshot)))
                last = time.monotonic()

        return report

    def _send(self, message: tuple[Any, ...]) -> None:
        with self.sending:
            self.connection.send(message)


def main() -> None:
    """Connect to the address given on standard input, warm up, work."""
    address, key, *warm = sys.stdin.readline().split("\t")
    worker = _Worker(Client(address, authkey=bytes.fromhex(key)))  # type: ignore[arg-type]
    threading.Thread(target=worker.listen, daemon=True).start()
    for module in warm:
        resolve(f"{module.strip()}:__name__")
    worker.work()


if __name__ == "__main__":
    main()
