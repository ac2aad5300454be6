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
from explainers.lenses.attention.result import Attention, place_name
from explainers.lenses.attention.swap_figure import swaps

BINS = 25
ROW = 22
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
    views = {"swaps": swaps(found), "entropies": entropies(found)}
    return views | {f"similar_{number}": view for number in found.layers if (view := similar(found, number))}
