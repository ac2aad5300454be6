"""Declarations as people read them, for the methods page: parameters, splits, and what each figure of a lens says. Free of torch."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from core.discovery import origin
from core.parameters import Choice, Flag, Integer, Parameter, Real, Several, Value

PACKAGES = ("streamlit", "torch", "torch-geometric", "plotly", "pyvis", "captum", "pandas", "numpy", "scipy", "scikit-learn", "safetensors")
"""Whose versions decide what is on the screen and what the numbers are."""


@dataclass(frozen=True)
class Figure:
    """What one figure of a lens says of itself in its source; empty where the numbers decide."""

    name: str
    reading: str
    not_shown: str
    formula: str
    source: str


@cache
def figures(lens: str) -> tuple[Figure, ...]:
    """The charts that a lens draws, read from its source: drawing them would need its numbers.

    A sentence that the numbers write is left out; a formula is always there.
    """
    module = importlib.import_module(origin("explainers.lenses", "LENS", lens))
    path = Path(module.__file__ or "")
    files = sorted(path.parent.glob("*.py")) if path.name == "__init__.py" else [path]
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    return tuple(figure for tree in trees for figure in _figures(tree))


def _figures(tree: ast.Module) -> Iterator[Figure]:
    names = {id(value): key.value for node in ast.walk(tree) if isinstance(node, ast.Dict) for key, value in _entries(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Chart":
            said = {word.arg: _said(word.value) for word in node.keywords}
            parts = dict(zip(("figure", "reading", "not_shown", "formula", "source"), map(_said, node.args), strict=False)) | said
            yield Figure(str(names.get(id(node), "")), *(parts.get(name, "") for name in ("reading", "not_shown", "formula", "source")))


def _entries(node: ast.Dict) -> Iterator[tuple[ast.Constant, ast.expr]]:
    yield from ((key, value) for key, value in zip(node.keys, node.values, strict=True) if isinstance(key, ast.Constant))


def _said(node: ast.expr) -> str:
    """What an expression says whatever the numbers are; of two alternatives the first."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.IfExp():
            return _said(node.body)
        case ast.BinOp(op=ast.Add()):
            return _said(node.left) + _said(node.right)
    return ""


def takes(parameter: Parameter) -> str:
    """The values a parameter takes: "1 to 64", "all weights, first layer only", "on or off"."""
    match parameter:
        case Integer():
            return f"{parameter.low:,} to {parameter.high:,}"
        case Real():
            return f"{parameter.low:g} to {parameter.high:g}"
        case Choice():
            return ", ".join(words for _, words in parameter.options)
        case Flag():
            return "on or off"
        case Several():
            return f"up to {parameter.most}, with commas between them" + (f"; each {takes(parameter.of)}" if parameter.of else "")


def shown(parameter: Parameter, value: Value) -> str:
    """A value as the screen says it."""
    if isinstance(parameter, Choice):
        return dict(parameter.options).get(str(value), str(value))
    if isinstance(parameter, Flag):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def rows(parameters: Sequence[Parameter]) -> list[dict[str, str]]:
    """A row a parameter: what it is called on the screen and in commands, its range, default and help."""
    return [
        {
            "setting": p.title + (f" ({p.unit})" if isinstance(p, Integer | Real) and p.unit else ""),
            "name": p.name,
            "takes": takes(p),
            "default": shown(p, p.default),
            "what it does": p.help,
        }
        for p in parameters
    ]


def assignments(values: Mapping[str, Value]) -> str:
    """ "depth=2, width=8", as `--set` takes them."""
    return ", ".join(f"{name}={_word(value)}" for name, value in values.items())


def _word(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def matches(unit: Any, words: str) -> bool:
    """Whether every word of a search is somewhere in a declaration, in any case."""
    text = " ".join(_texts(unit)).lower()
    return all(word in text for word in words.lower().split())


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _texts(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from (str(key), *_texts(item))
    elif isinstance(value, Sequence):
        for item in value:
            yield from _texts(item)


def installed() -> dict[str, str]:
    """Versions of the packages behind the numbers."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
