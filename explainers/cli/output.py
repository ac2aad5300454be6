"""What a command gives back: tables to read, or one JSON object."""

from __future__ import annotations

import json
import math
import sys
import tomllib
from argparse import ArgumentParser
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from core.errors import UserError
from core.spec import RunSpec

ROOT = Path(__file__).resolve().parents[2]

SHOWN = 40
"""Rows of a table that are printed; the JSON object has all."""

Record: TypeAlias = Mapping[str, Any]
"""A row of a table: plain values by column."""


@dataclass(frozen=True)
class Answer:
    """Everything that a command found out."""

    command: str
    tables: Mapping[str, Sequence[Record]]
    specs: Sequence[RunSpec] = ()
    """The runs behind the tables, in their order; whoever has them can repeat the numbers."""
    notes: Sequence[str] = field(default_factory=tuple)


def version() -> str:
    """Our version, from pyproject.toml, which an editable install always has beside it."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def declare_json(parser: ArgumentParser) -> None:
    """The argument `--json`, the same for every command."""
    parser.add_argument("--json", metavar="FILE", help="write the tables as one JSON object, too; '-' prints it instead of the tables")


def check_target(target: str | None) -> None:
    """Raise `UserError` before the work if its result could not be written."""
    if target not in (None, "-") and not Path(str(target)).resolve().parent.is_dir():
        raise UserError(
            f"--json {target}: there is no folder {Path(str(target)).resolve().parent}; name a file in a folder that exists, or '-'."
        )
    if target not in (None, "-") and Path(str(target)).is_dir():
        raise UserError(f"--json {target}: that is a folder; name a file, or '-'.")


def write(answer: Answer, target: str | None, *, shown: Answer | None = None) -> None:
    """Print the tables (those of `shown`, if given), and write the JSON object to `target`; to "-", it alone is printed."""
    if target == "-":
        print(as_json(answer))
        return
    print(as_text(shown or answer))
    if target is not None:
        try:
            Path(target).write_text(as_json(answer) + "\n", encoding="utf-8")
        except OSError as error:
            raise UserError(
                f"{target} could not be written: {error.strerror}. The numbers are above, and the runs are in the store."
            ) from error


def shortened(tables: Mapping[str, Sequence[Record]], whole: Sequence[str] = ()) -> tuple[dict[str, Sequence[Record]], list[str]]:
    """The tables as far as they are printed, those named in `whole` entirely, and sentences on what is cut."""
    long = [name for name, rows in tables.items() if name not in whole and len(rows) > SHOWN]
    said = [f"{name} has {len(tables[name]):,} rows, of which {SHOWN} are shown; --json has all." for name in long]
    return {name: rows[:SHOWN] if name in long else rows for name, rows in tables.items()}, said


def summarised(tables: Mapping[str, Sequence[Record]]) -> tuple[dict[str, Sequence[Record]], list[str]]:
    """What is printed of some tables, and sentences on the rest: a summary alone, where there is one."""
    if "summary" not in tables:
        return shortened(tables)
    short, said = shortened({"summary": tables["summary"]})
    others = [f"{name} ({len(rows):,} {'row' if len(rows) == 1 else 'rows'})" for name, rows in tables.items() if name != "summary"]
    return short, [*said, f"Not shown: {', '.join(others)}; --json has all."] if others else said


def as_json(answer: Answer) -> str:
    """One object {"version", "command", "specs", "tables", "notes"}; what is not a number is null."""
    data = {
        "version": version(),
        "command": answer.command,
        "specs": [spec.as_dict() for spec in answer.specs],
        "tables": {name: [dict(row) for row in rows] for name, rows in answer.tables.items()},
        "notes": list(answer.notes),
    }
    return json.dumps(_plain(data), indent=1, ensure_ascii=False, allow_nan=False)


def as_text(answer: Answer) -> str:
    """Aligned columns, a table below the other, then the notes."""
    blocks = [f"{name}\n{table(rows)}" for name, rows in answer.tables.items()]
    return "\n\n".join([*blocks, *([f"Note: {note}" for note in answer.notes])])


def table(rows: Sequence[Record]) -> str:
    """Rows under a header, numbers to the right."""
    if not rows:
        return "(none)"
    lines = [list(rows[0]), *([_cell(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    right = [isinstance(value, int | float) and not isinstance(value, bool) for value in rows[0].values()]
    return "\n".join(_line(line, widths, right) for line in lines)


def _line(cells: Iterable[str], widths: Iterable[int], right: Iterable[bool]) -> str:
    aligned = (cell.rjust(width) if to_right else cell.ljust(width) for cell, width, to_right in zip(cells, widths, right, strict=True))
    return "  ".join(aligned).rstrip()


def _cell(value: object) -> str:
    """A value as a table shows it: four significant digits, parameters as name=default."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "–"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return ", ".join(f"{item['name']}={_cell(item['default'])}" if isinstance(item, Mapping) else _cell(item) for item in value)
    return str(value)


def _plain(value: Any) -> Any:
    """The value with every NaN and infinity replaced by None, which JSON has no words for."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def log(sentence: str) -> None:
    """Say what is going on, where it cannot mix with the result."""
    print(sentence, file=sys.stderr, flush=True)
