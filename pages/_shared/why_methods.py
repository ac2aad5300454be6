"""Explain page: several methods on the selected node, side by side in one layout, and how far they agree."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
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
from explainers.wording import count
from pages._shared import engine, pictures, show, state, why_asking
from pages._shared.frame import as_text
from pages._shared.live import growing

CHOSEN = "explain.methods"
QUICK = ("saliency", "input_x_gradient", "integrated_gradients", "guided_backprop", "gnn_explainer", "occlusion", RANDOM)
"""What is asked before anybody chose."""
FAILED = "explain.failed"
"""Session key: why methods could not be asked, by the kind of question: what it was about, and a sentence by name."""


@dataclass(frozen=True)
class Gathered:
    """`answers` so far, `jobs` still at work, questions that the user `stopped`, and why others cannot be asked."""

    answers: list[Any]
    jobs: list[Job]
    stopped: list[str]
    said: list[str]


def picker() -> list[str]:
    """The methods to compare; the selected one and random edges are always among them."""
    known = methods()
    st.multiselect(
        "Methods",
        list(known),
        default=[name for name in QUICK if name in known],
        key=CHOSEN,
        format_func=lambda name: known[name].title,
        help="PGExplainer, GraphMask, DnX and FastDnX first learn for themselves, and Shapley values ask many times: "
        "they take some seconds. The others answer soon.",
        persist_state="session",
    )
    return list(dict.fromkeys([state.why().method, *st.session_state[CHOSEN], RANDOM]))


def gathered(names: Sequence[str], ask: Callable[[str], Any], about: tuple[Hashable, ...]) -> Gathered:
    """What each method has answered so far. One that failed is not asked again for the same, or it would fail at every beat."""
    failed = _failed(about)
    found = Gathered([], [], [], [])
    for name in names:
        if name in failed:
            found.said.append(failed[name])
            continue
        try:
            one = ask(name)
        except engine.Stopped as stopped:
            found.stopped.append(stopped.question)
        except UserError as error:
            failed[name] = f"{method(name).title}: {error}"
            found.said.append(failed[name])
        else:
            (found.jobs if isinstance(one, Job) else found.answers).append(one)
    return found


def _failed(about: tuple[Hashable, ...]) -> dict[str, str]:
    """Why methods could not be asked, by name; what was about something else is forgotten."""
    known: dict[Hashable, tuple[Hashable, dict[str, str]]] = st.session_state.setdefault(FAILED, {})
    if known.get(about[0], (None, {}))[0] != about:
        known[about[0]] = (about, {})
    return known[about[0]][1]


def follow(names: Sequence[str], ask: Callable[[str], Any], about: tuple[Hashable, ...], draw: Callable[[list[Any]], None]) -> None:
    """Draws the answers as they come, one after the other, with the progress and a Stop while some are missing.

    `about`: what they are asked about.
    """

    def drawn() -> None:
        found = gathered(names, ask, about)
        if found.jobs:
            _progress(found)
        if found.stopped:
            _stopped(found, about)
        if found.answers:
            draw(found.answers)
        for sentence in found.said:
            st.caption(as_text(sentence))
        if found.said:
            st.button(
                "Ask again", key=f"explain.retry.{about[0]}", type="tertiary", icon=":material/refresh:", on_click=_failed(about).clear
            )

    growing(lambda: bool(gathered(names, ask, about).jobs), (st.container(), drawn))


def _stopped(found: Gathered, about: tuple[Hashable, ...]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{count(len(found.stopped), 'method')} stopped.")
        st.button("Start again", key=f"explain.again.{about[0]}", on_click=_resume, args=(found.stopped,))


def _resume(questions: Sequence[str]) -> None:
    for question in questions:
        engine.resume(question)


def _progress(found: Gathered) -> None:
    running = next((job for job in found.jobs if job.state == "running"), found.jobs[0])
    done, total = len(found.answers), len(found.answers) + len(found.jobs)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(done / total, f"{done} of {total} methods: {running.title}")
        st.button("Stop", key=f"explain.stop.{running.name}", on_click=_stop, args=([job.number for job in found.jobs],))


def _stop(numbers: Sequence[int]) -> None:
    for number in numbers:
        engine.jobs().cancel(number)


def tab(opened: OpenGraph, run: Run, node: int, keep: int) -> None:
    names = picker()

    def ask(name: str) -> Any:
        return why_asking.ask(run, node, name, lane="batch", patience=0.0)

    def draw(answers: list[Answer]) -> None:
        colors = coloring("class", opened.graph, pictures.split(opened))
        show.chart(panels.side_by_side(opened, colors, answers, keep), "explain.panels")
        for answer in answers:
            for sentence in answer.said:
                st.caption(as_text(f"{method(answer.method).title}: {sentence}"))
        if len(answers) > 1:
            st.subheader("Do they agree?", anchor=False)
            show.chart(panels.agreement(answers, keep), "explain.agreement")

    follow(names, ask, ("explain", engine.version(run.key), node, *state.why().question), draw)
