"""An explanation as a picture: the nodes within reach in rings, edges as wide as they matter. Free of torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.data import Bools, Floats, Ints
from core.figures import WRONG
from core.scene import TEXT, EdgeLook, NodeLook, Scene
from core.views import OpenGraph
from explainers.coloring import Coloring
from explainers.rings import parents, places, rings
from explainers.scenes import AROUND, data_url, tooltips
from explainers.why.result import Answer
from explainers.wording import count

WIDEST, THINNEST, REST = 6.0, 1.2, 1.0
"""Widths in pixels of the most important edge, of a kept one that hardly matters, and of one that is not kept."""
MUCH = 0.1
"""Share of the largest score from which on an edge that speaks against the class is marked as one."""


@dataclass(frozen=True, eq=False)
class Layout:
    """The part of what is within reach that is drawn: `nodes` [n], the asked one first, at `positions` [n, 2]; `drawn` [m] of the edges."""

    nodes: Ints
    positions: Floats
    drawn: Bools


def laid_out(opened: OpenGraph, answer: Answer, most: int = AROUND) -> Layout:
    """At most so many nodes: those at the ends of the most important edges, with what links them to the asked one, first."""
    links = places(answer.nodes, answer.pairs)
    chosen = _chosen(answer, links, most)
    nodes, hop = answer.nodes[chosen], answer.hop[chosen]
    drawn: Bools = np.asarray(chosen[links].all(axis=1), dtype=bool)
    positions = rings(hop, places(nodes, answer.pairs[drawn]), opened.positions[nodes])
    return Layout(nodes, positions, drawn)


def explained(opened: OpenGraph, colors: Coloring, answer: Answer, keep: int) -> tuple[Scene, str]:
    """The scene, and the sentence that says what of the graph is drawn."""
    graph, laid = opened.graph, laid_out(opened, answer)
    shown, shapes = colors.of(laid.nodes)
    scene = Scene(
        graph_id=f"{graph.structure_hash}-{answer.node}-why",
        positions=laid.positions,
        node_ids=laid.nodes,
        edges=answer.pairs[laid.drawn],
        labels=[graph.node_names[i] for i in laid.nodes] if graph.node_names else None,
        images=[data_url(graph.features[i].reshape(graph.image_shape)) for i in laid.nodes] if graph.image_shape else None,
        arrows=answer.directed,
        nodes=NodeLook(color=shown, shape=shapes, size=np.where(laid.nodes == answer.node, 1.5, 1.0), tooltip=tooltips(graph, laid.nodes)),
        lines=_lines(answer, keep, laid.drawn),
        target=answer.node,
    )
    return scene, _drawn(answer, laid, keep)


def _lines(answer: Answer, keep: int, drawn: Bools) -> EdgeLook:
    scores, kept = answer.importance[drawn], answer.kept(keep)[drawn]
    sizes, against = np.abs(scores) / _largest(answer), _against(answer)[drawn]
    return EdgeLook(
        color=[TEXT if own else WRONG if other else None for own, other in zip(kept.tolist(), against.tolist(), strict=True)],
        width=np.where(kept | against, THINNEST + (WIDEST - THINNEST) * sizes, REST),
        dashed=~kept,
        tooltip=_edge_tooltips(answer, keep, drawn),
    )


def _against(answer: Answer) -> Bools:
    """[m] edges that speak against the class, and not just a little."""
    return np.asarray(answer.importance < -MUCH * _largest(answer))


def _largest(answer: Answer) -> float:
    return float(np.abs(answer.importance).max(initial=0)) or 1.0


def _edge_tooltips(answer: Answer, keep: int, drawn: Bools) -> list[str]:
    ranks, arrow = answer.ranks, "→" if answer.directed else "–"
    found = []
    for edge in np.flatnonzero(drawn).tolist():
        u, v = answer.pairs[edge].tolist()
        spread = f" ± {answer.spread[edge]:.2g} (sd over {len(answer.scores)} seeds)" if len(answer.scores) > 1 else ""
        lines = [f"edge {u} {arrow} {v}", f"score {answer.importance[edge]:.3g}{spread}"]
        lines.append(f"{'kept' if ranks[edge] <= keep else 'not kept'}: rank {ranks[edge]:,} of {len(ranks):,}")
        if answer.truth is not None:
            lines.append("in the planted motif" if answer.truth[edge] else "not in the planted motif")
        found.append("\n".join(lines))
    return found


def _drawn(answer: Answer, laid: Layout, keep: int) -> str:
    hops = count(int(answer.hop.max(initial=0)), "hop")
    if len(answer.nodes) == 1:
        return "No other node is within reach."
    if len(laid.nodes) == len(answer.nodes):
        text = f"All {count(len(answer.nodes), 'node')} within {hops}, with {count(len(answer.pairs), 'edge')}."
    else:
        hidden = int((answer.kept(keep) & ~laid.drawn).sum())
        lost = f"; {count(hidden, 'kept edge')} outside" if hidden else ""
        text = (
            f"{len(laid.nodes):,} of {len(answer.nodes):,} nodes within {hops}: those at the most important edges first. "
            f"{int(laid.drawn.sum()):,} of {len(answer.pairs):,} edges{lost}."
        )
    negative = " Orange: speaks against the class." if (_against(answer) & laid.drawn & ~answer.kept(keep)).any() else ""
    return f"{text} Solid: kept; the wider, the higher its score; dashed: the rest.{negative}"


def _chosen(answer: Answer, links: Ints, most: int) -> Bools:
    """[n] nodes to draw, each with its way to the asked one."""
    chosen = np.zeros(len(answer.nodes), dtype=bool)
    chosen[0] = True
    parent, left = parents(answer.hop, links), most - 1
    order = np.argsort(-np.abs(answer.importance), kind="stable")
    for node in [*links[order].ravel().tolist(), *range(len(chosen))]:
        way = []
        while not chosen[node]:
            way.append(node)
            node = int(parent[node])
        if len(way) <= left:
            chosen[way] = True
            left -= len(way)
        if not left:
            break
    return chosen
