"""What becomes of the score with other attention in the learned one's place, as a picture. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from core import figures
from core.seeds import interval
from explainers.contract import Chart
from explainers.lenses.attention import result as results
from explainers.lenses.attention.result import ALL, ONE, Attention, place_name
from explainers.swaps import around_zero
from explainers.wording import count, metric_name, spread

ROW = 24
"""Pixels."""
SWAP_COLORS = {"uniform": figures.OKABE_ITO[1], "permuted": figures.OKABE_ITO[2], "removed": figures.OKABE_ITO[5]}
SWAP_SHAPES = {"uniform": "circle", "permuted": "diamond-open", "removed": "x"}
SWAP_SIZES = {"uniform": 7, "permuted": 9, "removed": 8}
SWAP_SHIFTS = {"uniform": -0.27, "permuted": 0.0, "removed": 0.27}
"""Of a row, downwards: marks and bars in one line would hide each other."""
SWAP_WORDS = {
    "uniform": "uniform weights",
    "permuted": "its weights dealt out anew",
    "removed": "head removed",
}
ONE_HEAD = "One head: of each seed the mean over its heads; faint: every head of every seed."
FAINT = 0.35
"""Opacity of what is averaged in the mark beside it."""
HOVER = (
    "%{customdata[4]}, %{customdata[5]}<br>%{customdata[3]:+.1f} points, test score %{customdata[0]:.1%}"
    "<br>predicted otherwise %{customdata[1]:.1%}<br>fall of the predicted class's probability %{customdata[2]:.3f}<extra></extra>"
)


def swaps(found: Attention) -> Chart:
    """How far the test score moves with other attention in the place of the learned one, by layer and head, paired over seeds."""
    rows = results.changes(found)
    names, figure = [place_name(*pair) for pair in zip(rows["layer"], rows["head"], strict=True)], go.Figure()
    places = {name: number for number, name in enumerate(dict.fromkeys(names))}
    rows = rows.assign(place=names, y=[places[name] for name in names] + rows["swap"].map(SWAP_SHIFTS))
    single = results.single_changes(found)
    low, high = _axis(rows)
    inside = ~(100 * rows["change"] < low)
    for swap, color in SWAP_COLORS.items():
        mine = rows[inside & (rows["swap"] == swap)]
        if found.seeds > 1:
            each = single[(single["head"] != ALL) & (single["swap"] == swap) & (100 * single["change"] >= low)]
            figure.add_trace(_faint(each, swap, [places[place_name(layer, ONE)] for layer in each["layer"]]))
        figure.add_scatter(
            x=100 * mine["change"],
            y=mine["y"],
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
            hovertemplate=HOVER,
        )
    figure.add_trace(_farther(rows[~inside], low))
    whole = results.swaps(found)
    learned = spread(interval(whole[whole["swap"] == results.LEARNED].drop_duplicates("seed")["test_score"]))
    moved = f"test {metric_name(found.metric)}, in points from the learned {learned}"
    figures.layout(figure, x=moved, height=110 + ROW * len(places), toolbar=True)
    figure.add_vline(0, line={"color": figures.NEUTRAL, "width": 1.5, "dash": "dot"})
    figure.update_xaxes(range=[low, high])
    figure.update_yaxes(tickvals=list(places.values()), ticktext=list(places), range=[len(places) - 0.4, -0.6], ticklabelstandoff=4)
    bars = f" Bars: 95 % intervals of the paired differences over seeds. {ONE_HEAD}" if found.seeds > 1 else ""
    away = "" if inside.all() else " Arrows with a number: farther away than the axis reaches."
    return Chart(
        figure,
        f"Dotted: the model as it is. Where a mark lies on it, the score does not need what was learned there.{bars}{away}",
        "What a model trained with uniform attention would reach; and heads that stand in for each other: each may go, not all.",
        r"\alpha_{ij} \to \tfrac{1}{d_i + 1}\ (\text{without own loops } \tfrac{1}{d_i})\quad\text{or}\quad"
        r"\alpha_{i\pi(j)}\quad\text{or}\quad 0",
        f"Weights fixed, {found.split}, {count(found.seeds, 'seed')}; permuted within each node's in-edges, three draws; removed as in "
        "Michel et al. 2019",
        rows.drop(columns=["place", "y"]),
    )


def _faint(each: pd.DataFrame, swap: str, rows: Sequence[int]) -> go.Scatter:
    """Every head of every seed, behind the mark that is their mean, in the figure's `rows`."""
    return go.Scatter(
        x=100 * each["change"],
        y=[row + SWAP_SHIFTS[swap] for row in rows],
        mode="markers",
        marker={"color": figures.translucent(SWAP_COLORS[swap], FAINT), "size": 5},
        customdata=each[["head", "seed"]],
        hovertemplate=SWAP_WORDS[swap] + "<br>head %{customdata[0]}, seed %{customdata[1]}: %{x:+.1f} points<extra></extra>",
        showlegend=False,
    )


def _hover(rows: pd.DataFrame) -> pd.DataFrame:
    shown = rows[["test_score", "changed", "probability"]]
    return shown.assign(points=100 * rows["change"], place=rows["place"], what=rows["swap"].map(SWAP_WORDS))


def _farther(rows: pd.DataFrame, low: float) -> go.Scatter:
    """What is far below the others, at the edge and with its number: on an axis that reached it the others would be one line."""
    return go.Scatter(
        x=[low] * len(rows),
        y=rows["y"],
        mode="markers+text",
        text=[f"−{100 * abs(change):.1f}" for change in rows["change"]],
        textposition="middle right",
        textfont={"size": 11, "color": [SWAP_COLORS[swap] for swap in rows["swap"]]},
        marker={"symbol": "triangle-left", "size": 10, "color": [SWAP_COLORS[swap] for swap in rows["swap"]]},
        cliponaxis=False,
        showlegend=False,
        customdata=_hover(rows),
        hovertemplate=HOVER,
    )


def _axis(rows: pd.DataFrame) -> list[float]:
    """Ends of the axis, in points.

    A layer that is removed whole does not count: what it leaves is nearly always far below everything else.
    """
    several = rows.loc[(rows["head"] == ALL) & (rows["layer"] != ALL), "layer"].unique()
    counted = rows[(rows["swap"] != "removed") | ((rows["head"] != ALL) & rows["layer"].isin(several))]
    return around_zero(100 * counted[["change", "low", "high"]].to_numpy(dtype=float))
