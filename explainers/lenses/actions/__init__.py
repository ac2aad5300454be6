"""Who listens, who broadcasts, and does it matter? What the nodes of trained runs do in each layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import pandas as pd

from core.graph.homophily import local_homophily
from core.metrics.actions import between
from core.parameters import Value
from core.spec import RunSpec
from explainers.contract import Context, Lens, Unsupported, View
from explainers.lenses.actions import figures
from explainers.lenses.actions import result as results
from explainers.lenses.actions.captions import captions
from explainers.lenses.actions.result import Actions
from explainers.planning import over_seeds
from explainers.wording import split_names

__all__ = ["LENS", "Actions", "captions", "draw", "measure", "plan", "tables", "unsupported"]


class Declared(Protocol):
    """What is asked of a model's declaration, or of its card."""

    @property
    def title(self) -> str: ...
    @property
    def has_actions(self) -> bool: ...


def plan(spec: RunSpec, seeds: int, values: Mapping[str, Value]) -> tuple[RunSpec, ...]:
    """The selected model over its seeds. Raises `Unsupported` for one whose nodes have no choice, before it is trained. Loads torch."""
    from core.models.contract import model, models

    if reason := unsupported(model(spec.model.name), models()):
        raise Unsupported(reason)
    return over_seeds(spec, seeds)


def measure(context: Context, values: Mapping[str, Value]) -> Actions:
    """Reads every run, and tells its nodes otherwise."""
    from core.stored import run_and_graph
    from explainers.lenses.actions.readings import read

    readings, graph = [], context.graph
    for number, run in enumerate(context.runs):
        context.report(number, len(context.runs), "Reading actions")
        whole, _ = run_and_graph(context.report, run.spec, context.root)
        readings.append(read(whole, graph, context.report))
    first, links = context.runs[0], between(graph.edge_index)
    share, known = local_homophily(links, graph.labels)
    return Actions(
        model=first.spec.model.name,
        dataset=first.spec.dataset.name,
        split=split_names([run.spec.dataset for run in context.runs]),
        metric=first.metric,
        class_names=graph.class_names,
        labels=graph.labels,
        degree=np.bincount(links[1], minlength=graph.num_nodes),
        homophily=np.where(known > 0, share, np.nan),
        readings=tuple(readings),
    )


def unsupported(unit: Declared, others: Mapping[str, Declared]) -> str:
    """Why a model has no actions to look at, and which has; empty if it has."""
    if unit.has_actions:
        return ""
    able = " or ".join(one.title for one in others.values() if one.has_actions)
    return f"The nodes of {unit.title} have no actions to choose from. Take {able}, whose nodes listen, broadcast, do both or neither."


def draw(result: Actions) -> Mapping[str, View]:
    return figures.draw(result)


def tables(result: Actions) -> dict[str, pd.DataFrame]:
    """The numbers by name, as the command writes them. Layers count from 1."""
    return {
        "layers": results.layers(result),
        "messages": results.messages(result),
        "swaps": results.swaps(result),
        "by_class": results.by_class(result),
        "nodes": results.nodes(result),
    }


LENS = Lens(
    name="actions",
    title="Actions",
    question="Who listens, who broadcasts, and does it matter?",
    plan=plan,
    measure=measure,
    draw=draw,
    captions=captions,
    tables=tables,
    source="Finkelshtein, Huang, Bronstein & Ceylan, Cooperative graph neural networks, ICML 2024",
)
