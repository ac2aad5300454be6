"""What explaining many nodes gives: everything that is drawn of it, and nothing more. Free of torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.data import Ints
from core.seeds import Interval, paired_difference
from explainers.trust.metrics import METRICS, RANDOM

Floats = NDArray[np.float64]

BEATS, SAME, WORSE, UNKNOWN = "beats random", "no difference", "worse", "one value cannot tell"
LOWER = ("fidelity_minus", "probability_fidelity_minus", "absolute_fidelity_minus", "robust_fidelity_minus", "unfaithfulness")
HIGHER = (
    "fidelity_plus",
    "probability_fidelity_plus",
    "absolute_fidelity_plus",
    "robust_fidelity_plus",
    "characterization",
    "auc",
    "top_k_precision",
)
"""Metrics of which more is better; the others have no better side, or none that random edges could be beaten on."""
TITLES = {metric.name: metric.title for metric in METRICS}


@dataclass(frozen=True, eq=False)
class Shares:
    """Mean over the nodes of the share of |score| that lies in each bin, and of the share of edges there, both [bins] and NaN without
    nodes; over the edges within reach, and over the nodes whose scores are not all 0."""

    importance: Floats
    edges: Floats
    nodes: int

    @property
    def lift(self) -> Floats:
        """[bins] importance over edges: 1 where an edge counts as much as any other; NaN where there are no edges."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.where(self.edges > 0, self.importance / self.edges, np.nan))


@dataclass(frozen=True, eq=False)
class Summary:
    """What one method says of all nodes. `by_class_pair`: bins are a·(num_classes + 1) + b, the last class the unknown one, a ≤ b unless
    the graph is directed (then a → b). `by_hop`: how far the nearer end is from the node; the last bin all that is farther.
    `features`: mean |score| of the highest by name, highest first. `values`: each metric by name, [num_nodes], means over the seeds."""

    method: str
    title: str
    by_class_pair: Shares
    by_hop: Shares
    features: Mapping[str, float]
    values: Mapping[str, Floats]
    seconds: float


@dataclass(frozen=True)
class Against:
    """A method's metric minus that of random edges, paired node by node (auc: seed by seed), and which of them is better."""

    method: str
    metric: str
    difference: Interval
    verdict: str


@dataclass(frozen=True, eq=False)
class Whole:
    """`nodes` [n] are those that were explained, of `asked`; `wrong`: how many of them the model has wrong. `summaries` in the order in
    which the methods were asked for, random edges last. `samples`: draws of robust
    fidelity. `notes`: what was left out and why."""

    dataset: str
    model: str
    nodes: Ints
    asked: int
    wrong: int
    class_names: tuple[str, ...]
    directed: bool
    summaries: tuple[Summary, ...]
    against: tuple[Against, ...]
    keep: int
    how: str
    seeds: int
    samples: int
    notes: tuple[str, ...]

    @property
    def methods(self) -> dict[str, str]:
        """Name and title of each method but random edges."""
        return {one.method: one.title for one in self.summaries if one.method != RANDOM}

    def of(self, method: str) -> Summary:
        return next(one for one in self.summaries if one.method == method)

    def on(self, metric: str) -> list[Against]:
        """Each method against random edges on one metric; none where it is not defined."""
        return [one for one in self.against if one.metric == metric]

    @property
    def metrics(self) -> dict[str, str]:
        """Name and title of each metric that is defined for some node."""
        names = {name for one in self.summaries for name, values in one.values.items() if np.isfinite(values).any()}
        return {name: title for name, title in TITLES.items() if name in names}


def against(method: str, metric: str, values: ArrayLike, of_random: ArrayLike) -> Against:
    """The paired difference with its 95 % t-interval, and the verdict in the direction in which the metric is good.

    Values [n] each, NaN where they are not defined; pairs without both are left out. The interval is not corrected for the number of
    methods and metrics. Raises `ValueError` for a metric without a better side.
    """
    if metric not in (*HIGHER, *LOWER):
        raise ValueError(f"{metric} has no better side.")
    difference = paired_difference(values, of_random)
    gains = (difference.low, difference.high) if metric in HIGHER else (-difference.high, -difference.low)
    if difference.n < 2:
        return Against(method, metric, difference, UNKNOWN)
    return Against(method, metric, difference, BEATS if gains[0] > 0 else WORSE if gains[1] < 0 else SAME)
