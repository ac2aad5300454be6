"""Which design helps where neighbours differ? Models of five designs against GCN and MLP, on the same datasets under one protocol."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from core.parameters import Value
from core.spec import RunSpec
from explainers.across import DATASETS, EPOCHS, MODELS, Scores, across, measured, named
from explainers.contract import Context, Lens, View
from explainers.lenses.designs import figures
from explainers.lenses.designs.captions import captions
from explainers.lenses.designs.groups import BASELINES, usual

__all__ = ["LENS", "captions", "draw", "measure", "plan", "tables", "usual"]


def plan(spec: RunSpec, seeds: int, values: Mapping[str, Value]) -> tuple[RunSpec, ...]:
    """The named models, GCN and MLP always among them, on the named datasets. Loads torch."""
    from core.datasets.contract import datasets
    from core.models.contract import models

    known = models()
    asked = named(str(values["models"]), known, "model", usual(known))
    where = named(str(values["datasets"]), datasets(), "dataset", DATASETS.words(DATASETS.default))
    compared = {name: known[name].parameters for name in dict.fromkeys((*BASELINES, *asked))}
    return across(where, compared, seeds, int(values["epochs"]))


def measure(context: Context, values: Mapping[str, Value]) -> Scores:
    return measured([run.spec for run in context.runs], context.runs, context.refused.values())


def draw(result: Scores) -> Mapping[str, View]:
    return {"differences": figures.differences(result), "table": figures.table(result)}


def tables(result: Scores) -> dict[str, pd.DataFrame]:
    """The numbers by name, as the command writes them."""
    return {
        "summary": figures.table(result).data,
        "scores": result.rows,
        **{f"against_{name}": figures.differences_table(result, name) for name in BASELINES},
    }


LENS = Lens(
    name="designs",
    title="Designs for unlike neighbours",
    question="Which design helps where neighbours differ?",
    plan=plan,
    measure=measure,
    draw=draw,
    captions=captions,
    tables=tables,
    parameters=(DATASETS, MODELS, EPOCHS),
    asks_dataset=False,
    compares=True,
    source=figures.SOURCE,
)
