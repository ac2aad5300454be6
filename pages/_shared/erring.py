"""The parts of the errors page."""

from __future__ import annotations

import streamlit as st

from core.jobs import Job
from explainers.lenses import errors
from pages._shared import controls, engine, pictures, show, state

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
    views = dict(errors.LENS.draw(result))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        controls.parameter(part, chosen, "errors", _set_part)
    tables = {name: view for name, view in views.items() if isinstance(view, show.Table)}
    charts = {name: view for name, view in views.items() if isinstance(view, show.Chart)}
    for name, view in tables.items():
        show.table(view, f"errors.{name}")
    for column, (name, view) in zip(st.columns(max(len(charts), 1), gap="large"), charts.items(), strict=False):
        with column:
            show.chart(view, f"errors.{name}")


def _set_part(_: str, value: object) -> None:
    st.session_state[PART] = value
