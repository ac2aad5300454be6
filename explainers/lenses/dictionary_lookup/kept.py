"""Single trainings in the store: another visit, or a comparison that has some of them, does not wait for them again. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from core.store import Derived, question
from core.versions import joint_version
from explainers.lenses.dictionary_lookup.result import Cell, Lookups, Trained
from explainers.lenses.dictionary_lookup.tables import lookups

WORK = "dictionary_lookup"
MOST = 2_000
"""Trainings that are kept, of some ten kilobytes each; the newest stay."""
OWN = ("network", "problem", "ranking", "result", "scores", "training")
MODULES = ("core.device", *(f"explainers.lenses.{WORK}.{name}" for name in OWN))
"""What decides, beside the layers that these import, what a training gives, and how it is kept."""
ALL = question(WORK)
NAMES = {field.name for field in fields(Trained)}


def read(root: Path, cells: Sequence[Cell]) -> Lookups | None:
    """All that these trainings gave; None if one of them is not kept."""
    found: list[Trained] = []
    for cell in reversed(cells):  # the last ones are trained last, and missing soonest
        trained = get(root, cell)
        if trained is None:
            return None
        found.append(trained)
    return lookups(cells, found[::-1])


def get(root: Path, cell: Cell) -> Trained | None:
    """What was kept of a training by today's code."""
    arrays = _kept(root).get_arrays(_key(cell), "")
    return Trained(**arrays) if arrays is not None and set(arrays) == NAMES else None


def put(root: Path, cell: Cell, trained: Trained) -> None:
    """Keep it."""
    _kept(root).put_arrays(_key(cell), "", vars(trained))


def keep_newest(root: Path) -> None:
    """Forget the oldest trainings beyond `MOST`."""
    _kept(root).keep_newest(ALL, MOST)


def _kept(root: Path) -> Derived:
    return Derived(root, WORK, joint_version(*MODULES))


def _key(cell: Cell) -> str:
    return f"{ALL}.{question(*cell.row.values(), cell.epochs)}"
