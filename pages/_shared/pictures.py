"""Pictures of graphs: the canvas for what fits on it, an overview of points for what does not."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.errors import UserError
from core.jobs import Job
from core.views import OpenGraph
from explainers.first_screen import FirstScreen
from pages._shared import engine, show, state

PAGES = Path(__file__).resolve().parents[1]


def page_file(name: str) -> str:
    """Path of a page by the end of its file's stem, for st.switch_page."""
    return str(next(PAGES.glob(f"[0-9]_*/[0-9]_{name}.py")).relative_to(PAGES.parent))


def opened_graph() -> OpenGraph | None:
    """The selected graph; None while it is being opened or cannot be, which is then said."""
    try:
        found = engine.opened(state.selection())
    except UserError as error:
        show.question("This dataset cannot be opened")
        st.error(str(error), icon=":material/cloud_off:")
        return None
    if isinstance(found, Job):
        show.waiting(found)
        return None
    node = state.selection().node
    if node is not None and node >= found.graph.num_nodes:
        state.say(f"There is no node {node} in this graph; it has nodes 0 to {found.graph.num_nodes - 1:,}.")
        state.select(None)
        st.rerun()
    return found


def first_screen(screen: FirstScreen, step: int) -> None:
    st.caption(f"{step}")


def graph(opened: OpenGraph, key: str, height: int, run, split) -> None:
    st.caption("graph")
