"""How does training go? Loss and score by epoch, with the spread over seeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from core import figures
from core.parameters import Value
from core.run import COLUMNS, Run
from core.seeds import Interval, interval
from core.spec import RunSpec
from explainers.contract import Chart, Context, Lens, View
from explainers.live import live_figure
from explainers.planning import over_seeds
from explainers.wording import count, metric_name, one_in, percent, points, split_name, split_names, spread

__all__ = ["LENS", "Curve", "Curves", "captions", "draw", "live_figure", "measure", "plan", "spread_by_epoch"]

Floats = NDArray[np.float64]
PARTS = {"train": "training", "validation": "validation", "test": "test"}


@dataclass(frozen=True, eq=False)
class Curve:
    """Mean over seeds by epoch and its 95 % t-interval, each [epochs]; NaN where there is no such number."""

    mean: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, eq=False)
class Curves:
    """`curves` by column of the history; `left` [epochs] is how many seeds were still training; `runs` has a row a seed."""

    metric: str
    split: str
    epochs: NDArray[np.int64]
    left: NDArray[np.int64]
    curves: Mapping[str, Curve]
    best_values: Mapping[str, Floats]
    """Value of each column at each run's best epoch, [runs]."""
    runs: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def test(self) -> Interval:
        return interval(self.runs["test_score"])


def plan(spec: RunSpec, seeds: int, values: Mapping[str, Value]) -> tuple[RunSpec, ...]:
    return over_seeds(spec, seeds)


def measure(context: Context, values: Mapping[str, Value]) -> Curves:
    runs = context.runs
    length = max(run.epochs for run in runs)
    return Curves(
        metric=runs[0].metric,
        split=split_names([run.spec.dataset for run in runs]),
        epochs=np.arange(1, length + 1),
        left=np.array([sum(run.epochs >= epoch for run in runs) for epoch in range(1, length + 1)]),
        curves={name: spread_by_epoch(_stacked(runs, name, length)) for name in COLUMNS},
        best_values={name: np.array([run.history[name][run.best_epoch - 1] for run in runs]) for name in COLUMNS},
        runs=pd.DataFrame([_row(run) for run in runs]),
        notes=tuple(f"Seed {run.spec.seed}: {run.note}" for run in runs if run.note),
    )


def spread_by_epoch(values: Floats) -> Curve:
    """Mean and 95 % t-interval down the columns of `values` [seeds, epochs], over the finite ones.

    The same numbers as `core.seeds.interval` epoch by epoch, in one go.
    """
    from scipy.stats import t

    finite = np.isfinite(values)
    n = finite.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(finite, values, 0).sum(axis=0) / n
        deviation = np.sqrt((np.where(finite, values - mean, 0) ** 2).sum(axis=0) / (n - 1))
        half = np.where(n > 1, t.ppf(0.975, np.maximum(n - 1, 1)) * deviation / np.sqrt(n), np.nan)
    return Curve(mean, mean - half, mean + half)


def draw(result: Curves) -> Mapping[str, View]:
    table = result.runs
    return {
        "loss": Chart(
            _figure(result, "loss", "Cross-entropy"),
            reading="Lines are means over seeds, bands their 95 % interval; circles mark each seed's kept epoch. "
            "Validation loss that rises while training loss falls is over-fitting.",
            not_shown="The loss holds no weight-decay term, and no test nodes.",
            formula=r"-\frac{1}{|V|}\sum_{i \in V} \ln p_i(y_i)",
            data=_by_epoch(result, "loss"),
        ),
        "score": Chart(
            _figure(result, "score", metric_name(result.metric).capitalize()),
            reading="Lines are means over seeds, bands their 95 % interval; circles mark each seed's kept epoch. "
            + ("Dotted: some seeds have stopped." if result.left[-1] < len(table) else "The test score never chooses the epoch."),
            not_shown="What other splits would give: the band is over training seeds only."
            if table["split"].nunique() == 1
            else "Seeds and splits apart: each run has its own split, and the band is over both.",
            source="Scores in evaluation mode, after each epoch's step",
            data=_by_epoch(result, "score"),
        ),
    }


