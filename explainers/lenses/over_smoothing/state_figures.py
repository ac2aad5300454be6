"""States of one layer as points in the plane, and scores by depth and remedy as a matrix. Free of torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from core import figures
from core.seeds import Interval
from explainers.contract import Chart
from explainers.lenses.over_smoothing.causes import number
from explainers.lenses.over_smoothing.measures import BY_NAME
from explainers.lenses.over_smoothing.planes import Planes
from explainers.lenses.over_smoothing.result import ByDepth, Layers
from explainers.sweep.measure import Point, Response
from explainers.wording import WIDEST, percent

PANELS, MOST_DOTS = 8, 600
"""Layers that are shown side by side, and nodes in each of their pictures."""


def pictures(layers: Layers, step: int, labels: NDArray[np.int64], class_names: Sequence[str]) -> Chart:
    """Directions of the states of layer `step` + 1, before training and after; `labels` [shown nodes], −1 where unknown."""
    halves = (("at initialisation", layers.initial), ("after training", layers.trained))
    titles = [_headline(said, planes, step) for said, planes in halves]
    figure = make_subplots(rows=1, cols=2, subplot_titles=titles, horizontal_spacing=0.04)
    for column, (_, planes) in enumerate(halves, 1):
        if planes is not None:
            figure.add_traces(_dots(planes.xy[step], layers.nodes, labels, class_names, legend=column == 1), rows=1, cols=column)
    figures.layout(figure, height=480)
    figure.update_layout(margin={"t": 92}, legend={"y": -0.02, "yanchor": "top", "itemsizing": "constant"})
    hidden = {"showticklabels": False, "range": [-1.05, 1.05], "constrain": "domain", "showgrid": False}
    figure.update_xaxes(**hidden)
    figure.update_yaxes(**hidden)
    figure.update_yaxes(scaleanchor="x", row=1, col=1).update_yaxes(scaleanchor="x2", row=1, col=2)
    figure.for_each_annotation(lambda title: title.update(font={"size": 11}))
    return Chart(
        figure,
        reading="Each node's state, scaled to length 1, on the layer's two main axes. A layer that holds one state for all is one dot.",
        not_shown="Lengths, and axes: layers live in different spaces; each picture is turned onto the one before (Procrustes).",
        formula=r"u_i = h_i / \lVert h_i \rVert;\ \text{spread} = \sqrt{\tfrac1N \sum_i \lVert u_i - \bar u \rVert^2}",
        data=_by_layer(layers),
    )


def small_multiples(layers: Layers, labels: NDArray[np.int64], class_names: Sequence[str]) -> Chart:
    """The trained states of up to eight layers side by side, first and last among them; `labels` as of `pictures`."""
    assert layers.trained is not None
    found = layers.trained
    steps = np.unique(np.linspace(0, len(found.xy) - 1, min(PANELS, len(found.xy))).round().astype(int))
    some = np.unique(np.linspace(0, len(labels) - 1, min(MOST_DOTS, len(labels))).round().astype(int))
    columns = min(4, len(steps))
    titles = [f"layer {step + 1}: spread {found.spread[step]:.2g}" for step in steps]
    lines = -(-len(steps) // columns)
    figure = make_subplots(rows=lines, cols=columns, subplot_titles=titles, horizontal_spacing=0.02, vertical_spacing=0.12 / lines)
    for place, step in enumerate(steps):
        dots = _dots(found.xy[step][some], layers.nodes[some], labels[some], class_names, legend=place == 0)
        figure.add_traces(dots, rows=place // columns + 1, cols=place % columns + 1)
    figures.layout(figure, height=60 + 240 * lines)
    figure.update_layout(margin={"t": 64}, legend={"y": 1 + 34 / (60 + 240 * lines), "itemsizing": "constant"})
    hidden = {"showticklabels": False, "range": [-1.05, 1.05], "showgrid": False}
    figure.update_xaxes(**hidden).update_yaxes(**hidden)
    figure.for_each_annotation(lambda title: title.update(font={"size": 12}))
    shown = "" if len(some) == len(labels) else f" Showing {len(some):,} of {len(labels):,} nodes."
    return Chart(
        figure,
        reading="The states after training, from the first layer to the last, each node as a direction: classes that come apart, "
        f"and layers in which all are one.{shown}",
        not_shown="Lengths, and the layers between; the plane of each layer is its own, turned onto the one before.",
        formula=r"u_i = h_i / \lVert h_i \rVert",
        data=_by_layer(layers),
    )


def omegas(layers: Layers) -> Chart:
    """How much each channel is smoothed by each layer of a model that learns it."""
    table = layers.omega.pivot_table(index="layer", columns="channel", values="omega")
    reach = float(np.nanmax(np.abs(table.to_numpy() - 0.5))) if table.size else 0.5
    figure = go.Figure(
        go.Heatmap(
            x=table.columns,
            y=table.index,
            z=table.to_numpy(),
            colorscale="RdBu",
            reversescale=True,
            zmin=0.5 - reach,
            zmax=0.5 + reach,
            colorbar={"title": "ω", "thickness": 12},
            hovertemplate="layer %{y}, channel %{x}: ω %{z:.3f}<extra></extra>",
        )
    )
    figures.layout(figure, x="Channel", y="Layer", height=120 + 24 * len(table), legend=False)
    return Chart(
        figure,
        reading="1: the channel is smoothed as without ω; 0: left as it is; below 0: sharpened, its differences grow.",
        not_shown="What the layer's weights do to the channels afterwards.",
        formula=r"S_\omega = I - \omega (I - \hat A)",
        source="Eliasof, Ruthotto & Treister 2023",
        data=layers.omega,
    )


def matrix(found: ByDepth, name: str) -> Chart:
    """Mean test score, or a quantity of the last state, by model and depth."""
    scores, title = name == "test", "Test score, %" if name == "test" else BY_NAME[name].title
    log = not scores and BY_NAME[name].log
    cells = {point: point.interval() if scores else found.spread(point, name) for point in found.response.points}
    scale = " Colours are on a logarithmic scale." if log else ""
    return Chart(
        _heat_map(found.response, cells, title, "Depth", scores=scores, log=log),
        reading=f"{title}, mean over seeds{' ± 95 % interval' if scores else ''}: a row a model or remedy, a column a depth.{scale}",
        not_shown="Remedies together: each stands alone beside the selected model.",
        data=_means(found.response, cells),
    )


def two_depths(response: Response) -> Chart:
    """Mean test score by number of layers and steps of propagation; of the coupled model both are the depth."""
    cells = {point: point.interval() for point in response.points}
    return Chart(
        _heat_map(response, cells, "Test score, %", "Steps of propagation", scores=True, log=False),
        reading="A row a number of layers, a column a number of hops; in the first row each hop has a layer of its own. "
        "If scores fall down the rows but not along them, it is the layers that hurt, not the hops.",
        not_shown="What each would reach with settings of its own: all share one training and one width.",
        source="Liu, Gao & Ji 2020 (DAGNN), section 3; Zhang et al. 2021 (DGMLP)",
        data=_means(response, cells),
    )


def _heat_map(response: Response, cells: Mapping[Point, Interval], title: str, x: str, *, scores: bool, log: bool) -> go.Figure:
    values = _grid(response, cells)
    figure = go.Figure(
        go.Heatmap(
            x=[str(value) for value in response.setting.values],
            y=[escape(model) for model in response.names],
            z=np.log10(np.where(values > 0, values, np.nan)) if log else values,
            text=[[_cell(cells[point], scores=scores) for point in response.of(model)] for model in response.names],
            texttemplate="%{text}",
            colorscale=figures.SEQUENTIAL,
            showscale=False,
            xgap=2,
            ygap=2,
            hovertemplate=f"%{{y}}, {x.lower()} %{{x}}: %{{text}}<extra></extra>",
        )
    )
    figures.layout(figure, x=x, height=110 + 40 * len(response.names), legend=False)
    figure.update_layout(title={"text": title, "font": {"size": 14}, "x": 0}, margin={"t": 36})
    return figure.update_yaxes(autorange="reversed").update_xaxes(type="category")


def _grid(response: Response, cells: Mapping[Point, Interval]) -> NDArray[np.float64]:
    return np.array([[cells[point].mean for point in response.of(model)] for model in response.names], dtype=float)


def _means(response: Response, cells: Mapping[Point, Interval]) -> pd.DataFrame:
    columns = [str(value) for value in response.setting.values]
    return pd.DataFrame(_grid(response, cells), index=list(response.names), columns=columns).rename_axis("model").reset_index()


def _cell(found: Interval, *, scores: bool) -> str:
    """A number short enough for its cell: "82 ± 1" in percent."""
    if not found.n:
        return ""
    if not scores:
        return number(found.mean)
    if found.n < 2:
        return f"{100 * found.mean:.0f}"
    return (
        f"{100 * found.mean:.0f} ± {100 * found.half_width:.0f}"
        if found.half_width <= WIDEST
        else f"{100 * found.mean:.0f} ± >{100 * WIDEST:.0f}"
    )


def _dots(
    xy: NDArray[np.float64], nodes: NDArray[np.int64], labels: NDArray[np.int64], class_names: Sequence[str], *, legend: bool
) -> list[go.Scatter]:
    traces = []
    for index, name in (*enumerate(class_names), (-1, "no label")):
        mine = labels == index
        if index < 0 and not mine.any():
            continue
        traces.append(
            go.Scatter(
                x=xy[mine, 0],
                y=xy[mine, 1],
                mode="markers",
                marker={
                    "color": figures.class_color(index) if index >= 0 else figures.NEUTRAL,
                    "symbol": figures.class_shape(max(index, 0)),
                    "size": 5,
                    "opacity": 0.7,
                },
                name=escape(name),
                legendgroup=name,
                showlegend=legend,
                customdata=nodes[mine],
                hovertemplate=f"node %{{customdata}}<extra>{escape(name)}</extra>",
            )
        )
    return traces


def _headline(said: str, planes: Planes | None, step: int) -> str:
    if planes is None:
        return said
    shown = planes.explained[step]
    seen = "all alike" if np.isnan(shown) else f"{percent(float(shown), 0)} of it here"
    return f"<b>{said}</b><br>spread {planes.spread[step]:.2g}<br>{seen}<br>mean length {planes.length[step]:.2g}"


def _by_layer(layers: Layers) -> pd.DataFrame:
    rows = []
    for said, planes in (("initial", layers.initial), ("trained", layers.trained)):
        if planes is not None:
            for layer, (spread_, length, shown) in enumerate(zip(planes.spread, planes.length, planes.explained, strict=True), 1):
                rows.append({"layer": layer, "weights": said, "spread": spread_, "mean_length": length, "plane_shows": shown})
    return pd.DataFrame(rows)
