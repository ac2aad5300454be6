"""The headless command `hopscope`: one file per sub-command, each exporting COMMAND.

Exit codes: 0 done, 2 bad arguments (with a sentence that says what would work), 1 failed, 130 stopped by Ctrl-C.
Tables and JSON go to standard output, progress and errors to standard error.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import NoReturn

from core.discovery import collect
from core.errors import UserError
from explainers.cli import start
from explainers.cli.output import version

DONE, FAILED, BAD_ARGUMENTS, STOPPED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        arguments = parser().parse_args(words)
        job = arguments.prepare(arguments, shlex.join(["hopscope", *words]))
    except SystemExit as done:  # --help and --version
        return int(done.code or DONE)
    except UserError as error:
        return _say(str(error), BAD_ARGUMENTS)
    except KeyboardInterrupt:  # torch is being imported, for seconds
        return _say("Stopped before anything was begun.", STOPPED)
    return _carry_out(job)


def parser() -> argparse.ArgumentParser:
    """The arguments of `hopscope` and of every sub-command."""
    top = _Parser(
        prog="hopscope",
        description="See what every hop does to your graph. Without a command, the dashboard opens in the browser.",
        epilog="Exit codes: 0 done, 2 bad arguments, 1 failed.",
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"hopscope {version()}")
    start.declare(top)
    top.set_defaults(prepare=start.prepare)
    commands = top.add_subparsers(title="commands", metavar="COMMAND")
    for name, command in collect("explainers.cli", "COMMAND").items():
        below = commands.add_parser(name, help=command.help, description=command.help, allow_abbrev=False)
        command.declare(below)
        below.set_defaults(prepare=command.prepare)
    return top


class _Parser(argparse.ArgumentParser):
    """Says an error as one sentence, raised instead of printed, so that `main` returns its code."""

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message[:1].upper()}{message[1:]}. '{self.prog} --help' shows what works.")


def _carry_out(job: Callable[[], int]) -> int:
    try:
        return job()
    except UserError as error:
        return _say(str(error), FAILED)
    except KeyboardInterrupt:
        return _say("Stopped. What was finished is in the store.", STOPPED)
    except BrokenPipeError:  # the reader of the output has seen enough: `hopscope list models | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception:  # a fault of ours: the whole story, and still the documented exit code
        traceback.print_exc()
        return _say("This is a fault in Hopscope; the lines above say where.", FAILED)


def _say(sentence: str, code: int) -> int:
    print(f"hopscope: {sentence}", file=sys.stderr)
    return code
