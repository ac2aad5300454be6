"""Values worth trying of a setting, before anybody has typed any. Free of torch."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.parameters import Choice, Flag, Integer, Parameter, Real, Several, Value

Floats = NDArray[np.float64]

STEPS = 5
MANY_STEPS = 1000
"""A range of so many steps is searched by factors, not evenly: learning rates, weight decays."""


def suggested(parameter: Parameter, own: Value) -> tuple[Value, ...]:
    """About five values over what matters of the range, and `own` among them: that is what the others are held against."""
    match parameter:
        case Integer():
            found: Sequence[float] = _whole(parameter)
        case Real():
            found = [float(f"{value:.6g}") for value in _reals(parameter)]
        case Choice():
            return tuple(word for word, _ in parameter.options)
        case Flag():
            return (False, True)
        case Several():
            return parameter.words(parameter.default)
    inside = {parameter.check(value) for value in found if parameter.low <= value <= parameter.high}
    return tuple(sorted(inside | {parameter.check(own)}))


def _whole(parameter: Integer) -> list[int]:
    """Doubling from a quarter of the default, to eight times it; from zero in steps."""
    if parameter.default == 0:
        return [parameter.step * times for times in ((0, 1, 2, 5, 10) if parameter.step > 1 else range(STEPS))]
    first = max(parameter.low, parameter.default // 4, 1)
    return [first * 2**step for step in range(STEPS) if first * 2**step <= 8 * parameter.default]


def _reals(parameter: Real) -> list[float]:
    """A share evenly; what has a very long range by factors of three or ten; else doubling around the default."""
    low, high, default = parameter.low, parameter.high, parameter.default
    if (high - low) / parameter.step >= MANY_STEPS and default > 0:
        return [0.0, *(default * factor for factor in (0.1, 1, 10, 100))] if low == 0 else [default * f for f in (0.1, 0.3, 1, 3, 10)]
    if high - low <= 1 or default == 0:
        span = math.ceil(10 * (high - low)) / 10  # so that 0 to 0.95 goes by 0.2 as well
        return [low + span * step / STEPS for step in range(STEPS + 1)]
    return [default * factor for factor in (0.25, 0.5, 1, 2, 4)]


def scale(parameter: Parameter, values: Sequence[Value]) -> str:
    """How an axis of these values, numbers in rising order, is divided: "log", "linear", or "even" (one step from each to the next).

    Numbers are drawn on the scale on which their gaps are more alike; zero has no place on a logarithmic one.
    """
    if not isinstance(parameter, Integer | Real):
        return "even"
    numbers = np.array([float(value) for value in values])
    positive = numbers[numbers > 0]
    if not _by_factors(positive):
        return "linear"
    return "log" if len(positive) == len(numbers) else "even"


def _by_factors(numbers: Floats) -> bool:
    if len(numbers) < 2:
        return False
    if numbers[-1] / numbers[0] >= 100:
        return True
    return len(numbers) > 2 and _unevenness(np.log(numbers)) < _unevenness(numbers)


def _unevenness(numbers: Floats) -> float:
    """Standard deviation of the gaps over their mean."""
    gaps = np.diff(numbers)
    return float(gaps.std() / gaps.mean())
