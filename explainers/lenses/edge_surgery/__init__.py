"""Do neighbours of other classes hurt, if they are always of the same other classes? Edges added to a real graph, class by class."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from core.parameters import Value
from core.spec import RunSpec
from explainers.contract import Context, Lens, View
from explainers.dial_request import SURGERY
from explainers.lenses.edge_surgery import figures
from explainers.lenses.edge_surgery.captions import captions
from explainers.lenses.edge_surgery.plan import check_classes, surgery_grid
from explainers.lenses.edge_surgery.result import Surgery, assembled, curve, summary
from explainers.planning import fixed_splits
from explainers.sweep.grid import Grid
from explainers.wording import model_name

__all__ = ["LENS", "Surgery", "captions", "draw", "measure", "plan", "tables"]


def plan(spec: RunSpec, seeds: int, values: Mapping[str, Value]) -> tuple[RunSpec, ...]:
    """The graph as it is, and with edges added for every γ. Opens the graph, whose classes say which γ there can be."""
    from core.open_graphs import graph_of

    grid = _grid(spec, seeds, values)
    check_classes(graph_of(spec.dataset).num_classes, values)
    return grid.runs


def measure(context: Context, values: Mapping[str, Value]) -> Surgery:
    """Nothing but the scores of the runs is read, and the graph's own edges and labels."""
    grid = _grid(context.spec, context.seeds, values)
    return assembled(grid, context.runs, context.graph, model_name(context.spec.model.name))


def draw(result: Surgery) -> Mapping[str, View]:
    return {"surgery": figures.surgery(result)}


def tables(result: Surgery) -> dict[str, pd.DataFrame]:
    """The numbers by name, as the command writes them."""
    return {"summary": summary(result), "curve": curve(result)}


def _grid(spec: RunSpec, seeds: int, values: Mapping[str, Value]) -> Grid:
    return surgery_grid(spec, seeds, values, fixed_splits(spec.dataset.name))


LENS = Lens(
    name="edge_surgery",
    title="Edge surgery",
    question="Do neighbours of other classes hurt, if it is always the same other classes?",
    plan=plan,
    measure=measure,
    draw=draw,
    captions=captions,
    tables=tables,
    parameters=SURGERY,
    default_model="gcn",
    source="Ma et al., Is homophily a necessity for graph neural networks?, ICLR 2022",
)
