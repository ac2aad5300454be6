"""What somebody asks of the lens on its page, as a link holds it, and the remedies that can be tried. Free of torch."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from core import selection as selections
from core.catalogue import Catalogue, ModelCard
from core.errors import UserError
from core.parameters import Integer, resolve
from core.selection import Selection, written
from explainers import requests
from explainers.depth.plan import (
    CONTROL,
    DEPTHS,
    MODELS,
    MOST_MODELS,
    RECIPE,
    Variant,
    depth_grid,
    propagates_apart,
    two_depths,
)
from explainers.sweep.grid import Grid

T = TypeVar("T")

SEEDS = Integer("seeds", "Seeds", 3, 1, 20, help="Trainings of each point that differ only in their random numbers; the band is over them.")

REMEDIES = (
    ("residual", "true", "adds a layer's input to its output"),
    ("normalization", "pair", "PairNorm keeps the states' total distance"),
    ("normalization", "node", "NodeNorm scales each state by its own spread"),
    ("normalization", "batch", "BatchNorm, channel by channel"),
    ("normalization", "layer", "LayerNorm, node by node"),
    ("drop_edge", "0.2", "DropEdge removes a fifth of the edges in each step"),
    ("bias", "false", "without biases no layer can hold one constant state"),
    ("activation", "identity", "without activation: only the weights are left between the hops"),
)
"""Settings of the selected model that may help it in depth, and what each does."""

OTHER_WAYS = {
    "resgcn": "residual",
    "gcnii": "initial residual",
    "jknet": "jumping knowledge",
    "appnp": "decoupled propagation",
    "dagnn": "decoupled, adaptive depth",
    "sgc": "propagation without weights",
}
"""Models that were made for depth, and by what."""


@dataclass(frozen=True)
class Request:
    """`depths`: text as `--set depths` takes it, empty for the suggested ones; `models`: texts of `Variant`."""

    depths: str = ""
    models: tuple[str, ...] = ()
    recipe: str = RECIPE.default
    seeds: int = SEEDS.default

    @property
    def chosen_depths(self) -> tuple[int, ...]:
        return tuple(int(word) for word in DEPTHS.words(DEPTHS.check(self.depths or DEPTHS.default)))


def remedies(selection: Selection, catalogue: Catalogue, recipe: str = "common") -> dict[str, tuple[str, str]]:
    """By text: title and what it does, of the settings that the selected model has and that are not on already."""
    card = catalogue.model(selection.model)
    own = dict(selection.model_settings) if recipe == "common" else resolve(card.parameters, card.recipe.model, "")
    found = {}
    for name, value, why in REMEDIES:
        text = f"{selection.model}:{name}={value}"
        if _takes(card, name, value) and written(own[name]) != value:
            found[text] = (Variant.of(text).title(card).partition(", ")[2], why)
    return found


def others(selection: Selection, catalogue: Catalogue) -> dict[str, str]:
    """Models that can be drawn beside the selected one, each with the way it goes deep, if that is its point."""
    names = [*(name for name in OTHER_WAYS if name in catalogue.models), *(name for name in catalogue.models if name not in OTHER_WAYS)]
    return {name: OTHER_WAYS.get(name, "") for name in names if name not in (selection.model, CONTROL)}


def settle(request: Request, selection: Selection, catalogue: Catalogue) -> tuple[Request, list[str]]:
    """The request as far as the selection allows it, and a sentence for everything that had to be left out."""
    said: list[str] = []

    def attempt(make: Callable[[], T], otherwise: T) -> T:
        try:
            return make()
        except UserError as error:
            said.append(f"{error} It was left out.")
            return otherwise

    depths = attempt(lambda: DEPTHS.check(request.depths), "") if request.depths else ""
    kept = []
    for text in request.models:
        one = replace(request, depths=depths, models=(text,), seeds=1)
        if text not in (selection.model, CONTROL) and attempt(lambda one=one: bool(planned(one, selection, catalogue)), False):  # type: ignore[misc]
            kept.append(text)
    if len(kept) > MOST_MODELS - 1:
        said.append(f"{len(kept)} models are too many for one figure; the first {MOST_MODELS - 1} are shown.")
    recipe = attempt(lambda: RECIPE.check(request.recipe), RECIPE.default)
    return replace(request, depths=depths, models=tuple(kept[: MOST_MODELS - 1]), recipe=recipe), said


def planned(request: Request, selection: Selection, catalogue: Catalogue) -> Grid:
    """The runs of a request. Raises `UserError` for a depth or a setting that a model does not take."""
    splits = sum(name.isdigit() for name in catalogue.dataset(selection.dataset).splits)
    return depth_grid(selection.spec, request.chosen_depths, request.models, request.seeds, splits, catalogue.model, request.recipe)


def apart(catalogue: Catalogue) -> list[str]:
    """Models with two depths, one of propagation and one of layers."""
    return [name for name, card in catalogue.models.items() if propagates_apart(card)]


def two_depths_planned(model: str, request: Request, selection: Selection, catalogue: Catalogue) -> Grid:
    """The runs of a model at several of both depths."""
    splits = sum(name.isdigit() for name in catalogue.dataset(selection.dataset).splits)
    return two_depths(selection.spec, model, request.seeds, splits, catalogue.model)


def values(request: Request) -> dict[str, str]:
    """The lens's parameters that differ from their defaults."""
    given = {"depths": request.depths or DEPTHS.default, "models": ",".join(request.models), "recipe": request.recipe}
    defaults = {parameter.name: parameter.default for parameter in (DEPTHS, MODELS, RECIPE)}
    return {name: value for name, value in given.items() if value != defaults[name]}


def command(request: Request, selection: Selection, catalogue: Catalogue) -> str:
    """The headless command that trains the same runs and prints the same numbers."""
    words = shlex.split(selections.command(replace(selection, seeds=request.seeds), catalogue))[2:]
    pairs = list(zip(words[::2], words[1::2], strict=True))  # every option takes one word
    kept = [word for pair in pairs if not pair[1].startswith("model.depth=") for word in pair]
    asked = [word for name, value in values(request).items() for word in ("--set", f"{name}={value}")]
    return shlex.join(["hopscope", "lens", "over_smoothing", *kept, *asked])


def python(request: Request, selection: Selection) -> str:
    """Lines of Python that give the same numbers."""
    return requests.lens_python("over_smoothing", selection.spec, request.seeds, values(request), "by_depth")


def encode(request: Request) -> dict[str, str]:
    """Words of a link: only what was chosen."""
    seeds = {"deep.seeds": str(request.seeds)} if request.seeds != SEEDS.default else {}
    return {f"deep.{name}": value for name, value in values(request).items()} | seeds


def decode(query: Mapping[str, str], selection: Selection, catalogue: Catalogue) -> tuple[Request, list[str]]:
    """The request of a link, and a sentence for everything in it that had to be replaced."""
    said = []
    try:
        seeds = SEEDS.check(query.get("deep.seeds", SEEDS.default))
    except UserError as error:
        said, seeds = [f"{error} The link's value was replaced."], SEEDS.default
    names = MODELS.words(query.get("deep.models", ""))
    found, more = settle(
        Request(query.get("deep.depths", ""), names, query.get("deep.recipe", RECIPE.default), seeds), selection, catalogue
    )
    return found, [*said, *more]


def _takes(card: ModelCard, name: str, value: str) -> bool:
    declared = next((parameter for parameter in card.parameters if parameter.name == name), None)
    try:
        return declared is not None and written(declared.check(value)) == value
    except UserError:
        return False
