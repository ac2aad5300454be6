"""The parts of the homophily page: what the graph and its labels say, without any model."""

from __future__ import annotations

import streamlit as st

from explainers import homophily_request
from explainers.contract import Table
from explainers.homophily_request import LABELS
from explainers.lenses import homophily as lens
from explainers.lenses.homophily import figures
from explainers.lenses.homophily.captions import direction
from explainers.lenses.homophily.result import Homophily
from pages._shared import controls, engine, show, state
from pages._shared.lens_page import measured

QUESTION = lens.LENS.question


def page() -> None:
    asked = state.homophily()
    there = measured(lens.LENS.name, QUESTION, values=homophily_request.values(asked))
    if there is None:
        return
    _, found = there
    advice = direction(found)
    show.question(QUESTION, [sentence for sentence in lens.captions(found) if sentence != advice])
    show.diagnostic("All known labels are used, those of test nodes too: these numbers describe the graph, and must not choose a model.")
    views = lens.draw(found)
    for row in (("class_edges", "ccns"), ("measures", "local")):
        for column, name in zip(st.columns(2, gap="large"), row, strict=True):
            with column:
                st.subheader(HEADINGS[name], anchor=False)
                show.chart(views[name], f"homophily.{name}")
    st.subheader("What each measure is", anchor=False)
    st.table(figures.measures_table(found))
    _direction(found, views["direction"], advice)


HEADINGS = {
    "class_edges": "Where the edges of a class go",
    "ccns": "Whose neighbourhoods are alike",
    "measures": "Measures",
    "local": "Local homophily",
}


def _direction(found: Homophily, view: Table, advice: str) -> None:
    """Whether the direction of the edges matters, and to whose labels."""
    st.subheader("Does the direction of the edges matter?", anchor=False)
    left, right = st.columns([1.9, 1], gap="large")
    with right:
        controls.parameter(LABELS, state.homophily().labels, "homophily", lambda name, value: state.homophily.change(**{name: value}))
        if state.homophily().labels == "all":
            show.diagnostic("The direction score looks at the labels of test nodes, too.")
    with left:
        show.asides([advice])
        if not found.directed and "direction" in {one.name for one in engine.catalogue().dataset(state.selection().dataset).parameters}:
            st.caption("This dataset has directions of its own: *Graph settings*, *Direction* reads them as they are stored.")
        if found.direction.r_squared:
            show.table(view, "homophily.direction", height="content")
