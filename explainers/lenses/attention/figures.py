"""The pictures of a model's attention. They read nothing but the numbers. Free of torch."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from core import figures
from core.metrics.attention import FEWEST, UNIFORM
from core.seeds import interval
from explainers.contract import Chart
from explainers.lenses.attention import result as results
from explainers.lenses.attention.result import ALL, ONE, Attention
from explainers.wording import metric_name, spread

BINS = 25
LEAST_POINTS = 2.0
"""Of an axis of differences."""
ROW = 22
SWAP_COLORS = {"uniform": figures.OKABE_ITO[1], "permuted": figures.OKABE_ITO[2], "removed": figures.OKABE_ITO[5]}
SWAP_SHAPES = {"uniform": "circle", "permuted": "diamond-open", "removed": "x"}
SWAP_SIZES = {"uniform": 7, "permuted": 13, "removed": 8}
SWAP_WORDS = {
    "uniform": "uniform weights",
    "permuted": "its weights dealt out anew",
    "removed": "head removed",
}
ONE_HEAD = "One head: of each seed the mean over its heads; faint: every head of every seed."
FAINT = 0.35
"""Opacity of what is averaged in the mark beside it."""
SOURCE = "Veličković et al. 2018 (GAT); entropy of the weights of one node and head over ln(d + 1), or over ln d without own loops"


def swaps(found: Attention) -> Chart:
    """How far the test score moves with other attention in the place of the learned one, by layer and head, paired over seeds."""
    rows, single, several = results.changes(found), results.single_changes(found), found.seeds > 1
    single = single[(single["head"] != ALL) & several]
    names = [place_name(layer, head) for layer, head in dict.fromkeys(zip(rows["layer"], rows["head"], strict=True))]
    figure = go.Figure()
    for swap, color in SWAP_COLORS.items():
        mine, each = rows[rows["swap"] == swap], single[single["swap"] == swap]
        if several:
            figure.add_scatter(
                x=100 * each["change"],
                y=[place_name(layer, ONE) for layer in each["layer"]],
                mode="markers",
                marker={"color": figures.translucent(color, FAINT), "size": 5},
                customdata=each[["head", "seed"]],
                hovertemplate="%{y}, " + SWAP_WORDS[swap] + "<br>head %{customdata[0]}, seed %{customdata[1]}: %{x:+.1f} points"
                "<extra></extra>",
                showlegend=False,
            )
        figure.add_scatter(
            x=100 * mine["change"],
            y=[place_name(layer, head) for layer, head in zip(mine["layer"], mine["head"], strict=True)],
            mode="markers",
            name=SWAP_WORDS[swap],
            marker={
                "color": color,
                "symbol": SWAP_SHAPES[swap],
                "size": SWAP_SIZES[swap],
                "line": {"width": 2 if swap == "permuted" else 0},
            },
            error_x={"array": 50 * (mine["high"] - mine["low"]).fillna(0), "thickness": 1, "width": 0} if several else None,
            customdata=mine[["test_score", "changed", "probability"]],
            hovertemplate="%{y}, " + SWAP_WORDS[swap] + "<br>%{x:+.1f} points, test score %{customdata[0]:.1%}<br>predicted otherwise "
            "%{customdata[1]:.1%}<br>fall of the predicted class's probability %{customdata[2]:.3f}<extra></extra>",
        )
    whole = results.swaps(found)
    learned = spread(interval(whole[whole["swap"] == results.LEARNED].drop_duplicates("seed")["test_score"]))
    figures.layout(figure, x=f"change of test {metric_name(found.metric)}, in points", height=110 + ROW * len(names), toolbar=True)
    figure.add_vline(0, line={"color": figures.NEUTRAL, "width": 1.5, "dash": "dot"})
    figure.add_annotation(
        x=0,
        y=1,
        yref="paper",
        yanchor="bottom",
        text=f"learned: {learned}",
        showarrow=False,
        font={"size": 11, "color": figures.NEUTRAL},
    )
    figure.update_xaxes(range=_around_zero(100 * np.append(rows[["change", "low", "high"]].to_numpy(dtype=float), single["change"])))
    figure.update_yaxes(autorange="reversed", ticklabelstandoff=4, categoryorder="array", categoryarray=names)
    bars = f" Bars: 95 % intervals of the paired differences over seeds. {ONE_HEAD}" if several else ""
    return Chart(
        figure,
        f"Dotted: the model as it is. Where a mark lies on it, the score does not need what was learned there.{bars}",
        "What a model trained with uniform attention would reach; and heads that stand in for each other: each may go, not all.",
        r"\alpha_{ij} \to \tfrac{1}{d_i + 1}\ (\text{without own loops } \tfrac{1}{d_i})\quad\text{or}\quad"
        r"\alpha_{i\pi(j)}\quad\text{or}\quad 0",
        f"Weights fixed, {_conditions(found)}; permuted within each node's in-edges, three draws; removed as in Michel et al. 2019",
        rows,
    )


def _around_zero(drawn: NDArray[np.float64]) -> list[float]:
    """From the lowest to the highest that is drawn, 0 among them, in points; on a finer axis noise would look like something."""
    ends = np.append(np.nan_to_num(drawn), 0.0)
    low, high = float(ends.min()), float(ends.max())
    room = max(0.06 * (high - low), (LEAST_POINTS - (high - low)) / 2)
    return [low - room, high + room]


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


def place_name(layer: object, head: object) -> str:
    """ "all heads", "layer 1, all heads", "layer 1, one head", "layer 1, head 3"."""
    if layer == ALL:
        return "all heads"
    return f"layer {layer}, {head} head{'s' if head == ALL else ''}" if head in (ALL, ONE) else f"layer {layer}, head {head}"


def _conditions(found: Attention) -> str:
    return f"{found.split}, {found.seeds} seed{'s' if found.seeds > 1 else ''}"


def draw(found: Attention) -> Mapping[str, Chart]:
    views = {"swaps": swaps(found), "entropies": entropies(found)}
    return views | {f"similar_{number}": view for number in found.layers if (view := similar(found, number))}
