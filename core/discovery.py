"""Find units (datasets, models, lenses …) by scanning a folder: one file is one unit, no list to extend."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Any


@cache
def collect(package: str, constant: str) -> dict[str, Any]:
    """Every unit that a module of `package` exports as `constant`, by the unit's `name`.

    A module may export one unit or a tuple of units; a module without the constant is a helper
    and is passed over. A module that does not import raises: a broken unit must not vanish.
    """
    units: dict[str, Any] = {}
    root = importlib.import_module(package)
    for info in sorted(pkgutil.iter_modules(root.__path__), key=lambda entry: entry.name):
        found = getattr(importlib.import_module(f"{package}.{info.name}"), constant, ())
        for unit in found if isinstance(found, tuple) else (found,):
            if unit.name in units:
                raise RuntimeError(f"{package}.{info.name}: the name '{unit.name}' is taken.")
            units[unit.name] = unit
    return units
