"""Where errors gather: the share wrong by same-label neighbours, by degree, by hops to the training nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from core import figures
from core.data import Bools, Ints
from core.proportions import wilson
from explainers.lenses.errors.table import Facts
from explainers.wording import percent

SHARES = (0.25, 0.5, 0.75)
SHARE_LABELS = ("under 25 %", "25 to 50 %", "50 to 75 %", "75 % and over", "no labelled neighbour")
DEGREES = (1, 2, 3, 4, 6, 11, 21, 51)
DEGREE_LABELS = ("0", "1", "2", "3", "4–5", "6–10", "11–20", "21–50", "51 and over")
HOPS = (1, 2, 3, 4, 5)
HOP_LABELS = ("0", "1", "2", "3", "4", "5 and over", "no path")
MOSTLY_OTHERS = SHARE_LABELS[:2]
MOSTLY_SAME = SHARE_LABELS[2:4]


@dataclass(frozen=True, eq=False)
class Rates:
    """Nodes of a part in bins, and how many of each are wrong; bins without nodes are left out."""

    title: str
    axis: str
    labels: tuple[str, ...]
    wrong: Ints
    nodes: Ints
    not_shown: str


def rates_by(facts: Facts, mask: Bools, wrong: Bools) -> Mapping[str, Rates]:
    """Errors of the nodes of `mask` [num_nodes] by each fact; `wrong` [num_nodes]."""
    shares = np.where(np.isnan(facts.same_label), len(SHARES) + 1, np.digitize(facts.same_label, SHARES))
    hops = np.where(facts.hops < 0, len(HOPS) + 1, np.digitize(facts.hops, HOPS))
    degrees = np.digitize(facts.degree, DEGREES)
    cause = "What causes what: nodes that differ in this differ in other ways too."
    bins: tuple[tuple[str, str, str, NDArray[np.integer], Sequence[str], str], ...] = (
        (
            "by_same_label",
            "share of neighbours with the same label",
            "Neighbours with the same label",
            shares,
            SHARE_LABELS,
            f"{cause} Diagnostic: uses test labels.",
        ),
        ("by_degree", "degree", "Degree", degrees, DEGREE_LABELS, cause),
        ("by_hops", "hops to the nearest training node", "Hops to the nearest training node", hops, HOP_LABELS, cause),
    )
    return {name: _binned(title, axis, index[mask], labels, wrong[mask], note) for name, title, axis, index, labels, note in bins}


def _binned(title: str, axis: str, index: NDArray[np.integer], labels: Sequence[str], wrong: Bools, not_shown: str) -> Rates:
    nodes = np.bincount(index, minlength=len(labels))
    errors = np.bincount(index[wrong], minlength=len(labels))
    kept = np.flatnonzero(nodes)
    return Rates(title, axis, tuple(labels[int(place)] for place in kept), errors[kept], nodes[kept], not_shown)


def rates_table(rates: Rates) -> pd.DataFrame:
    """A row a bin: nodes, wrong, share and its 95 % interval."""
    low, high = wilson(rates.wrong, rates.nodes)
    share = rates.wrong / rates.nodes
    return pd.DataFrame({"bin": rates.labels, "nodes": rates.nodes, "wrong": rates.wrong, "share_wrong": share, "low": low, "high": high})


def rate_figure(rates: Rates) -> go.Figure:
    """Bars with whiskers; the number of nodes under each."""
    table = rates_table(rates)
    bars = go.Bar(
        x=list(range(len(table))),
        y=table["share_wrong"],
        marker={"color": figures.WRONG},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": table["high"] - table["share_wrong"],
            "arrayminus": table["share_wrong"] - table["low"],
            "color": figures.NEUTRAL,
            "thickness": 1.5,
        },
        customdata=table[["wrong", "nodes", "low", "high"]],
        hovertemplate="%{customdata[0]:,} of %{customdata[1]:,} nodes are wrong: %{y:.1%}"
        "<br>95 % interval %{customdata[2]:.1%} to %{customdata[3]:.1%}<extra></extra>",
    )
    figure = figures.layout(go.Figure(bars), x=rates.axis, y="Wrong", height=320, legend=False)
    ticks = [f"{label}<br>n = {nodes:,}" for label, nodes in zip(rates.labels, rates.nodes.tolist(), strict=True)]
    figure.update_xaxes(tickvals=list(range(len(ticks))), ticktext=ticks, showgrid=False)
    figure.update_xaxes(dtick=1)  # every bar keeps its label, however narrow the column
    return figures.percent_axis(figure, 0, min(1.0, max(0.05, 1.05 * float(table["high"].max()))))


def rate_sentence(same_label: Rates) -> str:
    """Errors among nodes whose neighbours are mostly of other classes, against the rest; empty where one kind is missing."""
    kinds = []
    for group in (MOSTLY_OTHERS, MOSTLY_SAME):
        inside = np.isin(same_label.labels, group)
        kinds.append((int(same_label.wrong[inside].sum()), int(same_label.nodes[inside].sum())))
    (bad, others), (few, same) = kinds
    if not others or not same:
        return ""
    return (
        f"Where under half of the neighbours share the label, {percent(bad / others, 0)} of {others:,} nodes are wrong; "
        f"elsewhere {percent(few / same, 0)} of {same:,} (diagnostic: uses test labels)."
    )
