"""The parts of the heterophily page: who suffers under which model, run by run as they end, and the nodes of a bin."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core.errors import UserError
from core.home import home
from core.jobs import Job
from core.views import OpenGraph
from explainers import heterophily_request
from explainers.across import Runs
from explainers.coloring import coloring
from explainers.contract import Chart, Table, Unsupported
from explainers.heterophily_request import BY, Request
from explainers.lenses import heterophily as lens
from explainers.lenses.heterophily import figures
from explainers.lenses.heterophily.captions import WHERE
from explainers.lenses.heterophily.readings import BINS, places
from explainers.lenses.heterophily.result import Heterophily, comparisons
from explainers.nodes import NODE_HELP, node_table, part_mask
from explainers.wording import count, model_name, split_name
from pages._shared import engine, pictures, show, state, suffering_controls, sweep_controls
from pages._shared.frame import as_text
from pages._shared.live import growing, live

QUESTION = lens.LENS.question
FIRST = 2
"""Sentences above the picture."""
KEY, LAST, ASKED, TABLE, PICKED = "heterophily", "heterophily.last", "heterophily.asked", "heterophily.nodes", "heterophily.picked"
"""Of the widgets; session keys: what was read last, with what it follows from, and what a worker reads now; of the table; the nodes of the
bin that was clicked, and its words."""
LOCAL, CONTROL = "local homophily", "mlp"
HELP = {LOCAL: "Share of its labelled neighbours that have its class; empty without any."}
WORK = "explainers.lenses.heterophily:read_runs"
WHY = "Local homophily uses all known labels, those of test nodes too: it explains scores, and must not choose a model."


def page() -> None:
    opened = pictures.opened_graph()
    if opened is None:
        return
    asked, selection, catalogue = state.heterophily(), state.selection(), engine.catalogue()
    chosen = heterophily_request.subject(asked, selection, catalogue)
    splits = heterophily_request.fixed_splits(selection, catalogue)
    by_model = heterophily_request.planned(chosen.spec, asked.models, chosen.seeds, splits, lambda name: catalogue.model(name).parameters)
    plan = Runs(tuple(run for runs in by_model.values() for run in runs), lens.LENS.title)
    try:
        part_mask(opened.graph, engine.split(opened.graph, plan.runs[0]), "test")
    except Unsupported as reason:
        show.question(QUESTION)
        show.empty(str(reason))
        return
    _found(plan, 0.0 if sweep_controls.trainings(plan) else engine.PATIENCE)  # quick answers never flicker
    top = st.container()
    show.diagnostic(WHY)
    left, right = st.columns([2, 1], gap="large")
    with right:
        suffering_controls.controls(asked, splits)
    with left:
        suffering_controls.tabs(asked)
    middle, below = st.container(), st.container()
    growing(
        lambda: bool(sweep_controls.trainings(plan)) or _found(plan).pending,
        (top, lambda: _said(plan, True)),
        (right, lambda: sweep_controls.training(plan, KEY)),
        (left, lambda: _drawn(plan)),
        (below, lambda: _said(plan, False)),
    )
    with middle:
        _nodes(opened, plan)


@dataclass(frozen=True)
class _Found:
    """What is known of the runs that are stored (`result`), whether a worker still reads (`pending`), and why it could not (`problem`)."""

    result: Heterophily | None = None
    pending: bool = False
    problem: str = ""


def _found(plan: Runs, patience: float = 0.0) -> _Found:
    """One reading at a time: what was asked for is waited for, although other runs may have ended meanwhile."""
    stored = tuple(run.key for run, entry in zip(plan.runs, engine.entries(plan.runs), strict=True) if entry)
    if not stored:
        return _Found()
    now = tuple(engine.version(key) for key in stored)
    kept: dict[Hashable, tuple[Hashable, _Found]] = st.session_state.setdefault(LAST, {})
    then, last = kept.get(plan.runs, ((), _Found()))
    if then == now:
        return last
    whose, keys, stamp = st.session_state.get(ASKED, (None, (), ()))
    if whose != plan.runs:
        keys, stamp = stored, now
    st.session_state[ASKED] = plan.runs, keys, stamp
    work = {"keys": keys, "planned": len(plan.runs), "root": home()}
    try:
        answer = engine.ask(WORK, work, title=lens.LENS.title, stamp=stamp, patience=patience)
    except engine.Stopped:
        raise
    except UserError as reason:
        found = _Found(problem=str(reason))
    else:
        if isinstance(answer, Job):
            return _Found(last.result, pending=True)
        found = _Found(answer)
    st.session_state[LAST] = {plan.runs: (stamp, found)}
    del st.session_state[ASKED]
    return found if stamp == now else replace(found, pending=True)


def _said(plan: Runs, first: bool) -> None:
    """The answer above the picture, or what else there is to say below it."""
    found = _found(plan).result
    said = lens.captions(found) if found else []
    if first:
        show.question(QUESTION, said[:FIRST])
    elif found:
        show.asides(said[FIRST:])
        box = st.expander("Every comparison", key="heterophily.paired", on_change="rerun")
        if box.open:
            with box:
                show.table(Table(comparisons(found), figures.MEANING, shares=False), "heterophily.comparisons")
                show.download(comparisons(found), "heterophily.comparisons")


def _drawn(plan: Runs) -> None:
    """The picture of what there is so far."""
    found = _found(plan)
    if found.problem:
        st.warning(as_text(found.problem))
    elif found.result:
        _picture(plan, found.result, state.heterophily())
    elif found.pending:
        show.empty("Reading the runs …", figures.HEIGHT)
    else:
        press = "Points appear here" if sweep_controls.trainings(plan) else "Press Train: points appear here"
        names = dict.fromkeys(model_name(run.model.name) for run in plan.runs)
        show.empty(f"{press} as runs of {', '.join(names)} end.", figures.HEIGHT)


def _picture(plan: Runs, found: Heterophily, asked: Request) -> None:
    model = asked.model if asked.model in found.models else found.models[0]
    if asked.by == "grid":
        suffering_controls.grid_model(found.models, model)
    stamp, _ = st.session_state[LAST][plan.runs]
    words = f"{dict(BY.options)[asked.by]}: scores of {', '.join(map(model_name, found.models))}; the numbers are in the table"
    of = (model if asked.by == "grid" else "", *stamp)
    live(f"heterophily.{asked.by}", words, lambda: chart_of(found, asked), of, lambda point: pick(found, asked.by, point))


def chart_of(found: Heterophily, asked: Request) -> Chart:
    """The picture of the open tab."""
    if asked.by == "grid":
        return figures.grid(found, asked.model if asked.model in found.models else found.models[0])
    return figures.shift(found) if asked.by == "shift" else figures.by_bin(found, asked.by)


def pick(found: Heterophily, by: str, point: Any) -> None:
    """Select the test nodes of the first seed in a bin that was clicked; what the browser says of it is checked."""
    if by == "shift" or not isinstance(point, list | tuple) or len(point) != (2 if by == "grid" else 1):
        return
    kinds = (by,) if by != "grid" else ("homophily", "degree")
    if not all(isinstance(place, int) and 0 <= place < len(BINS[kind]) for kind, place in zip(kinds, point, strict=True)):
        return
    nodes = found.nodes(by, *point)
    words = [f"{WHERE[kind]} {BINS[kind][place].label}" for kind, place in zip(kinds, point, strict=True)]
    st.session_state[PICKED] = tuple(nodes), " and ".join(words)
    state.select(state.selection().node if state.selection().node in nodes else None, nodes)


def _rows(opened: OpenGraph, plan: Runs, picked: list[int]) -> pd.DataFrame:
    """Nodes with their local homophily and whether the first seed's run of each model is right; those first that edges make wrong."""
    graph, labels = opened.graph, opened.graph.labels
    local = engine.view(lambda: places(graph).local, "heterophily.local", plan.runs[0].dataset)
    rows = node_table(graph, engine.split(graph, plan.runs[0])).assign(**{LOCAL: local}).iloc[picked]
    lost = np.zeros(len(rows), dtype=int)
    runs = {spec.model.name: run for spec in plan.runs if spec.seed == 0 and (run := engine.run(spec.key))}
    right = {name: run.predictions[picked] == labels[picked] for name, run in runs.items()}
    for name, those in right.items():
        rows[model_name(name)] = those
        lost += right.get(CONTROL, those) & ~those
    return rows.iloc[np.argsort(-lost, kind="stable")]


