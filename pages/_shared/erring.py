"""The parts of the errors page."""

from __future__ import annotations

import streamlit as st

from core.jobs import Job
from core.views import OpenGraph
from explainers.coloring import coloring
from explainers.contract import Chart, Table, View
from explainers.lenses import errors
from pages._shared import controls, engine, pictures, show, state
from pages._shared.frame import as_text

PART = "errors.part"


def page() -> None:
    opened = pictures.opened_graph()
    if opened is None:
        return
    if not all(engine.entries(engine.specs(state.selection()))):
        show.question(errors.LENS.question)
        show.untrained()
        return
    part = next(p for p in errors.LENS.parameters if p.name == "part")
    chosen = st.session_state.get(PART, part.default)
    result = engine.lens("errors", state.selection(), {"part": chosen})
    if isinstance(result, Job):
        show.question(errors.LENS.question)
        st.caption("Training what to compare with: an MLP that sees the features only, and a GCN that sees the structure only.")
        show.waiting(result)
        return
    show.question(errors.LENS.question, errors.LENS.captions(result))
    views = errors.LENS.draw(result)
    left, right = st.columns([1.9, 1], gap="large")
    with left:
        controls.parameter(part, chosen, "errors", _set_part)
        _table(views["wrong"])
    with right:
        _around(opened)
        node = state.selection().node
        if node is not None:
            st.markdown(as_text(errors.about_node(result, node)))
            pictures.why("errors.why")
    charts = {name: view for name, view in views.items() if isinstance(view, Chart)}
    for column, (name, view) in zip(st.columns(max(len(charts), 1), gap="large"), charts.items(), strict=False):
        with column:
            show.chart(view, f"errors.{name}")


def _table(view: View) -> None:
    assert isinstance(view, Table)
    if view.data.empty:
        show.empty("No node of this part is wrong.")
    else:
        show.table(view, "errors.wrong", height=430)


def _around(opened: OpenGraph) -> None:
    """The surroundings of the node whose row is selected, in true classes."""
    colors = coloring("class", opened.graph, pictures.split(opened))
    show.legend(colors.legend)
    pictures.neighbourhood(opened, "errors.around", 400, colors)


def _set_part(_: str, value: object) -> None:
    st.session_state[PART] = value
