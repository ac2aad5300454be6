"""Picture of a comparison: scores seed by seed. Free of torch."""

from __future__ import annotations

from html import escape

import numpy as np
import plotly.graph_objects as go

from core import figures
from explainers.comparison import Comparison
from explainers.contract import Chart
from explainers.wording import metric_name

MOST_POINTS = 400
"""Epochs drawn of a long history."""

QUANTITIES = {
    "validation_loss": "Validation loss",
    "train_loss": "Training loss",
    "validation_score": "Validation score",
    "train_score": "Training score",
    "test_score": "Test score",
}


def scores_chart(comparison: Comparison) -> Chart:
    """Both groups' test scores, a line for each seed, with the mean and its 95 % interval beside them."""
    figure = go.Figure([*_pairs(comparison), *_means(comparison)])
    figures.layout(figure, y=f"Test {metric_name(comparison.metric)}", height=360, legend=False)
    figure.update_xaxes(tickvals=[0, 1], ticktext=[escape(name) for name in comparison.names], range=[-0.35, 1.35], showgrid=False)
    return Chart(
        figures.percent_axis(figure, None),
        reading="A line joins the scores of one seed; rising lines favour the right side. Diamonds: mean and 95 % interval.",
        not_shown="The sides' own intervals may overlap although the paired difference is clear: the lines are what counts.",
        formula=r"\bar d \pm t_{.975,\,n-1}\, s_d / \sqrt{n},\quad d_i = a_i - b_i",
        data=comparison.scores,
    )


def _pairs(comparison: Comparison) -> list[go.Scatter]:
    scores = comparison.scores
    return [
        go.Scatter(
            x=[0, 1],
            y=[row.first, row.second],
            mode="lines+markers",
            line={"color": figures.translucent(figures.NEUTRAL, 0.6), "width": 1.5},
            marker={"color": [figures.OKABE_ITO[0], figures.OKABE_ITO[1]], "size": 8},
            customdata=[[row.seed, row.split]] * 2,
            hovertemplate="seed %{customdata[0]}, %{customdata[1]}: %{y:.1%}<extra></extra>",
        )
        for row in scores.itertuples()
    ]


def _means(comparison: Comparison) -> list[go.Scatter]:
    sides = zip((-0.15, 1.15), comparison.intervals, figures.OKABE_ITO[:2], comparison.names, strict=True)
    return [
        go.Scatter(
            x=[x],
            y=[side.mean],
            mode="markers",
            marker={"symbol": "diamond", "size": 11, "color": color},
            error_y={"type": "data", "array": [np.nan_to_num(side.half_width)], "color": color},
            hovertemplate=f"{escape(name)}: mean %{{y:.1%}} of {side.n}<extra></extra>",
        )
        for x, side, color, name in sides
    ]
