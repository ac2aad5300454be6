"""When do neighbours help, and when do they hurt? Models trained on drawn graphs while their homophily goes from 0 to 1."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from core.parameters import Value
from core.spec import RunSpec
from explainers.contract import Context, Lens, View
from explainers.dial_request import DIAL
from explainers.lenses.homophily_dial import figures
from explainers.lenses.homophily_dial.captions import captions
from explainers.lenses.homophily_dial.plan import dial_grid
from explainers.lenses.homophily_dial.result import Dial, assembled, curve, summary
from explainers.sweep.grid import Grid

__all__ = ["LENS", "Dial", "captions", "draw", "measure", "plan", "tables"]


def plan(spec: RunSpec, seeds: int, values: Mapping[str, Value]) -> tuple[RunSpec, ...]:
    """Every model at every homophily; the spec plays no part. Loads torch."""
    return _grid(seeds, values).runs


def measure(context: Context, values: Mapping[str, Value]) -> Dial:
    """Nothing but the scores of the runs is read."""
    return assembled(_grid(context.seeds, values), context.runs, values)


def draw(result: Dial) -> Mapping[str, View]:
    return {"curve": figures.curve(result)}


def tables(result: Dial) -> dict[str, pd.DataFrame]:
    """The numbers by name, as the command writes them."""
    return {"summary": summary(result), "curve": curve(result)}


def _grid(seeds: int, values: Mapping[str, Value]) -> Grid:
    from core.models.contract import model

    return dial_grid(values, seeds, model)


LENS = Lens(
    name="homophily_dial",
    title="Homophily dial",
    question="When do neighbours help, and when do they hurt?",
    plan=plan,
    measure=measure,
    draw=draw,
    captions=captions,
    tables=tables,
    parameters=DIAL,
    asks_dataset=False,
    source="Contextual stochastic block model, Deshpande et al. 2018; Ma et al., Is homophily a necessity for GNNs?, ICLR 2022",
)
