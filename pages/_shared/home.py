"""The parts of the first screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import streamlit as st

from core.figures import class_color
from core.parameters import Value
from core.selection import start
from core.spec import settings
from explainers.first_screen import FirstScreen
from explainers.sweep.request import Request
from pages._shared import bench, engine, pictures, show, state, sweep_controls
from pages._shared.transport import transport


@dataclass(frozen=True)
class Preset:
    """A way in: what it is for, what happens, the page it opens, and the selection behind it."""

    heading: str
    text: str
    page: str
    dataset: str
    model: str
    sweep: Request | None = None
    """What is trained in place of the selection."""
    dataset_changes: Mapping[str, Value] = field(default_factory=dict)
    model_changes: Mapping[str, Value] = field(default_factory=dict)


PRESETS = (
    Preset("Teach", "Handwritten digits, linked by likeness: watch the classes part while a GCN trains.", "train", "digits", "gcn"),
    Preset(
        "Debug",
        "Neighbours that say nothing of a node's class: which nodes are wrong, and is it the features or the structure?",
        "errors",
        "csbm",
        "gcn",
        dataset_changes={"homophily": 0.5, "signal": 2.0},
    ),
    Preset(
        "Demo",
        "Houses planted on a random graph, every feature the same: what does a GIN read from the shape alone?",
        "explore",
        "ba_shapes",
        "gin",
        model_changes={"normalization": "batch", "dropout": 0.0},
    ),
    Preset(
        "Does depth help?",
        "One to sixteen layers, five seeds each, with and without the graph: watch the curves fill in.",
        "sweep",
        "csbm",
        "gcn",
        sweep=Request("model.depth", models=("gcn", "mlp")),
    ),
)


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
    """A card each; it selects, trains and opens a page."""
    for column, preset in zip(st.columns(len(PRESETS)), PRESETS, strict=True):
        with column, st.container(border=True, height="stretch"):
            st.markdown(f"**{preset.heading}**")
            st.caption(preset.text)
            if st.button("Run it", key=f"preset.{preset.heading}", icon=":material/play_arrow:"):
                _apply(preset)
                st.switch_page(pictures.page_file(preset.page))


def recent_runs() -> None:
    """The last trainings, newest first."""
    found = engine.groups()[:8]
    if not found:
        show.empty("No runs yet. Press Train in the sidebar, or take one of the ways above.")
        return
    for group in show.runs(found, key="home.runs"):
        state.open_runs(group)
        st.switch_page(pictures.page_file("explore"))
    st.caption("Select a row to open it.")


def _apply(preset: Preset) -> None:
    fresh = start(engine.catalogue(), preset.dataset, preset.model)
    state.change_dataset(preset.dataset)
    state.change_model(preset.model)
    state.change(
        dataset_settings=settings(dict(fresh.dataset_settings) | preset.dataset_changes),
        split=fresh.split,
        model_settings=settings(dict(fresh.model_settings) | preset.model_changes),
        training=fresh.training,
    )
    if preset.sweep:
        state.sweep.change(**vars(preset.sweep))
        sweep_controls.press_train_all()
    elif not all(engine.entries(engine.specs(state.selection()))):
        bench.press_train()
