"""Colours and figure parts that every chart shares. The only place in core that knows plotly."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import plotly.graph_objects as go

from core.seeds import Interval

OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#8C8C8C")
"""Okabe & Ito 2008, distinguishable with any common colour vision; black is left out, since it vanishes on dark."""

SHAPES = ("circle", "square", "diamond", "triangle-up", "cross", "x", "pentagon", "star")
"""Marker shapes that tell classes apart once the colours repeat."""

RIGHT, WRONG, NEUTRAL = "#0072B2", "#D55E00", "#8C8C8C"
SPLIT_COLORS = {"train": "#0072B2", "validation": "#E69F00", "test": "#56B4E9", "none": "#8C8C8C"}
SEQUENTIAL = "Viridis"


def class_color(index: int) -> str:
    """Colour of a class; from the ninth on colours repeat and `class_shape` tells them apart."""
    return OKABE_ITO[index % len(OKABE_ITO)]


def class_shape(index: int) -> str:
    """Marker of a class: circles for the first eight."""
    return SHAPES[index // len(OKABE_ITO) % len(SHAPES)]


def translucent(color: str, alpha: float) -> str:
    """A hex colour as rgba with the given opacity 0 … 1."""
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"


TOOLBAR = 26
"""Pixels of Plotly's toolbar, which lies over a figure's upper right corner."""


ROOM = 22
"""Pixels to the right of an axis, where half of the last tick's label stands: Plotly leaves out labels that would be cut."""


def layout(figure: go.Figure, *, x: str = "", y: str = "", height: int = 380, legend: bool = True, toolbar: bool = False) -> go.Figure:
    """The house's frame: legend above the data, thin grid, room for nothing else.

    `toolbar`: room for Plotly's above data that fills the frame, in addition to the height.
    """
    figure.update_layout(
        height=height + (TOOLBAR if toolbar else 0),
        margin={"l": 8, "r": ROOM, "t": (36 if legend else 8) + (TOOLBAR if toolbar else 0), "b": 8},
        showlegend=legend,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "xanchor": "left", "x": 0, "title": None},
        hoverlabel={"namelength": -1},
        xaxis_title=x or None,
        yaxis_title=y or None,
    )
    figure.update_xaxes(zeroline=False, automargin=True)
    figure.update_yaxes(zeroline=False, automargin=True)
    return figure


def log_ticks(low: float, high: float, most: int = 4) -> list[float]:
    """At most `most` round values from `low` to `high`, both above 0, for a logarithmic axis.

    Powers of ten; where fewer than two of them lie there, 1, 2 and 5 times them; none where no two of those do.
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in ((1,), (1, 2, 5)):
        found = [digit * 10.0**power for power in powers for digit in digits if low <= digit * 10.0**power <= high]
        if len(found) > 1:
            return found[:: -(-len(found) // most)]
    return []


def log_axis(values: Iterable[float | None], most: int = 4) -> dict[str, object]:
    """Settings of a logarithmic axis for what is drawn on it; only values above 0 have a place there.

    Few ticks, where Plotly would write 2 and 5 between all powers of ten.
    """
    drawn = [value for value in values if value is not None and value > 0]
    ticks = log_ticks(min(drawn), max(drawn), most) if drawn else []
    return {"type": "log", **({"tickvals": ticks, "tickformat": "~g"} if ticks else {"nticks": most})}


def percent_axis(figure: go.Figure, low: float | None = 0.0, high: float | None = 1.0) -> go.Figure:
    """Shares on the y axis, written as percentages; without `low` the axis fits the data, but never leaves 0 … 1."""
    fitting = {"autorangeoptions": {"clipmin": 0, "clipmax": 1}}
    figure.update_yaxes(tickformat="~%", **(fitting if low is None else {"range": [low, high]}))
    return figure


def interval_bars(means: Sequence[Interval], low: float = 0.0, high: float = 1.0) -> dict[str, object]:
    """Error bars of intervals, which do not leave low … high, where there are no such values; none for a single value."""
    half = [0.0 if math.isnan(one.half_width) else one.half_width for one in means]
    up, down = [high - one.mean for one in means], [one.mean - low for one in means]
    reach = {name: [min(ends) for ends in zip(half, rooms, strict=True)] for name, rooms in (("array", up), ("arrayminus", down))}
    return {"type": "data", "symmetric": False, **reach, "thickness": 1.2, "width": 0}


def band(x: Sequence[float], low: Sequence[float], high: Sequence[float], color: str, name: str) -> go.Scatter:
    """The area between two curves, without an entry in the legend."""
    return go.Scatter(
        x=[*x, *reversed(x)],
        y=[*high, *reversed(low)],
        mode="lines",  # of few points Plotly would draw the corners
        fill="toself",
        fillcolor=translucent(color, 0.15),
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
        name=name,
    )
