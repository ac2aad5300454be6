"""Nodes as points in the plane, coloured by what is known of them. Free of torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from core import figures
from core.errors import unknown
from explainers.nodes import PARTS, UNKNOWN

COLOUR_BY = {
    "class": "true class",
    "prediction": "predicted class",
    "correctness": "right or wrong",
    "split": "part of the split",
    "confidence": "confidence",
}
"""What points can be coloured by, and what the screen says."""

PART_SHAPES = {"train": "diamond", "validation": "square", "test": "circle", "none": "x"}
Range = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Points:
    """Nodes of one picture: each array [nodes], `xy` [nodes, 2]; labels are −1 where unknown."""

    nodes: NDArray[np.int64]
    xy: NDArray[np.float32]
    labels: NDArray[np.int64]
    predictions: NDArray[np.int64]
    confidence: NDArray[np.float64]
    parts: NDArray[np.object_]
    class_names: tuple[str, ...]
    node_names: tuple[str, ...] | None = None


@dataclass(frozen=True, eq=False)
class Group:
    """Points of one colour: an entry of the legend."""

    name: str
    members: NDArray[np.bool_]
    color: str
    symbol: str = "circle"


FEW = 20
"""Selected nodes up to which each is drawn larger; a larger set stands out because the others fade."""


def node_scatter(points: Points, colour_by: str, selected: Sequence[int], reach: tuple[Range, Range]) -> go.Figure:
    """A scatter with the same traces at every step, so that a player only moves points.

    `customdata` of each point is its node id; `selected` are node ids; `reach` the ranges of both axes.
    Raises `UserError` for an unknown `colour_by`.
    """
    if colour_by not in COLOUR_BY:
        raise unknown("colouring", colour_by, COLOUR_BY)
    hover, chosen = _hover(points), np.isin(points.nodes, np.asarray(selected, dtype=np.int64))
    if colour_by == "confidence":
        traces = [_confidence_trace(points, hover, chosen)]
    else:
        traces = [_group_trace(points, group, hover, chosen) for group in groups(points, colour_by)]
    figure = figures.layout(go.Figure(traces), height=520, legend=colour_by != "confidence")
    hidden = {"showgrid": False, "showticklabels": False, "constrain": "domain"}
    figure.update_xaxes(range=reach[0], **hidden)
    figure.update_yaxes(range=reach[1], scaleanchor="x", **hidden)
    return figure.update_layout(dragmode="pan", clickmode="event+select", hovermode="closest", legend_itemsizing="constant")


def groups(points: Points, colour_by: str) -> Iterator[Group]:
    """The legend of a colouring; an empty group stays, so that colours and traces do not depend on the step."""
    if colour_by == "correctness":
        known, right = points.labels >= 0, points.labels == points.predictions
        yield Group("right", known & right, figures.RIGHT)
        yield Group("wrong", known & ~right, figures.WRONG, "x")
        if not known.all():
            yield Group("label unknown", ~known, figures.NEUTRAL, "diamond")
    elif colour_by == "split":
        for part in PARTS:
            if (points.parts == part).any():
                yield Group(part, points.parts == part, figures.SPLIT_COLORS[part], PART_SHAPES[part])
    else:
        values = points.labels if colour_by == "class" else points.predictions
        for index, name in enumerate(points.class_names):
            yield Group(escape(name), values == index, figures.class_color(index), figures.class_shape(index))
        if (values < 0).any():
            yield Group(UNKNOWN, values < 0, figures.NEUTRAL, "x")


def _group_trace(points: Points, group: Group, hover: NDArray[np.object_], chosen: NDArray[np.bool_]) -> go.Scattergl:
    marker = {"color": group.color, "symbol": group.symbol}
    return _trace(points, group.members, hover, chosen, marker, group.name)


def _confidence_trace(points: Points, hover: NDArray[np.object_], chosen: NDArray[np.bool_]) -> go.Scattergl:
    scale = {"color": points.confidence, "cmin": 0, "cmax": 1, "colorscale": figures.SEQUENTIAL}
    bar = {"title": {"text": "confidence", "side": "right"}, "tickformat": ".0%", "thickness": 12, "outlinewidth": 0}
    return _trace(points, np.ones(len(points.nodes), dtype=bool), hover, chosen, scale | {"colorbar": bar}, "confidence")


def _trace(
    points: Points,
    members: NDArray[np.bool_],
    hover: NDArray[np.object_],
    chosen: NDArray[np.bool_],
    marker: Mapping[str, object],
    name: str,
) -> go.Scattergl:
    size = 9 if len(points.nodes) <= 300 else 6
    return go.Scattergl(
        x=points.xy[members, 0],
        y=points.xy[members, 1],
        mode="markers",
        name=name,
        marker={"size": size, "opacity": 0.85, **marker},
        customdata=points.nodes[members],
        text=hover[members],
        hovertemplate="%{text}<extra></extra>",
        selectedpoints=np.flatnonzero(chosen[members]) if chosen.any() else None,
        selected={"marker": {"opacity": 1.0, "size": 12 if chosen.sum() <= FEW else size}},
        unselected={"marker": {"opacity": 0.4 if chosen.sum() <= FEW else 0.15}},
    )


def _hover(points: Points) -> NDArray[np.object_]:
    """ "node 42 · Theory → Neural Networks · 61 %": true class, prediction, confidence."""
    names = [*map(escape, points.class_names), UNKNOWN]
    titles = [f"node {node}" for node in points.nodes.tolist()]
    if points.node_names is not None:
        titles = [f"{title}, {escape(name)}" for title, name in zip(titles, points.node_names, strict=True)]
    rows = zip(titles, points.labels.tolist(), points.predictions.tolist(), points.confidence.tolist(), points.parts.tolist(), strict=True)
    return np.array(
        [f"{title} ({part})<br>true: {names[y]}<br>predicted: {names[p]}, {c:.0%} confident" for title, y, p, c, part in rows], dtype=object
    )
