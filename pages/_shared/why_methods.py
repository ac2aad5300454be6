"""Explain page: several methods on the selected node, side by side in one layout, and how far they agree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from core.errors import UserError
from core.jobs import Job
from core.run import Run
from core.views import OpenGraph
from explainers.attribution.contract import method, methods
from explainers.coloring import coloring
from explainers.trust.metrics import RANDOM
from explainers.why import panels
from explainers.why.result import Answer
from pages._shared import engine, pictures, show, state, why_asking
from pages._shared.frame import as_text

CHOSEN = "explain.methods"
QUICK = ("saliency", "input_x_gradient", "integrated_gradients", "guided_backprop", "gnn_explainer", "occlusion", RANDOM)
"""What is asked before anybody chose."""
BEAT = 0.6
"""Seconds between two looks at methods that are still at work."""


def picker() -> list[str]:
    """The methods to compare; the selected one and random edges are always among them."""
    known = methods()
    st.multiselect(
        "Methods",
        list(known),
        default=[name for name in QUICK if name in known],
        key=CHOSEN,
        format_func=lambda name: known[name].title,
        help="PGExplainer, GraphMask, DnX and FastDnX first learn for themselves, which takes seconds; the others answer at once.",
        persist_state="session",
    )
    return list(dict.fromkeys([state.why().method, *st.session_state[CHOSEN], RANDOM]))


def gathered(names: Sequence[str], ask: Callable[[str], Any]) -> tuple[list[Any], list[Job], list[str]]:
    """What each method has answered so far, the jobs still at it, and why others cannot be asked."""
    found, jobs, said = [], [], []
    for name in names:
        try:
            one = ask(name)
        except UserError as error:
            said.append(f"{method(name).title}: {error}")
            continue
        if isinstance(one, Job):
            jobs.append(one)
        else:
            found.append(one)
    return found, jobs, said


def follow(names: Sequence[str], ask: Callable[[str], Any], draw: Callable[[list[Any]], None]) -> None:
    """Draws the answers as they come, one after the other, with the progress and a Stop while some are missing."""
    _, jobs, _ = gathered(names, ask)

    def beat() -> None:
        found, still, said = gathered(names, ask)
        if jobs and not still:
            st.rerun()
        if still:
            _progress(found, still, len(names) - len(said))
        if found:
            draw(found)
        for sentence in said:
            st.caption(as_text(sentence))

    st.fragment(beat, run_every=BEAT if jobs else None)()


def _progress(found: Sequence[Any], still: Sequence[Job], total: int) -> None:
    running = next((job for job in still if job.state == "running"), still[0])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(len(found) / max(total, 1), f"{len(found)} of {total} methods: {running.title}")
        st.button("Stop", key="explain.stop", on_click=_stop, args=([job.number for job in still],))


def _stop(numbers: Sequence[int]) -> None:
    for number in numbers:
        engine.jobs().cancel(number)


def tab(opened: OpenGraph, run: Run, node: int) -> None:
    names = picker()

    def ask(name: str) -> Any:
        return why_asking.ask(run, node, name, lane="batch", patience=0.0)

    def draw(answers: list[Answer]) -> None:
        colors = coloring("class", opened.graph, pictures.split(opened))
        show.chart(panels.side_by_side(opened, colors, answers, state.why().keep), "explain.panels")
        if len(answers) > 1:
            st.subheader("Do they agree?", anchor=False)
            show.chart(panels.agreement(answers, state.why().keep), "explain.agreement")

    follow(names, ask, draw)
