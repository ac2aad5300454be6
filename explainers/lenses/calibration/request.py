"""What somebody looks at on the calibration page, as a link holds it. Free of torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.errors import UserError
from core.parameters import Choice, Parameter
from explainers.calibrators.contract import calibrator
from explainers.lenses.calibration import ALPHA, BINNING, BINS
from explainers.lenses.calibration.calibrated import RAW

PART = Choice(
    "part", "Nodes", "test", (("test", "test"), ("validation", "validation"), ("train", "training")), help="Whose confidence is judged."
)
TAB = Choice(
    "tab",
    "Tab",
    "calibrators",
    (
        ("calibrators", "Calibrators"),
        ("factors", "What it depends on"),
        ("conformal", "Conformal sets"),
        ("abstain", "When to abstain"),
        ("graph", "Temperatures on the graph"),
        ("course", "During training"),
        ("recipes", "Other recipes"),
        ("numbers", "Numbers"),
    ),
)
PREFIX = "cal."
PARAMETERS: dict[str, Parameter] = {"part": PART, "bins": BINS, "binning": BINNING, "alpha": ALPHA, "tab": TAB}


@dataclass(frozen=True)
class Request:
    """`calibrator`: the one that the diagram shows; `alpha`: misses that the conformal sets may have."""

    part: str = PART.default
    calibrator: str = RAW
    bins: int = BINS.default
    binning: str = BINNING.default
    alpha: float = ALPHA.default
    tab: str = TAB.default

    @property
    def equal_mass(self) -> bool:
        return self.binning == "mass"


def encode(request: Request) -> dict[str, str]:
    """Words of a link: only what was chosen."""
    return {f"{PREFIX}{name}": str(value) for name, value in vars(request).items() if value != getattr(Request(), name)}


def decode(query: Mapping[str, str]) -> tuple[Request, list[str]]:
    """The request of a link, and a sentence for everything in it that had to be replaced."""
    found, said = Request(), []
    for name in vars(found):
        if PREFIX + name not in query:
            continue
        try:
            found = replace(found, **{name: _checked(name, query[PREFIX + name])})
        except UserError as error:
            said.append(f"{error} The link's value was replaced.")
    return found, said


def _checked(name: str, word: str) -> Any:
    if name == "calibrator":
        return word if word == RAW else calibrator(word[:40]).name
    return PARAMETERS[name].check(word)
