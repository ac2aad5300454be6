"""The pictures of calibration over the epochs. They read nothing but the numbers. Free of torch."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from core import figures
from explainers.contract import Chart
from explainers.lenses.calibration.figures import GAP_OVER, GAP_UNDER
from explainers.lenses.calibration_course.captions import decay_name
from explainers.lenses.calibration_course.result import GOOD, Course, epochs_of, summary
from explainers.lenses.curves import spread_by_epoch
from explainers.sweep.measure import PARTS
from explainers.wording import count

Floats = NDArray[np.float64]
LINES = (
    ("accuracy", "accuracy", figures.class_color(0), "solid"),
    ("mean_confidence", "mean confidence", figures.class_color(1), "dash"),
)
SHADES = (("over-confident", "mean_confidence", GAP_OVER), ("under-confident", "accuracy", GAP_UNDER))
"""By what is above the other."""


def course(found: Course, part: str = "test") -> Chart:
    """Accuracy and mean confidence by epoch, a panel a weight decay; between them the gap."""
    decays = found.weight_decays
    titles = [decay_name(decay) for decay in decays]
    figure = make_subplots(rows=1, cols=len(decays), shared_yaxes=True, subplot_titles=titles, horizontal_spacing=0.05)
    for column, decay in enumerate(decays, 1):
        for trace in _panel(found, decay, part, legend=column == 1):
            figure.add_trace(trace, row=1, col=column)
    figures.layout(figure, height=400, toolbar=True)
    figures.percent_axis(figure, None)
    figure.update_layout(margin={"t": 84}, legend={"y": 1.09})
    figure.update_xaxes(**_axis(found), title_text="Epoch")
    figure.update_yaxes(title_text=f"{PARTS[part].capitalize()} nodes", row=1, col=1)
    for column, decay in enumerate(decays, 1):
        if len(best := found.kept(decay, part)["best"]):
            line = {"color": figures.NEUTRAL, "width": 1, "dash": "dot"}
            figure.add_vline(float(np.median(best)), line=line, row=1, col=column)
    return Chart(
        figure,
        reading="Solid: accuracy. Dashed: mean confidence. Shaded between them: the gap. Narrow bands: 95 % interval over seeds. "
        "Dotted: the epoch of the lowest validation loss.",
        not_shown="Whether single nodes are calibrated: gaps of either sign cancel in a mean. Nothing stops early here, "
        "so these are not the runs of the other pages.",
        formula=r"\mathrm{gap} = \tfrac{1}{n}\sum_i \mathbf 1[\hat y_i = y_i] - \tfrac{1}{n}\sum_i \max_c p_{ic}",
        source=_source(found),
        data=summary(found),
    )


def errors(found: Course, part: str = "test") -> Chart:
    """ECE by epoch, a line a weight decay; circles where each seed's validation loss is lowest."""
    figure = go.Figure()
    for index, decay in enumerate(found.weight_decays):
        color, name = figures.class_color(index), decay_name(decay)
        figure.add_traces(_curve(found, decay, part, "ece", {"color": color, "width": 2, "dash": _dash(index)}, name, legend=True))
        kept = found.kept(decay, part)
        figure.add_scatter(
            x=kept["epoch"],
            y=kept["ece"],
            mode="markers",
            marker={"symbol": "circle-open", "size": 9, "color": color, "line": {"width": 2}},
            cliponaxis=False,
            text=[f"{name}, seed {row.seed}<br>lowest validation loss: epoch {row.best}" for row in kept.itertuples()],
            hovertemplate="%{text}<br>ECE %{y:.1%} at epoch %{x}<extra></extra>",
            showlegend=False,
        )
    figures.layout(figure, x="Epoch", y=f"ECE on {PARTS[part]} nodes", height=300, toolbar=True)
    figures.percent_axis(figure, None).update_yaxes(rangemode="tozero")
    figure.update_xaxes(**_axis(found))
    return Chart(
        figure,
        reading="Lines: means over seeds, bands their 95 % interval. Circles: each seed where its validation loss is lowest, "
        "which is the epoch that a usual recipe keeps, or at the nearest recorded one.",
        not_shown=f"Epochs between the recorded ones. Low at the very beginning means little: accuracy is low there as well, and the "
        f"sentences look only at epochs with {100 * GOOD:.0f} % of the best accuracy.",
        formula=r"\sum_b \tfrac{n_b}{n}\,|\mathrm{acc}_b - \mathrm{conf}_b|",
        source=_source(found),
        data=summary(found),
    )


def _panel(found: Course, decay: float, part: str, *, legend: bool) -> list[go.Scatter]:
    confidence, right = (found.values(decay, part, name) for name in ("mean_confidence", "accuracy"))
    epochs = epochs_of(confidence)
    x, upper, lower = with_crossings(epochs, *(values.loc[epochs].mean(axis=1).to_numpy() for values in (confidence, right)))
    shades, lines = [], []
    for name, above, color in SHADES:
        high, low = (upper, lower) if above == "mean_confidence" else (lower, upper)
        shade = figures.band(x.tolist(), low.tolist(), np.maximum(low, high).tolist(), color, name)
        shades.append(shade.update(showlegend=legend, legendgroup=name, legendrank=2000, fillcolor=figures.translucent(color, 0.4)))
    for metric, name, color, dash in LINES:
        lines += _curve(found, decay, part, metric, {"color": color, "width": 2, "dash": dash}, name, legend=legend)
    return [*shades, *lines]


def _curve(found: Course, decay: float, part: str, metric: str, line: dict[str, object], name: str, *, legend: bool) -> list[go.Scatter]:
    values = found.values(decay, part, metric)
    epochs = epochs_of(values)
    curve = spread_by_epoch(values.loc[epochs].to_numpy().T)
    banded = np.isfinite(curve.low)
    x, low, high = (array[banded].tolist() for array in (epochs, curve.low, curve.high))
    band = figures.band(x, low, high, str(line["color"]), name)
    hover = f"{name}: %{{y:.1%}} at epoch %{{x}}<extra>{decay_name(decay)}</extra>"
    style = {"mode": "lines", "name": name, "legendgroup": name, "hovertemplate": hover}
    return [band.update(legendgroup=name), go.Scatter(x=epochs, y=curve.mean, line=line, showlegend=legend, **style)]


def with_crossings(epochs: NDArray[np.integer], first: Floats, second: Floats) -> tuple[Floats, Floats, Floats]:
    """The epochs, and the points between them where the two curves, straight on a logarithmic axis, cross; both curves there."""
    x, apart = np.log(epochs), first - second
    turns = np.flatnonzero(apart[:-1] * apart[1:] < 0)
    share = apart[turns] / (apart[turns] - apart[turns + 1])
    all_x = np.sort(np.concatenate([x, x[turns] + share * np.diff(x)[turns]]))
    return np.exp(all_x), np.interp(all_x, x, first), np.interp(all_x, x, second)


def _axis(found: Course) -> dict[str, object]:
    return {**figures.log_axis([1, found.epochs]), "range": [0, float(np.log10(found.epochs)) + 0.01]}


def _dash(index: int) -> str:
    return ("solid", "dash", "dot", "dashdot", "longdash")[index]


def _source(found: Course) -> str:
    return (
        f"{found.model}, {found.split}, {count(found.seeds, 'seed')}; recorded in evaluation mode at up to 40 epochs, more of them early. "
        "Guo et al., On calibration of modern neural networks, ICML 2017"
    )
