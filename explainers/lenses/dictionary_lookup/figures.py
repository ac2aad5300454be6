"""Pictures of the dictionary lookup: scores against size and epoch, and who attends to which key. Free of torch."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core import figures
from core.seeds import interval
from explainers.contract import Chart
from explainers.lenses.dictionary_lookup.result import Live, Lookups, Variant, of, variants_of

PARTS = (("test", "solid", ""), ("train", "dot", "-open"))


def accuracy(result: Lookups) -> Chart:
    """Share of queries answered against the number of keys, training and test."""
    figure, variants = go.Figure(), result.variants
    for index, variant in enumerate(variants):
        shift = 0.12 * (index - (len(variants) - 1) / 2)  # equal scores would hide each other
        figure.add_traces([_scores(result, variant, index, shift, *part) for part in PARTS])
    guess = go.Scatter(
        x=list(result.sizes),
        y=[1 / size for size in result.sizes],
        mode="lines+markers",
        marker={"symbol": "line-ew-open", "size": 14, "color": figures.NEUTRAL},
        line={"color": figures.NEUTRAL, "width": 1.5, "dash": "dot"},
        name="guessing",
        hovertemplate="guessing among %{x} keys: %{y:.1%}<extra></extra>",
    )
    figures.layout(figure.add_trace(guess), x="Keys", y="Queries answered")
    figures.percent_axis(figure, 0, 1.04)
    figure.update_xaxes(tickvals=list(result.sizes), showgrid=False, range=[result.sizes[0] - 1, result.sizes[-1] + 1])
    spreads = "bars: 95 % interval over seeds" if (result.accuracy["seed"] > 0).any() else "one seed has no spread"
    return Chart(
        figure,
        reading=f"Filled marks: permutations that were not trained on; hollow: those that were; {spreads}. "
        "A model that cannot look up stays below 100 % in both.",
        not_shown="Longer training, and other widths or step sizes than the one that all share.",
        formula=r"\frac{1}{nk}\sum_{p}\sum_{a} [\hat y_{p,a} = p(a)]",
        source="Brody, Alon & Yahav 2022, section 4.1; in evaluation mode",
        data=result.accuracy,
    )


def _scores(result: Lookups, variant: Variant, index: int, shift: float, part: str, dash: str, mark: str) -> go.Scatter:
    means = [interval(of(result.accuracy, variant, size)[part]) for size in result.sizes]
    color = figures.class_color(index)
    return go.Scatter(
        x=[size + shift for size in result.sizes],
        y=[mean.mean for mean in means],
        mode="lines+markers",
        line={"color": color, "width": 2 if part == "test" else 1, "dash": dash},
        marker={"color": color, "size": 9, "symbol": figures.SHAPES[index % len(figures.SHAPES)] + mark},
        error_y={"type": "data", "array": [np.nan_to_num(mean.half_width) for mean in means], "color": color, "thickness": 1, "width": 3},
        name=variant.title,
        legendgroup=variant.title,
        showlegend=part == "test",
        customdata=list(result.sizes),
        hovertemplate=f"%{{customdata}} keys, {NAMES[part]}: %{{y:.1%}}<extra>{variant.title}</extra>",
    )


NAMES = {"test": "test", "train": "training"}


def curves(result: Lookups, size: int, seed: int = 0) -> Chart:
    """Share of queries answered against the epoch, of one size and seed."""
    table = result.curves[(result.curves["size"] == size) & (result.curves["seed"] == seed)]
    return Chart(
        course(table, result.epochs),
        reading=f"{size} keys, seed {seed}. Full lines: permutations that were not trained on; dotted: those that were.",
        not_shown="Other sizes and seeds; the loss, which the table has.",
        source="Brody, Alon & Yahav 2022, section 4.1; in evaluation mode",
        data=table,
    )


def live_figure(live: Live) -> go.Figure:
    """The same while it trains."""
    return course(live.curves, live.epochs)


def course(table: pd.DataFrame, epochs: int) -> go.Figure:
    """Lines of a table like `Lookups.curves` that is of one size and seed; the axes stand still."""
    figure = go.Figure()
    for index, variant in enumerate(variants_of(table)):
        mine = table[(table["model"] == variant.model) & (table["heads"] == variant.heads)]
        for part, dash, _ in PARTS:
            figure.add_trace(
                go.Scatter(
                    x=mine["epoch"],
                    y=mine[part],
                    mode="lines",
                    line={"color": figures.class_color(index), "width": 2 if part == "test" else 1, "dash": dash},
                    name=variant.title,
                    legendgroup=variant.title,
                    showlegend=part == "test",
                    hovertemplate=f"epoch %{{x}}, {NAMES[part]}: %{{y:.1%}}<extra>{variant.title}</extra>",
                )
            )
    figures.layout(figure, x="Epoch", y="Queries answered", height=320)
    figure.update_xaxes(range=[0, epochs])
    return figures.percent_axis(figure, 0, 1.02)
