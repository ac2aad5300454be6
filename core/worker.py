"""The process that does numeric work: `python -m core.worker`, started and fed by `core.jobs`.

A plain subprocess, because multiprocessing's spawn would run Streamlit's script again in the child.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from multiprocessing.connection import Client, Connection
from typing import Any

from core import background
from core.errors import UserError
from core.work import Cancelled, Report, resolve

REPORT_EVERY = 0.1
"""Seconds between two reports; the pages look no more often than that."""


class Worker:
    """Two threads: one takes orders, so that a cancel is heard at once; the main one works."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.todo: queue.Queue[tuple[int, str, Mapping[str, Any]]] = queue.Queue()
        self.stopping: set[int] = set()

    def listen(self) -> None:
        """Take orders until the app goes away; then there is nobody left to work for."""
        try:
            while True:
                order, number, *rest = self.connection.recv()
                if order == "do":
                    self.todo.put((number, rest[0], rest[1]))
                else:
                    self.stopping.add(number)
        except (EOFError, OSError):
            os._exit(0)
        except BaseException:  # an order that cannot be read: without ears there is no going on
            traceback.print_exc()
            os._exit(3)

    def work(self) -> None:
        """Do what is ordered, one after the other, for ever."""
        while True:
            number, name, arguments = self.todo.get()
            kind, content = self._outcome(number, name, arguments)
            self.stopping.discard(number)
            self._send_outcome(kind, number, name, content)

    def _outcome(self, number: int, name: str, arguments: Mapping[str, Any]) -> tuple[str, Any]:
        try:
            return "done", resolve(name)(self._reporter(number), **arguments)
        except Cancelled:
            return "cancelled", None
        except UserError as error:
            return "failed", str(error)
        except MemoryError:
            return "failed", "There was not enough memory for this; a smaller graph or model would fit."
        except Exception as error:  # the worker must survive whatever a unit does
            traceback.print_exc()
            return "failed", f"{name} failed unexpectedly: {type(error).__name__}: {error}"

    def _send_outcome(self, kind: str, number: int, name: str, content: Any) -> None:
        try:
            self._send((kind, number, content))
        except Exception as error:  # what cannot be pickled
            self._send(("failed", number, f"{name} is done, but its result cannot be handed over: {error}"))

    def _reporter(self, number: int) -> Report:
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
        try:
            self.connection.send(message)
        except OSError:  # the app is gone
            os._exit(0)


def main() -> None:
    """Connect to the address given on standard input, warm up, work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal is for the app, which ends its workers
    if background.OPTION in sys.argv and hasattr(os, "nice"):
        os.nice(background.NICE)
    address, key, *warm = sys.stdin.readline().rstrip("\n").split("\t")
    worker = Worker(Client(address, authkey=bytes.fromhex(key)))
    threading.Thread(target=worker.listen, daemon=True).start()
    for module in warm:
        _warm_up(module)
    worker.work()


def _warm_up(module: str) -> None:
    try:
        resolve(f"{module}:__name__")
    except Exception:  # whoever asks for work of this module will be told
        traceback.print_exc()


if __name__ == "__main__":
    main()
