"""One channel of a step: the numbers that add up to one number. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from explainers.arithmetic.result import Floats, Step


@dataclass(frozen=True, eq=False)
class Channel:
    """Σ contribution + rest + other_heads + own + bias = total; then what the layer makes of it, None where it has no such part.

    `coefficient`, `message`, `contribution` [n]: of the step's terms. Where several heads are taken together, a message is NaN, and the
    coefficient is the heads' mean, or NaN where they are summed. `head`: the one whose terms these are; None for all.
    """

    step: Step
    number: int
    head: int | None
    coefficient: Floats
    message: Floats
    contribution: NDArray[np.float64]
    rest: float
    rest_coefficient: float
    other_heads: float
    own: float | None
    bias: float | None
    total: float
    normalized: float | None
    activated: float | None
    residual: float | None
    output: float


def channel(step: Step, number: int, head: int | None = None) -> Channel:
    """One channel of a step; `head` for one head's terms where heads are averaged or summed.

    Raises `UserError` for a channel that is not there.
    """
    if not 0 <= number < step.width:
        raise UserError(f"There is no channel {number}; {step.title} has the channels 0 to {step.width - 1:,}.")
    head, rest_coefficient, coefficient, message, contribution = _terms(step, number, head)
    own, bias, total = (_at(values, number) for values in (step.own, step.bias, step.summed))
    rest, other_rest = _rest(step, number, head)
    assert total is not None
    return Channel(
        step=step,
        number=number,
        head=head,
        coefficient=coefficient,
        message=message,
        contribution=contribution,
        rest=rest,
        rest_coefficient=rest_coefficient,
        other_heads=float(step.contributions[:, number].sum() - contribution.sum()) + other_rest,
        own=own,
        bias=bias,
        total=total,
        normalized=_at(step.normalized, number),
        activated=_at(step.activated, number),
        residual=_at(step.residual, number),
        output=float(step.output[number]),
    )


def channels_of(step: Step, head: int | None) -> range:
    """The channels that a head has for itself where heads are concatenated; else all."""
    if head is None or step.merge != "concatenated":
        return range(step.width)
    own = step.messages.shape[2]
    return range(head * own, (head + 1) * own)


def channel_name(step: Step, number: int, class_names: Sequence[str]) -> str:
    """ "channel 7", or the name of the class."""
    return class_names[number] if step.of_classes else f"channel {number}"


def _terms(step: Step, number: int, head: int | None) -> tuple[int | None, float, Floats, Floats, NDArray[np.float64]]:
    """Head, coefficient of the rest, coefficients, messages and contributions of the terms."""
    own = step.messages.shape[2]
    if step.merge == "concatenated" or step.heads == 1:
        head = number // own
    whole, place = step.contributions[:, number], number % own
    if head is None:
        averaged = step.merge == "averaged"
        unknown = np.full(len(whole), np.nan, dtype=np.float32)
        mean = step.coefficient.mean(axis=1) if averaged else unknown
        rest = float(step.rest_coefficient.mean()) if averaged and step.rest_coefficient is not None else float("nan")
        return None, rest, mean, unknown, whole
    coefficient, message = step.coefficient[:, head], step.messages[:, head, place]
    share = 1 / step.heads if step.merge == "averaged" else 1.0
    rest = 0.0 if step.rest_coefficient is None else float(step.rest_coefficient[head])
    return head, rest, coefficient, message, coefficient.astype(np.float64) * message * share


def _rest(step: Step, number: int, head: int | None) -> tuple[float, float]:
    """What the terms that are not kept give to a channel: by the head, or all heads, that are shown, and by the others."""
    if step.rest is None:
        return 0.0, 0.0
    every = step.rest[:, number % step.rest.shape[1]].astype(np.float64)
    if head is None:
        return float(every.sum()), 0.0
    return float(every[head]), 0.0 if step.merge == "concatenated" else float(every.sum() - every[head])


def _at(values: Floats | None, number: int) -> float | None:
    return None if values is None else float(values[number])
