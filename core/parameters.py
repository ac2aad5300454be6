"""Declared parameters: a unit says what it takes, the page, the link and the command line render it from here."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from core.errors import UserError, unknown

Value: TypeAlias = int | float | bool | str


@dataclass(frozen=True)
class Integer:
    """A whole number in [low, high]."""

    name: str
    title: str
    default: int
    low: int
    high: int
    step: int = 1
    unit: str = ""
    help: str = ""
    common: bool = True
    """Shown at once; the others hide under "More"."""

    def check(self, value: object) -> int:
        number = _number(self, value)
        if number != int(number) or not self.low <= number <= self.high:
            raise _outside(self, value)
        return int(number)


@dataclass(frozen=True)
class Real:
    """A number in [low, high]."""

    name: str
    title: str
    default: float
    low: float
    high: float
    step: float = 0.01
    unit: str = ""
    help: str = ""
    common: bool = True

    def check(self, value: object) -> float:
        number = _number(self, value)
        if not self.low <= number <= self.high:
            raise _outside(self, value)
        return number


@dataclass(frozen=True)
class Choice:
    """One of a few words; `options` maps each to what the screen says."""

    name: str
    title: str
    default: str
    options: tuple[tuple[str, str], ...]
    help: str = ""
    common: bool = True

    def check(self, value: object) -> str:
        words = [word for word, _ in self.options]
        if value not in words:
            raise UserError(f"{self.title} ({self.name}) is {_shown(value)}; it takes one of {', '.join(words)}.")
        return str(value)


@dataclass(frozen=True)
class Flag:
    """On or off."""

    name: str
    title: str
    default: bool
    help: str = ""
    common: bool = True

    def check(self, value: object) -> bool:
        word = str(value).lower()
        if word in ("true", "1", "yes", "on"):
            return True
        if word in ("false", "0", "no", "off"):
            return False
        raise UserError(f"{self.title} ({self.name}) is {_shown(value)}; it takes true or false.")


@dataclass(frozen=True)
class Several:
    """Some values of one kind, as a text: "2,4,8". `of` declares one of them; None: words, which whoever uses them checks."""

    name: str
    title: str
    default: str
    of: Integer | None = None
    most: int = 20
    help: str = ""
    common: bool = True

    def check(self, value: object) -> str:
        """The text with each value once, whole numbers in rising order."""
        words = list(dict.fromkeys(word for piece in str(value).split(",") if (word := piece.strip())))
        if len(words) > self.most:
            raise UserError(f"{self.title} ({self.name}) holds {len(words)} values; {self.most} are the most.")
        if self.of is None:
            return ",".join(words)
        if not words:
            takes = f"whole numbers with commas between them, for example {self.default}"
            raise UserError(f"{self.title} ({self.name}) is empty; it takes {takes}.")
        return ",".join(map(str, sorted({self.of.check(word) for word in words})))

    def words(self, value: str) -> tuple[str, ...]:
        """The single values of a checked text."""
        return tuple(filter(None, value.split(",")))


Parameter: TypeAlias = Integer | Real | Choice | Flag | Several


def resolve(parameters: Sequence[Parameter], given: Mapping[str, object], owner: str) -> dict[str, Value]:
    """All parameters of a unit with checked values: the given ones, and the defaults of the others.

    Raises `UserError` for a name that `owner` does not declare and for a value out of range.
    """
    declared = {parameter.name: parameter for parameter in parameters}
    for name in given:
        if name not in declared:
            if not declared:
                raise UserError(f"The {owner} has no settings, so '{name}' cannot be set.")
            raise unknown(f"setting of the {owner}", name, declared)
    return {name: p.check(given.get(name, p.default)) for name, p in declared.items()}


def _number(parameter: Integer | Real, value: object) -> float:
    try:
        number = float(str(value))
    except ValueError:
        number = math.nan
    if isinstance(value, bool) or not math.isfinite(number):
        raise _outside(parameter, value)
    return number


def _outside(parameter: Integer | Real, value: object) -> UserError:
    if isinstance(parameter, Integer):
        takes = f"a whole number from {parameter.low} to {parameter.high}"
    else:
        takes = f"a number from {parameter.low:g} to {parameter.high:g}"
    return UserError(f"{parameter.title} ({parameter.name}) is {_shown(value)}; it takes {takes}.")


def _shown(value: object) -> str:
    """A value as a sentence shows it: quoted if it is text, never longer than a line."""
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "…"
