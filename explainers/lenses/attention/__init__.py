"""Where does it look, is it more than uniform, and does the score need it? The attention of trained runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import pandas as pd

from core.models.contract import Attends, why_unread, with_read_attention
from core.parameters import Integer, Value
from core.spec import RunSpec
from explainers.contract import Context, Lens, Unsupported, View
from explainers.lenses.attention import explains_figures, figures, neighbour_figures, screening
from explainers.lenses.attention import result as results
from explainers.lenses.attention.captions import captions
from explainers.lenses.attention.result import Attention
from explainers.planning import over_seeds
from explainers.wording import split_names

__all__ = ["LENS", "Attention", "captions", "draw", "measure", "plan", "tables", "unsupported"]


EXPLAINED = Integer(
    "explained",
    "Nodes explained",
    0,
    0,
    200,
    help="Test nodes on which attention is held against edge deletion, other methods and random edges; 0: none. Some seconds a node.",
)


class Declared(Attends, Protocol):
    """What is asked of a model's declaration, or of its card."""

    @property
    def has_actions(self) -> bool: ...


def plan(spec: RunSpec, seeds: int, values: Mapping[str, Value]) -> tuple[RunSpec, ...]:
    """The selected model over its seeds. Raises `Unsupported` for one without attention, before it is trained. Loads torch."""
    from core.models.contract import model, models

    if reason := unsupported(model(spec.model.name), models()):
        raise Unsupported(reason)
    return over_seeds(spec, seeds)


def measure(context: Context, values: Mapping[str, Value]) -> Attention:
    """Reads every run, and swaps its heads."""
    from core.stored import run_and_graph
    from explainers.lenses.attention.explains import explains
    from explainers.lenses.attention.readings import read

    readings, asked = [], int(values["explained"])
    compared = pd.DataFrame()
    for number, run in enumerate(context.runs):
        context.report(number, len(context.runs), "Reading attention")
        whole, _ = run_and_graph(context.report, run.spec, context.root)
        readings.append(read(whole, context.graph, context.report))
        if asked and not number:
            compared = explains(whole, context.graph, asked, context.report, context.root)
    first = context.runs[0]
    split = split_names([run.spec.dataset for run in context.runs])
    return Attention(first.spec.model.name, first.spec.dataset.name, split, first.metric, tuple(readings), compared)


def unsupported(unit: Declared, others: Mapping[str, Declared]) -> str:
    """Why a model's attention cannot be read, and whose can; empty if it can."""
    why = why_unread(unit)
    if why and unit.has_actions:
        why += ", but its nodes choose in each layer what they do, which the lens on actions shows"
    return f"{unit.title} {why}. Take {with_read_attention(others)}." if why else ""


def draw(result: Attention) -> Mapping[str, View]:
    asked = {name: view(result.explains) for name, view in explains_figures.VIEWS.items()} if len(result.explains) else {}
    screened = screening.draw(result) if len(screening.table(result)) else {}
    return {**figures.draw(result), **neighbour_figures.draw(result), **screened, **asked}


def tables(result: Attention) -> dict[str, pd.DataFrame]:
    """The numbers by name, as the command writes them. Layers and heads count from 1."""
    return {
        "nodes": results.nodes(result),
        "heads": results.heads(result),
        "similarity": results.similarities(result),
        "swaps": results.swaps(result),
    } | {name: rows for name, rows in (("screening", screening.table(result)), ("explains", result.explains)) if len(rows)}


LENS = Lens(
    name="attention",
    title="Attention",
    question="Where does it look, and is that more than uniform?",
    plan=plan,
    measure=measure,
    draw=draw,
    captions=captions,
    tables=tables,
    parameters=(EXPLAINED,),
    source="Veličković et al. 2018; Brody et al. 2022; Michel et al. 2019 (heads removed); Abnar & Zuidema 2020 (rollout)",
)
