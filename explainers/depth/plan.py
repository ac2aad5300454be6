"""The runs of a depth sweep: some models and an MLP, each at every depth, with seeds. Free of torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from core.errors import UserError
from core.parameters import Choice, Flag, Integer, Parameter, Several, Value, resolve
from core.spec import ModelSpec, RunSpec, TrainingSpec, settings
from explainers.settings import Setting
from explainers.sweep.grid import Grid, grid
from explainers.wording import count, model_name

DEPTHS = Several(
    "depths",
    "Depths",
    "1,2,4,8,16,32,64",
    Integer("depth", "Depth", 2, 1, 128),
    most=12,
    help="Numbers of message-passing layers, or of propagation steps for models that propagate without weights.",
)
MODELS = Several(
    "models",
    "Models",
    "",
    most=7,
    help="Drawn beside the selected one, an MLP of equal depth always among them. With settings of its own: gcn:residual=true.",
)
RECIPE = Choice(
    "recipe",
    "Recipe",
    "common",
    (("common", "common: one setting for all"), ("paper", "paper: each its own")),
    help="Common: the selected model's training and settings for all. Paper: each model has the settings of its paper.",
)

CONTROL = "mlp"
"""Always among the models: what depth does without any graph."""
MOST_MODELS = 7
"""And the control: as many as there are colours."""
MOST_RUNS = 2000
PROPAGATION, TRANSFORMATION = (1, 2, 4, 8, 16), (1, 2, 4, 8)
"""Steps of propagation and numbers of layers that are set against each other."""


class Declared(Protocol):
    """What is asked of a model's declaration, or of its card."""

    @property
    def parameters(self) -> tuple[Parameter, ...]: ...
    @property
    def recipe(self) -> Recipe: ...
    @property
    def depth_counts(self) -> str: ...


class Recipe(Protocol):
    """The settings of a model's paper."""

    @property
    def model(self) -> Mapping[str, Value]: ...
    @property
    def training(self) -> Mapping[str, Value]: ...


@dataclass(frozen=True)
class Variant:
    """A model with some settings of its own: "gcn", "gcn:residual=true", "gcn:normalization=pair+drop_edge=0.2"."""

    model: str
    settings: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, text: str) -> Variant:
        """Raises `UserError` for a text that is none."""
        name, _, rest = text.partition(":")
        pairs = [piece.partition("=") for piece in rest.split("+") if piece]
        if not name or any(not (key and equals and value) for key, equals, value in pairs):
            raise UserError(f"'{text[:60]}' is no model; write NAME or NAME:SETTING=VALUE+SETTING=VALUE, for example gcn:residual=true.")
        if any(key.strip() == "depth" for key, _, _ in pairs):
            raise UserError(f"'{text[:60]}' sets the depth, which is what is varied here; leave it out.")
        return cls(name, tuple((key.strip(), value.strip()) for key, _, value in pairs))

    def title(self, declared: Declared) -> str:
        """As pictures name it: "GCN, PairNorm", "GCN, residual"."""
        known = {parameter.name: parameter for parameter in declared.parameters}
        return ", ".join([model_name(self.model), *(_said(known.get(name), value) for name, value in self.settings)])


def depth_grid(
    spec: RunSpec,
    depths: Sequence[int],
    models: Sequence[str],
    seeds: int,
    splits: int,
    declared: Callable[[str], Declared],
    recipe: str = "common",
) -> Grid:
    """The selected spec's model, the other `models` (texts of `Variant`) and the control, each at every depth.

    `recipe`: "common" gives every model the training of the spec and all settings that it shares with the spec's model;
    "paper" gives each model what its paper used, and the control the settings of the spec. `splits` as in `core.seeds.plan`.
    Raises `UserError` for a setting or a depth that a model does not take, and for more than can be drawn.
    """
    variants = tuple(dict.fromkeys([Variant(spec.model.name), *map(Variant.of, models), Variant(CONTROL)]))
    if len(variants) > MOST_MODELS + 1:
        raise UserError(f"{len(variants)} models are too many for one figure; {MOST_MODELS} and the MLP are the most.")
    runs = len(variants) * len(depths) * seeds
    if runs > MOST_RUNS:
        asked = f"{len(variants)} models at {len(depths)} depths with {seeds} seeds are {runs:,} runs"
        raise UserError(f"{asked}; {MOST_RUNS:,} are the most here.")
    for variant in variants:
        for depth in depths:
            depth_of(declared(variant.model)).check(depth)
    setting = Setting("model", depth_of(declared(spec.model.name)), tuple(depths))
    bases = {variant.title(declared(variant.model)): _base(spec, variant, declared, recipe) for variant in variants}
    return grid(bases, setting, seeds, splits)


