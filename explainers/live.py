"""The curves of a training while it runs: cheap enough to be drawn many times a second. Free of torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from core.figures import SPLIT_COLORS, translucent
from core.progress import Training, thinning
from core.run import COLUMNS, History

NAMES = {"train": "training", "validation": "validation", "test": "test"}
PANELS = (("loss", "x", "y", (0.0, 0.44)), ("score", "x2", "y2", (0.56, 1.0)))
STRENGTH = {"first": (1.0, 2.0), "other": (0.6, 1.0), "finished": (0.25, 1.0)}
"""Opacity and width of the curves of the run in training that began first, of those beside it, and of those that ended."""


def live_figure(running: Sequence[Training], finished: Sequence[History] = ()) -> go.Figure:
    """Loss and score of the runs in training, with those that have finished behind them, faint.

    `running`: the one that began first in front, which the legend and the axes are for. `finished`: histories of
    the runs that ended.
    """
    traces = []
    for history in finished:
        every = thinning(len(history["train_loss"]))
        traces += _traces({name: values[::every] for name, values in history.items()}, every, "finished")
    for training in reversed(running):
        traces += _traces(history_of(training), training.every, "first" if training is running[0] else "other")
    return go.Figure(traces, _layout(running[0]))


def history_of(training: Training) -> History:
    """The columns of a run in training by name, of every `training.every`-th epoch."""
    return dict(zip(COLUMNS, training.history.T, strict=True))


def _traces(history: History, every: int, role: str) -> list[go.Scatter]:
    return [
        _trace(name, values, every, panel, role)
        for name, values in history.items()
        for panel in PANELS
        if name.endswith(panel[0]) and np.isfinite(values).any()
    ]


def _trace(name: str, values: NDArray[np.float64], every: int, panel: tuple[str, str, str, tuple[float, float]], role: str) -> go.Scatter:
    part, kind = name.split("_")
    opacity, width = STRENGTH[role]
    first = role == "first"
    return go.Scatter(
        x=np.arange(1, len(values) * every + 1, every),
        y=values,
        mode="lines",
        line={"color": SPLIT_COLORS[part] if first else translucent(SPLIT_COLORS[part], opacity), "width": width},
        name=NAMES[part],
        showlegend=first and kind == "score",
        legendgroup=part,
        hoverinfo=None if first else "skip",
        hovertemplate=f"epoch %{{x}}: %{{y:{'.1%' if kind == 'score' else '.3f'}}}<extra>{NAMES[part]} {kind}</extra>" if first else None,
        xaxis=panel[1],
        yaxis=panel[2],
    )


def _layout(training: Training) -> Mapping[str, object]:
    """Axes that stand still: the epochs planned, scores from 0 to 100 %."""
    epochs = {"range": [0, max(training.spec.training.epochs, 1)], "title": "Epoch", "zeroline": False}
    return {
        "height": 300,
        "margin": {"l": 8, "r": 8, "t": 36, "b": 8},
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0},
        "uirevision": training.spec.group,
        "xaxis": epochs | {"domain": PANELS[0][3], "automargin": True},
        "yaxis": {"title": "Loss", "rangemode": "tozero", "zeroline": False, "automargin": True},
        "xaxis2": epochs | {"domain": PANELS[1][3], "anchor": "y2", "automargin": True},
        "yaxis2": {"title": "Score", "range": [0, 1], "tickformat": ".0%", "anchor": "x2", "zeroline": False, "automargin": True},
    }
