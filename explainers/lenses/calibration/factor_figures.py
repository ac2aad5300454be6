"""The pictures of what a gap between accuracy and confidence goes with. They read nothing but the numbers. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

import numpy as np
import pandas as pd
from plotly.subplots import make_subplots

from core import figures
from core.metrics.confidence_factors import FACTORS, Factor
from core.proportions import Z
from core.seeds import Interval, interval
from explainers.calibration_request import RAW
from explainers.contract import Chart
from explainers.lenses.calibration import result as results
from explainers.lenses.calibration.gap import side, side_name, size
from explainers.lenses.calibration.result import Calibration, in_sentence, title
from explainers.sweep.answer import is_noise
from explainers.wording import WIDEST, count

TITLE = 24
"""Letters of a title's line."""
MOST_LABELS = 6
"""Of bins along an axis; of more every second one is named."""
FEWEST, SHARE = 20, 0.02
"""Nodes of a bin, as a mean over seeds, and share of all nodes, below which a sentence does not speak of it."""


def factor_charts(found: Calibration, part: str, after: str) -> dict[str, Chart]:
    """A chart a factor: accuracy − confidence before and after a calibrator."""
    table = results.factors_table(found)
    rows = table[(table["split"] == part) & table["calibrator"].isin([RAW, after])]
    everybody = rows[(rows["factor"] == "overall") & (rows["calibrator"] == RAW)]["count"].mean()
    return {factor.name: factor_chart(rows[rows["factor"] == factor.name], factor, after, found, everybody) for factor in FACTORS}


def factor_chart(rows: pd.DataFrame, factor: Factor, after: str, found: Calibration, everybody: float) -> Chart:
    """Gap by bin with its spread over seeds, and below how many nodes there are, of `everybody`."""
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
    name = factor.title + (" (diagnostic)" if factor.diagnostic else "")
    above = {"x": 0, "y": 1, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom", "yshift": 4}
    figure.add_annotation(text="<br>".join(wrap(name, TITLE)), align="left", showarrow=False, font={"size": 13}, **above)
    figure.update_layout(margin={"t": 48})
    shown = labels[:: -(-len(labels) // MOST_LABELS)]
    figure.update_xaxes(type="category", categoryorder="array", categoryarray=labels, tickvals=shown)
    figure.update_yaxes(tickformat="~%", row=1, col=1, zeroline=True, zerolinecolor=figures.NEUTRAL, zerolinewidth=1)
    figure.update_yaxes(nticks=2, row=2, col=1)
    left_out = round(everybody - sum(counts))
    return Chart(
        figure,
        factor.text + (f" Left out, since it is not defined there: {count(left_out, 'node')}." if left_out > 0 else ""),
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
    """The factor between whose bins the gap differs most, if that is more than chance, and what the calibrator leaves of it."""
    table = results.factors_table(found)
    rows = table[table["split"] == part]
    spans = [span(rows[rows["factor"] == factor.name], factor, after) for factor in FACTORS[1:]]
    known = [one for one in spans if one is not None]
    if not known:
        return "By no factor does the gap between accuracy and confidence differ more than chance could make it."
    widest = max(known, key=lambda one: one.before.mean)
    worse = [said for label in (widest.low, widest.high) if (said := harm(rows[rows["factor"] == widest.factor.name], label, after))]
    return " ".join([_widest(widest, len(spans), after), *worse])


def _widest(widest: Span, factors: int, after: str) -> str:
    return (
        f"The gap between accuracy and confidence differs most by {widest.factor.title.lower()} (of {factors} factors): "
        f"{size(widest.before)} between “{widest.low}” and “{widest.high}” as it is, {size(widest.after)} with {in_sentence(after)}."
    )


@dataclass(frozen=True)
class Span:
    """How far the gaps of two bins of a factor are apart, before and after a calibrator; the bins by their labels."""

    factor: Factor
    low: str
    high: str
    before: Interval
    after: Interval


def span(rows: pd.DataFrame, factor: Factor, after: str) -> Span | None:
    """The two bins, of those that hold enough nodes, that differ most; None where seeds or so few nodes could give that by chance."""
    raw = rows[rows["calibrator"] == RAW]
    means = raw.groupby("label", sort=False)[["gap", "count"]].mean()
    means = means[means["count"] >= max(FEWEST, SHARE * means["count"].sum())]
    if len(means) < 2:
        return None
    low, high = str(means["gap"].idxmin()), str(means["gap"].idxmax())
    before, then = (_apart(rows[rows["calibrator"] == name], low, high) for name in (RAW, after))
    chance = Z * np.sqrt(sum(0.25 / float(means.loc[label, "count"]) for label in (low, high)))
    return None if is_noise(before) or abs(before.mean) < chance else Span(factor, low, high, before, then)


def harm(rows: pd.DataFrame, label: str, after: str) -> str:
    """Said of a bin that the calibrator takes farther from its accuracy than it was, where seeds do not give that by chance."""
    own = rows[rows["label"] == label]
    before, then = (own[own["calibrator"] == name].set_index("seed")["gap"] for name in (RAW, after))
    farther = interval((then.abs() - before.abs()).dropna())
    if after == RAW or not farther.mean > 0 or is_noise(farther):
        return ""
    told = interval(then)
    return f"Nodes in “{label}” are worse off by it: their gap was {size(interval(before))}, and becomes {size(told)}{_side(told)}."


def _side(gap: Interval) -> str:
    return f" ({side_name(side(gap))})" if side(gap) else ""


def _apart(rows: pd.DataFrame, low: str, high: str) -> Interval:
    by_seed = rows.pivot(index="seed", columns="label", values="gap")
    return interval(by_seed[high] - by_seed[low])
