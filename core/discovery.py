"""Find units (datasets, models, lenses …) by scanning a folder: one file is one unit, no list to extend."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Any


def collect(package: str, constant: str) -> dict[str, Any]:
    """Every unit that a module of `package` exports as `constant`, by the unit's `name`.

    A module may export one unit or a tuple of units; a module without the constant is a helper
    and is passed over. A module that does not import raises: a broken unit must not vanish.
    """
    return {name: unit for name, (unit, _) in _scan(package, constant).items()}


def origin(package: str, constant: str, name: str) -> str:
    """The module that exports the unit `name`."""
    module: str = _scan(package, constant)[name][1]
    return module


@cache
def _scan(package: str, constant: str) -> dict[str, tuple[Any, str]]:
    found: dict[str, tuple[Any, str]] = {}
    root = importlib.import_module(package)
    for info in sorted(pkgutil.iter_modules(root.__path__), key=lambda entry: entry.name):
        module = f"{package}.{info.name}"
        exported = getattr(importlib.import_module(module), constant, ())
        for unit in exported if isinstance(exported, tuple) else (exported,):
            if unit.name in found:
                raise RuntimeError(f"{module}: the name '{unit.name}' is taken by {found[unit.name][1]}.")
            found[unit.name] = (unit, module)
    return found
