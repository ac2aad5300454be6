"""Which models are compared on the heterophily page, and what is looked at, as a link and a command hold it. Free of torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from core.catalogue import Catalogue
from core.errors import UserError
from core.parameters import Choice, Integer, Parameter, Several, Value, resolve
from core.seeds import plan
from core.selection import Selection
from core.spec import ModelSpec, RunSpec, settings
from explainers import requests

ALWAYS = ("mlp", "gcn_structure")
"""What the features alone and what the edges alone say: among the models whatever is asked."""
MOST_MODELS = 8
"""As many as there are colours."""
MODELS = Several(
    "models",
    "Models",
    "gcn,sage,gat",
    most=MOST_MODELS,
    help="Compared on the same nodes, each with its defaults and the same training; MLP and features-free GCN are always among them.",
)
SEEDS = Integer("seeds", "Seeds", 10, 1, 20, help="Trainings of each model, on the fixed splits in turn where the dataset has several.")
SPLITS = Choice(
    "splits",
    "Splits",
    "all",
    (("all", "one a seed"), ("selected", "the selected one")),
    help="One a seed: all fixed splits of the dataset in turn, where it has several. The spread is then over splits, too.",
)
BY = Choice("by", "By", "homophily", (("homophily", "local homophily"), ("degree", "degree"), ("grid", "both: grid"), ("shift", "shift")))
PARAMETERS: dict[str, Parameter] = {one.name: one for one in (MODELS, SEEDS, SPLITS, BY)}
PREFIX = "heterophily."


@dataclass(frozen=True)
class Request:
    """`models`: a comma list; `splits`: whether seeds go through the fixed splits; `by`: the tab that is open; `model`: whose grid is
    drawn, "" for the first."""

    models: str = MODELS.default
    seeds: int = SEEDS.default
    splits: str = SPLITS.default
    by: str = BY.default
    model: str = ""


def names(models: str) -> tuple[str, ...]:
    """The models that are compared, in order, each once. Raises `UserError` for more than there are colours."""
    found = tuple(dict.fromkeys([*MODELS.words(models), *ALWAYS]))
    if len(found) > MOST_MODELS:
        raise UserError(f"{len(found)} models are too many for one figure; {MOST_MODELS} are the most, {' and '.join(ALWAYS)} among them.")
    return found


def planned(
    spec: RunSpec, models: str, seeds: int, splits: int, declared: Callable[[str], Sequence[Parameter]]
) -> dict[str, tuple[RunSpec, ...]]:
    """The runs of each model: the dataset, split and training of `spec`, the model's default settings, seeds 0 … seeds−1.

    `splits` as in `core.seeds.plan`; `declared`: the settings of a model by its name, `UserError` for a name that is none.
    """
    found = {}
    for name in names(models):
        defaults = settings(resolve(declared(name), {}, f"model {name}"))
        found[name] = plan(replace(spec, model=ModelSpec(name, defaults)), seeds, splits)
    return found


def subject(request: Request, selection: Selection, catalogue: Catalogue) -> Selection:
    """The selection as the lens is asked about it: with the seeds of the request, over all fixed splits if it says so."""
    several = fixed_splits(selection, catalogue) > 1 and request.splits == "all"
    return replace(selection, seeds=request.seeds, split="all" if several else selection.split)


def fixed_splits(selection: Selection, catalogue: Catalogue) -> int:
    """How many numbered splits the selected dataset has."""
    return sum(name.isdigit() for name in catalogue.dataset(selection.dataset).splits)


def values(request: Request) -> dict[str, Value]:
    """The lens's settings that differ from their defaults."""
    return {} if request.models == MODELS.default else {"models": request.models}


def encode(request: Request) -> dict[str, str]:
    """Words of a link: only what was chosen."""
    return requests.encode(PREFIX, request)


def decode(query: Mapping[str, str], catalogue: Catalogue) -> tuple[Request, list[str]]:
    """The request of a link, and a sentence for everything in it that had to be replaced."""

    def check(name: str, word: str) -> object:
        if name == "model":
            return catalogue.model(word[:40]).name
        value = PARAMETERS[name].check(word)
        if name == "models":
            for one in names(str(value)):
                catalogue.model(one[:40])
        return value

    return requests.decode(PREFIX, Request(), query, check)
