"""What a sub-command declares; the scan of this folder finds it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

Job: TypeAlias = Callable[[], int]
"""The work itself; returns the exit code. A `UserError` raised in it is exit code 1."""


@dataclass(frozen=True)
class Command:
    """One sub-command.

    `prepare(arguments, line)` checks the arguments, raising `UserError` (exit code 2) with a sentence that
    says what would work, and returns the job. `line` is the command as it was typed.
    """

    name: str
    help: str
    declare: Callable[[ArgumentParser], None]
    prepare: Callable[[Namespace, str], Job]
