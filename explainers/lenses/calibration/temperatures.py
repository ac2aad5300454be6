"""The temperature of each node, where a calibrator gives each its own. Free of torch."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from core import figures
from explainers.contract import Chart
from explainers.lenses.calibration import result as results
from explainers.lenses.calibration.result import Calibration, title
from explainers.wording import percent

EDGE, FRAME, BINS = (2, 98), (1, 99), 40
"""Percentiles at which colours end, and those of the histogram with its bins."""


def of_first(found: Calibration, calibrator: str) -> NDArray[np.float64]:
    """[num_nodes] of the first seed."""
    temperatures = found.readings[0].answer(calibrator).temperatures
    assert temperatures is not None
    return temperatures


def scale(found: Calibration, calibrator: str) -> tuple[NDArray[np.float64], float, float]:
    """The temperatures, and where their colours begin and end."""
    values = of_first(found, calibrator)
    low, high = np.percentile(values, EDGE)
    return values, float(low), float(high)


def histogram(found: Calibration, calibrator: str) -> Chart:
    """How the temperatures of all nodes are spread, first seed."""
    values = of_first(found, calibrator)
    inside = np.clip(values, *np.percentile(values, FRAME))
    counts, edges = np.histogram(inside, BINS)
    figure = go.Figure(
        go.Bar(
            x=(edges[1:] + edges[:-1]) / 2,
            y=counts,
            width=np.diff(edges),
            marker={"color": figures.OKABE_ITO[0]},
            hovertemplate="%{x:.2f}: %{y} nodes<extra></extra>",
        )
    )
    figure.add_vline(1, line={"color": figures.NEUTRAL, "dash": "dot"})
    figures.layout(figure, x="temperature", y="nodes", height=230, legend=False, toolbar=True)
    figure.update_layout(bargap=0)
    return Chart(
        figure,
        "Left of the dotted line a node is made surer, right of it less sure. One in a hundred at each end is drawn at the border.",
        "Whether that helps: the scores decide. First seed.",
        r"p_i = \mathrm{softmax}(z_i / T_i)",
        f"{title(calibrator)}; {results.conditions(found)}",
        pd.DataFrame({"low": edges[:-1], "high": edges[1:], "nodes": counts}),
    )


def said(found: Calibration, calibrator: str, node: int | None) -> list[str]:
    """What the temperatures are like, and that of a node."""
    values, first = of_first(found, calibrator), found.readings[0].seed
    low, middle, high = np.percentile(values, [5, 50, 95])
    surer = float((values < 1).mean())
    sentences = [
        f"{title(calibrator)}: half of the nodes have a temperature below {middle:.2f}, nine of ten lie between {low:.2f} and {high:.2f}; "
        f"{percent(surer, 0)} are made surer (seed {first})."
    ]
    if node is not None:
        rank = float((values < values[node]).mean())
        sentences.append(f"Node {node}: {values[node]:.2f}, higher than that of {percent(rank, 0)} of the nodes.")
    return sentences