def two_depths(spec: RunSpec, model: str, seeds: int, splits: int, declared: Callable[[str], Declared]) -> Grid:
    """A model that propagates apart from its layers, at several of both depths, and the spec's own model, where they are one.

    A row a number of layers; the depth of a cell is that of propagation. Recipe: common.
    """
    bases = {f"{model_name(spec.model.name)}: both depths": _base(spec, Variant(spec.model.name), declared, "common")}
    for layers in TRANSFORMATION:
        variant = Variant(model, (("layers", str(layers)),))
        bases[f"{model_name(model)}, {count(layers, 'layer')}"] = _base(spec, variant, declared, "common")
    return grid(bases, Setting("model", depth_of(declared(model)), PROPAGATION), seeds, splits)


def depth_counts(grid: Grid, declared: Callable[[str], Declared]) -> dict[str, str]:
    """What the depth of each model of a sweep counts, by the model's name; the control, whose depth is layers, is left out."""
    models = dict.fromkeys(cell.spec.model.name for cell in grid.cells if cell.spec.model.name != CONTROL)
    return {model_name(model): declared(model).depth_counts for model in models}


def propagates_apart(model: Declared) -> bool:
    """Whether a model has a depth of propagation and another of layers."""
    return {"depth", "layers"} <= {parameter.name for parameter in model.parameters}


def depth_of(model: Declared) -> Integer:
    """The declaration of a model's depth."""
    found = next(parameter for parameter in model.parameters if parameter.name == "depth")
    assert isinstance(found, Integer)
    return found


def _base(spec: RunSpec, variant: Variant, declared: Callable[[str], Declared], recipe: str) -> RunSpec:
    unit, own = declared(variant.model), dict(variant.settings)
    if recipe == "paper" and variant.model != CONTROL:
        chosen = resolve(unit.parameters, {**unit.recipe.model, **own}, f"model {variant.model}")
        return replace(spec, model=ModelSpec(variant.model, settings(chosen)), training=TrainingSpec.of(unit.recipe.training))
    mine = {parameter.name: parameter for parameter in declared(spec.model.name).parameters}
    shared: dict[str, object] = {
        parameter.name: value
        for parameter in unit.parameters
        if (value := dict(spec.model.parameters).get(parameter.name)) is not None and _same(mine[parameter.name], parameter, value)
    }
    return replace(spec, model=ModelSpec(variant.model, settings(resolve(unit.parameters, shared | own, f"model {variant.model}"))))


def _said(parameter: Parameter | None, value: str) -> str:
    """A setting that was given, in few words."""
    match parameter:
        case Choice():
            return dict(parameter.options).get(value, value)
        case Flag():
            return parameter.title.lower() if value.lower() in ("true", "1", "yes", "on") else f"no {parameter.title.lower()}"
    return f"{parameter.title if parameter else ''} {value}".strip()


def _same(mine: Parameter, theirs: Parameter, value: Value) -> bool:
    """Whether it is the same setting (by its title too: a head's width is not a layer's) and takes the value."""
    if type(mine) is not type(theirs) or (mine.title != theirs.title and mine.name != "depth"):
        return False
    try:
        theirs.check(value)
    except UserError:
        return False
    return True
