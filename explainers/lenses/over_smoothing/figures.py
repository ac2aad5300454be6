"""Pictures of a depth sweep: scores, and the states' measures on the same axis. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from core import figures
from core.seeds import interval
from explainers import sweep_figures
from explainers.contract import Chart
from explainers.lenses.over_smoothing.measures import BY_NAME, MAIN, Quantity
from explainers.lenses.over_smoothing.result import ByDepth
from explainers.sweep.suggestions import scale
from explainers.sweep_figures import DASHES
from explainers.wording import percent

Floats = NDArray[np.float64]
LEFT = 68
"""Pixels left of every panel, so that they stand on one depth axis."""
PANEL, SCORES = 104, 360
PROBE = "linear probe on Âᵏ X, untrained"


def scores(found: ByDepth, part: str = "test", depth: int | None = None) -> Chart:
    """Score against depth, with the majority class, the MLP and a linear probe on Âᵏ X; `depth` is marked."""
    chart = sweep_figures.chart(found.response, part)
    figure, places = chart.figure, sweep_figures.positions(found.response)
    if part == "test" and found.probes:
        figure.add_trace(_probe(found, places))
    figure.update_layout(height=SCORES, margin={"l": LEFT, "t": 44})
    figure.update_yaxes(automargin=False)
    _mark(figure, found, places, depth)
    probed = " Grey diamonds: what a linear model reads from the features after as much smoothing, without any network."
    return Chart(
        figure,
        reading="Large marks: means over seeds; areas or bars: their 95 % interval. Dotted grey: the largest class. "
        + _recipe(found)
        + _counts(found)
        + (probed if part == "test" and found.probes else ""),
        not_shown="Another learning rate, width or number of epochs may be best at another depth.",
        formula=r"\mathrm{logreg}(\hat A^{k} X),\ k = \mathrm{depth};\quad \bar x \pm t_{0.975,\,n-1}\, s / \sqrt{n}",
        source="Scores in evaluation mode at the kept epoch. Probe: logistic regression on the standardised columns of Âᵏ X.",
        data=chart.data,
    )


def measures(found: ByDepth, names: Sequence[str] = MAIN, depth: int | None = None) -> Chart:
    """Quantities of the last hidden state against depth, a panel each, one below the other."""
    places, response = sweep_figures.positions(found.response), found.response
    figure = go.Figure()
    for row, name in enumerate(names):
        for index, model in enumerate(response.names):
            figure.add_traces(_lines(found, BY_NAME[name], places, index, model, row))
    figures.layout(figure, height=PANEL * len(names) + 40, legend=False)
    span = 1 / len(names)
    for row, name in enumerate(names):
        quantity, top, axis = BY_NAME[name], 1 - row * span, f"y{row + 1 if row else ''}"
        figure.update_layout(
            {
                axis.replace("y", "yaxis"): {
                    "domain": [top - 0.84 * span, top - 0.16 * span],
                    "nticks": 3,
                    "rangemode": "normal" if quantity.log else "tozero",
                    "automargin": False,
                    "zeroline": False,
                    "tickformat": "~%" if quantity.share else "~g",
                    **(figures.log_axis((y for trace in figure.data if trace.yaxis == axis for y in trace.y), 3) if quantity.log else {}),
                }
            }
        )
        figure.add_annotation(
            text=f"<b>{quantity.title}</b>", x=0, xref="paper", y=top, yref="paper", showarrow=False, xanchor="left", yanchor="top"
        )
    ticks = sweep_figures.ticks(response, places)
    figure.update_layout(margin={"l": LEFT, "r": 8, "t": 4, "b": 8}, uirevision="measures", hovermode="closest")
    lowest = f"y{len(names)}" if len(names) > 1 else "y"
    figure.update_xaxes(**ticks, anchor=lowest, title=f"{response.setting.parameter.title} (log scale)" if _is_log(found) else "Depth")
    _mark(figure, found, places, depth)
    return Chart(
        figure,
        reading="The last state before the classifier, mean over seeds, whiskers 95 %. Plain layers have none at depth 1: there it is the "
        "features. Models that propagate scores have those in its place.",
        not_shown="No single measure suits all models: Â drives states to √(1+d), a mean or a bias drives them to one constant. "
        "Small values say that states are alike, not that the signal is gone: see the probe.",
        source=" · ".join(filter(None, (f"{BY_NAME[name].title}: {BY_NAME[name].source}" for name in names if BY_NAME[name].source))),
        data=_table(found),
    )


def _probe(found: ByDepth, places: Floats) -> go.Scatter:
    rows = [(x, interval(found.probes[int(depth)]).mean) for x, depth in zip(places, found.response.setting.values, strict=True)]
    return go.Scatter(
        x=[x for x, _ in rows],
        y=[y for _, y in rows],
        mode="markers",
        marker={"symbol": "diamond-tall", "size": 10, "color": figures.NEUTRAL, "line": {"width": 1}},
        name=PROBE,
        uid="probe",
        text=[f"{PROBE}: {percent(y)}" for _, y in rows],
        hovertemplate="%{text}<extra></extra>",
    )


def _lines(found: ByDepth, quantity: Quantity, places: Floats, index: int, model: str, row: int) -> list[go.Scatter]:
    color = figures.class_color(index)
    spreads = [(x, point, found.spread(point, quantity.name)) for x, point in zip(places, found.response.of(model), strict=True)]
    known = [(x, point, spread) for x, point, spread in spreads if spread.n]
    bars = [np.nan_to_num(spread.half_width) for _, _, spread in known]
    # an interval has no place where no value can be; none goes below zero, for which a logarithmic axis has no room
    upper = [min(bar, max(quantity.most - spread.mean, 0)) for bar, (_, _, spread) in zip(bars, known, strict=True)]
    lower = [min(bar, (0.9 if quantity.log else 1.0) * spread.mean) for bar, (_, _, spread) in zip(bars, known, strict=True)]
    return [
        go.Scatter(
            x=[x for x, _, _ in known],
            y=[_drawn(spread.mean, quantity) for _, _, spread in known],
            mode="lines+markers",
            line={"color": color, "width": 1.5, "dash": DASHES[index % len(DASHES)]},
            marker={"color": color, "size": 6, "symbol": figures.SHAPES[index % len(figures.SHAPES)]},
            error_y={"type": "data", "array": upper, "arrayminus": lower, "color": color, "thickness": 1, "width": 2},
            yaxis=f"y{row + 1 if row else ''}",
            name=escape(model),
            uid=f"{quantity.name} {model}",
            text=[f"<b>{escape(model)}</b>, depth {point.value}<br>{quantity.title} {spread.mean:.3g}" for _, point, spread in known],
            hovertemplate="%{text}<extra></extra>",
            showlegend=False,
        )
    ]


def _drawn(value: float, quantity: Quantity) -> float | None:
    """A logarithmic axis has no place for zero."""
    return None if quantity.log and value <= 0 else value


def _mark(figure: go.Figure, found: ByDepth, places: Floats, depth: int | None) -> None:
    if depth in found.response.setting.values:
        x = float(places[found.response.setting.values.index(depth)])
        line = {"color": figures.translucent(figures.NEUTRAL, 0.5), "width": 14}
        figure.add_shape(type="line", x0=x, x1=x, y0=0, y1=1, yref="paper", line=line, opacity=0.35, layer="below")


def _table(found: ByDepth) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"model": point.name, "depth": point.value, "seeds": len(point.runs), **found.means(point)}
            for point in found.response.points
            if point.runs
        ]
    )


def _is_log(found: ByDepth) -> bool:
    return scale(found.response.setting.parameter, found.response.setting.values) == "log"


def _counts(found: ByDepth) -> str:
    """What depth means, model by model where they differ."""
    kinds: dict[str, list[str]] = {}
    for name, counted in found.counts.items():
        kinds.setdefault(counted, []).append(name)
    if len(kinds) < 2:
        return "".join(f" Depth counts {counted}." for counted in kinds)
    said = "; ".join(f"{counted} ({', '.join(names)})" for counted, names in kinds.items())
    return f" Depth counts: {said}."


def _recipe(found: ByDepth) -> str:
    if found.recipe == "paper":
        return "Paper recipes: each model but the MLP has the settings of its paper."
    return "Common recipe: all models share the training and each setting that they have in common with the selected one."
