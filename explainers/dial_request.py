"""What somebody asks of the page on the homophily dial and edge surgery, as a link holds it, and the settings of both lenses.

Free of torch, and of the lenses' pictures.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.datasets import csbm, surgery
from core.errors import UserError
from core.parameters import Choice, Integer, Parameter, Real, Several, Value
from explainers import requests
from explainers.settings import values as values_of

_KNOBS: dict[str, Any] = {parameter.name: parameter for parameter in csbm.DATASETS[0].parameters}
_CUTS: dict[str, Any] = {parameter.name: parameter for parameter in surgery.DATASETS[0].parameters}

HOMOPHILY: Real = _KNOBS["homophily"]
"""One of the values that `HOMOPHILIES` lists."""
HOMOPHILIES = Several(
    "homophily", "Homophily", "0:1:0.1", most=101, help="Of the graphs: a list 0,0.5,1 or a range first:end:step, the end included."
)
CLASSES: Integer = replace(_KNOBS["classes"], high=20)
DEGREE: Real = _KNOBS["degree"]
SIGNAL: Real = _KNOBS["signal"]
OTHERS: Choice = _KNOBS["others"]
NODES: Integer = replace(_KNOBS["nodes"], high=20_000, common=False)
MODELS = Several("models", "Models", "mlp,gcn,sage", most=8, help="Any that 'hopscope list models' shows, with their default settings.")
OPERATOR = Choice(
    "operator",
    "Threshold of",
    "mean",
    (("mean", "averaging over neighbours"), ("self_loop", "averaging that counts the node itself")),
    help="Whose theory is drawn: one step of averaging without the node itself, or with it, as a GCN's adjacency does.",
)
EPOCHS = Integer(
    "epochs", "Epochs", 100, 1, 10_000, step=50, help="Of every training; the epoch with the lowest validation loss is kept.", common=False
)
KNOBS = (CLASSES, OTHERS, DEGREE, SIGNAL, NODES)
"""Settings of the drawn graphs, besides their homophily."""
DIAL = (HOMOPHILIES, *KNOBS, MODELS, OPERATOR, EPOCHS)
"""Settings of the lens `homophily_dial`."""

GAMMA: Real = _CUTS["gamma"]
GAMMAS = Several(
    "gamma", "Noise γ", "0,0.4,1", most=8, help="How often an added edge goes to any other class: 0 never, 1 always. A list, or a range."
)
ADDED: Real = _CUTS["added"]
ADDITIONS = Several(
    "added",
    "Added edges",
    "0.1,0.22,0.37,0.56,0.82,1.17,1.7,2.57,4.26,9",
    most=30,
    help="For each edge of the graph: a list, or a range. As suggested, the homophily falls in ten even steps to a tenth.",
)
SURGERY = (GAMMAS, ADDITIONS)
"""Settings of the lens `edge_surgery`."""

SEEDS = Integer("seeds", "Seeds", 3, 1, 20, help="Each draws its own graph, split and weights.")
TAB = Choice("tab", "Tab", "dial", (("dial", "The dial: drawn graphs"), ("surgery", "Edge surgery: the selected graph")))
MOST_SEEDS = 20
"""Trainings of each point of edge surgery on the page; the command takes more."""
STEP = 0.05
"""Of the page's slider; what was trained at its values stays on the curve."""
OFFERED: dict[str, Parameter] = {
    one.name: one
    for one in (replace(CLASSES, high=8), replace(DEGREE, title="Degree", high=50.0, unit=""), replace(SIGNAL, high=5.0), OTHERS)
}
"""Knobs that the page offers; the command takes all."""
PARAMETERS: dict[str, Parameter] = {**OFFERED, "operator": OPERATOR, "seeds": SEEDS, "tab": TAB, "homophily": HOMOPHILY}
PREFIX = "dial."


@dataclass(frozen=True)
class Request:
    """`homophily`: where the dial stands; `models`: slugs; `gamma`, `added`: texts as the lens takes them."""

    tab: str = TAB.default
    homophily: float = HOMOPHILY.default
    classes: int = CLASSES.default
    others: str = OTHERS.default
    degree: float = DEGREE.default
    signal: float = SIGNAL.default
    models: tuple[str, ...] = MODELS.words(MODELS.default)
    operator: str = OPERATOR.default
    seeds: int = SEEDS.default
    gamma: str = GAMMAS.default
    added: str = ADDITIONS.default

    @property
    def dial(self) -> dict[str, Value]:
        """The settings of the lens `homophily_dial` that differ from their defaults, over the whole range of homophily."""
        given: dict[str, Value] = {name: getattr(self, name) for name in OFFERED}
        return _changed(given | {"models": ",".join(self.models), "operator": self.operator}, DIAL)

    @property
    def surgery(self) -> dict[str, Value]:
        """Those of `edge_surgery`."""
        return _changed({"gamma": self.gamma, "added": self.added}, SURGERY)


def homophilies(text: str) -> tuple[float, ...]:
    """The values that a text names, rising. Raises `UserError`."""
    return _numbers(HOMOPHILY, text, HOMOPHILIES)


def gammas(text: str) -> tuple[float, ...]:
    """The same of γ."""
    return _numbers(GAMMA, text, GAMMAS)


def additions(text: str) -> tuple[float, ...]:
    """The same of the added edges, without 0: the graph without any is always there."""
    return tuple(value for value in _numbers(ADDED, text, ADDITIONS) if value > 0)


def encode(request: Request) -> dict[str, str]:
    """Words of a link: only what was chosen."""
    return requests.encode(PREFIX, request)


def decode(query: Mapping[str, str]) -> tuple[Request, list[str]]:
    """The request of a link, and a sentence for everything in it that had to be replaced."""
    return requests.decode(PREFIX, Request(), query, _checked)


def settle(request: Request, models: Collection[str]) -> tuple[Request, list[str]]:
    """The request without the models that are not known, and a sentence for them."""
    there = tuple(name for name in request.models if name in models)
    if there == request.models:
        return request, []
    gone = ", ".join(name[:40] for name in request.models if name not in models)
    return replace(request, models=there or Request().models), [f"There is no model {gone}; it was left out."]


def _numbers(parameter: Real, text: str, declared: Several) -> tuple[float, ...]:
    checked = declared.check(text)
    if not checked:
        raise UserError(f"{declared.title} ({declared.name}) is empty; it takes numbers such as {declared.default}.")
    return tuple(sorted(float(value) for value in values_of(parameter, checked, most=declared.most)))


def _changed(given: Mapping[str, Value], declared: tuple[Parameter, ...]) -> dict[str, Value]:
    defaults = {parameter.name: parameter.default for parameter in declared}
    return {name: value for name, value in given.items() if value != defaults[name]}


def _checked(name: str, word: str) -> Any:
    match name:
        case "models":
            return MODELS.words(MODELS.check(word))
        case "gamma":
            gammas(word)
            return GAMMAS.check(word)
        case "added":
            additions(word)
            return ADDITIONS.check(word)
        case "homophily":
            return round(HOMOPHILY.check(word), 2)  # as fine as the slider is
        case _:
            return PARAMETERS[name].check(word)
