"""What somebody looks at on the calibration page, as a link holds it. Free of torch, and of the lens's pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.parameters import Choice, Integer, Parameter, Real, Value
from explainers import requests
from explainers.calibration_scores import SCORES
from explainers.calibrators.contract import calibrator

RAW = "uncalibrated"
"""In the place of a calibrator: the run as it is."""
ECE_BINS = 15
"""Of the scores, whatever the diagram has."""
PARTS = (("test", "test"), ("validation", "validation"), ("train", "training"))
PART = Choice("part", "Nodes", "test", PARTS, help="Whose confidence is judged.")
BINS = Integer("bins", "Bins", ECE_BINS, 5, 30, help=f"Of the reliability diagram; the scores always have {ECE_BINS}.")
BINNING = Choice(
    "binning",
    "Bins are",
    "width",
    (("width", "equally wide"), ("mass", "equally full")),
    help="Equally full bins hold as many nodes each, so that none is empty; equally wide ones are what most papers show.",
)
ALPHA = Real("alpha", "Allowed misses α", 0.1, 0.01, 0.5, step=0.01, help="Conformal sets miss the true class so often at most.")
DRAWS = Integer("draws", "Redraws", 100, 1, 1000, help="How often the conformal sets' calibration nodes are drawn anew.", common=False)
BY = Choice(
    "by",
    "Groups by",
    "class",
    (("class", "class"), ("degree", "degree"), ("hops", "hops to a training node"), ("homophily", "local homophily")),
)
WANTED = Real("wanted", "Accuracy wanted", 0.9, 0.5, 0.99, step=0.01, help="Of what is answered.")
SCORE = Choice("score", "Score", "ece", tuple((score.name, score.title) for score in SCORES))
TAB = Choice(
    "tab",
    "Tab",
    "calibrators",
    (
        ("calibrators", "Calibrators"),
        ("factors", "What it depends on"),
        ("conformal", "Conformal sets"),
        ("abstain", "When to abstain"),
        ("graph", "Temperatures"),
        ("course", "During training"),
        ("recipes", "Other recipes"),
        ("numbers", "Numbers"),
    ),
)
PREFIX = "cal."
PARAMETERS: dict[str, Parameter] = {one.name: one for one in (PART, BINS, BINNING, ALPHA, DRAWS, BY, WANTED, SCORE, TAB)}


@dataclass(frozen=True)
class Request:
    """`calibrator`: the one that the diagram shows; `alpha`: misses that the conformal sets may have; `by`: what their coverage is
    grouped by; `wanted`: accuracy of what is answered; `score`: the one that calibrators are compared by."""

    part: str = PART.default
    calibrator: str = RAW
    bins: int = BINS.default
    binning: str = BINNING.default
    alpha: float = ALPHA.default
    draws: int = DRAWS.default
    by: str = BY.default
    wanted: float = WANTED.default
    score: str = SCORE.default
    tab: str = TAB.default

    @property
    def equal_mass(self) -> bool:
        """Whether bins hold as many nodes each."""
        return self.binning == "mass"


def encode(request: Request) -> dict[str, str]:
    """Words of a link: only what was chosen."""
    return requests.encode(PREFIX, request)


def decode(query: Mapping[str, str]) -> tuple[Request, list[str]]:
    """The request of a link, and a sentence for everything in it that had to be replaced."""
    return requests.decode(PREFIX, Request(), query, _checked)


def values(request: Request) -> dict[str, Value]:
    """The lens's settings that differ from their defaults."""
    given: dict[str, Value] = {"bins": request.bins, "binning": request.binning, "alpha": request.alpha, "draws": request.draws}
    return {name: value for name, value in given.items() if value != PARAMETERS[name].default}


def _checked(name: str, word: str) -> Any:
    if name == "calibrator":
        return word if word == RAW else calibrator(word[:40]).name
    value = PARAMETERS[name].check(word)
    return round(value, 2) if isinstance(value, float) else value  # as fine as the sliders are


def settle(request: Request, parts: Sequence[str], calibrators: Sequence[str]) -> tuple[Request, list[str]]:
    """The request as far as some runs allow it, and a sentence for what they lack."""
    said = []
    if request.part not in parts:
        said.append(f"This split has no labelled {dict(PARTS)[request.part]} nodes; {dict(PARTS)[parts[-1]]} nodes are shown.")
        request = replace(request, part=parts[-1])
    if request.calibrator not in calibrators:
        said.append(f"The calibrator {request.calibrator} could not be fitted here; the run is shown as it is.")
        request = replace(request, calibrator=RAW)
    return request, said
