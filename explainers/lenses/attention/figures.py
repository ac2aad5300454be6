"""The pictures of a model's attention. They read nothing but the numbers. Free of torch."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core import figures
from core.metrics.attention import FEWEST, UNIFORM
from explainers.contract import Chart
from explainers.lenses.attention import result as results
from explainers.lenses.attention.result import Attention, place_name
from explainers.lenses.attention.swap_figure import swaps

BINS = 25
LEAST_SPAN = 0.1
"""Of an axis of shares."""
ROW = 22
GOT, DUE = "same_class_among_neighbours", "expected_among_neighbours"
SOURCE = "Veličković et al. 2018 (GAT); entropy of the weights of one node and head over ln(d + 1), or over ln d without own loops"


def entropies(found: Attention) -> Chart:
    """Normalised entropy over nodes, a row a layer and head, of the first seed."""
    reading = found.readings[0]
    names, shares = [], []
    lowest = min((float(np.nanmin(layer.normalized)) for layer in reading.layers if (~np.isnan(layer.normalized)).any()), default=0.0)
    edges = np.linspace(min(np.floor(10 * lowest) / 10, 0.9), 1, BINS + 1)
    for number, layer in enumerate(reading.layers, 1):
        for head in range(layer.heads):
            known = layer.normalized[:, head][~np.isnan(layer.normalized[:, head])]
            names.append(place_name(number, head + 1))
            shares.append(np.histogram(known, edges)[0] / max(len(known), 1))
    middle = (edges[1:] + edges[:-1]) / 2
    heat = go.Heatmap(
        z=np.array(shares),
        x=middle,
        y=names,
        colorscale=figures.SEQUENTIAL,
        zmin=0,
        ygap=1,
        colorbar={"title": "nodes", "tickformat": ".0%", "thickness": 10},
        hovertemplate="%{y}<br>entropy %{x:.2f}: %{z:.1%} of the nodes<extra></extra>",
    )
    figure = figures.layout(go.Figure(heat), x="normalised entropy (1: uniform)", height=90 + ROW * len(names), legend=False, toolbar=True)
    figure.update_xaxes(range=[edges[0], 1], showgrid=False)
    figure.update_yaxes(autorange="reversed", showgrid=False, ticklabelstandoff=4)
    data = pd.DataFrame(shares, columns=[f"{low:.3f} to {high:.3f}" for low, high in pairwise(edges)])
    data.insert(0, "place", names)
    return Chart(
        figure,
        f"Each row is a histogram over nodes. Uniform attention would lie in the rightmost column. Seed {reading.seed}.",
        "Which neighbours get more; and how many they are: look at the degree as well.",
        r"\frac{-\sum_j \alpha_{ij} \ln \alpha_{ij}}{\ln (d_i + 1)}\quad (\text{without own loops: } \ln d_i)",
        f"{SOURCE}. Practically uniform: {UNIFORM:g} or more at {FEWEST} in-neighbours or more",
        data,
    )


def by_class(found: Attention) -> Chart:
    """Share of the attention to neighbours that goes to the own class, against uniform attention's, means over seeds."""
    table = results.heads(found)
    mean = table.groupby(["layer", "head"])[[GOT, DUE]].mean().reset_index()
    names = [place_name(layer, head) for layer, head in zip(mean["layer"], mean["head"], strict=True)]
    figure = go.Figure()
    for name, low, high in zip(names, mean[DUE], mean[GOT], strict=True):
        figure.add_scatter(
            x=[low, high], y=[name, name], mode="lines", line={"color": figures.NEUTRAL, "width": 2}, showlegend=False, hoverinfo="skip"
        )
    figure.add_scatter(
        x=mean[DUE],
        y=names,
        mode="markers",
        name="uniform",
        marker={"color": figures.NEUTRAL, "symbol": "circle-open", "size": 9, "line": {"width": 2}},
        hovertemplate="%{y}<br>uniform %{x:.1%}<extra></extra>",
    )
    figure.add_scatter(
        x=mean[GOT],
        y=names,
        mode="markers",
        name="learned",
        marker={"color": figures.RIGHT, "size": 9},
        hovertemplate="%{y}<br>learned %{x:.1%}<extra></extra>",
    )
    figures.layout(figure, x="share of the attention to neighbours: the node's own class", height=110 + ROW * len(names), toolbar=True)
    both = mean[[GOT, DUE]].to_numpy()
    figure.update_xaxes(tickformat="~%")
    if not np.isnan(both).all():
        low, high, middle = np.nanmin(both), np.nanmax(both), np.nanmean(both)
        reach = max(high - middle, middle - low, LEAST_SPAN / 2) * 1.1  # on a finer axis noise would look like something
        figure.update_xaxes(range=[middle - reach, middle + reach])
    figure.update_yaxes(autorange="reversed", ticklabelstandoff=4)
    return Chart(
        figure,
        "To the right of the ring: neighbours of the node's own class get more than uniform weights would give them.",
        "Whether that is learned or follows from the graph; true labels are used, those of test nodes as well: diagnostic.",
        r"\frac{\sum_{j \ne i,\, y_j = y_i} \alpha_{ij}}{\sum_{j \ne i} \alpha_{ij}}",
        "Mean over labelled nodes with neighbours, and over seeds. What a node keeps for itself is in neither sum, so that layers with and "
        "without self-attention compare; same class mass in the table is the sum above alone",
        table,
    )


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


def similar(found: Attention, number: int) -> Chart | None:
    """How alike the heads of a layer attend, first seed; None where there is one head."""
    layer = found.readings[0].layers[number - 1]
    if layer.heads < 2:
        return None
    names = [f"head {head + 1}" for head in range(layer.heads)]
    shown = layer.heads <= 12
    heat = go.Heatmap(
        z=layer.similarity,
        x=names,
        y=names,
        zmin=0,
        zmax=1,
        colorscale=figures.SEQUENTIAL,
        xgap=1,
        ygap=1,
        showscale=not shown,
        text=np.char.mod("%.2f", layer.similarity) if shown else None,
        texttemplate="%{text}" if shown else None,
        hovertemplate="%{y} and %{x}: %{z:.2f}<extra></extra>",
    )
    figure = figures.layout(go.Figure(heat), height=max(280, min(560, 90 + 26 * layer.heads)), legend=False, toolbar=True)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(showgrid=False, tickangle=-45)
    return Chart(
        figure,
        "1: two heads give all in-edges the same weights. Heads that are all alike could be one.",
        f"What the heads pass on: equal weights may carry different messages. Layer {number}, seed {found.readings[0].seed}.",
        r"1 - \tfrac{1}{2}\sum_j |\alpha^{(h)}_{ij} - \alpha^{(g)}_{ij}|,\ \text{mean over } i",
        "One minus the total variation distance, mean over nodes that have a choice",
        pd.DataFrame(layer.similarity, columns=names, index=names).reset_index(names="head"),
    )


def draw(found: Attention) -> Mapping[str, Chart]:
    views = {"swaps": swaps(found), "entropies": entropies(found), "by_class": by_class(found), "by_degree": by_degree(found)}
    return views | {f"similar_{number}": view for number in found.layers if (view := similar(found, number))}


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
