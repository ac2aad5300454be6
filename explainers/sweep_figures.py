"""Picture of a sweep: scores against one setting, a line a model. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from core import figures
from core.parameters import Integer, Real
from explainers.contract import Chart
from explainers.declared import shown
from explainers.sweep import PARTS, Point, Response
from explainers.sweep.suggestions import scale
from explainers.sweep.tables import by_value
from explainers.wording import count, metric_name, percent, spread

Floats = NDArray[np.float64]
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid", "dash")
MOST_TICKS = 12
HEIGHT = 400
MOST_BANDS = 3
"""Models whose intervals are drawn as areas; more of them would hide each other."""


def chart(response: Response, part: str = "test") -> Chart:
    """Mean score of a part of the split at each value, its 95 % interval, and every run, as far as they are there.

    `customdata` of each point: the model's name and the place of its value. The view stays where the reader put it
    as long as the sweep is the same, and what the reader hid stays hidden, whatever arrives (`uirevision`, `uid`).
    """
    places = positions(response)
    figure = go.Figure([trace for index, name in enumerate(response.names) for trace in _series(response, part, places, index, name)])
    if response.largest:
        figure.add_trace(_largest(response, part, places))
    title = response.setting.parameter.title + (" (log scale)" if _scale(response) == "log" else "")
    figures.layout(figure, x=title, y=f"{PARTS[part].capitalize()} {metric_name(response.metric)}", height=HEIGHT)
    # room for whole marks at the ends
    figures.percent_axis(figure, None).update_yaxes(autorangeoptions={"clipmin": -0.02, "clipmax": 1.02})
    figure.update_xaxes(**ticks(response, places))
    figure.update_layout(hovermode="closest", uirevision=_view(response, part))
    return Chart(
        figure,
        reading=_reading(response),
        not_shown=_not_shown(response),
        formula=r"\bar x \pm t_{0.975,\,n-1}\, s / \sqrt{n}",
        source="Scores in evaluation mode at the kept epoch of each run. The largest class: what naming it for all nodes would score.",
        data=by_value(response),
    )


def positions(response: Response) -> Floats:
    """Where each value stands on the axis, [values], rising: the number, its decimal logarithm, or its rank."""
    values = response.setting.values
    if _scale(response) == "even":
        return np.arange(len(values), dtype=float)
    numbers = np.array([float(value) for value in values])
    return np.log10(numbers) if _scale(response) == "log" else numbers


def reach(places: Floats) -> float:
    """Length of the axis; of a single value, one."""
    return float(places[-1] - places[0]) or 1.0


def _series(response: Response, part: str, places: Floats, index: int, name: str) -> list[go.Scatter]:
    """Every run, faint, the intervals and the means of one model; choices have no line, since nothing lies between them."""
    color, shape = figures.class_color(index), figures.SHAPES[index % len(figures.SHAPES)]
    ordered, banded = isinstance(response.setting.parameter, Integer | Real), _banded(response)
    gap = min(float(np.diff(places).min(initial=np.inf)), 0.3 * reach(places))
    width = gap * (0.04 if ordered else 0.12)
    shift = 0.0 if banded else width * (index - (len(response.names) - 1) / 2)
    points = zip(places + shift, response.of(name), strict=True)
    rows = [(place, x, point) for place, (x, point) in enumerate(points) if point.interval(part).n]
    shared = {"name": escape(name), "legendgroup": name}
    means = [point.interval(part) for _, _, point in rows]
    beside = 0.05 * gap * (index + 1) if banded else 0.35 * width  # so that no run hides its mean
    traces = [_runs(response, part, rows, beside, color).update(shared | {"uid": f"{name} runs"})]
    if banded:
        traces += [band.update(shared | {"uid": f"{name} band {place}"}) for place, band in enumerate(_bands(part, rows, color))]
    bars = {"type": "data", "array": [np.nan_to_num(mean.half_width) for mean in means], "color": color, "thickness": 1, "width": 3}
    line = go.Scatter(
        x=[x for _, x, _ in rows],
        y=[mean.mean for mean in means],
        mode="lines+markers" if ordered else "markers",
        line={"color": color, "width": 2, "dash": DASHES[index % len(DASHES)]},
        marker={"color": color, "size": 9, "symbol": [shape + ("" if len(p.runs) == p.planned else "-open") for _, _, p in rows]},
        error_y=None if banded else bars,
        customdata=[[name, place] for place, _, _ in rows],
        text=[_told(response, part, point) for _, _, point in rows],
        hovertemplate="%{text}<extra></extra>",
        uid=f"{name} mean",
        **shared,
    )
    return [*traces, line]


def _view(response: Response, part: str) -> str:
    """Tells one sweep from another."""
    graphs = sorted({run.spec.dataset.name for point in response.points for run in point.runs})
    return f"{graphs} {response.split} {part} {response.names} {response.setting.qualified} {response.setting.values}"


def _banded(response: Response) -> bool:
    """Whether intervals are areas between the values; of many models, and of choices, they are bars."""
    return isinstance(response.setting.parameter, Integer | Real) and len(response.names) <= MOST_BANDS


def _bands(part: str, rows: Sequence[tuple[int, float, Point]], color: str) -> list[go.Scatter]:
    """The intervals of neighbouring values as one area; a single seed has none, and interrupts it."""
    runs: list[list[tuple[float, Point]]] = [[]]
    for _, x, point in rows:
        if point.interval(part).n > 1:
            runs[-1].append((x, point))
        elif runs[-1]:
            runs.append([])
    return [
        figures.band([x for x, _ in run], [p.interval(part).low for _, p in run], [p.interval(part).high for _, p in run], color, "")
        for run in runs
        if len(run) > 1
    ]


def _runs(response: Response, part: str, rows: Sequence[tuple[int, float, Point]], shift: float, color: str) -> go.Scatter:
    """Every run, faint."""
    dots = [(row, run, score) for row in rows for run, score in zip(row[2].runs, row[2].scores(part), strict=True)]
    return go.Scatter(
        x=[x + shift for (_, x, _), _, _ in dots],
        y=[score for _, _, score in dots],
        mode="markers",
        marker={"color": figures.translucent(color, 0.35), "size": 5},
        customdata=[[point.name, place] for (place, _, point), _, _ in dots],
        text=[f"{escape(p.name)}, {_at(response, p)}, seed {run.spec.seed}: {percent(score)}" for (_, _, p), run, score in dots],
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )


def _largest(response: Response, part: str, places: Floats) -> go.Scatter:
    shares = [share[part] for share in response.largest]
    said = "chance" if response.metric == "roc_auc" else "largest class"
    same = f", {percent(shares[0])}" if len(set(shares)) == 1 else ""
    margin = 0.03 * reach(places)
    return go.Scatter(
        x=[places[0] - margin, *places[1:-1], places[-1] + margin],
        y=[shares[0], *shares[1:-1], shares[-1]],
        mode="lines",
        line={"color": figures.NEUTRAL, "width": 1.5, "dash": "dot"},
        name=said + same,
        uid="largest class",
        hovertemplate=f"{said}: %{{y:.1%}}<extra></extra>",
    )


def _told(response: Response, part: str, point: Point) -> str:
    found = point.interval(part)
    lost = f", {len(point.diverged)} diverged" if point.diverged else ""
    runs = count(point.planned, "seed") if found.n == point.planned else f"{found.n} of {point.planned} seeds"
    score = f"{spread(found)} {PARTS[part]} {metric_name(response.metric)}"
    return f"<b>{escape(point.name)}</b>, {_at(response, point)}<br>{score}<br>{runs}{lost}"


def _at(response: Response, point: Point) -> str:
    return escape(f"{response.setting.parameter.title} {shown(response.setting.parameter, point.value)}")


def ticks(response: Response, places: Floats) -> dict[str, object]:
    """A tick at each value, or at every other where they are many; room for values that are not there yet."""
    every = -(-len(places) // MOST_TICKS)
    labels = [escape(shown(response.setting.parameter, value)) for value in response.setting.values]
    margin = 0.06 * reach(places) if isinstance(response.setting.parameter, Integer | Real) else 0.5
    return {
        "tickvals": places[::every].tolist(),
        "ticktext": labels[::every],
        "range": [float(places[0] - margin), float(places[-1] + margin)],
        "showgrid": False,
    }


def _scale(response: Response) -> str:
    return scale(response.setting.parameter, response.setting.values)


def _reading(response: Response) -> str:
    spreadless = all(point.planned < 2 for point in response.points)
    band = "one seed has no spread" if spreadless else f"{'bands' if _banded(response) else 'bars'}: their 95 % interval"
    open_ = "; hollow: not all seeds yet" if response.done < response.planned else ""
    return f"Marks: mean over seeds{open_}; {band}; small dots: single runs. Click a mark to take its setting."


def _not_shown(response: Response) -> str:
    """What the spread does not hold."""
    alone = all(len({run.spec.dataset for run in point.runs}) < 2 for point in response.points)
    across = "Other splits: the band is over training seeds only. " if alone else ""
    return f"{_graphs(response)}{across}Every other setting is as it is in the sidebar: at each value another one might be best."


def _graphs(response: Response) -> str:
    """What a value of a graph's setting is an example of."""
    if response.setting.owner != "dataset":
        return ""
    kinds = {
        "split_seed": "Each value is one random split of the same graph. ",
        "seed": "Each value is another graph drawn with the same settings. ",
    }
    drawn = any("seed" in dict(run.spec.dataset.parameters) for point in response.points for run in point.runs)
    once = "Each value is one graph, drawn once: another graph seed would give other scores. " if drawn else ""
    return kinds.get(response.setting.parameter.name, once)
