"""The actions as a picture: nodes by what they do, edges by what passes along them. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.actions import ACTIONS
from core.data import Bools, Ints
from core.metrics.actions import broadcasting, carrying, listening, taken
from core.scene import TEXT, EdgeLook, Scene
from core.views import OpenGraph
from explainers import scenes
from explainers.actions_request import ACTION, LISTENS
from explainers.coloring import Coloring, by_mark, shaded
from explainers.lenses.actions.marks import MARKS, NAMES
from explainers.lenses.actions.result import Layer
from explainers.wording import percent

HOPS = 2
MOST_ARROWS = 500
"""Links up to which the heads of arrows can be told; of more, one that carries a message in any direction is a line."""
STRONG = 150
"""Links up to which those that carry a message are as strong as the text; more of them would be a blot."""
CARRIES, SILENT = 1.2, 0.8
"""Widths in pixels."""


def coloring(layer: Layer, by: str) -> Coloring:
    """Colours of all nodes in one layer, by one of `explainers.actions_request.BY`."""
    if by == ACTION:
        return by_mark(layer.action, [(NAMES[action], MARKS[action]) for action in ACTIONS])
    return shaded(listening(layer.policy) if by == LISTENS else broadcasting(layer.policy), 0.0, 1.0, "{:.0%}")


def scene(opened: OpenGraph, layer: Layer, by: str, node: int | None, selected: Sequence[int] = ()) -> tuple[Scene, str]:
    """The whole graph if it fits on the canvas, else what surrounds the node, or as much as can be drawn; and the sentence that says
    how much that is, and what the lines are."""
    colors, graph = coloring(layer, by), opened.graph
    if scenes.fits_canvas(opened):
        found, said = scenes.whole(opened, colors, node), ""
    elif node is not None:
        found, said = scenes.around(opened, colors, node, HOPS)
    else:
        found, said = scenes.some(opened, colors, selected)
    pairs = found.edges
    out, back = _passing(opened, layer, pairs), _passing(opened, layer, pairs[:, ::-1])
    nodes = replace(found.nodes, tooltip=_tooltips(opened, layer, found.node_ids))
    arrows, turned = len(pairs) <= MOST_ARROWS, np.where((back & ~out)[:, None], pairs[:, ::-1], pairs)
    # without heads no line has to be turned: the edges, which are costly to draw anew, stay the same from layer to layer
    found = replace(found, nodes=nodes, arrows=arrows, edges=turned if arrows else pairs, lines=_look(turned, out & back, ~(out | back)))
    return found, f"{said} {_said(found.arrows, out, back, graph.directed)}".strip() if len(pairs) else said


def _passing(opened: OpenGraph, layer: Layer, pairs: Ints) -> Bools:
    """[m] whether a message passes from the first to the second of each of some linked pairs [m, 2]."""
    graph = opened.graph
    inside = np.zeros(graph.num_nodes, dtype=bool)
    inside[pairs] = True
    links = graph.edge_index[:, inside[graph.edge_index].all(axis=0)]
    passes = carrying(links, taken(layer.action)) > 0
    codes = np.unique((links[0] * graph.num_nodes + links[1])[passes])
    return np.isin(pairs[:, 0] * graph.num_nodes + pairs[:, 1], codes)


def _look(pairs: Ints, both: Bools, none: Bools) -> EdgeLook:
    """Lines where messages pass both ways, arrows where they pass one way, from the first to the second of a pair [m, 2], dashed where
    none does."""
    kinds = np.select([none, both], ["no message", "messages both ways"], "messages one way").tolist()
    links = [" → " if way == "messages one way" else " – " for way in kinds]
    return EdgeLook(
        color=[TEXT if len(none) <= STRONG and not quiet else None for quiet in none.tolist()],
        width=np.where(none, SILENT, CARRIES),
        dashed=none,
        arrow=~(both | none),
        tooltip=[f"{u}{link}{v}\n{way}" for (u, v), link, way in zip(pairs.tolist(), links, kinds, strict=True)],
    )


def _said(arrows: bool, out: Bools, back: Bools, directed: bool) -> str:
    """What the lines are, and how many of the drawn links carry messages."""
    both, one, none = int((out & back).sum()), int((out ^ back).sum()), int((~(out | back)).sum())
    if both == len(out):
        return "All links carry messages both ways."
    if directed or not arrows:
        word = "arrow" if arrows else "line"
        return f"A message passes along {both + one:,} of {len(out):,} links ({word}), none along the others (dashed)."
    return f"Of {len(out):,} links {both:,} carry messages both ways (line), {one:,} one way (arrow), {none:,} none (dashed)."


def _tooltips(opened: OpenGraph, layer: Layer, nodes: NDArray[np.integer]) -> list[str]:
    """What a node is, what it does, and the probability of each action."""
    known = scenes.tooltips(opened.graph, nodes)
    return [
        f"{text}\n{NAMES[ACTIONS[layer.action[node]]]}\n"
        + ", ".join(f"{action} {percent(float(share), 0)}" for action, share in zip(ACTIONS, layer.policy[node], strict=True))
        for text, node in zip(known, nodes.tolist(), strict=True)
    ]
