"""How a model's layers are taken apart, by model; found by scanning `families`. Free of torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.discovery import collect
from core.spec import RunSpec
from explainers.arithmetic.result import Step
from explainers.wording import model_name

if TYPE_CHECKING:
    from explainers.arithmetic.terms import Asked

Steps = Callable[[Any, "Asked"], Iterator[Step]]
"""(the model's module in evaluation mode, what it is asked) -> its steps, walked as its forward does."""


@dataclass(frozen=True)
class Family:
    """The steps of the model `name`, or in `reason` why it has none that are sums over neighbours."""

    name: str
    steps: Steps | None = None
    reason: str = ""


def families() -> dict[str, Family]:
    """By the model's name."""
    return collect("explainers.arithmetic.families", "ARITHMETIC")


def unsupported(spec: RunSpec) -> str:
    """Why the layers of a model cannot be taken apart, or nothing."""
    known, name = families(), spec.model.name
    if name in known and known[name].steps:
        return ""
    reason = known[name].reason if name in known else f"Nobody has written the arithmetic of {model_name(name)} yet."
    others = sorted({model_name(one.name).split(",")[0] for one in known.values() if one.steps})
    return f"{reason} Models with layer arithmetic: {', '.join(others)}."
