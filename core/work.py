"""What a piece of named work may use while it runs: progress, and being told to stop. Free of torch."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any, Protocol


class Cancelled(Exception):
    """The user pressed Stop; raised inside the work at its next report."""


class Report(Protocol):
    """Called by work as it goes on; raises `Cancelled` once it should stop."""

    def __call__(self, done: float = 0.0, total: float = 0.0, message: str = "", snapshot: Any = None) -> None: ...


def silent(done: float = 0.0, total: float = 0.0, message: str = "", snapshot: Any = None) -> None:
    """A report that nobody reads, for work done inline."""


def within(report: Report, number: int, steps: int) -> Report:
    """The report of one step, the `number`-th from 0 of so many: its own progress moves the whole by as much as the step is."""

    def tell(done: float = 0.0, total: float = 0.0, message: str = "", snapshot: Any = None) -> None:
        report(number + (done / total if total else 0.0), steps, message, snapshot)

    return tell


def resolve(name: str) -> Callable[..., Any]:
    """The function behind "package.module:function"; its first argument is a `Report`."""
    module, _, function = name.partition(":")
    work: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return work


def run_inline(name: str, arguments: Mapping[str, Any], report: Report = silent) -> Any:
    """Do named work in this process, as the command line and the tests do."""
    return resolve(name)(report, **arguments)
