"""Pictures of the dial: accuracy against homophily with the threshold drawn in, and the adjacency matrix sorted by class. Free of torch."""

from __future__ import annotations

from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core import figures
from core.data import GraphData
from explainers import sweep_figures
from explainers.contract import Chart
from explainers.dial_request import OPERATOR
from explainers.lenses.homophily_dial.captions import hurts, of_closest
from explainers.lenses.homophily_dial.result import Dial, summary
from explainers.wording import count

CELLS = 60
"""Rows and columns of the adjacency matrix as it is drawn, at most."""
SIDE = 330


def curve(found: Dial) -> Chart:
    """A line a model; where averaging hurts by theory is shaded, and named in the legend."""
    drawn = sweep_figures.chart(found.response)
    between, figure = found.threshold, drawn.figure
    if between.hurts_somewhere:
        figure.add_vrect(between.low, between.high, fillcolor=figures.NEUTRAL, opacity=0.15, line_width=0, layer="below")
        for edge in (between.low, between.high):
            if 0 < edge < 1:
                figure.add_vline(edge, line={"color": figures.NEUTRAL, "width": 1.5, "dash": "dash"}, layer="below")
        shade = {"symbol": "square", "size": 12, "color": figures.translucent(figures.NEUTRAL, 0.35)}
        figure.add_trace(
            go.Scatter(
                x=[None], y=[None], mode="markers", marker=shade, name=f"{_shaded(found)} (theory)", hoverinfo="skip", uid="threshold"
            )
        )
    figure.update_xaxes(title_text="homophily: expected share of edges within a class", range=[-0.04, 1.04])
    return Chart(
        figure,
        reading="Marks: mean test score over seeds, hollow while some are missing; bands or bars: 95 % interval; small dots: single runs. "
        + (f"Shaded: {_shaded(found)}, by theory." if between.hurts_somewhere else "By theory averaging hurts nowhere here."),
        not_shown="Every model has its default settings at every homophily; another setting might be best at each. The threshold is "
        "that of one step of averaging and a linear classifier, not of a trained model.",
        formula=r"\left|\frac{C h - 1}{C - 1}\right| > \frac{1}{\sqrt{d}} \quad\text{(uniform others, without the node itself)}",
        source=f"Threshold of {dict(OPERATOR.options)[found.operator]}: it {hurts(between, of_closest(found))}. Ma et al., Is homophily "
        "a necessity for GNNs?, ICLR 2022, for two classes; here for C classes and circulant neighbours, of which the closest two count.",
        data=summary(found),
    )


def _shaded(found: Dial) -> str:
    return "averaging hurts the two closest classes" if of_closest(found) else "averaging hurts"


def matrix(graph: GraphData) -> Chart:
    """Which pairs of nodes are linked, the labelled nodes sorted by class and taken together in squares."""
    nodes = np.argsort(graph.labels, kind="stable")[(graph.labels < 0).sum() :]
    place = np.full(graph.num_nodes, -1)
    place[nodes] = np.arange(len(nodes))
    source, target = place[graph.edge_index]
    known = (source >= 0) & (target >= 0)
    cells = max(1, min(CELLS, len(nodes)))
    rows, columns = (ends[known] * cells // max(len(nodes), 1) for ends in (source, target))
    links = np.zeros((cells, cells))
    np.add.at(links, (rows, columns), 1)
    sizes = np.bincount(np.arange(len(nodes)) * cells // max(len(nodes), 1), minlength=cells)
    density = links / np.maximum(np.outer(sizes, sizes), 1)
    figure = go.Figure(
        go.Heatmap(
            z=density,
            colorscale=figures.SEQUENTIAL,
            zmin=0,
            showscale=False,
            hovertemplate="%{z:.1%} of these pairs are linked<extra></extra>",
        )
    )
    figures.layout(figure, height=SIDE, legend=False)
    counts = np.bincount(graph.labels[nodes], minlength=graph.num_classes)
    ends = np.cumsum(counts) * cells / max(len(nodes), 1)
    ticks = {"tickvals": (ends - counts * cells / max(len(nodes), 1) / 2 - 0.5).tolist(), "showgrid": False, "ticks": ""}
    names = [escape(name) for name in graph.class_names]
    figure.update_xaxes(ticktext=names, range=[-0.5, cells - 0.5], constrain="domain", **ticks)
    figure.update_yaxes(ticktext=names, range=[cells - 0.5, -0.5], scaleanchor="x", constrain="domain", **ticks)
    for end in ends[:-1] - 0.5:
        line = {"color": "white", "width": 1}
        figure.add_hline(end, line=line)
        figure.add_vline(end, line=line)
    return Chart(
        figure,
        reading="The adjacency matrix, nodes sorted by class: the lighter, the more of these pairs are linked. Own class: the diagonal.",
        not_shown=f"Single edges: a square stands for about {count(int(sizes.max()), 'node')} in each direction. The graph of seed 0.",
        data=pd.DataFrame(_between(graph), columns=["class", "neighbor_class", "edges"]),
    )


def _between(graph: GraphData) -> list[tuple[str, str, int]]:
    """Stored edges from each class to each, so that an edge within a class counts twice."""
    source, target = graph.labels[graph.edge_index]
    known = (source >= 0) & (target >= 0)
    size = graph.num_classes
    counts = np.bincount(source[known] * size + target[known], minlength=size**2).reshape(size, size)
    return [(graph.class_names[a], graph.class_names[b], int(counts[a, b])) for a in range(size) for b in range(size)]
