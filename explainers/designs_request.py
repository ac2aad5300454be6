"""What somebody asks of the page on designs and benchmarks, as a link holds it. Free of torch, and of the lenses' pictures."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from core.parameters import Choice, Integer, Parameter, Several, Value
from explainers import requests
from explainers.across import DATASETS, MODELS

BENCHMARKS = Several(
    "benchmarks", "Benchmarks", "chameleon,squirrel,cornell", most=3, help="Each is trained on as published and as mended."
)
DESIGNS, FLAWED = "designs", "flawed_benchmarks"
VIEW = Choice("view", "Question", DESIGNS, ((DESIGNS, "Which design helps"), (FLAWED, "Flawed benchmarks")))
AGAINST = Choice("against", "Held against", "gcn", (("gcn", "GCN"), ("mlp", "MLP")))
SEEDS = Integer("seeds", "Seeds", 10, 1, 10, help="Each on a split of its own where a dataset has several.")
RANKED = replace(MODELS, name="ranked")
PARAMETERS: dict[str, Parameter] = {one.name: one for one in (VIEW, DATASETS, MODELS, BENCHMARKS, RANKED, AGAINST, SEEDS)}
PREFIX = "designs."
THINGS = {"datasets": "dataset", "models": "model", "ranked": "model", "benchmarks": "benchmark"}
"""What one of them is called."""


@dataclass(frozen=True)
class Request:
    """`view`: which of the two questions; `datasets`, `models`, `benchmarks`, `ranked`: names with commas between them; `models` of the
    first question and `ranked` of the second, empty for the usual ones; `against`: the baseline in the figure."""

    view: str = VIEW.default
    datasets: str = DATASETS.default
    models: str = MODELS.default
    benchmarks: str = BENCHMARKS.default
    ranked: str = RANKED.default
    against: str = AGAINST.default
    seeds: int = SEEDS.default


def encode(request: Request) -> dict[str, str]:
    """Words of a link: only what was chosen."""
    return requests.encode(PREFIX, request)


def decode(query: Mapping[str, str]) -> tuple[Request, list[str]]:
    """The request of a link, and a sentence for everything in it that had to be replaced."""
    return requests.decode(PREFIX, Request(), query, lambda name, word: PARAMETERS[name].check(word))


def settle(request: Request, datasets: Collection[str], models: Collection[str]) -> tuple[Request, list[str]]:
    """The request without the names that are not known, and a sentence for them."""
    known = {"datasets": datasets, "models": models, "ranked": models, "benchmarks": BENCHMARKS.words(BENCHMARKS.default)}
    said = []
    for name, names in known.items():
        asked = MODELS.words(getattr(request, name))
        there = [word for word in asked if word in names]
        if len(there) < len(asked):
            gone = ", ".join(word[:40] for word in asked if word not in names)
            said.append(f"There is no {THINGS[name]} {gone}; it was left out.")
            request = replace(request, **{name: ",".join(there) or str(PARAMETERS[name].default)})  # type: ignore[arg-type]
    return request, said


def headless(request: Request) -> tuple[str, dict[str, Value]]:
    """The lens behind the question, and those of its settings that are not the defaults."""
    if request.view == DESIGNS:
        given = {"datasets": request.datasets, "models": request.models}
    else:
        given = {"benchmarks": request.benchmarks, "models": request.ranked}
    return request.view, {name: value for name, value in given.items() if value != PARAMETERS[name].default}
