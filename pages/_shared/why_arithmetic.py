"""Layer arithmetic of the selected node: how one number of one layer comes about, neighbour by neighbour."""

from __future__ import annotations

import streamlit as st

from core.home import home
from core.run import Run
from core.views import OpenGraph
from explainers.arithmetic import figures
from explainers.arithmetic.channel import Channel, channel, channel_name, channels_of
from explainers.arithmetic.contract import unsupported
from explainers.arithmetic.formula import captions, formula, number
from explainers.arithmetic.result import Arithmetic, Step
from explainers.wording import count
from pages._shared import engine, show, state, why_edit
from pages._shared.frame import as_text

WORK = "explainers.arithmetic.measure:arithmetic"
LAYER, HEAD, CHANNEL, TERMS = "arithmetic.layer", "arithmetic.head", "arithmetic.channel", "arithmetic.terms"
MOST_BUTTONS = 8
"""Layers that are buttons side by side; more are a list."""


def tab(opened: OpenGraph, run: Run, node: int) -> None:
    """Pickers, the formula in symbols and in numbers, bars to the left and the terms to the right."""
    if reason := unsupported(run.spec):
        show.empty(reason)
        return
    work = {"spec": run.spec, "node": node, "root": home()}
    found: Arithmetic | None = why_edit.asked(WORK, work, f"Layer arithmetic of node {node}", engine.version(run.key))
    if found is None:
        return
    one = _picked(found, opened, run)
    st.markdown(as_text(" ".join(captions(one, opened.graph.class_names))))
    st.latex(found.equation)
    st.latex(formula(one, opened.graph.class_names))
    left, right = st.columns([1, 1.05], gap="medium")
    with left:
        show.chart(figures.contributions_chart(found, one, opened.graph), "arithmetic.contributions")
    with right:
        _terms(one, opened)


def _picked(found: Arithmetic, opened: OpenGraph, run: Run) -> Channel:
    """The channel that the pickers say."""
    with st.container(horizontal=True, vertical_alignment="top", gap="medium"):
        step = found.steps[_layer(found)]
        head = _head(step)
        return channel(step, _channel(found, step, head, opened, run), head)


def _layer(found: Arithmetic) -> int:
    """The last one at first: there the messages become the prediction."""
    places = list(range(len(found.steps)))
    options = {
        "key": f"{LAYER}.{len(places)}",
        "format_func": lambda place: found.steps[place].title,
        "help": "Whose sum is shown. Layers before the first message, and what they make of the features, are not.",
    }
    if len(places) > MOST_BUTTONS:
        return int(st.selectbox("Layer", places, index=places[-1], width=200, **options))
    return int(st.segmented_control("Layer", places, default=places[-1], required=True, **options))


def _head(step: Step) -> int | None:
    """One of several heads; None for all together, or for that of the channel."""
    if step.heads == 1:
        return None
    together = "That of the channel" if step.merge == "concatenated" else "All together"
    return st.selectbox(
        step.heads_are,
        [None, *range(step.heads)],
        format_func=lambda head: together if head is None else f"{step.heads_are} {head + 1}",
        key=f"{HEAD}.{step.title}",
        help=f"The {count(step.heads, step.heads_are.lower())} of this layer are {step.merge}.",
        width=190,
    )


def _channel(found: Arithmetic, step: Step, head: int | None, opened: OpenGraph, run: Run) -> int:
    """The predicted class at first; of a hidden state the channel that is farthest from 0."""
    numbers = list(channels_of(step, head))
    first = int(run.predictions[found.node]) if step.of_classes else step.largest(numbers)
    return st.selectbox(
        "Class" if step.of_classes else "Channel",
        numbers,
        index=numbers.index(first),
        format_func=lambda place: f"{channel_name(step, place, opened.graph.class_names)} ({number(float(step.output[place]))})",
        key=f"{CHANNEL}.{run.key}.{found.node}.{step.title}.{head}",
        help="In brackets the layer's output for it.",
        width=260,
    )


def _terms(one: Channel, opened: OpenGraph) -> None:
    order = figures.rows(one)

    def go(row: int) -> None:
        node = int(one.step.nodes[order[row]]) if row < len(order) else -1
        if node >= 0:
            state.select(node, by=TERMS)

    show.table(figures.terms_table(one, opened.graph), TERMS, height="auto" if len(order) < 10 else 420, on_row=go)
