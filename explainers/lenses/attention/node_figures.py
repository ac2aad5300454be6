"""One node's attention as a picture, bars and a table. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core import figures
from core.data import GraphData
from core.scene import TEXT, EdgeLook, NodeLook, Scene
from core.views import OpenGraph
from explainers.coloring import Coloring
from explainers.contract import Chart, Table
from explainers.lenses.attention.around import NodeAttention
from explainers.nodes import class_of
from explainers.rings import places, rings
from explainers.scenes import data_url, tooltips
from explainers.wording import count, percent, points

MOST_BARS = 12
WIDEST, THINNEST = 5.0, 0.6
ITSELF = "itself"


def scene(opened: OpenGraph, colors: Coloring, seen: NodeAttention, layer: int, head: int | None) -> tuple[Scene, str]:
    """The nodes around, edges as wide as the attention that runs along them towards the node, and what is drawn."""
    graph = opened.graph
    into, along = seen.layers[layer - 1], seen.along(layer, head)
    rank = {int(node): int(hop) for node, hop in zip(seen.drawn, seen.drawn_hop, strict=True)}
    # of the two directions of an edge that which leads to the node; between nodes of one ring the stronger
    order = np.argsort(along, kind="stable")
    inward = {(min(u, v), max(u, v)): place for place in order for u, v in [into.edges[place].tolist()] if rank[u] >= rank[v]}
    chosen = np.array([*inward.values()], dtype=int)
    links = into.edges[chosen]
    own = into.sources == seen.node  # drawn as a ring at the node, like an edge to itself
    edges = np.concatenate([links, np.full((int(own.sum()), 2), seen.node)])
    weights = np.concatenate([along[chosen], seen.alpha(layer, head)[own]])
    shown, shapes = colors.of(seen.drawn)
    found = Scene(
        graph_id=f"{graph.structure_hash}-{seen.node}-attention-{layer}",
        positions=rings(seen.drawn_hop, places(seen.drawn, np.sort(links, axis=1)), opened.positions[seen.drawn]),
        node_ids=seen.drawn,
        edges=edges,
        labels=[graph.node_names[i] for i in seen.drawn] if graph.node_names else None,
        images=[data_url(graph.features[i].reshape(graph.image_shape)) for i in seen.drawn] if graph.image_shape else None,
        arrows=True,
        nodes=NodeLook(color=shown, shape=shapes, size=np.where(seen.drawn_hop == 0, 1.5, 1.0), tooltip=tooltips(graph, seen.drawn)),
        lines=EdgeLook(
            color=[TEXT if target == seen.node else None for target in edges[:, 1].tolist()],
            width=THINNEST + (WIDEST - THINNEST) * weights / max(float(weights.max(initial=0)), 1e-12),
            tooltip=[_along(u, v, value) for (u, v), value in zip(edges.tolist(), weights.tolist(), strict=True)],
        ),
        target=seen.node,
    )
    return found, _said(seen, layer, head)


def bars(graph: GraphData, seen: NodeAttention, layer: int, head: int | None) -> Chart:
    """The in-edges with most attention, the node itself among them, beside the uniform weight."""
    into, alpha, passed = seen.layers[layer - 1], seen.alpha(layer, head), seen.messages(layer, head)
    order = np.argsort(-alpha, kind="stable")
    own = np.flatnonzero(into.sources == seen.node)
    top = order[:MOST_BARS]
    if len(own) and own[0] not in top:
        top = np.append(top[:-1], own[0])
    names = [ITSELF if into.sources[place] == seen.node else _name(graph, int(into.sources[place])) for place in top]
    label = int(graph.labels[seen.node])
    kinds = graph.labels[into.sources[top]]
    color = [figures.NEUTRAL if label < 0 or kind < 0 else figures.RIGHT if kind == label else figures.WRONG for kind in kinds.tolist()]
    opacity = [0.55 if name == ITSELF else 1.0 for name in names]
    figure = go.Figure()
    figure.add_bar(
        x=alpha[top],
        y=names,
        orientation="h",
        marker={"color": color, "opacity": opacity},
        customdata=[[kind, share] for kind, share in zip(map(escape, class_of(graph, kinds)), passed[top], strict=True)],
        hovertemplate="%{y}, class %{customdata[0]}<br>α = %{x:.3f}<br>share of what arrives %{customdata[1]:.1%}<extra></extra>",
    )
    figure.add_scatter(
        x=passed[top],
        y=names,
        mode="markers",
        marker={"symbol": "line-ns-open", "size": 14, "line": {"width": 2}, "color": figures.OKABE_ITO[1]},
        hoverinfo="skip",
    )
    figures.layout(figure, x="attention α", height=100 + 24 * len(names), legend=False, toolbar=True)
    uniform = 1 / max(len(alpha), 1)
    figure.add_vline(uniform, line={"color": figures.NEUTRAL, "dash": "dot", "width": 1.5})
    figure.add_annotation(
        x=uniform, y=1, yref="paper", yanchor="bottom", text=f"uniform {uniform:.3f}", showarrow=False, font={"color": figures.NEUTRAL}
    )
    figure.update_yaxes(autorange="reversed", type="category", ticklabelstandoff=4)
    left = f" The other {len(alpha) - len(top)} share {percent(float(alpha.sum() - alpha[top].sum()))}." if len(alpha) > len(top) else ""
    return Chart(
        figure,
        "Blue: the node's own class, orange: another; faded: the node itself. Yellow tick: the share of what arrives, α ‖W h‖." + left,
        "What the next layer makes of it; and messages that cancel: their lengths are added, not they themselves.",
        r"\alpha_{ij},\quad \frac{\alpha_{ij}\lVert W h_j \rVert}{\sum_k \alpha_{ik}\lVert W h_k \rVert}",
        "Kobayashi et al., Attention is not only a weight, EMNLP 2020, for the size of messages",
        pd.DataFrame({"source": into.sources[order], "alpha": alpha[order], "message_share": passed[order]}),
    )


def table(graph: GraphData, seen: NodeAttention, layer: int, head: int | None) -> Table:
    """Every in-neighbour: attention, message, likeness, and what the prediction would be without it."""
    into = seen.layers[layer - 1]
    alpha = pd.Series(seen.alpha(layer, head)).groupby(into.sources).sum()
    passed = pd.Series(seen.messages(layer, head)).groupby(into.sources).sum()
    rows = pd.DataFrame(
        {
            "node": seen.neighbours,
            "class": class_of(graph, graph.labels[seen.neighbours]),
            "attention": alpha.reindex(seen.neighbours).to_numpy(),
            "message_share": passed.reindex(seen.neighbours).to_numpy(),
            "features_alike": seen.similarity,
            "effect_of_deleting": seen.falls,
        }
    )
    return Table(
        rows.sort_values("attention", ascending=False, kind="stable").reset_index(drop=True),
        {
            "node": "The in-neighbour.",
            "class": "Its true class.",
            "attention": "α of the chosen layer and head.",
            "message_share": "Share of what arrives: α ‖W h‖ over its sum.",
            "features_alike": "Cosine of its features with the node's.",
            "effect_of_deleting": "How far the predicted class's probability falls if the edge is deleted; negative: it rises. "
            "Asked of the 300 with most attention.",
        },
        node="node",
        shares=False,
    )


def by_hop(seen: NodeAttention) -> Chart:
    """In which hop the mass of a rollout ends, after the last layer, the last two … all."""
    figure, rows = go.Figure(), []
    for number, mass in enumerate(seen.by_hop(), 1):
        name = "last layer" if number == 1 else f"last {number} layers" if number < len(seen.layers) else f"all {number} layers"
        figure.add_bar(
            x=[str(hop) for hop in range(len(mass))],
            y=mass,
            name=name,
            marker_color=figures.class_color(number - 1),
            hovertemplate="hop %{x}: %{y:.1%}<extra>" + name + "</extra>",
        )
        rows += [{"layers": number, "hop": hop, "mass": float(value)} for hop, value in enumerate(mass)]
    figures.percent_axis(figures.layout(figure, x="hops from the node", y="share of attention", height=340))
    figure.update_layout(barmode="group")
    return Chart(
        figure,
        "Attention multiplied through the layers, heads averaged: where what the node reads comes from. Hop 0 is the node itself.",
        "Values and activations: a rollout follows the weights alone."
        + (" Nor ω, by which each channel keeps a part of the node's own state." if seen.omega else ""),
        r"A^{(L)} A^{(L-1)} \cdots A^{(1)},\quad " + _factors(seen.residual),
        "Abnar & Zuidema, Quantifying attention flow in transformers, ACL 2020"
        + (": a state that is passed on beside the messages counts as half" if any(seen.residual) else ""),
        pd.DataFrame(rows),
    )


def _factors(residual: Sequence[bool]) -> str:
    """What each layer is in the product, as LaTeX; `residual`: of each whether the own state is passed on beside its messages."""
    plain, half = r"\bar\alpha^{(l)}", r"\tfrac12 (\bar\alpha^{(l)} + I)"
    if len(set(residual)) == 1:
        return f"A^{{(l)}} = {half if residual[0] else plain}"
    halved = ", ".join(str(number) for number, one in enumerate(residual, 1) if one)
    return rf"A^{{(l)}} = {half}\ \text{{in layer {halved}, else}}\ {plain}"


def farthest(graph: GraphData, seen: NodeAttention) -> Table:
    """The nodes that the rollout through all layers ends in."""
    mass = seen.mass[-1]
    order = np.argsort(-mass, kind="stable")[:50]
    rows = pd.DataFrame(
        {
            "node": seen.reached[order],
            "class": class_of(graph, graph.labels[seen.reached[order]]),
            "hop": seen.hop[order],
            "mass": mass[order],
        }
    )
    return Table(
        rows,
        {"hop": "Hops from the node; 0 is the node itself.", "mass": "Share of the rollout through all layers that ends there."},
        node="node",
    )


def sums(seen: NodeAttention, layer: int, head: int | None) -> str:
    """The check that weights are shares, and what the node keeps for itself."""
    alpha, own = seen.alpha(layer, head), seen.layers[layer - 1].sources == seen.node
    if not len(alpha):
        return "Nobody sends to this node, and the layer does not let it attend to itself."
    said = f"{count(len(alpha), 'in-edge')} sum{'s' if len(alpha) == 1 else ''} to {alpha.sum():.3f}"
    if own.any():
        said += f"; the node keeps {percent(float(alpha[own].sum()))} for itself, uniform weights would keep {percent(1 / len(alpha))}"
    return f"{said}."


def without_the_first(graph: GraphData, seen: NodeAttention, layer: int, head: int | None) -> str:
    """What the prediction would be without the neighbour that gets most attention; empty where that is not known."""
    rows = table(graph, seen, layer, head).data.dropna(subset=["effect_of_deleting"])
    if not len(rows):
        return ""
    first, predicted, label = rows.iloc[0], graph.class_names[seen.predicted], int(graph.labels[seen.node])
    right = "" if label < 0 else ", the true class" if label == seen.predicted else f" (true: {graph.class_names[label]})"
    fall = float(first["effect_of_deleting"])
    moved = "stays as it is" if abs(fall) < 0.0005 else f"{'falls' if fall > 0 else 'rises'} by {points(fall)}"
    edge = f"Without the edge to its most attended neighbour, node {first['node']},"
    return f"{edge} the probability of the predicted {predicted}{right} {moved}."


def _along(source: int, target: int, weight: float) -> str:
    return f"{f'{source}, self-attention' if source == target else f'{source} → {target}'}\nα = {weight:.3f}"


def _said(seen: NodeAttention, layer: int, head: int | None) -> str:
    which = "mean of the heads" if head is None else f"head {head}"
    loop = "; the loop at it: what it keeps for itself" if (seen.layers[layer - 1].sources == seen.node).any() else ""
    return (
        f"{count(len(seen.drawn), 'node')} within {count(int(seen.drawn_hop.max(initial=0)), 'hop')}. The wider an arrow, the more "
        f"attention runs along it (layer {layer}, {which}); full strength: into the ringed node{loop}."
    )


def _name(graph: GraphData, node: int) -> str:
    return f"{node} · {escape(graph.node_names[node])}" if graph.node_names else f"node {node}"
