"""The grammar of NAME=VALUES, on the command line and on pages: declared parameters, values that may be lists and ranges."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

from core.errors import UserError, unknown
from core.parameters import Integer, Parameter, Real, Value

Declared: TypeAlias = Mapping[str, Sequence[Parameter]]
"""Parameters by owner: "dataset", "model", "training"."""

Point: TypeAlias = dict[str, dict[str, Value]]
"""One combination: the values that were set, by owner and name."""

MOST = 1000
"""Values of one setting at most."""


@dataclass(frozen=True)
class Setting:
    """One `--set`: whose parameter, and the values to try, in their order, each once."""

    owner: str
    parameter: Parameter
    values: tuple[Value, ...]

    @property
    def qualified(self) -> str:
        return f"{self.owner}.{self.parameter.name}"


def parse(words: Sequence[str], declared: Declared) -> tuple[Setting, ...]:
    """Settings from NAME=VALUES words.

    NAME is a parameter's name, qualified by its owner (`model.alpha`) where two share it. VALUES are one value, a
    list `2,4,8`, a range `first:end:step` (whole numbers leave out the end, others include it), or a
    list of these. Raises `UserError`.
    """
    found: dict[str, Setting] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals:
            raise UserError(f"--set {word} has no value; write NAME=VALUE, for example depth=2 or depth=2,4,8.")
        owner, parameter = _find(name.strip(), declared)
        setting = Setting(owner, parameter, values(parameter, text))
        if setting.qualified in found:
            raise UserError(f"{setting.qualified} is set twice; write its values as one list, for example {name.strip()}=2,4.")
        found[setting.qualified] = setting
    return tuple(found.values())


def values(parameter: Parameter, text: str, most: int = MOST) -> tuple[Value, ...]:
    """The checked values that a text names, in their order, each once. Raises `UserError` for more than `most`."""
    found: dict[Value, None] = {}
    for piece in text.split(","):
        if ":" in piece and isinstance(parameter, Integer | Real):
            found |= dict.fromkeys(parameter.check(number) for number in _range(parameter, piece.strip(), most))
        else:
            found[parameter.check(piece.strip())] = None
        if len(found) > most:
            raise _too_many(parameter, text, len(found), most)
    return tuple(found)


def points(settings: Sequence[Setting]) -> list[Point]:
    """Every combination of the settings' values; the last one varies fastest."""
    grid: list[Point] = []
    for combination in product(*(setting.values for setting in settings)):
        point: Point = {}
        for setting, value in zip(settings, combination, strict=True):
            point.setdefault(setting.owner, {})[setting.parameter.name] = value
        grid.append(point)
    return grid


def columns(settings: Sequence[Setting], taken: Sequence[str]) -> dict[str, Setting]:
    """The swept settings by column: the bare name, or the qualified one where it is `taken` or shared."""
    swept = [setting for setting in settings if len(setting.values) > 1]
    bare = [setting.parameter.name for setting in swept]
    return {s.qualified if s.parameter.name in taken or bare.count(s.parameter.name) > 1 else s.parameter.name: s for s in swept}


def _find(name: str, declared: Declared) -> tuple[str, Parameter]:
    owner, dot, bare = name.partition(".")
    if dot and owner not in declared:
        raise UserError(f"There is no '{owner}' in '{name}'; settings belong to {', '.join(declared)}, for example training.lr.")
    wanted = bare if dot else name
    found = [(o, p) for o, parameters in declared.items() for p in parameters if p.name == wanted and owner in (o, name)]
    if len(found) > 1:
        choices = " or ".join(f"{o}.{wanted}" for o, _ in found)
        raise UserError(f"'{wanted}' is a setting of the {' and of the '.join(o for o, _ in found)}; write {choices}.")
    if not found:
        known = [p.name for o, parameters in declared.items() for p in parameters if not dot or o == owner]
        raise unknown(f"setting of the {owner}" if dot else "setting", wanted, dict.fromkeys(known))
    return found[0]


def _too_many(parameter: Parameter, text: str, held: int, most: int) -> UserError:
    return UserError(f"{parameter.name}={text[:40]} holds {held:,} values; {most:,} are the most here.")


def _range(parameter: Integer | Real, text: str, most: int) -> list[float]:
    """The numbers of first:end:step; without the end for whole numbers, with it for others."""
    example = "2:10:2 for 2, 4, 6, 8" if isinstance(parameter, Integer) else "0:1:.25 for 0, .25, .5, .75, 1"
    try:
        first, end, step = (int(part) if isinstance(parameter, Integer) else float(part) for part in text.split(":"))
    except ValueError:
        raise UserError(f"{parameter.name}={text} is no range; write first:end:step, for example {example}.") from None
    if not all(map(math.isfinite, (first, end, step))) or step == 0 or (end - first) / step < 0:
        raise UserError(f"{parameter.name}={text} holds no number; its steps must lead from the first to the end, for example {example}.")
    # a hair of slack, so that 0:.6:.3 reaches .6 in spite of rounding
    steps = math.ceil((end - first) / step) if isinstance(parameter, Integer) else math.floor((end - first) / step + 1e-9) + 1
    if steps > most:
        raise _too_many(parameter, text, steps, most)
    if steps < 1:
        raise UserError(f"{parameter.name}={text} holds no number; write first:end:step, for example {example}.")
    return [float(f"{first + index * step:.12g}") for index in range(steps)]
