"""Pictures of graphs: the canvas for what fits on it, an overview of points for what does not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from core.data import GraphData, Split
from core.errors import UserError
from core.jobs import Job
from core.scene import Scene
from core.views import OpenGraph
from explainers import scenes
from explainers.coloring import Coloring, coloring
from explainers.first_screen import FirstScreen
from explainers.nodes import node_called
from pages._shared import engine, show, state
from pages._shared.canvas import CanvasEvent, graph_canvas

PAGES = Path(__file__).resolve().parents[1]
HOPS = 2


def page_file(name: str) -> str:
    """Path of a page by the end of its file's stem, for st.switch_page."""
    return str(next(PAGES.glob(f"[0-9]_*/[0-9]_{name}.py")).relative_to(PAGES.parent))


def opened_graph() -> OpenGraph | None:
    """The selected graph; None while it is being opened. Raises `UserError` if it cannot be."""
    try:
        found = engine.opened(state.selection())
    except UserError:
        show.question("This graph cannot be opened")
        raise
    if isinstance(found, Job):
        show.waiting(found)
        return None
    node = state.selection().node
    if node is not None and node >= found.graph.num_nodes:
        state.say(f"There is no node {node} in this graph; it has nodes 0 to {found.graph.num_nodes - 1:,}.")
        state.select(None)
        st.rerun()
    state.check_edits(found.graph)
    return found


def split(opened: OpenGraph) -> Split:
    """The masks of the split in use; of the first planned run where each seed has its own."""
    return engine.split(opened.graph, engine.specs(state.selection())[0])


def graph(
    opened: OpenGraph,
    key: str,
    height: int,
    masks: Split,
    by: str = "class",
    predictions: Sequence[int] | None = None,
    confidence: Sequence[float] | None = None,
    legend: bool = True,
) -> None:
    """The whole graph if it fits on the canvas; else as much as can be drawn, and on the canvas what surrounds the selected node."""
    colors = coloring(by, opened.graph, masks, predictions, confidence)
    if legend:
        show.legend(colors.legend)
    colored(opened, colors, key, height)


def colored(opened: OpenGraph, colors: Coloring, key: str, height: int) -> None:
    """The same in given colours, without a legend."""
    node = state.selection().node
    if scenes.fits_canvas(opened):
        drawn(scenes.whole(opened, colors, node), key, height)
    elif node is None:
        _overview(opened, colors, key, height)
    else:
        neighbourhood(opened, key, height, colors)
        st.button("Show the whole graph", key=f"{key}.whole", on_click=state.select, args=(None,))


def neighbourhood(opened: OpenGraph, key: str, height: int, colors: Coloring) -> None:
    """What a GNN of two layers sees from the selected node; digits are drawn as what they are."""
    node = state.selection().node
    if node is None:
        show.empty("Select a row to see what surrounds the node.")
        return
    scene, text = scenes.around(opened, colors, node, HOPS)
    drawn(scene, key, height, part_of=opened.graph)
    st.caption(text)


def why(key: str) -> None:
    """The way from a node that is selected here to what is behind its prediction."""
    node = state.selection().node
    if node is not None and st.button(f"Why this prediction of node {node}?", key=key, icon=":material/troubleshoot:"):
        st.switch_page(page_file("explain"))


def first_screen(screen: FirstScreen, step: int) -> None:
    """The bundled graph at one recorded epoch."""
    graph_canvas(scenes.first_screen(screen, step), key="home.graph", height=400)


def drawn(scene: Scene, key: str, height: int, part_of: GraphData | None = None) -> None:
    """A scene on the canvas, which selects nodes; of a part of a graph its search finds the rest as well."""

    def follow(event: CanvasEvent) -> None:
        if event.find and part_of:
            find(part_of, event.find)
        else:
            _follow(event)

    chosen = state.selection().node
    graph_canvas(scene, key=key, height=height, selected=state.nodes() or chosen, part=part_of is not None, on_event=follow)


def find(graph: GraphData, text: str) -> None:
    """Select the node of that number or name, drawn or not."""
    node = node_called(graph, text)
    if node is None:
        state.say(f"There is no node “{text}” in this graph; it has nodes 0 to {graph.num_nodes - 1:,}.")
    else:
        state.select(node, ())


def _follow(event: CanvasEvent) -> None:
    """A click selects a node, dragging over an area a set of them, an edge its two ends."""
    if event.edge is not None:
        state.select(state.selection().node, event.edge)
    elif event.nodes is not None and not event.area and len(event.nodes) <= 1:
        state.select(event.node, ())
    elif event.nodes is not None:
        state.select(state.selection().node, event.nodes)


def _overview(opened: OpenGraph, colors: Coloring, key: str, height: int) -> None:
    """As much of the graph as can be drawn; the search finds the rest."""
    chosen, selected = state.selection(), state.nodes()

    def make() -> tuple[Scene, str]:
        scene, text = scenes.some(opened, colors, selected)
        return scene.ready(), text

    scene, text = engine.view(make, "overview", chosen.dataset, chosen.dataset_settings, colors.digest, selected)
    drawn(scene, key, height, part_of=opened.graph)
    st.caption(f"{text} Click a node to see what surrounds it.")
