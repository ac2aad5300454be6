"""What all pages of one lens on the selected runs begin with."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.jobs import Job
from core.views import OpenGraph
from pages._shared import engine, pictures, show, state


def measured(lens: str, question: str, meanwhile: str = "") -> tuple[OpenGraph, Any] | None:
    """The graph, and what a lens says of the selected runs; None where something has to come first, which is then said.

    `meanwhile`: a sentence to read while the lens measures.
    """
    opened = pictures.opened_graph()
    if opened is None:
        return None
    selection = state.selection()
    if not all(engine.entries(engine.specs(selection))):
        show.question(question)
        show.untrained()
        return None
    found = engine.lens(lens, selection, {})
    if isinstance(found, Job):
        show.question(question)
        if meanwhile:
            st.caption(meanwhile)
        show.waiting(found)
        return None
    return opened, found
