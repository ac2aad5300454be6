"""What somebody looks at on the calibration page, as a link holds it. Free of torch, and of the lens's pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.parameters import Choice, Integer, Parameter, Real, Several, Value
from explainers import requests
from explainers.calibration_scores import SCORES
from explainers.calibrators.contract import calibrator

RAW = "uncalibrated"
"""In the place of a calibrator: the run as it is."""
ECE_BINS = 15
"""Of the scores, whatever the diagram has."""
PARTS = (("test", "test"), ("validation", "validation"), ("train", "training"))
WORDS = dict(PARTS)
"""A part of the split by its name, as a sentence has it."""
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
MOST_DECAYS = 4
WEIGHT_DECAYS = Several(
    "weight_decays",
    "Weight decays",
    "0.0005,0",
    most=MOST_DECAYS,
    help="Drawn beside the selected one; everything else stays as it is selected.",
)
EPOCHS = Integer(
    "epochs",
    "Epochs",
    1000,
    1,
    100_000,
    step=100,
    help="Every training goes so far and keeps its last epoch: nothing stops early.",
)
SETTING = Choice(
    "setting",
    "Setting",
    "weight_decay",
    (
        ("weight_decay", "weight decay"),
        ("epochs", "epochs"),
        ("lr", "learning rate"),
        ("depth", "depth"),
        ("width", "width"),
        ("dropout", "dropout"),
    ),
    help="What is varied; everything else stays as it is selected.",
)
VALUES = Several(
    "values",
    "Values",
    "",
    most=30,
    help="A list 0,0.001 or a range first:end:step; empty: about five over what matters of the range, and the selected one.",
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
        ("graph", "Temperatures"),
        ("course", "During training"),
        ("recipes", "Other recipes"),
        ("numbers", "Numbers"),
    ),
)
PREFIX = "cal."
OWN = (BINS, BINNING, ALPHA, DRAWS)
"""Settings of the lens `calibration`."""
COURSE, RECIPES = (WEIGHT_DECAYS, EPOCHS), (SETTING, VALUES)
"""Those of `calibration_course` and `calibration_recipes`."""
DECLARED = (PART, *OWN, BY, WANTED, SCORE, TAB, *COURSE, *RECIPES)
PARAMETERS: dict[str, Parameter] = {one.name: one for one in DECLARED}


@dataclass(frozen=True)
class Request:
    """`calibrator`: the one that the diagram shows; `alpha`: misses that the conformal sets may have; `by`: what their coverage is
    grouped by; `wanted`: accuracy of what is answered; `score`: the one that calibrators are compared by; `weight_decays`,
    `epochs`: of the trainings that are followed; `setting`, `values`: of the recipes."""

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
    weight_decays: str = WEIGHT_DECAYS.default
    epochs: int = EPOCHS.default
    setting: str = SETTING.default
    values: str = VALUES.default

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


def values(request: Request, declared: Sequence[Parameter] = OWN) -> dict[str, Value]:
    """Those of a lens's settings that differ from their defaults."""
    given = {one.name: (getattr(request, one.name), one.default) for one in declared}
    return {name: value for name, (value, default) in given.items() if value != default}


def headless(request: Request) -> tuple[str, dict[str, Value], str]:
    """The lens behind the open tab, the settings that it is asked with, and the table that stands for it."""
    if request.tab == "course":
        return "calibration_course", values(request, COURSE), "summary"
    if request.tab == "recipes":
        return "calibration_recipes", values(request, RECIPES), "summary"
    return "calibration", values(request), "summary"


def _checked(name: str, word: str) -> Any:
    if name == "calibrator":
        return word if word == RAW else calibrator(word[:40]).name
    value = PARAMETERS[name].check(word)
    return round(value, 2) if isinstance(value, float) else value  # as fine as the sliders are


def settle(request: Request, parts: Sequence[str], calibrators: Sequence[str]) -> tuple[Request, list[str]]:
    """The request as far as some runs allow it, and a sentence for what they lack."""
    said = []
    if request.part not in parts:
        said.append(f"This split has no labelled {WORDS[request.part]} nodes; {WORDS[parts[-1]]} nodes are shown.")
        request = replace(request, part=parts[-1])
    if request.calibrator not in calibrators:
        said.append(f"The calibrator {request.calibrator} could not be fitted here; the run is shown as it is.")
        request = replace(request, calibrator=RAW)
    return request, said
