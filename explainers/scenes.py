"""Graphs as scenes for the canvas, with names and tooltips that say what a node is. Free of torch."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np

from core.data import GraphData
from core.figures import class_color
from core.neighborhood import k_hop, pairs_within, showing
from core.sampling import sampled_edges, sampled_nodes, showing_some
from core.scene import MAX_EDGES, MAX_NODES, EdgeLook, NodeLook, Scene
from core.views import OpenGraph
from explainers.coloring import Coloring
from explainers.first_screen import FirstScreen
from explainers.nodes import class_of
from explainers.rings import places, rings
from explainers.wording import class_words

AROUND = 150
"""Nodes drawn around a node at most."""
DOTS = 5_340
"""Nodes drawn above which each is a dot until one zooms in: draw.js makes them smaller than it draws shapes."""


def fits_canvas(opened: OpenGraph) -> bool:
    """Whether the whole graph is small enough for the canvas."""
    return opened.graph.num_nodes <= MAX_NODES and opened.card.edges <= MAX_EDGES


def whole(opened: OpenGraph, colors: Coloring, node: int | None) -> Scene:
    """All nodes and edges."""
    graph = opened.graph
    nodes = np.arange(graph.num_nodes)
    shown, shapes = colors.of(nodes)
    return Scene(
        graph_id=graph.structure_hash,
        positions=opened.positions,
        node_ids=nodes,
        edges=graph.undirected_edges,
        labels=graph.node_names,
        nodes=NodeLook(color=shown, shape=shapes, tooltip=tooltips(graph, nodes)),
        target=node,
    )


def some(opened: OpenGraph, colors: Coloring, selected: Sequence[int]) -> tuple[Scene, str]:
    """As much of a large graph as can be drawn, with what is selected in any case, and the sentence that says how much that is.

    Every colour of the picture is drawn, the rare ones more often than chance would.
    """
    graph = opened.graph
    nodes, lifted = sampled_nodes(colors.codes, selected)
    edges = sampled_edges(graph.undirected_edges, nodes, graph.num_nodes)
    shown, shapes = colors.of(nodes)
    scene = Scene(
        graph_id=graph.structure_hash,
        positions=opened.positions[nodes],
        node_ids=nodes,
        edges=edges,
        nodes=NodeLook(color=shown, shape=shapes, tooltip=tooltips(graph, nodes)),
    )
    text = showing_some(len(nodes), graph.num_nodes, len(edges), len(graph.undirected_edges), lifted)
    shared = len(set(shown)) < len(set(zip(shown, shapes, strict=True)))  # colours that only the shape tells apart
    return scene, f"{text} Zoom in to tell the shapes." if shared and len(nodes) > DOTS else text


def around(opened: OpenGraph, colors: Coloring, node: int, hops: int) -> tuple[Scene, str]:
    """What a GNN of depth `hops` sees from a node, and the sentence that says how much of the graph that is."""
    graph = opened.graph
    part = k_hop(graph.edge_index, graph.num_nodes, node, hops, AROUND)
    edges = pairs_within(graph.edge_index, part.nodes, graph.num_nodes)
    positions = rings(part.hop, places(part.nodes, edges), opened.positions[part.nodes])
    shown, shapes = colors.of(part.nodes)
    scene = Scene(
        graph_id=f"{graph.structure_hash}-{node}-{hops}",
        positions=positions,
        node_ids=part.nodes,
        edges=edges,
        labels=[graph.node_names[i] for i in part.nodes] if graph.node_names else None,
        images=[data_url(graph.features[i].reshape(graph.image_shape)) for i in part.nodes] if graph.image_shape else None,
        nodes=NodeLook(
            color=shown,
            shape=shapes,
            size=np.where(part.hop == 0, 1.5, 1.0),
            tooltip=tooltips(graph, part.nodes),
        ),
        target=node,
    )
    return scene, showing(part, graph.num_nodes, node, hops)


def first_screen(screen: FirstScreen, step: int) -> Scene:
    """The bundled club at one recorded epoch: colour is the prediction, a square is placed wrongly, a ring is labelled."""
    labels, predictions = np.array(screen.labels), np.array(screen.predictions[step])
    ids = np.arange(len(labels))
    labelled = np.isin(ids, screen.train)
    names = screen.class_names
    return Scene(
        graph_id="first-screen",
        positions=np.array(screen.positions, dtype=np.float32),
        node_ids=ids,
        edges=np.array(screen.edges),
        nodes=NodeLook(
            color=[class_color(int(label)) for label in predictions],
            shape=["circle" if right else "square" for right in predictions == labels],
            size=np.where(labelled, 1.35, 1.0),
            border=["#6B7280" if mark else None for mark in labelled],
            tooltip=[
                f"member {i}\nplaced in {names[predictions[i]]} ({screen.confidence[step][i]:.0%} sure)\nbelongs to {names[labels[i]]}"
                for i in ids
            ],
        ),
        lines=EdgeLook(),
    )


def tooltips(graph: GraphData, nodes: np.ndarray) -> list[str]:
    """ "node 42", its name if it has one, and "class Theory"."""
    ids = nodes.tolist()
    names = [f"{graph.node_names[i]}\n" if graph.node_names else "" for i in ids]
    labels = map(class_words, class_of(graph, graph.labels[nodes]))
    return [f"node {i}\n{name}{label}" for i, name, label in zip(ids, names, labels, strict=True)]


def data_url(pixels: np.ndarray) -> str:
    from PIL import Image

    shade = (255 * (1 - pixels / max(float(pixels.max()), 1e-9))).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(shade, "L").save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
