"""What one method says of one node, as plain arrays. Free of torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.data import Bools, Floats, Ints
from core.metrics import top_k

Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Curve:
    """Probabilities as more and more edges are kept, highest first, each seed by its own scores.

    `kept` [p] numbers of edges, rising from 0 to all; `whole` [C]; `without`, `alone` [seeds, p, C]: where the kept edges are gone,
    and where nothing else is left.
    """

    how: str
    kept: Ints
    whole: Doubles
    without: Doubles
    alone: Doubles

    def plus(self, target: int) -> Doubles:
        """[p] fidelity+ (probability): how far the class falls without the kept edges; the mean over the seeds."""
        return np.asarray(self.whole[target] - self.without[:, :, target].mean(axis=0))

    def minus(self, target: int) -> Doubles:
        """[p] fidelity− (probability): how far it falls with the kept edges alone."""
        return np.asarray(self.whole[target] - self.alone[:, :, target].mean(axis=0))

    def nearest(self, keep: int) -> int:
        """The place in `kept` whose number of edges is nearest to `keep`."""
        return int(np.abs(self.kept - keep).argmin())


@dataclass(frozen=True, eq=False)
class Answer:
    """Scores of the edges within reach of a node, and of features.

    `nodes` [n] ids within reach, the asked one first, then by `hop` [n]; `pairs` [m, 2] ids of an edge's ends (from, to where
    `directed`); `scores` [seeds, m]; `features` [num_features], summed over the nodes, and `own_features` [num_features] of the
    node itself where the method tells nodes apart: means over the seeds, None where it scores edges only. `said`: what the method
    says of its own scores; `seconds` for one seed; `truth` [m]: edges of the node's planted motif, if it has one.
    """

    method: str
    node: int
    target: int
    nodes: Ints
    hop: Ints
    pairs: Ints
    directed: bool
    scores: Floats
    features: Floats | None
    own_features: Floats | None
    said: tuple[str, ...]
    seconds: float
    curve: Curve
    truth: Bools | None = None

    @cached_property
    def importance(self) -> Floats:
        """[m] mean over the seeds."""
        return np.asarray(self.scores.mean(axis=0)) if len(self.pairs) else np.zeros(0, np.float32)

    @cached_property
    def ranks(self) -> Ints:
        """[m] place of each edge by its importance, from 1; of equal ones the first come first, as among the kept."""
        found = np.empty(len(self.pairs), dtype=np.int64)
        found[top_k(self.importance, len(self.pairs))] = np.arange(1, len(self.pairs) + 1)
        return found

    @property
    def spread(self) -> Floats:
        """[m] standard deviation over the seeds; 0 for one."""
        return np.asarray(self.scores.std(axis=0, ddof=1)) if len(self.scores) > 1 else np.zeros(len(self.pairs), np.float32)

    def kept(self, keep: int) -> Bools:
        """[m] the edges with the highest importance."""
        chosen = np.zeros(len(self.pairs), dtype=bool)
        chosen[top_k(self.importance, keep)] = True
        return chosen

    def strongest(self, most: int) -> pd.DataFrame:
        """A row an edge, the highest first: u, v, score, sd (over the seeds)."""
        order = top_k(self.importance, most)
        columns = {"u": self.pairs[order, 0], "v": self.pairs[order, 1], "score": self.importance[order], "sd": self.spread[order]}
        return pd.DataFrame(columns)


@dataclass(frozen=True, eq=False)
class Trust:
    """Scores of one method on one node: `values` by metric, one for each seed (one for those that are over all seeds)."""

    method: str
    values: Mapping[str, tuple[float, ...]]

    def mean(self, metric: str) -> float:
        """NaN where the metric is not defined."""
        known = [value for value in self.values.get(metric, ()) if np.isfinite(value)]
        return float(np.mean(known)) if known else float("nan")


@dataclass(frozen=True, eq=False)
class Sanity:
    """Rank correlation [stages] of a method's scores with those for the model whose layers are drawn anew, the last one first;
    `layers` [stages] names what was drawn anew in each stage, with all before it."""

    method: str
    layers: tuple[str, ...]
    correlations: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class BothCuts:
    """What the loss of each single edge does to the explained class: `deleted`, `masked` [m] falls of its probability; `left_out`:
    edges within reach that were not asked about, because there are too many."""

    pairs: Ints
    deleted: Doubles
    masked: Doubles
    left_out: int

    @property
    def opposite(self) -> Bools:
        """[m] whether both disagree in sign, by more than rounding."""
        return np.asarray((self.deleted * self.masked < 0) & (np.minimum(np.abs(self.deleted), np.abs(self.masked)) > TINY))


TIE = 1e-4
"""Differences of probabilities that are none when a method is held against random edges."""
TINY = 1e-6
"""Changes of a probability below which float32 does not decide a sign."""
