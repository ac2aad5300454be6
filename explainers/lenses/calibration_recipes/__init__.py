"""Is a model too sure, or too unsure, by nature? Confidence against accuracy while one setting of the recipe varies."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from core.parameters import Value
from core.spec import RunSpec
from core.work import silent
from explainers.calibration_request import RECIPES
from explainers.contract import Context, Lens, View
from explainers.lenses.calibration_recipes import figures
from explainers.lenses.calibration_recipes.captions import captions
from explainers.lenses.calibration_recipes.readings import read, recipe_grid
from explainers.lenses.calibration_recipes.result import Recipes, assembled, by_value
from explainers.planning import fixed_splits
from explainers.sweep.grid import Grid

__all__ = ["LENS", "Recipes", "captions", "draw", "measure", "plan", "tables"]


def plan(spec: RunSpec, seeds: int, values: Mapping[str, Value]) -> tuple[RunSpec, ...]:
    """The selected training at each value of the setting. Loads torch."""
    return _grid(spec, seeds, values).runs


def measure(context: Context, values: Mapping[str, Value]) -> Recipes:
    """Fits a temperature to each run, and reads both answers."""
    readings = {}
    for number, run in enumerate(context.runs):
        context.report(number, len(context.runs), "Fitting temperatures")
        readings[run.key] = read(silent, run, context.graph, context.root)
    return assembled(_grid(context.spec, context.seeds, values), context.runs, readings)


def draw(result: Recipes) -> Mapping[str, View]:
    return {"gaps": figures.gaps(result)}


def tables(result: Recipes) -> dict[str, pd.DataFrame]:
    """The numbers by name, as the command writes them."""
    return {"summary": by_value(result), "recipes": result.rows}


def _grid(spec: RunSpec, seeds: int, values: Mapping[str, Value]) -> Grid:
    from core.models.contract import model

    return recipe_grid(spec, seeds, values, fixed_splits(spec.dataset.name), model(spec.model.name).parameters)


LENS = Lens(
    name="calibration_recipes",
    title="Calibration by recipe",
    question="Is a model too sure, or too unsure, by nature or by its recipe?",
    plan=plan,
    measure=measure,
    draw=draw,
    captions=captions,
    tables=tables,
    parameters=RECIPES,
    source="Guo et al. 2017; Wang et al. 2021; Hsu et al. 2022",
)
