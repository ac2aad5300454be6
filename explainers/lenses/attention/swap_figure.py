"""What becomes of the score with other attention in the learned one's place, as a picture. Free of torch."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core import figures
from core.seeds import interval
from explainers.contract import Chart
from explainers.lenses.attention import result as results
from explainers.lenses.attention.result import ALL, Attention, place_name
from explainers.wording import count, metric_name, spread

LEAST_POINTS = 2.0
"""Of the axis."""
ROW = 22
"""Pixels."""
SWAP_COLORS = {"uniform": figures.OKABE_ITO[1], "permuted": figures.OKABE_ITO[2], "removed": figures.OKABE_ITO[5]}
SWAP_SHAPES = {"uniform": "circle", "permuted": "diamond-open", "removed": "x"}
SWAP_SIZES = {"uniform": 7, "permuted": 13, "removed": 8}
SWAP_WORDS = {
    "uniform": "uniform weights",
    "permuted": "its weights dealt out anew",
    "removed": "head removed",
}
HOVER = (
    "<br>%{customdata[3]:+.1f} points, test score %{customdata[0]:.1%}<br>predicted otherwise %{customdata[1]:.1%}"
    "<br>fall of the predicted class's probability %{customdata[2]:.3f}<extra></extra>"
)


def swaps(found: Attention) -> Chart:
    """How far the test score moves with other attention in the place of the learned one, by layer and head, paired over seeds."""
    rows = results.changes(found).assign(place=lambda one: [place_name(*pair) for pair in zip(one["layer"], one["head"], strict=True)])
    names, figure = list(rows["place"].unique()), go.Figure()
    low, high = _around_zero(rows)
    inside = ~(100 * rows["change"] < low)
    for swap, color in SWAP_COLORS.items():
        mine = rows[inside & (rows["swap"] == swap)]
        figure.add_scatter(
            x=100 * mine["change"],
            y=mine["place"],
            mode="markers",
            name=SWAP_WORDS[swap],
            marker={
                "color": color,
                "symbol": SWAP_SHAPES[swap],
                "size": SWAP_SIZES[swap],
                "line": {"width": 2 if swap == "permuted" else 0},
            },
            error_x={"array": 50 * (mine["high"] - mine["low"]).fillna(0), "thickness": 1, "width": 0} if found.seeds > 1 else None,
            customdata=_hover(mine),
            hovertemplate="%{y}, " + SWAP_WORDS[swap] + HOVER,
        )
    figure.add_trace(_farther(rows[~inside], low))
    single = results.swaps(found)
    learned = spread(interval(single[single["swap"] == results.LEARNED].drop_duplicates("seed")["test_score"]))
    figures.layout(figure, x=f"change of test {metric_name(found.metric)}, in points", height=110 + ROW * len(names), toolbar=True)
    figure.add_vline(0, line={"color": figures.NEUTRAL, "width": 1.5, "dash": "dot"})
    figure.add_annotation(
        x=0,
        y=1,
        yref="paper",
        yanchor="bottom",
        xanchor="right" if -low > high else "left",  # where there is room for the words
        text=f"learned: {learned}",
        showarrow=False,
        font={"size": 11, "color": figures.NEUTRAL},
    )
    figure.update_xaxes(range=[low, high])
    figure.update_yaxes(categoryorder="array", categoryarray=names, autorange="reversed", ticklabelstandoff=4)
    bars = " Bars: 95 % intervals of the paired differences over seeds." if found.seeds > 1 else ""
    away = "" if inside.all() else " Arrows with a number: farther away than the axis reaches."
    return Chart(
        figure,
        f"Dotted: the model as it is. Where a mark lies on it, the score does not need what was learned there.{bars}{away}",
        "What a model trained with uniform attention would reach; and heads that stand in for each other: each may go, not all.",
        r"\alpha_{ij} \to \tfrac{1}{d_i + 1}\ (\text{without own loops } \tfrac{1}{d_i})\quad\text{or}\quad"
        r"\alpha_{i\pi(j)}\quad\text{or}\quad 0",
        f"Weights fixed, {found.split}, {count(found.seeds, 'seed')}; permuted within each node's in-edges, three draws; removed as in "
        "Michel et al. 2019",
        rows.drop(columns="place"),
    )


def _hover(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[["test_score", "changed", "probability"]].assign(points=100 * rows["change"])


def _farther(rows: pd.DataFrame, low: float) -> go.Scatter:
    """What is far below the others, at the edge and with its number: on an axis that reached it the others would be one line."""
    return go.Scatter(
        x=[low] * len(rows),
        y=rows["place"],
        mode="markers+text",
        text=[f"−{100 * abs(change):.1f}" for change in rows["change"]],
        textposition="middle right",
        textfont={"size": 11, "color": [SWAP_COLORS[swap] for swap in rows["swap"]]},
        marker={"symbol": "triangle-left", "size": 10, "color": [SWAP_COLORS[swap] for swap in rows["swap"]]},
        cliponaxis=False,
        showlegend=False,
        customdata=_hover(rows),
        hovertemplate="%{y}, " + SWAP_WORDS["removed"] + HOVER,
    )


def _around_zero(rows: pd.DataFrame) -> tuple[float, float]:
    """From the lowest to the highest that is drawn, 0 among them, in points; on a finer axis noise would look like something.

    A layer that is removed whole does not count: what it leaves is nearly always far below everything else.
    """
    several = rows.loc[(rows["head"] == ALL) & (rows["layer"] != ALL), "layer"].unique()
    counted = rows[(rows["swap"] != "removed") | ((rows["head"] != ALL) & rows["layer"].isin(several))]
    ends = np.nan_to_num(100 * counted[["change", "low", "high"]].to_numpy(dtype=float)).ravel()
    low, high = min(0.0, *ends), max(0.0, *ends)
    room = max(0.06 * (high - low), (LEAST_POINTS - (high - low)) / 2)
    return low - room, high + room