def captions(result: Curves) -> list[str]:
    seeds = count(len(result.runs), "seed")
    first = f"Test {metric_name(result.metric)} {spread(result.test)} ({seeds}, {result.split})"
    spreadless = "; one seed has no spread" if len(result.runs) == 1 else ""
    best = f"kept epoch {one_in(result.runs['best_epoch'].tolist())} ({one_in(result.runs['epochs'].tolist())} trained)"
    return [f"{first}{spreadless}; {best}{_gap(result)}.", *result.notes]


def _gap(result: Curves) -> str:
    train, test = result.runs["train_score"].mean(), result.runs["test_score"].mean()
    if np.isnan(train - test):
        return ""
    side = "above" if train >= test else "below"
    return f"; training is at {percent(train)}, {points(train - test)} {side} the test"


def _stacked(runs: tuple[Run, ...], name: str, length: int) -> Floats:
    """[runs, epochs], NaN after a run's end and where it diverged."""
    return np.stack([np.pad(run.history[name], (0, length - run.epochs), constant_values=np.nan) for run in runs])


def _row(run: Run) -> dict[str, object]:
    return {
        "seed": run.spec.seed,
        "split": split_name(run.spec.dataset),
        **{name: run.scores[name] for name in ("train_score", "validation_score", "test_score")},
        "best_epoch": run.best_epoch,
        "epochs": run.epochs,
        "seconds": run.seconds,
    }


def _by_epoch(result: Curves, kind: str) -> pd.DataFrame:
    columns: dict[str, NDArray[np.generic]] = {"epoch": result.epochs, "seeds": result.left}
    for name in _columns(kind):
        curve = result.curves[name]
        columns |= {name: curve.mean, f"{name}_low": curve.low, f"{name}_high": curve.high}
    return pd.DataFrame(columns)


def _columns(kind: str) -> list[str]:
    return [name for name in COLUMNS if name.endswith(kind)]


def _figure(result: Curves, kind: str, title: str) -> go.Figure:
    figure = go.Figure()
    for name in _columns(kind):
        if np.isfinite(result.curves[name].mean).any():
            _add_curve(figure, result, name)
    figures.layout(figure, x="Epoch", y=title)
    return figures.percent_axis(figure, None) if kind == "score" else figure


def _add_curve(figure: go.Figure, result: Curves, name: str) -> None:
    part, kind = name.split("_")
    color, label, curve = figures.SPLIT_COLORS[part], PARTS[part], result.curves[name]
    banded = np.isfinite(curve.low)
    if banded.any():
        x, low, high = (array[banded].tolist() for array in (result.epochs, curve.low, curve.high))
        figure.add_trace(figures.band(x, low, high, color, label))
    hover = f"epoch %{{x}}: %{{y:{'.1%' if kind == 'score' else '.3f'}}}<extra>{label}</extra>"
    style = {"mode": "lines", "name": label, "legendgroup": part, "hovertemplate": hover}
    # from the epoch on at which the first seed stops, the mean is over fewer seeds
    whole = int((result.left == len(result.runs)).sum())
    figure.add_trace(go.Scatter(x=result.epochs[:whole], y=curve.mean[:whole], line={"color": color}, **style))
    if whole < len(result.epochs):
        rest = slice(max(whole - 1, 0), None)
        figure.add_trace(
            go.Scatter(x=result.epochs[rest], y=curve.mean[rest], line={"color": color, "dash": "dot"}, showlegend=False, **style)
        )
    if part == "validation" or (part == "train" and not np.isfinite(result.curves[f"validation_{kind}"].mean).any()):
        figure.add_trace(_best_marks(result, name, color, hover))


def _best_marks(result: Curves, name: str, color: str, hover: str) -> go.Scatter:
    return go.Scatter(
        x=result.runs["best_epoch"],
        y=result.best_values[name],
        mode="markers",
        marker={"symbol": "circle-open", "size": 9, "color": color, "line": {"width": 2}},
        name="kept epoch",
        customdata=result.runs["seed"],
        hovertemplate="seed %{customdata}, " + hover,
    )


LENS = Lens(
    name="curves",
    title="Training curves",
    question="Does it learn, and does it over-fit?",
    plan=plan,
    measure=measure,
    draw=draw,
    captions=captions,
)
