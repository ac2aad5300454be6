"""The pictures of what a gap between accuracy and confidence goes with. They read nothing but the numbers. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

import numpy as np
import pandas as pd
from plotly.subplots import make_subplots

from core import figures
from core.metrics.confidence_factors import FACTORS, Factor
from core.seeds import Interval, interval
from explainers.calibration_request import RAW
from explainers.contract import Chart
from explainers.lenses.calibration import result as results
from explainers.lenses.calibration.result import Calibration, title
from explainers.wording import WIDEST, points

TITLE = 24
"""Letters of a title's line."""
MOST_LABELS = 6
"""Of bins along an axis; of more every second one is named."""
FEWEST = 10
"""Nodes of a bin, as a mean over seeds, below which a sentence does not speak of it."""


def factor_charts(found: Calibration, part: str, after: str) -> dict[str, Chart]:
    """A chart a factor: accuracy − confidence before and after a calibrator."""
    table = results.factors_table(found)
    rows = table[(table["split"] == part) & table["calibrator"].isin([RAW, after])]
    return {factor.name: factor_chart(rows[rows["factor"] == factor.name], factor, after, found) for factor in FACTORS}


def factor_chart(rows: pd.DataFrame, factor: Factor, after: str, found: Calibration) -> Chart:
    """Gap by bin with its spread over seeds, and below how many nodes there are."""
    labels = [one.label for one in factor.bins]
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.76, 0.24], vertical_spacing=0.06)
    for name, color, symbol in ((RAW, figures.NEUTRAL, "diamond"), (after, figures.OKABE_ITO[0], "circle")):
        spreads = [interval(group["gap"]) for group in by_bin(rows[rows["calibrator"] == name])]
        figure.add_scatter(
            x=labels,
            y=[one.mean for one in spreads],
            mode="markers",
            name=title(name),
            marker={"color": color, "symbol": symbol, "size": 8},
            error_y={"array": useful(spreads), "thickness": 1, "width": 0} if found.seeds > 1 else None,
            hovertemplate="%{x}<br>" + title(name) + ": %{y:+.1%}<extra></extra>",
        )
    counts = [group["count"].mean() for group in by_bin(rows[rows["calibrator"] == RAW])]
    figure.add_bar(
        x=labels,
        y=counts,
        marker={"color": figures.NEUTRAL},
        showlegend=False,
        hovertemplate="%{x}<br>%{y:.0f} nodes<extra></extra>",
        row=2,
        col=1,
    )
    figures.layout(figure, height=310, legend=False)
    figure.update_layout(title={"text": "<br>".join(wrap(factor.title, TITLE)), "font": {"size": 13}, "x": 0, "y": 0.98}, margin={"t": 52})
    shown = labels[:: -(-len(labels) // MOST_LABELS)]
    figure.update_xaxes(type="category", categoryorder="array", categoryarray=labels, tickvals=shown)
    figure.update_yaxes(tickformat="~%", row=1, col=1, zeroline=True, zerolinecolor=figures.NEUTRAL, zerolinewidth=1)
    figure.update_yaxes(nticks=2, row=2, col=1)
    return Chart(
        figure,
        factor.text,
        "Whether the factor causes the gap: factors go together, and bins of few nodes are uncertain.",
        factor.equation,
        f"{factor.source}. {results.conditions(found)}",
        rows,
    )


def marks(after: str) -> dict[str, tuple[str, str]]:
    """What the marks of all charts mean."""
    return {title(RAW): (figures.NEUTRAL, "diamond"), title(after): (figures.OKABE_ITO[0], "circle")}


def useful(spreads: Sequence[Interval]) -> list[float]:
    """Half-widths of intervals that say something; 0 for those that few nodes of few seeds make wider than all there is."""
    return [0.0 if np.isnan(one.half_width) or one.half_width > WIDEST else one.half_width for one in spreads]


def by_bin(rows: pd.DataFrame) -> list[pd.DataFrame]:
    """The rows of each bin, a row a seed, in the bins' order."""
    place = rows.groupby("seed").cumcount()
    return [group for _, group in rows.groupby(place)]


def factor_sentence(found: Calibration, part: str, after: str) -> str:
    """The factor, but for the overall level, whose bins differ most before, and what the calibrator leaves of that."""
    table = results.factors_table(found)
    rows = table[table["split"] == part]
    best: tuple[float, Factor] | None = None
    for factor in FACTORS[1:]:
        width = span(rows[(rows["factor"] == factor.name) & (rows["calibrator"] == RAW)])
        if not np.isnan(width) and (best is None or width > best[0]):
            best = width, factor
    if best is None:
        return ""
    width, factor = best
    left = span(rows[(rows["factor"] == factor.name) & (rows["calibrator"] == after)])
    return (
        f"The gap between accuracy and confidence differs most by {factor.title.lower()}: {points(width)} between its bins as it is, "
        f"{points(left)} with {title(after).lower() if title(after)[1:].islower() else title(after)}."
    )


def span(rows: pd.DataFrame) -> float:
    """Largest difference of the mean gap between bins that hold enough nodes; NaN with fewer than two of them."""
    means = [float(group["gap"].mean()) for group in by_bin(rows) if group["count"].mean() >= FEWEST]
    return max(means) - min(means) if len(means) > 1 else float("nan")
