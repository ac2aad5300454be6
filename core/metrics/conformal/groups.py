"""Whom sets cover: coverage is promised for all nodes together, and may fall short in any group of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.metrics.conformal.draws import Bools, Floats, between, of_pool
from core.metrics.node_bins import NodeBins

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class NodeCoverage:
    """Of each node [num_nodes] over all draws: in how many it was `judged`, in how many of these its set held its class (`covered`), and
    how many `classes` those sets had in all. 0 for nodes that are not in the `pool` [num_nodes]."""

    pool: Bools
    judged: Ints
    covered: Ints
    classes: Ints


def node_coverage(scores: ArrayLike, y: ArrayLike, pool: ArrayLike, draws: Bools, threshold: Floats) -> NodeCoverage:
    """Node by node; all that `redraws` takes, and the thresholds [redraws] that it has given."""
    labels, chosen = np.asarray(y, dtype=np.int64), np.asarray(pool, dtype=bool)
    nodes, rest = np.flatnonzero(chosen), ~draws
    inside, truth = of_pool(np.asarray(scores, dtype=np.float64), labels, nodes, draws)
    always, node, upto = between(inside, threshold)
    judged = rest.sum(axis=0)
    covered, classes = np.zeros(len(nodes), dtype=np.int64), judged * always
    for kept, end, bar in zip(rest, upto, threshold, strict=True):
        covered += kept & (truth <= bar)
        some = node[:end]
        classes += np.bincount(some[kept[some]], minlength=len(nodes))
    found = np.zeros((3, len(labels)), dtype=np.int64)
    found[:, nodes] = judged, covered, classes
    return NodeCoverage(chosen, *found)


@dataclass(frozen=True, eq=False)
class GroupCoverage:
    """Group by group [num_groups]: `labels`, nodes of the pool (`count`), and the sums over them of what `NodeCoverage` holds. `left_out`:
    nodes of the pool that are in no group."""

    labels: tuple[str, ...]
    count: Ints
    judged: Ints
    covered: Ints
    classes: Ints
    left_out: int

    @property
    def coverage(self) -> Floats:
        """Share of a group's judged nodes whose set holds their class, over all draws, 0 … 1; NaN where none was judged."""
        return self._mean(self.covered)

    @property
    def mean_size(self) -> Floats:
        """Classes in a set of a judged node; NaN where none was judged."""
        return self._mean(self.classes)

    def _mean(self, sums: Ints) -> Floats:
        with np.errstate(invalid="ignore"):
            return np.asarray(sums / self.judged)


def coverage_by_group(found: NodeCoverage, groups: NodeBins) -> GroupCoverage:
    """The nodes of the pool in groups of all nodes; the mean over many draws is that of the group, not of who happened to be drawn."""
    sums = (groups.sums(found.pool, values).astype(np.int64) for values in (None, found.judged, found.covered, found.classes))
    count, judged, covered, classes = sums
    labels = tuple(one.label for one in groups.bins)
    return GroupCoverage(labels, count, judged, covered, classes, int(found.pool.sum() - count.sum()))
