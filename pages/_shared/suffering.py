"""The parts of the heterophily page: who suffers under which model, run by run as they end, and the nodes of a bin."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import streamlit as st

from core.errors import UserError
from core.home import home
from core.jobs import Job
from core.views import OpenGraph
from explainers import heterophily_request
from explainers.coloring import coloring
from explainers.contract import Chart, Table, Unsupported
from explainers.heterophily_request import BY, Request
from explainers.lenses import heterophily as lens
from explainers.lenses.heterophily import figures
from explainers.lenses.heterophily.result import Heterophily, comparisons
from explainers.nodes import NODE_HELP, node_table, part_mask
from explainers.wording import count, model_name, split_name
from pages._shared import engine, pictures, show, state, suffering_controls
from pages._shared.frame import as_text
from pages._shared.live import growing, live
from pages._shared.suffering_controls import Plan

QUESTION = lens.LENS.question
FIRST = 2
"""Sentences above the picture."""
LAST, FAILED, TABLE = "heterophily.last", "heterophily.failed", "heterophily.nodes"
WORK = "explainers.lenses.heterophily:read_runs"
WHY = "Local homophily uses all known labels, those of test nodes too: it explains scores, and must not choose a model."


def page() -> None:
    opened = pictures.opened_graph()
    if opened is None:
        return
    asked, selection, catalogue = state.heterophily(), state.selection(), engine.catalogue()
    chosen = heterophily_request.subject(asked, selection, catalogue)
    splits = heterophily_request.fixed_splits(selection, catalogue)
    plan = heterophily_request.planned(chosen.spec, asked.models, chosen.seeds, splits, lambda name: catalogue.model(name).parameters)
    try:
        part_mask(opened.graph, engine.split(opened.graph, next(iter(plan.values()))[0]), "test")
    except Unsupported as reason:
        show.question(QUESTION)
        show.empty(str(reason))
        return
    top = st.container()
    show.diagnostic(WHY)
    left, right = st.columns([2, 1], gap="large")
    with right:
        suffering_controls.controls(asked, splits)
    with left:
        suffering_controls.tabs(asked)
    middle, below = st.container(), st.container()
    growing(
        lambda: bool(suffering_controls.trainings(plan)) or _found(plan)[1],
        (top, lambda: _said(plan, True)),
        (right, lambda: suffering_controls.training(plan)),
        (left, lambda: _drawn(plan)),
        (below, lambda: _said(plan, False)),
    )
    with middle:
        _nodes(opened, plan)


def _found(plan: Plan) -> tuple[Heterophily | None, bool, str]:
    """What is known of the runs that are stored, whether the worker still reads, and why it could not."""
    runs = [run for some in plan.values() for run in some]
    stored = tuple(run.key for run, entry in zip(runs, engine.entries(tuple(runs)), strict=True) if entry)
    kept: dict[Hashable, Heterophily] = st.session_state.setdefault(LAST, {})
    whole = tuple(runs)
    if not stored:
        return None, False, ""
    stamp = tuple(engine.version(key) for key in stored)
    failed: dict[Hashable, str] = st.session_state.setdefault(FAILED, {})
    if stamp in failed:
        return None, False, failed[stamp]
    work = {"keys": stored, "planned": len(runs), "root": home()}
    patience = 0.0 if suffering_controls.trainings(plan) else engine.PATIENCE
    try:
        answer = engine.ask(WORK, work, title=lens.LENS.title, stamp=stamp, patience=patience)
    except engine.Stopped:
        raise
    except UserError as reason:
        failed[stamp] = str(reason)
        return None, False, str(reason)
    if isinstance(answer, Job):
        return kept.get(whole), True, ""
    st.session_state[LAST] = {whole: answer}
    return answer, False, ""


def _said(plan: Plan, first: bool) -> None:
    """The answer above the picture, or what else there is to say below it."""
    found, _, _ = _found(plan)
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


def _drawn(plan: Plan) -> None:
    """The picture of what there is so far."""
    found, pending, problem = _found(plan)
    if problem:
        st.warning(as_text(problem))
    elif found is None and pending:
        show.empty("Reading the runs …", figures.HEIGHT)
    elif found is None:
        press = "Points appear here" if suffering_controls.trainings(plan) else "Press Train: points appear here"
        show.empty(f"{press} as runs of {', '.join(map(model_name, plan))} end.", figures.HEIGHT)
    else:
        _picture(found, state.heterophily())


def _picture(found: Heterophily, asked: Request) -> None:
    model = asked.model if asked.model in found.models else found.models[0]
    if asked.by == "grid":
        suffering_controls.grid_model(found.models, model)
    of = (asked.by, model if asked.by == "grid" else "", found.models, found.split, tuple(found.scores["test_score"]))
    words = f"{dict(BY.options)[asked.by]}: scores of {', '.join(map(model_name, found.models))}; the numbers are in the table"
    live(f"heterophily.{asked.by}", words, lambda: chart_of(found, asked), (found.dataset, *of), lambda point: pick(found, asked.by, point))


def chart_of(found: Heterophily, asked: Request) -> Chart:
    """The picture of the open tab."""
    if asked.by == "grid":
        return figures.grid(found, asked.model if asked.model in found.models else found.models[0])
    return figures.shift(found) if asked.by == "shift" else figures.by_bin(found, asked.by)


def pick(found: Heterophily, by: str, point: Any) -> None:
    """Select the test nodes of the first seed in a bin that was clicked; what the browser says of it is checked."""
    if by == "shift" or not isinstance(point, list | tuple) or len(point) != (2 if by == "grid" else 1):
        return
    if not all(isinstance(place, int) for place in point):
        return
    nodes = found.nodes(by, *point)
    state.select(state.selection().node if state.selection().node in nodes else None, nodes)


def _nodes(opened: OpenGraph, plan: Plan) -> None:
    """The nodes that are selected, to pick one of them."""
    picked = [node for node in state.nodes() if node < opened.graph.num_nodes]
    if not picked:
        st.caption(
            "Click a mark or a cell: the test nodes of the first seed that are in that bin are listed here, and selected on Explore."
        )
        return
    first = next(iter(plan.values()))[0]
    rows = node_table(opened.graph, engine.split(opened.graph, first)).iloc[picked]
    left, right = st.columns([1.2, 1], gap="large")
    with left:
        where = split_name(first.dataset)
        st.markdown(f"**{count(len(rows), 'node')} selected**, also on Explore (parts: {where}); a row takes one to every page")
        show.table(Table(rows, NODE_HELP, node="node"), TABLE, height=show.height(len(rows)))
    with right:
        colors = coloring("class", opened.graph, engine.split(opened.graph, first))
        show.legend(colors.legend)
        pictures.neighbourhood(opened, "heterophily.around", 300, colors)
        pictures.why("heterophily.why")
