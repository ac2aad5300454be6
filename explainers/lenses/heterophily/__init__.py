"""Which nodes suffer? Several models on the same test nodes, by local homophily, by degree, and by both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from core.parameters import Parameter, Value
from core.spec import RunSpec
from core.store import Store
from core.work import Report
from explainers.contract import Context, Lens, View
from explainers.heterophily_request import MODELS, planned
from explainers.lenses.heterophily import figures
from explainers.lenses.heterophily.captions import captions
from explainers.lenses.heterophily.result import Heterophily, assembled, tables
from explainers.planning import fixed_splits
from explainers.runner import load_runs

__all__ = ["LENS", "Heterophily", "captions", "draw", "measure", "plan", "read_runs", "tables"]


def plan(spec: RunSpec, seeds: int, values: Mapping[str, Value]) -> tuple[RunSpec, ...]:
    """Every model over the same seeds and splits, model by model. Loads torch."""
    by_model = planned(spec, str(values["models"]), seeds, fixed_splits(spec.dataset.name), _declared)
    return tuple(run for runs in by_model.values() for run in runs)


def _declared(name: str) -> Sequence[Parameter]:
    from core.models.contract import model

    return model(name).parameters


def measure(context: Context, values: Mapping[str, Value]) -> Heterophily:
    """Raises `Unsupported` without test nodes."""
    refused = {spec.model.name: reason for spec, reason in context.refused.items()}
    planned = [run for run in plan(context.spec, context.seeds, values) if run.model.name not in refused]
    return assembled(context.graph, context.runs, len(planned), refused)


def read_runs(report: Report, *, keys: Sequence[str], planned: int, root: Path) -> Heterophily:
    """Named work: what the stored runs say that are there so far, of so many; `UserError` if one is gone."""
    from core.open_graphs import graph_of

    runs = load_runs(Store(root), keys)
    return assembled(graph_of(runs[0].spec.dataset), runs, planned, {})


def draw(result: Heterophily) -> Mapping[str, View]:
    return figures.draw(result)


LENS = Lens(
    name="heterophily",
    title="Heterophily",
    question="Which nodes suffer, and do their neighbours help?",
    plan=plan,
    measure=measure,
    draw=draw,
    captions=captions,
    tables=tables,
    parameters=(MODELS,),
    asks_model=False,
    compares=True,
    source="Ma et al., Is homophily a necessity for graph neural networks?, ICLR 2022; Mao et al., Demystifying structural disparity in "
    "graph neural networks: can one size fit all?, NeurIPS 2023",
)
