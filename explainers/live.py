"""The curves of a training while it runs: cheap enough to be drawn many times a second. Free of torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from core.figures import SPLIT_COLORS, translucent
from core.run import History

if TYPE_CHECKING:
    from core.progress import Progress

NAMES = {"train": "training", "validation": "validation", "test": "test"}
PANELS = (("loss", "x", "y", (0.0, 0.44)), ("score", "x2", "y2", (0.56, 1.0)))
FAINT = 0.25
MOST_POINTS = 400
"""Epochs drawn of a long history; a screen shows no more."""


def history_of(progress: Progress) -> History:
    """The columns of a running training by name."""
    return dict(zip(progress.columns, progress.history.T, strict=True))


def live_figure(progress: Progress, finished: Sequence[History] = ()) -> go.Figure:
    """Loss and score of the running run, with the seeds that have finished behind it, faint.

    `finished`: histories of the runs that ended (`Run.history`, or `history_of` the last progress of each).
    """
    traces = [trace for history in finished for trace in _traces(history, faint=True)]
    return go.Figure([*traces, *_traces(history_of(progress), faint=False)], _layout(progress))


def _traces(history: History, *, faint: bool) -> list[go.Scatter]:
    every = max(1, -(-len(history["train_loss"]) // MOST_POINTS))
    return [
        _trace(name, values[::every], every, panel, faint=faint)
        for name, values in history.items()
        for panel in PANELS
        if name.endswith(panel[0]) and np.isfinite(values).any()
    ]


def _trace(
    name: str, values: NDArray[np.float64], every: int, panel: tuple[str, str, str, tuple[float, float]], *, faint: bool
) -> go.Scatter:
    part, kind = name.split("_")
    color = SPLIT_COLORS[part]
    return go.Scatter(
        x=np.arange(1, len(values) * every + 1, every),
        y=values,
        mode="lines",
        line={"color": translucent(color, FAINT) if faint else color, "width": 1 if faint else 2},
        name=NAMES[part],
        showlegend=not faint and kind == "score",
        legendgroup=part,
        hoverinfo="skip" if faint else None,
        hovertemplate=None if faint else f"epoch %{{x}}: %{{y:{'.1%' if kind == 'score' else '.3f'}}}<extra>{NAMES[part]} {kind}</extra>",
        xaxis=panel[1],
        yaxis=panel[2],
    )


def _layout(progress: Progress) -> Mapping[str, object]:
    """Axes that stand still: the epochs planned, scores from 0 to 100 %."""
    epochs = {"range": [0, max(progress.spec.training.epochs, 1)], "title": "Epoch", "zeroline": False}
    return {
        "height": 300,
        "margin": {"l": 8, "r": 8, "t": 36, "b": 8},
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0},
        "uirevision": progress.spec.group,
        "xaxis": epochs | {"domain": PANELS[0][3], "automargin": True},
        "yaxis": {"title": "Loss", "rangemode": "tozero", "zeroline": False, "automargin": True},
        "xaxis2": epochs | {"domain": PANELS[1][3], "anchor": "y2", "automargin": True},
        "yaxis2": {"title": "Score", "range": [0, 1], "tickformat": ".0%", "anchor": "x2", "zeroline": False, "automargin": True},
    }
