"""The runs of a depth sweep: some models and an MLP, each at every depth, with seeds. Free of torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from core.errors import UserError
from core.parameters import Integer, Parameter, Value, resolve
from core.spec import ModelSpec, RunSpec, TrainingSpec, settings
from explainers.settings import Setting
from explainers.sweep.grid import Grid, grid
from explainers.wording import model_name

CONTROL = "mlp"
"""Always among the models: what depth does without any graph."""
MOST_MODELS = 7
"""And the control: as many as there are colours."""
MOST_RUNS = 2000


class Declared(Protocol):
    """What is asked of a model's declaration, or of its card."""

    @property
    def parameters(self) -> tuple[Parameter, ...]: ...
    @property
    def recipe(self) -> Recipe: ...


class Recipe(Protocol):
    """The settings of a model's paper."""

    @property
    def model(self) -> Mapping[str, Value]: ...
    @property
    def training(self) -> Mapping[str, Value]: ...


def depth_grid(
    spec: RunSpec,
    depths: Sequence[int],
    models: Sequence[str],
    seeds: int,
    splits: int,
    declared: Callable[[str], Declared],
    recipe: str = "common",
) -> Grid:
    """The selected spec's model, the other `models` and the control, each at every depth.

    `recipe`: "common" gives every model the training of the spec and all settings that it shares with the spec's model;
    "paper" gives each model what its paper used, and the control the settings of the spec. `splits` as in `core.seeds.plan`.
    Raises `UserError` for a depth that a model does not take, and for more than can be drawn.
    """
    names = tuple(dict.fromkeys([spec.model.name, *models, CONTROL]))
    if len(names) > MOST_MODELS + 1:
        raise UserError(f"{len(names)} models are too many for one figure; {MOST_MODELS} and the MLP are the most.")
    runs = len(names) * len(depths) * seeds
    if runs > MOST_RUNS:
        raise UserError(
            f"{len(names)} models at {len(depths)} depths with {seeds} seeds are {runs:,} runs; {MOST_RUNS:,} are the most here."
        )
    for name in names:
        for depth in depths:
            depth_of(declared(name)).check(depth)
    setting = Setting("model", depth_of(declared(spec.model.name)), tuple(depths))
    bases = {model_name(name): _base(spec, name, declared, recipe) for name in names}
    return grid(bases, setting, seeds, splits)


def depth_of(model: Declared) -> Integer:
    """The declaration of a model's depth."""
    found = next(parameter for parameter in model.parameters if parameter.name == "depth")
    assert isinstance(found, Integer)
    return found


def _base(spec: RunSpec, name: str, declared: Callable[[str], Declared], recipe: str) -> RunSpec:
    if recipe == "paper" and name != CONTROL:
        unit = declared(name)
        chosen = resolve(unit.parameters, unit.recipe.model, f"model {name}")
        return replace(spec, model=ModelSpec(name, settings(chosen)), training=TrainingSpec.of(unit.recipe.training))
    if name == spec.model.name:
        return spec
    mine = {parameter.name: parameter for parameter in declared(spec.model.name).parameters}
    theirs = declared(name).parameters
    shared = {
        parameter.name: value
        for parameter in theirs
        if (value := dict(spec.model.parameters).get(parameter.name)) is not None and _same(mine[parameter.name], parameter, value)
    }
    return replace(spec, model=ModelSpec(name, settings(resolve(theirs, shared, f"model {name}"))))


def _same(mine: Parameter, theirs: Parameter, value: Value) -> bool:
    """Whether it is the same setting (by its title too: a head's width is not a layer's) and takes the value."""
    if type(mine) is not type(theirs) or (mine.title != theirs.title and mine.name != "depth"):
        return False
    try:
        theirs.check(value)
    except UserError:
        return False
    return True
