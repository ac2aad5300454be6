"""The picture of calibration against one setting. It reads nothing but the numbers. Free of torch."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core import figures
from core.parameters import Integer, Real
from explainers import sweep_figures
from explainers.calibration_request import RAW
from explainers.contract import Chart
from explainers.declared import shown
from explainers.lenses.calibration.figures import GAP_OVER, GAP_UNDER
from explainers.lenses.calibration.gap import side, side_name
from explainers.lenses.calibration_recipes.readings import TEMPERATURE
from explainers.lenses.calibration_recipes.result import Recipes, by_value
from explainers.sweep.measure import PARTS
from explainers.sweep.suggestions import scale
from explainers.wording import count, spread

HEIGHT = 420
STYLES = (
    (RAW, "as it is", figures.class_color(0), "circle", "solid"),
    (TEMPERATURE, "temperature scaling", figures.class_color(2), "diamond", "dash"),
)


def gaps(found: Recipes, part: str = "test") -> Chart:
    """Accuracy − confidence at each value, as it is and after temperature scaling; below, the accuracy."""
    response = found.response
    places = sweep_figures.positions(response)
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.76, 0.24], vertical_spacing=0.06)
    for calibrator, name, color, symbol, dash in STYLES:
        style = {"marker": {"color": color, "size": 9, "symbol": symbol}, "line": {"color": color, "width": 2, "dash": dash}}
        figure.add_trace(_line(found, places, part, "gap", calibrator).update(name=name, legendgroup=name, **style), row=1, col=1)
        if calibrator == RAW:
            figure.add_trace(_line(found, places, part, "accuracy", calibrator).update(showlegend=False, **style), row=2, col=1)
    _sides(figure)
    setting = response.setting
    title = setting.parameter.title + (" (log scale)" if scale(setting.parameter, setting.values) == "log" else "")
    figures.layout(figure, height=HEIGHT, toolbar=True)
    figure.update_yaxes(title_text="accuracy − confidence", tickformat="~%", row=1, col=1)
    figure.update_yaxes(title_text="accuracy", tickformat="~%", nticks=5, row=2, col=1)
    figure.update_xaxes(**sweep_figures.ticks(response, places))
    figure.update_xaxes(title_text=title, row=2, col=1)
    figure.update_layout(hovermode="closest", uirevision=f"{response.setting.qualified} {response.setting.values} {part}")
    return Chart(
        figure,
        reading="Above zero it is right more often than it says, below zero less. Marks: means over seeds; whiskers: their 95 % interval.",
        not_shown="Which confidence is off: gaps of either sign cancel in a mean, see the ECE in the numbers. "
        "Every other setting stays as it is selected.",
        formula=r"\mathrm{gap} = \tfrac{1}{n}\sum_i \mathbf 1[\hat y_i = y_i] - \tfrac{1}{n}\sum_i \max_c p_{ic}",
        source=f"{found.model}, {response.split}, {PARTS[part]} nodes. {found.kept} "
        "Temperature: one number fitted to the validation nodes, Guo et al., On calibration of modern neural networks, ICML 2017",
        data=by_value(found, part),
    )


def _line(found: Recipes, places: np.ndarray, part: str, metric: str, calibrator: str) -> go.Scatter:
    """Means over seeds with their intervals; choices have no line, since nothing lies between them."""
    response, known = found.response, found.known(part, calibrator)
    at = {value: float(place) for value, place in zip(response.setting.values, places, strict=True)}
    means = [found.interval(value, metric, part, calibrator) for value in known]
    return go.Scatter(
        x=[at[value] for value in known],
        y=[mean.mean for mean in means],
        mode="lines+markers" if isinstance(response.setting.parameter, Integer | Real) else "markers",
        error_y={"type": "data", "array": [float(np.nan_to_num(mean.half_width)) for mean in means], "thickness": 1, "width": 3},
        text=[_told(found, value, part, calibrator) for value in known],
        hovertemplate="%{text}<extra></extra>",
        uid=f"{metric} {calibrator}",
    )


def _told(found: Recipes, value: object, part: str, calibrator: str) -> str:
    parameter = found.response.setting.parameter
    gap = found.interval(value, "gap", part, calibrator)  # type: ignore[arg-type]
    values = {
        name: spread(found.interval(value, metric, part, calibrator))  # type: ignore[arg-type]
        for name, metric in (("confidence", "mean_confidence"), ("accuracy", "accuracy"), ("ECE", "ece"))
    }
    verdict = side_name(side(gap)) if side(gap) else "not told from calibrated on average"
    lines = [f"<b>{parameter.title} {shown(parameter, value)}</b>, {count(gap.n, 'seed')}: {verdict}"]  # type: ignore[arg-type]
    return "<br>".join([*lines, *(f"{name} {words}" for name, words in values.items())])


def _sides(figure: go.Figure) -> None:
    """What is above zero and what below: shaded, named in the corners, both always in sight."""
    lines = [trace for trace in figure.data if str(trace.uid).startswith("gap")]
    means, halves = (np.concatenate(parts) if lines else np.zeros(0) for parts in ([t.y for t in lines], [t.error_y.array for t in lines]))
    low, high = float(np.min(means - halves, initial=0)), float(np.max(means + halves, initial=0))
    margin = max(0.1 * (high - low), 0.01)
    low, high = max(low - margin, -1.05), min(high + margin, 1.05)
    figure.update_yaxes(range=[low, high], row=1, col=1)
    for which, color, y, anchor in ((-1, GAP_UNDER, high, "top"), (1, GAP_OVER, low, "bottom")):
        figure.add_hrect(0, y, fillcolor=color, opacity=0.1, line_width=0, layer="below", row=1, col=1)
        figure.add_annotation(
            x=0, xref="x domain", y=y, yref="y", text=side_name(which), xanchor="left", yanchor=anchor, showarrow=False, font={"size": 12}
        )
    figure.add_hline(0, line={"color": figures.NEUTRAL, "width": 1.5}, row=1, col=1)
