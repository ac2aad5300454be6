"""What all pages of one lens on the selected runs, or on the selected graph alone, begin with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.jobs import Job
from core.views import OpenGraph
from explainers import runner
from pages._shared import engine, pictures, show, state


def measured(lens: str, question: str, meanwhile: str = "", values: Mapping[str, Any] | None = None) -> tuple[OpenGraph, Any] | None:
    """The graph, and what a lens says of the selected runs; None where something has to come first, which is then said.

    `meanwhile`: a sentence to read while the lens measures; `values`: the lens's settings that are not the defaults.
    """
    opened = pictures.opened_graph()
    if opened is None:
        return None
    selection = state.selection()
    if runner.lens(lens).asks_model and not all(engine.entries(engine.specs(selection))):
        show.question(question)
        show.untrained()
        return None
    found = engine.lens(lens, selection, values or {})
    if isinstance(found, Job):
        show.question(question)
        if meanwhile:
            st.caption(meanwhile)
        show.waiting(found)
        return None
    return opened, found
