"""Code versions of units: a run remembers which source made it, so that editing one model leaves the others' runs valid."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from core.discovery import origin

if TYPE_CHECKING:
    from core.spec import RunSpec

ROOT = Path(__file__).resolve().parent.parent

COUNTED = (
    "core.actions",
    "core.adam",
    "core.attention",
    "core.data",
    "core.datasets",
    "core.dropout",
    "core.edits",
    "core.keep",
    "core.metrics.roc",
    "core.models",
    "core.sparse",
    "core.splits",
    "core.tasks",
    "core.training",
)
"""Modules, and packages with all that is in them, whose source decides what a training gives."""

NOT_COUNTED = ("core.models.contract", "core.datasets.contract")


def code_versions(spec: RunSpec) -> dict[str, str]:
    """Version of the sources of the model, the dataset and the training of a spec; `KeyError` for units that are gone."""
    return {
        "model": unit_version("core.models", "MODEL", spec.model.name),
        "dataset": unit_version("core.datasets", "DATASETS", spec.dataset.name),
        "training": source_version("core.training"),
    }


def unit_version(package: str, constant: str, name: str) -> str:
    """Version of the module in which the scan finds the unit `name`; `KeyError` if there is none."""
    return source_version(origin(package, constant, name))


def joint_version(*modules: str) -> str:
    """Version of several modules together; a package counts with all modules that lie in its folder."""
    return "-".join(source_version(part)[:6] for module in modules for part in (module, *_beside(module)))


def _beside(module: str) -> list[str]:
    """The modules in a package's own folder, none for a plain module."""
    folder = ROOT / module.replace(".", "/")
    return [f"{module}.{path.stem}" for path in sorted(folder.glob("*.py")) if path.stem != "__init__"] if folder.is_dir() else []


@cache
def source_version(module: str, counted: tuple[str, ...] = COUNTED) -> str:
    """12 hexadecimal digits of a module's code and of the counted modules it imports.

    `counted`: modules, and packages with all that is in them. Comments, docstrings and layout do not count.
    """
    digest = hashlib.sha256()
    for name in sorted(_reach(module, set(), counted)):
        # unparsed, because a dump of the tree looks different in every Python version
        digest.update(ast.unparse(_bare(_parsed(name))).encode())
    return digest.hexdigest()[:12]


def _reach(module: str, seen: set[str], counted: tuple[str, ...] = COUNTED) -> set[str]:
    """The module, and the counted ones that it imports, anywhere in its code and however far down."""
    seen.add(module)
    for name in _imports(_parsed(module)):
        if _is_counted(name, counted) and name not in seen and _path(name).exists():
            _reach(name, seen, counted)
    return seen


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _is_counted(name: str, counted: tuple[str, ...]) -> bool:
    return name not in NOT_COUNTED and any(name == one or name.startswith(f"{one}.") for one in counted)


def _path(module: str) -> Path:
    stem = ROOT / module.replace(".", "/")
    return stem / "__init__.py" if stem.is_dir() else stem.with_suffix(".py")


@cache
def _parsed(module: str) -> ast.Module:
    return ast.parse(_path(module).read_text(encoding="utf-8"))


def _bare(tree: ast.Module) -> ast.Module:
    """The tree without docstrings."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [s for s in body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]  # type: ignore[attr-defined]
    return tree
