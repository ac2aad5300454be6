"""The part of the homophily dial that operates on the selected graph: edges added between classes, and what becomes of the score."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.errors import UserError
from core.parameters import Several, Value, resolve
from core.views import OpenGraph
from explainers.contract import Unsupported
from explainers.dial_request import ADDITIONS, GAMMAS, MOST_SEEDS, additions, gammas
from explainers.lenses import edge_surgery as lens
from explainers.lenses.edge_surgery import figures
from explainers.lenses.edge_surgery.captions import answers, details
from explainers.lenses.edge_surgery.plan import check_classes, surgery_grid
from explainers.lenses.edge_surgery.result import Surgery, assembled
from explainers.sweep.grid import Grid
from explainers.sweep_figures import HEIGHT
from explainers.wording import model_name
from pages._shared import engine, pictures, show, state, sweep_controls
from pages._shared.frame import as_text
from pages._shared.live import growing, live

QUESTION = lens.LENS.question
WHY = "Edges are added by the labels of all nodes, those of test nodes too: it explains scores, and must not choose a model."
KEY = "surgery"


def part() -> None:
    """The answer on top, the curves and their controls below it."""
    top = st.container()
    left, right = st.columns([1.9, 1], gap="large")
    with right:
        _typed(GAMMAS, gammas)
        _typed(ADDITIONS, additions)
    try:
        grid = _grid()
    except Unsupported as reason:
        with top:
            show.question(QUESTION)
        with left:
            show.empty(str(reason), HEIGHT)
            st.button("Take Cora", type="primary", key=f"{KEY}.cora", on_click=state.change_dataset, args=("cora",))
        return
    with top:
        opened = pictures.opened_graph()
    if opened is None:
        return
    try:
        check_classes(opened.graph.num_classes, _values())
    except Unsupported as reason:
        with top:
            show.question(QUESTION)
        with left:
            show.empty(str(reason), HEIGHT)
            if opened.graph.num_classes > 1:
                st.button("Take γ = 0.4 and 1", type="primary", key=f"{KEY}.noise", on_click=lambda: state.dial.change(gamma="0.4,1"))
        return
    growing(
        lambda: bool(sweep_controls.trainings(grid)),
        (top, lambda: _answer(grid, opened)),
        (right, lambda: sweep_controls.training(grid, KEY)),
        (left, lambda: _evidence(grid, opened)),
    )
    most = f" (at most {MOST_SEEDS})" if state.selection().seeds > MOST_SEEDS else ""
    right.caption(f"The model, its settings, the training, the split and the seeds{most} are those of the sidebar.")


def _typed(declared: Several, check: Callable[[str], object]) -> None:
    """A text; one that cannot be read stays in the box, with a sentence below it, and the figure keeps what it had."""
    key = f"{KEY}.{declared.name}"
    refused: tuple[str, str] | None = st.session_state.get(f"{key}.refused")
    st.session_state[key] = refused[0] if refused else str(getattr(state.dial(), declared.name)).replace(",", ", ")

    def changed() -> None:
        text = st.session_state[key].strip()
        try:
            check(text or declared.default)
            taken = declared.check(text or declared.default)
        except UserError as error:
            st.session_state[f"{key}.refused"] = text, str(error)
            return
        st.session_state.pop(f"{key}.refused", None)
        state.dial.change(**{declared.name: taken})

    st.text_input(declared.title, key=key, help=f"{declared.help} Empty: the suggested ones.", on_change=changed)
    if refused:
        st.warning(as_text(f"{refused[1]} The figure keeps the values it had."))


def _grid() -> Grid:
    """The runs that are asked for. Raises `Unsupported` for a graph that cannot be changed."""
    selection = state.selection()
    fixed = sum(name.isdigit() for name in engine.catalogue().dataset(selection.dataset).splits)
    return surgery_grid(selection.spec, min(selection.seeds, MOST_SEEDS), _values(), fixed)


def _values() -> dict[str, Value]:
    return resolve(lens.LENS.parameters, state.dial().surgery, f"lens {lens.LENS.name}")


def _found(grid: Grid, opened: OpenGraph) -> Surgery:
    return assembled(grid, engine.entries(grid.runs), opened.graph, model_name(state.selection().model))


def _answer(grid: Grid, opened: OpenGraph) -> None:
    show.question(QUESTION, answers(_found(grid, opened)))
    show.diagnostic(WHY)


def _evidence(grid: Grid, opened: OpenGraph) -> None:
    found = _found(grid, opened)
    if not found.response.done:
        sweep_controls.nothing_yet(grid, HEIGHT)
        return
    alt = "Test score against the homophily that is left; the numbers are in the table"
    live(f"{KEY}.chart", alt, lambda: figures.surgery(found), _of(found))
    show.asides(details(found))


def _of(found: Surgery) -> tuple[Any, ...]:
    """All that the figure follows from."""
    stored = tuple((run.spec.key, engine.version(run.spec.key)) for point in found.response.points for run in point.runs)
    return found.dataset, found.model, tuple(found.gammas), found.response.planned, stored
