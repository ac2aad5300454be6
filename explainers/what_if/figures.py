"""Pictures of a what-if: probabilities before and after, and how the target moves among the others. Free of torch."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core import figures
from explainers.contract import Chart
from explainers.what_if.readings import LABEL
from explainers.what_if.result import Moved, Outcome
from explainers.wording import percent

MOST_BARS = 10
"""Classes that have bars: the likeliest ones, before or after."""
MOST_LETTERS = 24
EDGE = 0.01
"""Share of the nodes that may lie beyond each end of an axis."""
FEW = 300
"""Nodes up to which dots are large."""
BEFORE, AFTER = figures.NEUTRAL, figures.OKABE_ITO[0]


def probabilities(outcome: Outcome) -> Chart:
    """A pair of bars for every class, the likeliest before on top."""
    drawn = _drawn(outcome)
    names = [_tick(outcome, index) for index in drawn]
    after = "trained again" if outcome.retrained else "after"
    bars = [("before", BEFORE, outcome.before), (after, AFTER, outcome.after)] if outcome.edits else [("now", BEFORE, outcome.before)]
    figure = go.Figure(
        [
            go.Bar(
                x=values[drawn],
                y=list(range(len(drawn))),
                orientation="h",
                name=name,
                marker={"color": color},
                text=[percent(float(value), 0) for value in values[drawn]],
                textposition="outside",
                cliponaxis=False,
                customdata=[escape(outcome.class_names[index]) for index in drawn],
                hovertemplate=f"%{{customdata}}, {name}: %{{x:.1%}}<extra></extra>",
            )
            for name, color, values in bars
        ]
    )
    figures.layout(figure, height=90 + 46 * len(drawn), legend=bool(outcome.edits))
    figure.update_layout(barmode="group", bargap=0.25, bargroupgap=0.05)
    figure.update_xaxes(range=[0, 1.12], tickformat="~%", tickvals=[0, 0.5, 1])
    figure.update_yaxes(tickvals=list(range(len(drawn))), ticktext=names, range=[len(drawn) - 0.5, -0.5], showgrid=False)
    left_out = len(outcome.class_names) - len(drawn)
    return Chart(
        figure,
        reading="Grey: the graph as it is. Blue: the edited graph." if outcome.edits else "The graph as it is; edits add a second bar.",
        not_shown="The label is that of the original graph: nobody has labelled the edited one."
        + (f" {left_out} unlikely classes have no bars; the numbers have all." if left_out else ""),
        formula=r"p_c = \mathrm{softmax}_c(f_{\theta'}(G'))" if outcome.retrained else r"p_c = \mathrm{softmax}_c(f_\theta(G'))",
        source="Edges that are gone or new count in every normalisation, which is computed anew (deleted, not masked).",
        data=pd.DataFrame({"class": outcome.class_names, "before": outcome.before, "after": outcome.after}),
    )


def movement(outcome: Outcome) -> Chart:
    """The target before and after among a sample of the other nodes, in the plane of the states before."""
    moved = outcome.moved
    figure = go.Figure([*_crowd(outcome), *_target(outcome)])
    figures.layout(figure, height=360, legend=False)
    hidden = {"showgrid": False, "showticklabels": False}
    for update, axis in ((figure.update_xaxes, 0), (figure.update_yaxes, 1)):
        update(range=_range(moved, axis), **hidden)
    figure.update_layout(hovermode="closest")
    share = float(np.nansum(moved.explained))
    turned = " Both models' states are turned onto each other first (orthogonal Procrustes)." if moved.aligned else ""
    return Chart(
        figure,
        reading=f"Circle: node {outcome.node} before, star: after, in the colour of what the model says; small dots: other nodes by class.",
        not_shown=f"The plane shows {percent(share, 0)} of the spread of the {moved.state}; a move across it is not seen. "
        f"The {100 * EDGE:.0f} % of nodes farthest out on each side may lie beyond the axes.{turned}",
        formula=r"\lVert h' - h \rVert / \lVert h \rVert",
        source=f"PCA of the {moved.state} of all nodes without edits; {len(moved.sample):,} of them are drawn.",
        data=pd.DataFrame({"node": moved.sample, "x": moved.positions[:, 0], "y": moved.positions[:, 1]}),
    )


def _drawn(outcome: Outcome) -> list[int]:
    """Classes with bars, the likeliest before first; the label is always among them."""
    largest = np.maximum(outcome.before, outcome.after)
    if outcome.label >= 0:
        largest[outcome.label] = 2
    chosen = np.argsort(-largest, kind="stable")[:MOST_BARS]
    order: list[int] = chosen[np.argsort(-outcome.before[chosen], kind="stable")].tolist()
    return order


def _tick(outcome: Outcome, index: int) -> str:
    name = _short(outcome.class_names[index])
    return f"<b>{name}</b><br><span style='font-size:10px'>{LABEL}</span>" if index == outcome.label else name


def _short(name: str) -> str:
    return escape(name if len(name) <= MOST_LETTERS else name[: MOST_LETTERS - 1] + "…")


def legend(outcome: Outcome) -> dict[str, tuple[str, str]]:
    """Colour and shape of each class among the dots, to be shown above them."""
    return {_named(outcome, label): (_color(label), _shape(label)) for label in np.unique(outcome.moved.labels).tolist()}


def _range(moved: Moved, axis: int) -> list[float]:
    """Of an axis: nearly all nodes and the target, so that a hub far out does not press the others together."""
    low, high = np.quantile(moved.positions[:, axis], (EDGE, 1 - EDGE)).tolist()
    ends = (float(moved.before[axis]), float(moved.after[axis]), low, high)
    margin = 0.06 * (max(ends) - min(ends)) or 1.0
    return [min(ends) - margin, max(ends) + margin]


def _named(outcome: Outcome, label: int) -> str:
    return outcome.class_names[label] if label >= 0 else "unknown"


def _color(label: int) -> str:
    return figures.class_color(label) if label >= 0 else figures.NEUTRAL


def _shape(label: int) -> str:
    return figures.class_shape(label) if label >= 0 else "x"


def _crowd(outcome: Outcome) -> Iterator[go.Scattergl]:
    moved = outcome.moved
    for label in np.unique(moved.labels).tolist():
        own = moved.labels == label
        name = _short(_named(outcome, label))
        yield go.Scattergl(
            x=moved.positions[own, 0],
            y=moved.positions[own, 1],
            mode="markers",
            name=name,
            marker={"size": 8 if len(own) <= FEW else 5, "opacity": 0.5, "color": _color(label), "symbol": _shape(label)},
            customdata=moved.sample[own],
            hovertemplate=f"node %{{customdata}}, {name}<extra></extra>",
        )


def _target(outcome: Outcome) -> Iterator[go.Scattergl]:
    moved = outcome.moved
    places = [("before", moved.before, outcome.before, "circle", 13)]
    if outcome.edits:
        places.append(("after", moved.after, outcome.after, "star", 17))
        yield go.Scattergl(  # as the dots are, which would else lie on top
            x=[moved.before[0], moved.after[0]],
            y=[moved.before[1], moved.after[1]],
            mode="lines",
            line={"color": figures.NEUTRAL, "width": 2},
            showlegend=False,
            hoverinfo="skip",
        )
    for when, place, shares, symbol, size in places:
        color = figures.class_color(int(shares.argmax()))
        yield go.Scattergl(
            x=[place[0]],
            y=[place[1]],
            mode="markers",
            showlegend=False,
            marker={"symbol": symbol, "size": size, "color": color, "line": {"color": figures.NEUTRAL, "width": 2}},
            hovertemplate=f"node {outcome.node} {when}<extra></extra>",
        )
