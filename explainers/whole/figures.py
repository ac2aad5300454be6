"""Pictures of many nodes explained at once. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from core import figures
from explainers.contract import Chart
from explainers.nodes import UNKNOWN
from explainers.trust.metrics import METRICS, RANDOM
from explainers.whole import tables
from explainers.whole.answer import strongest_first
from explainers.whole.result import BEATS, LOWER, SAME, WORSE, Against, Summary, Whole
from explainers.whole.result import UNKNOWN as UNTOLD
from explainers.wording import percent

SHOWN = ("probability_fidelity_plus", "probability_fidelity_minus", "characterization", "unfaithfulness")
METRIC = {metric.name: metric for metric in METRICS}
HOP = "%{y:.1%} of the %{fullData.name} at hop %{x}<extra></extra>"
MARKS = {
    BEATS: (figures.RIGHT, "circle"),
    SAME: (figures.NEUTRAL, "circle-open"),
    WORSE: (figures.WRONG, "x"),
    UNTOLD: (figures.NEUTRAL, "diamond-open"),
}
LIFT = [[0.0, figures.RIGHT], [0.5, "#D9D9D9"], [1.0, figures.WRONG]]
MOST_LIFT = 2.0
"""Doublings, or halvings, at which the colours end."""
MOST_NUMBERS = 10
"""Classes up to which the cells hold their shares."""
MOST_LETTERS = 18


def beats_random(whole: Whole) -> Chart:
    """Each method against random edges on four metrics, with the interval of the paired difference."""
    methods = strongest_first(whole)
    titles = [f"{METRIC[name].title}<br><sup>{'← better' if name in LOWER else 'better →'}</sup>" for name in SHOWN]
    figure = make_subplots(rows=1, cols=len(SHOWN), shared_yaxes=True, horizontal_spacing=0.03, subplot_titles=titles)
    legend = set[str]()
    for column, name in enumerate(SHOWN, start=1):
        for verdict in MARKS:
            found = [one for one in whole.on(name) if one.verdict == verdict]
            if found:
                figure.add_trace(_differences(whole, found, verdict, verdict not in legend), row=1, col=column)
                legend.add(verdict)
        figure.add_vline(x=0, line={"color": figures.NEUTRAL, "width": 1, "dash": "dot"}, row=1, col=column)
    figures.layout(figure, height=150 + 30 * len(methods))
    figure.update_annotations(font_size=13)
    figure.update_layout(margin={"t": 84}, legend={"y": 1 + 56 / max(60, 30 * len(methods) + 58)})
    figure.update_yaxes(categoryorder="array", categoryarray=[escape(whole.methods[name]) for name in reversed(methods)])
    figure.update_xaxes(tickformat="~g", nticks=5)
    return Chart(
        figure,
        reading="Method minus random edges, node by node: mean and 95 % interval. Clear of the dotted line on "
        "the better side: it beats chance.",
        not_shown="Whether a method is right: one that finds what the model uses may still not find what is true. The intervals are not "
        "corrected for the number of methods and metrics; nodes that share edges are not independent, so they are too narrow.",
        formula=r"\bar d \pm t_{.975,\,n-1}\, s_d / \sqrt{n},\quad d_i = m_i - m_i^{\mathrm{random}}",
        source="; ".join(dict.fromkeys(METRIC[name].source for name in SHOWN)),
        data=tables.against_random(whole),
    )


def class_pairs(whole: Whole, method: str) -> Chart:
    """Which classes the important edges join."""
    own = whole.of(method).by_class_pair
    there = _classes(whole, own.edges)
    names = [[*whole.class_names, UNKNOWN][place] for place in there]
    share, edges, lift = (_square(values)[np.ix_(there, there)] for values in (own.importance, own.edges, own.lift))
    bare = ~(edges > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        color = np.clip(np.where(bare, np.nan, np.log2(lift)), -MOST_LIFT, MOST_LIFT)
    numbers = np.where(bare, "", np.vectorize(lambda value: f"{value:.0%}")(np.nan_to_num(share)))
    joined, ends = ("→", "from the row’s class to the column’s") if whole.directed else ("–", "between two classes")
    hover = [
        [
            ""
            if bare[a, b]
            else f"{escape(one)} {joined} {escape(other)}<br>{percent(float(share[a, b]))} of the importance on "
            f"{percent(float(edges[a, b]))} of the edges: {lift[a, b]:.2f} times"
            for b, other in enumerate(names)
        ]
        for a, one in enumerate(names)
    ]
    heat = go.Heatmap(
        z=color,
        zmin=-MOST_LIFT,
        zmax=MOST_LIFT,
        colorscale=LIFT,
        xgap=1,
        ygap=1,
        text=numbers if len(there) <= MOST_NUMBERS else None,
        texttemplate="%{text}" if len(there) <= MOST_NUMBERS else None,
        customdata=hover,
        hovertemplate="%{customdata}<extra></extra>",
        hoverongaps=False,
        colorbar={"title": "per edge", "tickvals": [-2, -1, 0, 1, 2], "ticktext": ["¼ ×", "½ ×", "1 ×", "2 ×", "4 ×"], "thickness": 12},
    )
    figure = figures.layout(go.Figure(heat), height=max(300, min(560, 30 * len(there) + 140)), legend=False, toolbar=True)
    axis = {"tickvals": list(range(len(there))), "ticktext": [_short(name) for name in names], "showgrid": False}
    figure.update_xaxes(tickangle=-35, **axis)
    figure.update_yaxes(autorange="reversed", **axis)
    return Chart(
        figure,
        reading=f"Numbers: share of the importance on edges {ends}. "
        "Colour: how much an edge there counts, against one taken anywhere within reach.",
        not_shown="How many edges there are: hover for that. True classes are used, of test nodes as well; signs are lost.",
        formula=r"\frac1n \sum_i \frac{\sum_{e \in E_i,\, e \sim ab} |s_e|}{\sum_{e \in E_i} |s_e|}",
        data=tables.by_class_pair(whole, whole.of(method)),
    )


def hops(whole: Whole, method: str) -> Chart:
    """How far from the node the important edges are."""
    data = tables.by_hop(whole.of(method))
    figure = go.Figure(
        [
            go.Bar(x=data["hop"], y=data["importance"], name="importance", marker_color=figures.OKABE_ITO[0], hovertemplate=HOP),
            go.Bar(x=data["hop"], y=data["edges"], name="edges", marker_color=figures.NEUTRAL, hovertemplate=HOP),
        ]
    )
    figures.percent_axis(figures.layout(figure, x="hops from the node to the edge’s nearer end", height=320), 0.0, None)
    figure.update_xaxes(type="category")
    return Chart(
        figure,
        reading="Blue above grey: edges at that distance count for more than their number.",
        not_shown="Edges among the nodes that are farthest away can matter through degrees only, where these change what a layer does.",
        formula=r"\frac1n \sum_i \sum_{e \in E_i,\, h(e) = h} |s_e| \Big/ \sum_{e \in E_i} |s_e|",
        data=data,
    )


def features(whole: Whole, method: str) -> Chart | None:
    """The features with the largest scores; None from methods that score edges only."""
    found = whole.of(method).features
    if not found:
        return None
    names, values = list(found), list(found.values())
    bar = go.Bar(
        x=values,
        y=[_short(name, 2 * MOST_LETTERS) for name in names],
        orientation="h",
        marker_color=figures.OKABE_ITO[0],
        customdata=[escape(name) for name in names],
        hovertemplate="%{customdata}: %{x:.3g}<extra></extra>",
    )
    figure = figures.layout(go.Figure(bar), x="mean |score|", height=90 + 17 * len(names), legend=False, toolbar=True)
    figure.update_yaxes(autorange="reversed", type="category", tickmode="linear", tickfont={"size": 11})
    return Chart(
        figure,
        reading=f"The {len(names)} features that count most on average, whether for or against the class.",
        not_shown="Scores of different methods have different units. A rare feature that decides a few nodes is far down.",
        formula=r"\frac1n \sum_i \Big| \sum_{v \in G_i} s_{vf} \Big|",
        data=pd.DataFrame({"feature": names, "mean |score|": values}),
    )


def distribution(whole: Whole, metric: str) -> Chart:
    """One metric of every node, method by method."""
    every = [one for one in whole.summaries if np.isfinite(one.values[metric]).any()]
    figure = go.Figure([_box(whole, one, metric) for one in every])
    figures.layout(figure, x=METRIC[metric].title, height=110 + 44 * len(every), legend=False)
    figure.update_yaxes(autorange="reversed")
    return Chart(
        figure,
        reading=f"A point a node, boxes from the lower to the upper quarter. {METRIC[metric].reading}",
        not_shown="Which nodes belong together: a method may be above random on average and below it for many nodes. "
        "The metric's formula is on the Methods page.",
        source=METRIC[metric].source,
        data=tables.of_nodes(whole, metric),
    )


def first_metric(whole: Whole) -> int:
    """Place of the metric that is looked at first."""
    names = list(whole.metrics)
    return names.index(SHOWN[0]) if SHOWN[0] in names else 0


def _differences(whole: Whole, found: Sequence[Against], verdict: str, named: bool) -> go.Scatter:
    color, symbol = MARKS[verdict]
    return go.Scatter(
        x=[one.difference.mean for one in found],
        y=[escape(whole.methods[one.method]) for one in found],
        error_x={"type": "data", "array": [float(np.nan_to_num(one.difference.half_width)) for one in found], "thickness": 1.5, "width": 0},
        mode="markers",
        marker={"color": color, "symbol": symbol, "size": 10, "line": {"width": 2, "color": color}},
        name=verdict,
        legendgroup=verdict,
        showlegend=named,
        customdata=[[one.difference.low, one.difference.high, one.difference.n] for one in found],
        hovertemplate="%{y}: %{x:+.3f} (%{customdata[0]:+.3f} to %{customdata[1]:+.3f}, %{customdata[2]} pairs)<extra>"
        + verdict
        + "</extra>",
    )


def _box(whole: Whole, one: Summary, metric: str) -> go.Box:
    title = escape(one.title)
    return go.Box(
        x=one.values[metric],
        y=[title] * len(whole.nodes),
        name=title,
        orientation="h",
        boxpoints="all",
        jitter=0.7,
        pointpos=0,
        marker={"color": figures.NEUTRAL if one.method == RANDOM else figures.OKABE_ITO[0], "size": 4, "opacity": 0.6},
        line={"width": 1.5},
        fillcolor="rgba(0,0,0,0)",
        customdata=whole.nodes,
        hovertemplate="node %{customdata}: %{x:.3f}<extra>" + title + "</extra>",
    )


def _classes(whole: Whole, edges: NDArray[np.float64]) -> list[int]:
    """The classes to draw: all that are known, and the unknown one where it has edges."""
    square = _square(edges)
    unknown = np.nansum(square[-1]) + np.nansum(square[:, -1]) > 0
    return list(range(len(whole.class_names) + bool(unknown)))


def _square(values: NDArray[np.float64]) -> NDArray[np.float64]:
    size = round(len(values) ** 0.5)
    return values.reshape(size, size)


def _short(name: str, most: int = MOST_LETTERS) -> str:
    return escape(name if len(name) <= most else name[: most - 1] + "…")
