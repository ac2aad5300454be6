"""Picture of edge surgery: scores against the homophily that is left, a line a γ. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from core import figures
from explainers.contract import Chart
from explainers.lenses.edge_surgery.result import Surgery, summary
from explainers.sweep.measure import Point
from explainers.sweep_figures import DASHES, HEIGHT
from explainers.wording import count, metric_name, percent, spread


def surgery(found: Surgery) -> Chart:
    """The more edges are added, the further to the right: homophily falls along the axis, as the edges are added."""
    figure = go.Figure([trace for index, name in enumerate(found.gammas) for trace in _series(found, index, name)])
    left = [found.left(point) for point in found.response.points]
    if found.clean.interval().n:
        clean = found.clean.interval().mean
        figure.add_trace(
            go.Scatter(
                x=[max(left), min(left)],
                y=[clean, clean],
                mode="lines",
                line={"color": figures.NEUTRAL, "width": 1.5, "dash": "dot"},
                name=f"as it is, {percent(clean)}",
                uid="clean",
                hovertemplate="the graph as it is: %{y:.1%}<extra></extra>",
            )
        )
    title = "edge homophily that is left; the more edges are added, the further right"
    figures.layout(figure, x=title, y=f"Test {metric_name(found.response.metric)}", height=HEIGHT)
    # room for whole marks at the ends
    figures.percent_axis(figure, None).update_yaxes(autorangeoptions={"clipmin": -0.02, "clipmax": 1.02})
    margin = 0.04 * ((max(left) - min(left)) or 1.0)
    figure.update_xaxes(range=[max(left) + margin, min(left) - margin], tickformat=".0%")
    figure.update_layout(hovermode="closest", uirevision=f"{found.dataset} {found.model} {sorted(found.gammas)} {len(left)}")
    return Chart(
        figure,
        reading="Marks: mean test score over seeds, hollow while some are missing; bars: their 95 % interval; dotted: the graph as it is.",
        not_shown="Whether anything could be learned like this: whoever adds the edges has to know the classes of test nodes. Added edges "
        "raise the degrees as well, so that not homophily alone changes.",
        formula=r"D_c = \tfrac{1-\gamma}{2}\,(\delta_{c-1} + \delta_{c+1}) + \tfrac{\gamma}{C-1} \sum_{k \neq c} \delta_k "
        r"\qquad h = \frac{h_0 E}{E + K}",
        source="Ma et al., Is homophily a necessity for GNNs?, ICLR 2022, algorithm 1. Every seed has its own surgery seed.",
        data=summary(found),
    )


def _series(found: Surgery, index: int, name: str) -> Sequence[go.Scatter]:
    """The single runs of one γ, faint, and its means with their intervals."""
    color, shape = figures.class_color(index), figures.SHAPES[index]
    course = [point for point in found.course(name) if point.interval().n]
    dots = [(found.left(point), score) for point in course if point.value for score in point.scores()]
    runs = go.Scatter(
        x=[x for x, _ in dots],
        y=[score for _, score in dots],
        mode="markers",
        marker={"color": figures.translucent(color, 0.35), "size": 5},
        hoverinfo="skip",
        showlegend=False,
        legendgroup=name,
        uid=f"{name} runs",
    )
    means = go.Scatter(
        x=[found.left(point) for point in course],
        y=[point.interval().mean for point in course],
        mode="lines+markers",
        line={"color": color, "width": 2, "dash": DASHES[index]},
        marker={"color": color, "size": 9, "symbol": [shape + ("" if len(p.runs) == p.planned else "-open") for p in course]},
        error_y=figures.interval_bars([point.interval() for point in course]),
        text=[_told(found, name, point) for point in course],
        hovertemplate="%{text}<extra></extra>",
        name=name,
        legendgroup=name,
        uid=f"{name} mean",
    )
    return runs, means


def _told(found: Surgery, name: str, point: Point) -> str:
    what = f"<b>{name}</b>, {count(found.added(point), 'added edge')}" if point.value else "<b>The graph as it is</b>"
    score = point.interval()
    return f"{what}<br>homophily {percent(found.left(point))}<br>{spread(score)}, {score.n} of {count(point.planned, 'seed')}"
