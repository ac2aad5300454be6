"""The parts of the first screen."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.figures import class_color
from core.spec import TrainingSpec
from explainers.first_screen import FirstScreen
from pages._shared import bench, engine, pictures, show, state
from pages._shared.transport import transport

PRESETS: tuple[tuple[str, str, str, Mapping[str, str]], ...] = (
    ("Teach", "Ten handwritten digits, linked by likeness: watch the classes part while a GCN trains.", "train", {"dataset": "digits", "model": "gcn"}),
    ("Debug", "A graph whose neighbours mislead: which nodes are wrong, and is it features or structure?", "errors", {"dataset": "csbm", "model": "gcn"}),
    ("Demo", "Houses on a random graph with known ground truth: see what a deep model learns of shape.", "explore", {"dataset": "ba_shapes", "model": "gin"}),
)
"""Heading, what happens, page, and the selection behind each preset."""


def hero(screen: FirstScreen) -> None:
    """The bundled result: a graph that learns, and what it proves."""
    show.question("See what every hop does to your graph", [screen.answer])
    colors = {name: (class_color(i), "circle") for i, name in enumerate(screen.class_names)}
    left, right = st.columns([2, 1], gap="large")
    with left:
        transport(screen.epochs, "epoch", "home", lambda step: pictures.first_screen(screen, step), start=screen.best_step)
        show.legend(colors)
    with right:
        st.markdown(
            "**How to read it.** Each dot is a member of a karate club, each line a friendship. The ringed ones are "
            "labelled. Press play: from epoch to epoch the network colours everybody else; a square is placed wrongly."
        )
        st.markdown("**What it does not show.** One club of 34 says little about other graphs: pick one in the sidebar and press Train.")
        st.caption(f"Seed 0 of {screen.seeds}. Measured with {screen.measured_with}. Measure it again:")
        st.code(screen.command, language="bash", wrap_lines=True)


def presets() -> None:
    """Three cards; each selects, trains and opens a page."""
    for column, (heading, text, page, change) in zip(st.columns(3), PRESETS, strict=True):
        with column, st.container(border=True, height="stretch"):
            st.markdown(f"**{heading}**")
            st.caption(text)
            if st.button("Run it", key=f"preset.{heading}", icon=":material/play_arrow:"):
                _apply(change)
                st.switch_page(pictures.page_file(page))


def recent_runs() -> None:
    """The last trainings, newest first."""
    found = engine.groups()[:8]
    if not found:
        show.empty("No runs yet. Press Train in the sidebar, or take one of the three ways above.")
        return
    for group in show.runs(found, key="home.runs"):
        state.open_runs(group)
        st.switch_page(pictures.page_file("explore"))
    st.caption("Select a row to open it.")


def _apply(change: Mapping[str, str]) -> None:
    state.change_dataset(change["dataset"])
    state.change_model(change["model"])
    state.change(training=TrainingSpec())
    if not all(engine.entries(engine.specs(state.selection()))):
        bench.press_train()
