"""The parts of the explore page: four views of one run that follow one selection."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from core.data import Split
from core.jobs import Job
from core.run import Run
from core.views import OpenGraph
from explainers.coloring import COLORINGS, WITHOUT_RUN, coloring
from explainers.contract import Table
from explainers.lenses import confusion, embedding
from explainers.nodes import NODE_HELP, in_cells, node_table
from pages._shared import controls, engine, pictures, show, state
from pages._shared.transport import transport

HEIGHT = 470


def page() -> None:
    opened = pictures.opened_graph()
    if opened is None:
        return
    split = pictures.split(opened)
    run = engine.run(engine.specs(state.selection())[0].key)
    if run is None:
        _without_run(opened, split)
        return
    result = engine.lens("confusion", state.selection(), {"part": st.session_state.get(PART, "test")}, seeds=1)
    matrix = None if isinstance(result, Job) else result
    show.question("What has it learned?", confusion.captions(matrix)[:1] if matrix else [])
    by, method = _controls()
    _pictures(opened, split, run, by, method)
    left, right = st.columns([1, 1.35], gap="large")
    with left:
        _confusion(result, opened, run, split)
    with right:
        _nodes(_table(opened, split, run))


PART = "explore.part"


def _controls() -> tuple[str, str]:
    """Colour and embedding method, and a way back from a selected set."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        by = _colour(COLORINGS)
        choice = next(p for p in embedding.LENS.parameters if p.name == "method")
        words = dict(choice.options)  # type: ignore[union-attr]
        method = st.segmented_control(
            "Embedding",
            list(words),
            default="pca",
            required=True,
            key="explore.method",
            format_func=lambda word: words[word],
            help=choice.help,
            persist_state="session",
        )
        pictures.why("explore.why")
        picked = state.nodes()
        if picked:
            label = f"{len(picked):,} nodes selected"
            st.button(label, icon=":material/close:", on_click=state.select, args=(state.selection().node, ()), help="Show all nodes again")
    return by, str(method)


def _colour(colorings: tuple[str, ...]) -> str:
    name = "explore.by" if colorings == COLORINGS else "explore.by.untrained"
    options: dict[str, Any] = {"default": colorings[0], "required": True, "key": name, "persist_state": "session"}
    return str(st.segmented_control("Colour", colorings, format_func=str.capitalize, **options))


def _pictures(opened: OpenGraph, split: Split, run: Run, by: str, method: str) -> None:
    """Graph and embedding side by side; with PCA one transport control moves both through the epochs."""
    result = engine.lens("embedding", state.selection(), {"method": method}, seeds=1)
    if isinstance(result, Job):
        left, right = st.columns(2, gap="large")
        with left:
            pictures.graph(opened, "explore.graph", HEIGHT, split, by, run.predictions, run.confidence)
        with right:
            show.waiting(result)
        return

    def draw(step: int) -> None:
        at_best = result.epochs[step] == run.best_epoch
        predictions = run.predictions if at_best else result.graph_predictions[step]
        confidence = run.confidence if at_best else result.graph_confidence[step]
        show.legend(coloring(by, opened.graph, split, predictions, confidence).legend)
        left, right = st.columns(2, gap="medium")
        with left:
            pictures.graph(opened, "explore.graph", HEIGHT, split, by, predictions, confidence, legend=False)
        with right, st.container(border=True, height=HEIGHT):
            _scatter(result, run, step, by)
        for line in [*embedding.captions(result, step), *embedding.left_out(result, state.selection().node)]:
            st.caption(line)
        _about_embedding(result)

    if len(result.epochs) > 1:
        transport(result.epochs.tolist(), "epoch", "explore.epoch", draw, start=result.start, about=run.key)
    else:
        draw(0)


def _about_embedding(result: Any) -> None:
    """How the classes part from epoch to epoch, and what the picture does not show."""
    box = st.expander("About this picture", key="explore.about", on_change="rerun")
    if not box.open:
        return
    views = embedding.draw(result)
    with box:
        show.details(views["embedding"], "explore.embedding")
        if "between" in views:
            show.chart(views["between"], "explore.between")


def _scatter(result: Any, run: Run, step: int, by: str) -> None:
    key, node = "explore.scatter", state.selection().node
    selected = state.nodes() or (() if node is None else (node,))

    def make() -> Any:
        return embedding.scatter(result, step, by, selected).update_layout(height=HEIGHT - 36, showlegend=False, margin={"t": 8})

    figure = engine.view(make, "embedding", engine.version(run.key), result.method, step, by, selected)

    def picked() -> None:
        state.select_points(st.session_state[key]["selection"]["points"])

    st.plotly_chart(figure, key=key, on_select=picked, config={"displaylogo": False})


def _confusion(result: Any, opened: OpenGraph, run: Run, split: Split) -> None:
    st.subheader("Confusion", anchor=False)
    part = next(p for p in confusion.LENS.parameters if p.name == "part")
    controls.parameter(part, st.session_state.get(PART, part.default), "explore", _set_part)
    if isinstance(result, Job):
        show.waiting(result)
        return
    name = "explore.confusion"
    key = state.fresh(name)

    def picked() -> None:
        points = st.session_state[key]["selection"]["points"]
        cells = [tuple(point["customdata"]) for point in points if point.get("customdata")]
        state.select(state.selection().node, in_cells(opened.graph, split, run, result.part, cells) if cells else (), by=name)

    views = engine.view(lambda: confusion.draw(result), "confusion", engine.version(run.key), result.part)
    show.chart(views["matrix"], key, on_select=picked)
    box = st.expander("By class: precision and recall", key="explore.classes", on_change="rerun")
    if box.open:
        with box:
            show.table(views["classes"], "explore.by_class", height=300)


def _set_part(_: str, value: object) -> None:
    st.session_state[PART] = value


def _table(opened: OpenGraph, split: Split, run: Run | None = None) -> pd.DataFrame:
    """One row a node, of the run in its version of today."""
    chosen = state.selection()
    of = (chosen.dataset, chosen.dataset_settings, engine.specs(chosen)[0].dataset)
    rows: pd.DataFrame = engine.view(lambda: node_table(opened.graph, split, run), "nodes", *of, run and engine.version(run.key))
    return rows


def _nodes(rows: pd.DataFrame) -> None:
    picked = state.nodes()
    st.subheader(f"{len(picked):,} selected nodes" if picked else f"All {len(rows):,} nodes", anchor=False)
    show.table(Table(rows[rows["node"].isin(picked)] if picked else rows, NODE_HELP, node="node"), "explore.nodes", height=420)


def _without_run(opened: OpenGraph, split: Split) -> None:
    show.question("What has it learned?")
    show.untrained()
    by = _colour(WITHOUT_RUN)
    pictures.graph(opened, "explore.graph", HEIGHT, split, by)
    _nodes(_table(opened, split))
