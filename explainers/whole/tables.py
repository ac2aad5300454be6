"""The numbers behind the figures, one row a bin or a comparison; the command line writes the same. Free of torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from explainers.nodes import UNKNOWN
from explainers.whole.result import Shares, Summary, Whole

COLUMNS = ["importance", "edges", "lift"]


def by_class_pair(whole: Whole, summary: Summary) -> pd.DataFrame:
    """A row a pair of classes that has edges: first, second (from, to in a directed graph), importance, edges, lift."""
    names = [*whole.class_names, UNKNOWN]
    firsts, seconds = ("from", "to") if whole.directed else ("first", "second")
    rows = [
        {firsts: names[place // len(names)], seconds: names[place % len(names)], **_row(summary.by_class_pair, place)}
        for place in np.flatnonzero(summary.by_class_pair.edges > 0).tolist()
    ]
    return pd.DataFrame(rows, columns=[firsts, seconds, *COLUMNS])


def by_hop(summary: Summary) -> pd.DataFrame:
    """A row a hop, up to the last one that has edges: hop, importance, edges, lift."""
    shares = summary.by_hop
    there = np.flatnonzero(shares.edges > 0)
    last = int(there.max(initial=-1)) + 1
    names = hop_names(last, len(shares.edges))
    return pd.DataFrame([{"hop": names[hop], **_row(shares, hop)} for hop in range(last)], columns=["hop", *COLUMNS])


def hop_names(count: int, bins: int) -> list[str]:
    """ "0", "1" …; the last bin of all holds what is farther as well."""
    return [f"{hop} and over" if hop == bins - 1 else str(hop) for hop in range(count)]


def against_random(whole: Whole) -> pd.DataFrame:
    """A row a method and metric: the paired difference to random edges, its 95 % interval, n pairs, and the verdict."""
    rows = [
        {
            "method": one.method,
            "metric": one.metric,
            "difference": one.difference.mean,
            "low": one.difference.low,
            "high": one.difference.high,
            "n": one.difference.n,
            "verdict": one.verdict,
        }
        for one in whole.against
    ]
    return pd.DataFrame(rows, columns=["method", "metric", "difference", "low", "high", "n", "verdict"])


def of_nodes(whole: Whole, metric: str) -> pd.DataFrame:
    """A row a method and node: its value of one metric, missing where it is not defined."""
    return pd.concat(
        [pd.DataFrame({"method": one.title, "node": whole.nodes, "value": one.values[metric]}) for one in whole.summaries],
        ignore_index=True,
    )


def records(whole: Whole) -> dict[str, list[dict[str, Any]]]:
    """The tables of all methods by name, as the command line writes them."""

    pairs = [by_class_pair(whole, one).assign(method=one.method) for one in whole.summaries]
    hops = [by_hop(one).assign(method=one.method) for one in whole.summaries]
    every = {"by_class_pair": pd.concat(pairs), "by_hop": pd.concat(hops), "against_random": against_random(whole)}
    return {name: table[["method", *table.columns.drop("method")]].to_dict("records") for name, table in every.items()}


def _row(shares: Shares, place: int) -> dict[str, float]:
    return {name: float(getattr(shares, name)[place]) for name in COLUMNS}
