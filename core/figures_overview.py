"""A graph too large for the canvas, as points with a sample of its edges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from core.scene import Scene


class Overview(NamedTuple):
    """`figure`, and how many of the graph's edges are drawn in it."""

    figure: go.Figure
    edges_drawn: int
    edges_total: int

    @property
    def caption(self) -> str:
        """What is left out, as every picture of a part of a graph says."""
        return f"Showing every node and {self.edges_drawn:,} of {self.edges_total:,} edges, drawn at random."


def overview(scene: Scene, *, selected: Sequence[int] = (), max_edges: int = 20_000, seed: int = 0, height: int = 560) -> Overview:
    """All nodes of a scene and at most `max_edges` of its edges, the same ones for the same seed.

    Click or lasso selects nodes; `customdata` holds their ids. Nodes that are not selected stay visible.
    """
    total = len(scene.edges)
    drawn = min(total, max_edges)
    sample = scene.edges if drawn == total else scene.edges[np.sort(np.random.default_rng(seed).choice(total, drawn, replace=False))]
    figure = go.Figure([_edges(scene, sample), _nodes(scene, selected)])
    if scene.target is not None:
        figure.add_trace(_ring(scene, scene.target))
    hidden = {"visible": False, "showgrid": False, "zeroline": False}
    figure.update_layout(
        xaxis=hidden, yaxis={**hidden, "scaleanchor": "x"}, showlegend=False, dragmode="pan", hovermode="closest",
        clickmode="event+select",
        height=height, margin={"l": 0, "r": 0, "t": 0, "b": 0}, plot_bgcolor="rgba(0,0,0,0)", paper_bgcolor="rgba(0,0,0,0)",
        uirevision=scene.graph_id,
    )  # fmt: skip
    return Overview(figure, drawn, total)


def _edges(scene: Scene, edges: np.ndarray) -> go.Scattergl:
    ends = scene.positions[_places(scene, edges)]  # [m, 2, 2]
    # a missing point after each pair lifts the pen
    line = np.concatenate([ends, np.full((len(ends), 1, 2), np.nan)], axis=1).reshape(-1, 2)
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
        text=[_plain(str(tip or name)) for tip, name in zip(tooltips, names, strict=True)],
        hovertemplate="%{text}<extra></extra>",
        marker={
            "color": look.color if isinstance(look.color, str) else list(look.color),
            "size": np.broadcast_to(np.asarray(look.size, dtype=float), n) * size,
            "symbol": look.shape if isinstance(look.shape, str) else list(look.shape),
            "line": {"width": 0},
        },
        selectedpoints=chosen if len(chosen) else None,
        unselected={"marker": {"opacity": 0.35}},
    )


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
