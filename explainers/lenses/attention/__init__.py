"""Where does it look, is it more than uniform, and does the score need it? The attention of trained runs."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from core.parameters import Value
from core.spec import RunSpec
from explainers.contract import Context, Lens, Unsupported, View
from explainers.lenses.attention import figures
from explainers.lenses.attention import result as results
from explainers.lenses.attention.captions import captions
from explainers.lenses.attention.result import Attention
from explainers.planning import over_seeds
from explainers.wording import split_names

__all__ = ["LENS", "Attention", "captions", "draw", "measure", "plan", "tables", "unsupported"]


def plan(spec: RunSpec, seeds: int, values: Mapping[str, Value]) -> tuple[RunSpec, ...]:
    """The selected model over its seeds. Raises `Unsupported` for one without attention, before it is trained. Loads torch."""
    if reason := unsupported(spec.model.name):
        raise Unsupported(reason)
    return over_seeds(spec, seeds)


def measure(context: Context, values: Mapping[str, Value]) -> Attention:
    """Reads every run, and swaps its heads."""
    from core.store import Store
    from explainers.lenses.attention.readings import read

    readings = []
    for number, run in enumerate(context.runs):
        context.report(number, len(context.runs), "Reading attention")
        whole = Store(context.root).get(run.key, weights=True)
        assert whole is not None, "it was there a moment ago"
        readings.append(read(whole, context.graph, context.report))
    first = context.runs[0]
    split = split_names([run.spec.dataset for run in context.runs])
    return Attention(first.spec.model.name, first.spec.dataset.name, split, first.metric, tuple(readings))


def unsupported(name: str) -> str:
    """Why a model's attention cannot be read; empty if it can. Loads torch."""
    from core.models.contract import model, models

    unit = model(name)
    if unit.has_attention and unit.weighs_messages:
        return ""
    why = "attends in a way of its own, which is not read here so far" if unit.has_attention else "has no attention"
    *others, last = (one.title for one in models().values() if one.has_attention and one.weighs_messages)
    return f"{unit.title} {why}. Take {', '.join(others)} or {last}."


def draw(result: Attention) -> Mapping[str, View]:
    return figures.draw(result)


def tables(result: Attention) -> dict[str, pd.DataFrame]:
    """The numbers by name, as the command writes them. Layers and heads count from 1."""
    return {
        "nodes": results.nodes(result),
        "heads": results.heads(result),
        "similarity": results.similarities(result),
        "swaps": results.swaps(result),
    }


LENS = Lens(
    name="attention",
    title="Attention",
    question="Where does it look, and is that more than uniform?",
    plan=plan,
    measure=measure,
    draw=draw,
    captions=captions,
    tables=tables,
    source="Veličković et al. 2018; Brody et al. 2022; Michel et al. 2019 (heads removed); Abnar & Zuidema 2020 (rollout)",
)
