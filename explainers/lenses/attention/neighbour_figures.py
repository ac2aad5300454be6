"""Whom attention goes to: neighbours of the own class, and how that hangs on the degree. Free of torch."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core import figures
from core.seeds import Interval
from explainers.contract import Chart
from explainers.lenses.attention import result as results
from explainers.lenses.attention.figures import ROW, SOURCE
from explainers.lenses.attention.result import ONE, Attention, place_name
from explainers.lenses.attention.swap_figure import FAINT, ONE_HEAD

LEAST_SPAN = 0.1
"""Of an axis of shares."""


def draw(found: Attention) -> Mapping[str, Chart]:
    return {"by_class": by_class(found), "by_degree": by_degree(found)}


def by_class(found: Attention) -> Chart:
    """Share of the attention to neighbours that goes to the own class, against uniform attention's, a row a layer and head; of several
    seeds a row a layer, with intervals."""
    rows, each, several = results.same_class(found), results.heads(found), found.seeds > 1
    names = [place_name(layer, head) for layer, head in zip(rows["layer"], rows["head"], strict=True)]
    means = [Interval(one.share, one.low, one.high, one.seeds) for one in rows.itertuples()]
    figure = go.Figure()
    for name, low, high in zip(names, rows["uniform"], rows["share"], strict=True):
        figure.add_scatter(
            x=[low, high], y=[name, name], mode="lines", line={"color": figures.NEUTRAL, "width": 2}, showlegend=False, hoverinfo="skip"
        )
    if several:
        figure.add_scatter(
            x=each["same_class_among_neighbours"],
            y=[place_name(layer, ONE) for layer in each["layer"]],
            mode="markers",
            marker={"color": figures.translucent(figures.RIGHT, FAINT), "size": 5},
            customdata=each[["head", "seed"]],
            hovertemplate="%{y}<br>head %{customdata[0]}, seed %{customdata[1]}: %{x:.1%}<extra></extra>",
            showlegend=False,
        )
    figure.add_scatter(
        x=rows["uniform"],
        y=names,
        mode="markers",
        name="uniform",
        marker={"color": figures.NEUTRAL, "symbol": "circle-open", "size": 9, "line": {"width": 2}},
        hovertemplate="%{y}<br>uniform %{x:.1%}<extra></extra>",
    )
    figure.add_scatter(
        x=rows["share"],
        y=names,
        mode="markers",
        name="learned",
        marker={"color": figures.RIGHT, "size": 9},
        error_x=figures.interval_bars(means) if several else None,
        hovertemplate="%{y}<br>learned %{x:.1%}<extra></extra>",
    )
    figures.layout(figure, x="attention to neighbours of its own class", height=110 + ROW * len(names), toolbar=True)
    figure.update_xaxes(tickformat="~%", range=_around(rows, each["same_class_among_neighbours"]))
    figure.update_yaxes(autorange="reversed", ticklabelstandoff=4)
    bars = f" Bars: 95 % intervals over seeds. {ONE_HEAD}" if several else ""
    return Chart(
        figure,
        f"To the right of the ring: neighbours of the node's own class get more than uniform weights would give them.{bars}",
        "Whether that is learned or follows from the graph; true labels are used, those of test nodes as well: diagnostic.",
        r"\frac{\sum_{j \ne i,\, y_j = y_i} \alpha_{ij}}{\sum_{j \ne i} \alpha_{ij}}",
        "Mean over labelled nodes with neighbours, and over seeds. What a node keeps for itself is in neither sum, so that layers with and "
        "without self-attention compare; same class mass in the table is the sum above alone",
        each,
    )


def _around(rows: pd.DataFrame, each: pd.Series) -> list[float] | None:
    """From the lowest share that is drawn to the highest, within 0 … 1 and a little; on a finer axis noise would look like something."""
    drawn = np.append(rows[["share", "low", "high", "uniform"]].to_numpy(dtype=float).ravel(), each)
    drawn = np.clip(drawn[~np.isnan(drawn)], 0, 1)
    if not len(drawn):
        return None
    low, high = drawn.min(), drawn.max()
    reach = max(high - low, LEAST_SPAN) * 0.55
    return [float((low + high) / 2 - reach), float((low + high) / 2 + reach)]


def by_degree(found: Attention) -> Chart:
    """Mean normalised entropy and self-attention of nodes by their degree, each layer's heads averaged, first seed."""
    reading, figure, frames = found.readings[0], go.Figure(), []
    for number, layer in enumerate(reading.layers, 1):
        rows = _binned(layer)
        frames.append(rows.assign(layer=number))
        color = figures.class_color(number - 1)
        for column, dash, word in (("entropy", "solid", "entropy"), ("self_attention", "dot", "self-attention")):
            figure.add_scatter(
                x=rows["degree"],
                y=rows[column],
                mode="lines+markers",
                name=f"layer {number}, {word}",
                line={"color": color, "dash": dash},
                marker={"size": 6},
                customdata=rows["nodes"],
                hovertemplate="degree %{x:.0f} (%{customdata} nodes)<br>" + word + " %{y:.2f}<extra></extra>",
            )
    figures.layout(figure, x="in-neighbours", y="mean over nodes and heads", height=320)
    figure.update_xaxes(**figures.log_axis(pd.concat(frames)["degree"]))
    figure.update_yaxes(range=[0, 1.03])
    return Chart(
        figure,
        "Solid: normalised entropy, 1 is uniform. Dotted: what nodes keep for themselves; uniform weights would keep 1/(d + 1).",
        f"Differences between nodes of one degree and between heads: they are averaged. Seed {reading.seed}.",
        r"\frac{1}{|V_d|}\sum_{i \in V_d} \tfrac{1}{H}\sum_h \dots",
        SOURCE,
        pd.concat(frames, ignore_index=True),
    )


def _binned(layer: results.Layer) -> pd.DataFrame:
    """Means by degree; high degrees, of which there are few nodes each, in bins that double."""
    known = layer.degree > 0
    degree = layer.degree[known]
    bins = np.where(degree <= 8, degree, 2 ** np.floor(np.log2(np.maximum(degree, 1))).astype(int))
    frame = pd.DataFrame(
        {
            "bin": bins,
            "degree": degree,
            "entropy": layer.normalized[known].mean(axis=1),
            "self_attention": layer.own[known].mean(axis=1),
        }
    )
    grouped = frame.groupby("bin")
    return grouped.mean().assign(nodes=grouped.size()).reset_index(drop=True)
