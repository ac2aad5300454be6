"""Explain page: how far each method can be trusted on the selected node."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.home import home
from core.jobs import Job
from core.run import Run
from explainers.attribution.contract import method
from explainers.why import trust_figures as figures
from explainers.why.result import Sanity, Trust
from pages._shared import engine, show, state, why_methods
from pages._shared.frame import as_text
from pages._shared.why_asking import WORK

SANITY = "explain.sanity"


def tab(run: Run, node: int, keep: int) -> None:
    names = why_methods.picker()
    asked = state.why()
    of_node = {"spec": run.spec, "node": node, "target": asked.explained, "root": home()}
    of_method = of_node | {"seeds": asked.seeds, "how": asked.cut}

    def scores(name: str) -> Any:
        return _ask("trust", of_method | {"method": name, "keep": keep}, f"Testing {method(name).title}", run)

    def draw(found: list[Trust]) -> None:
        show.asides(figures.verdict(found))
        show.chart(figures.scores(found, asked.cut, keep), "explain.trust")
        box = st.expander("All scores as a table", key="explain.trust_table", on_change="rerun")
        if box.open:
            with box:
                show.table(figures.table(found), "explain.trust_scores", height="content")

    why_methods.follow(names, scores, ("trust", engine.version(run.key), node, *asked.question, keep), draw)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Does it explain the model?", anchor=False)
        _sanity(of_method, names, run)
    with right:
        st.subheader("Deleted against masked", anchor=False)
        _disagreement(of_node, run)


def _sanity(of_method: dict[str, Any], names: list[str], run: Run) -> None:
    """Layers drawn anew one after the other; asked for, because each method has to answer again for every layer."""
    key = (run.key, of_method["node"], tuple(names))
    if st.session_state.get(SANITY) != key:
        show.empty("Draw the model's layers anew, one after the other, and see whether the explanation changes.")
        st.button("Run the sanity check", on_click=lambda: st.session_state.update({SANITY: key}))
        return

    def ask(name: str) -> Any:
        return _ask("sanity", of_method | {"method": name}, f"Sanity of {method(name).title}", run)

    def draw(found: list[Sanity]) -> None:
        show.chart(figures.sanity(found), "explain.sanity_chart")

    why_methods.follow(names, ask, ("sanity", engine.version(run.key), *of_method.values()), draw)


def _disagreement(of_node: dict[str, Any], run: Run) -> None:
    work = {"title": "Cutting single edges", "lane": "batch", "stamp": engine.version(run.key), "patience": 0.3}
    try:
        found = engine.ask(f"{WORK}:both_cuts", of_node, **work)
    except engine.Stopped as stopped:
        st.button("Cut the single edges", on_click=engine.resume, args=(stopped.question,))
        return
    if isinstance(found, Job):
        show.waiting(found)
        return
    said, table = figures.disagreement(found)
    st.markdown(as_text(said))
    if not table.data.empty:
        show.table(table, "explain.signs", height=300)


def _ask(name: str, work: dict[str, Any], title: str, run: Run) -> Any:
    return engine.ask(f"{WORK}:{name}", work, title=title, lane="batch", stamp=engine.version(run.key), patience=0.0)
