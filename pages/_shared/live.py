"""What fills in while runs train: parts of a page on a beat of their own, and a figure drawn in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explainers.contract import Chart
from pages._shared import engine, show, state
from pages._shared.plot import as_json

BEAT = 0.8
"""Seconds between two looks at what is trained or read meanwhile."""


def growing(waits: Callable[[], bool], *parts: tuple[DeltaGenerator, Callable[[], None]]) -> None:
    """Parts of the page, each in its place and in this order, that are drawn again on a beat while there is something to wait for."""
    waiting = waits()

    def part(draw: Callable[[], None]) -> None:
        state.catch_up()
        if waiting and not waits():
            st.rerun()  # only a run of the whole page ends the beat
        draw()

    for place, draw in parts:
        with place:
            st.fragment(part, run_every=BEAT if waiting else None)(draw)


def live(key: str, alt: str, make: Callable[[], Chart], of: tuple[Any, ...], on_point: Callable[[Any], None] = lambda point: None) -> None:
    """A figure that is made anew only when what it follows from has changed; `alt`: what a screen reader says of it."""

    def drawn() -> tuple[Chart, str]:
        chart = make()
        return chart, as_json(chart.figure)

    view, text = engine.view(drawn, key, *of)
    show.live_chart(view, text, key, alt, on_point)