def _nodes(opened: OpenGraph, plan: Runs) -> None:
    """The nodes that are selected, to pick one of them."""
    chosen = state.selection().node
    picked = [node for node in state.nodes() or (() if chosen is None else (chosen,)) if node < opened.graph.num_nodes]
    if not picked:
        st.caption(
            "Click a mark or a cell: the test nodes of the first seed that are in that bin are listed here, and selected on Explore."
        )
        return
    first = plan.runs[0]
    rows = _rows(opened, plan, picked)
    left, right = st.columns([1.2, 1], gap="large")
    with left:
        where = split_name(first.dataset)
        nodes, words = st.session_state.get(PICKED, ((), ""))
        which = f" ({words})" if nodes == tuple(picked) else ""
        st.markdown(f"**{count(len(rows), 'node')} selected**{which}, also on Explore; a row takes one to every page")
        show.table(Table(rows, NODE_HELP | HELP, node="node"), TABLE, height=show.height(len(rows)))
        st.caption(f"Of seed 0, {where}. Those come first that the MLP has right and models with edges have wrong.")
    with right:
        colors = coloring("class", opened.graph, engine.split(opened.graph, first))
        show.legend(colors.legend)
        pictures.neighbourhood(opened, "heterophily.around", 300, colors)
        pictures.why("heterophily.why")
