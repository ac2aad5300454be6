"""The parts of the explain page: one node, what is behind its prediction, and the ways to look closer."""

from __future__ import annotations

from core.errors import UserError
from core.run import Run
from core.views import OpenGraph
from pages._shared import engine, pictures, show, state

QUESTION = "Why this prediction?"
HEIGHT = 470


def page() -> None:
    opened = pictures.opened_graph()
    if opened is None:
        return
    run = engine.run(engine.specs(state.selection())[0].key)
    if run is None:
        show.question(QUESTION)
        show.untrained()
        return
    node = state.selection().node
    if node is None:
        _pick(opened, run)
        return
    _node(opened, run, node)


def _pick(opened: OpenGraph, run: Run) -> None:
    """No node yet: the whole graph to click, in right and wrong."""
    show.question(QUESTION, ["Pick a node: click it, or search for its number or name."])
    pictures.graph(opened, "explain.graph", HEIGHT, pictures.split(opened), "correctness", run.predictions, run.confidence)


def _node(opened: OpenGraph, run: Run, node: int) -> None:
    show.question(QUESTION)
    try:
        pictures.neighbourhood(opened, "explain.around", HEIGHT, pictures.coloring("class", opened.graph, pictures.split(opened)))
    except UserError as error:
        show.empty(str(error))
