"""A graph too large for the canvas, as points and faint lines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from core.scene import Scene, Shape

SYMBOLS: dict[Shape, int] = {
    "circle": 0, "square": 1, "diamond": 2, "cross": 3, "x": 4, "triangle-up": 5, "triangle-down": 6,
    "pentagon": 13, "hexagon": 14, "star": 17,
}  # fmt: skip
"""Plotly's numbers for its symbols."""


def overview(scene: Scene, *, selected: Sequence[int] = (), height: int = 560) -> go.Figure:
    """The nodes and edges of a scene; those that come later lie on top.

    Click or lasso selects nodes; `customdata` holds their ids. Nodes that are not selected stay visible.
    """
    figure = go.Figure([_edges(scene), _nodes(scene, selected)])
    if scene.target is not None:
        figure.add_trace(_ring(scene, scene.target))
    hidden = {"visible": False, "showgrid": False, "zeroline": False}
    return figure.update_layout(
        xaxis=hidden, yaxis={**hidden, "scaleanchor": "x"}, showlegend=False, dragmode="pan", hovermode="closest",
        clickmode="event+select",
        height=height, margin={"l": 0, "r": 0, "t": 0, "b": 0}, plot_bgcolor="rgba(0,0,0,0)", paper_bgcolor="rgba(0,0,0,0)",
        uirevision=scene.graph_id,
    )  # fmt: skip


def _edges(scene: Scene) -> go.Scattergl:
    ends = scene.positions[_places(scene, scene.edges)]  # [m, 2, 2]
    # a missing point after each pair lifts the pen
    line = np.concatenate([ends, np.full((len(ends), 1, 2), np.nan, dtype=ends.dtype)], axis=1).reshape(-1, 2)
    return go.Scattergl(
        x=line[:, 0], y=line[:, 1], mode="lines", line={"width": 0.6, "color": "rgba(128,128,128,0.25)"}, hoverinfo="skip", name="edges"
    )  # fmt: skip


def _nodes(scene: Scene, selected: Sequence[int]) -> go.Scattergl:
    n, look = len(scene.node_ids), scene.nodes
    size = float(np.clip(60 * max(n, 1) ** -0.3, 3, 10))
    tooltips = np.broadcast_to(np.asarray(look.tooltip, dtype=object), n)
    names = scene.labels if scene.labels is not None else scene.node_ids
    chosen = np.flatnonzero(np.isin(scene.node_ids, np.asarray(selected, dtype=np.int64)))
    return go.Scattergl(
        x=scene.positions[:, 0],
        y=scene.positions[:, 1],
        mode="markers",
        name="nodes",
        customdata=scene.node_ids,
        text=np.array([_plain(str(tip or name)) for tip, name in zip(tooltips, names, strict=True)], dtype=object),
        hovertemplate="%{text}<extra></extra>",
        marker={
            **_colored(look.color),
            "size": float(look.size) * size if np.ndim(look.size) == 0 else np.asarray(look.size, dtype=float) * size,  # type: ignore[arg-type]
            "symbol": SYMBOLS[look.shape] if isinstance(look.shape, str) else [SYMBOLS[shape] for shape in look.shape],
            "line": {"width": 0},
        },
        selectedpoints=chosen if len(chosen) else None,
        unselected={"marker": {"opacity": 0.35}},
    )


def _colored(colors: str | Sequence[str]) -> dict[str, object]:
    """Colours as places on a scale of them: of twenty thousand colours in words, Plotly looks at each for half a second."""
    if isinstance(colors, str):
        return {"color": colors}
    names = sorted(set(colors))
    if len(names) < 2:
        return {"color": names[0] if names else None}
    place = {name: index for index, name in enumerate(names)}
    last = len(names) - 1
    codes: NDArray[np.int16] = np.array([place[color] for color in colors], dtype=np.int16)
    return {"color": codes, "cmin": 0, "cmax": last, "colorscale": [[index / last, name] for name, index in place.items()]}


def _ring(scene: Scene, target: int) -> go.Scattergl:
    x, y = scene.positions[_places(scene, np.array([target]))][0]
    marker = {"symbol": "circle-open", "size": 20, "line": {"width": 2.5}, "color": "#D55E00"}
    return go.Scattergl(x=[x], y=[y], mode="markers", marker=marker, hoverinfo="skip", name="target")


def _places(scene: Scene, ids: np.ndarray) -> np.ndarray:
    order = np.argsort(scene.node_ids, kind="stable")
    return np.asarray(order[np.searchsorted(scene.node_ids, ids, sorter=order)])


def _plain(text: str) -> str:
    """Plotly reads tags and %{…}; names from a file must stay text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", "<br>")
