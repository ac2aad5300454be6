"""Where each node stands, and how right each run is there: local homophily, degree, both at once.

Neighbours are the nodes linked to a node in either direction, each once, without the node itself, as everywhere where degrees are
binned: the direction of edges, parallel edges and self-loops play no part. `measure` of a run loads torch for ROC-AUC alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.data import Bools, GraphData, Split
from core.graph.homophily import local_homophily
from core.hops import adjacency, degrees, pairs
from core.metrics.node_bins import DEGREES, SHARES, NodeBins, binned
from core.run import Run
from core.spec import DatasetSpec
from core.splits import split_of
from explainers.nodes import part_mask

Floats = NDArray[np.float64]
Masks: TypeAlias = Mapping[DatasetSpec, Bools]
"""The test nodes [num_nodes] of each split."""

BINS = {"homophily": SHARES, "degree": DEGREES}
PARTS = {"train": "training", "validation": "validation", "test": "test"}
ANY = -1
"""In the place of a bin: all of them."""


@dataclass(frozen=True, eq=False)
class Places:
    """`local` [num_nodes]: share of a node's labelled neighbours that have its class, NaN without any or without a label;
    `bins`: those of `BINS`, by factor."""

    local: Floats
    bins: dict[str, NodeBins]


def places(graph: GraphData) -> Places:
    """Where each node stands. Uses all known labels, those of test nodes too: diagnostic."""
    links = adjacency(graph.edge_index, graph.num_nodes)
    same, labelled = local_homophily(pairs(links), graph.labels)
    local = np.where(labelled > 0, same, np.nan)
    return Places(local, {"homophily": binned(local, SHARES), "degree": binned(degrees(links), DEGREES)})


def tested(graph: GraphData, runs: Iterable[Run]) -> Masks:
    """The test nodes of each split that have a label [num_nodes]; `Unsupported` if one has none."""
    splits = dict.fromkeys(run.spec.dataset for run in runs)
    return {one: part_mask(graph, split_of(graph, one), "test") for one in splits}


def in_bins(graph: GraphData, there: Places, run: Run, masks: Masks) -> pd.DataFrame:
    """A row for each bin of each factor, each pair of bins, and all nodes: homophily, degree (places of bins, or `ANY`), count and score of
    the run's test nodes there; NaN where the metric is not defined, or the training diverged at once."""
    nodes = np.flatnonzero(masks[run.spec.dataset])
    own = {name: one.index[nodes] for name, one in there.bins.items()}
    rows = []
    for first, second in _cells():
        inside = nodes[((first == ANY) | (own["homophily"] == first)) & ((second == ANY) | (own["degree"] == second))]
        rows.append((first, second, len(inside), score(graph, run, inside)))
    return pd.DataFrame(rows, columns=["homophily", "degree", "count", "score"])


def _cells() -> Iterator[tuple[int, int]]:
    for first in (ANY, *range(len(SHARES))):
        for second in (ANY, *range(len(DEGREES))):
            yield first, second


def score(graph: GraphData, run: Run, nodes: NDArray[np.integer]) -> float:
    """The dataset's metric over some nodes, 0 … 1: accuracy, or ROC-AUC of class 1."""
    if run.failed or not len(nodes):
        return float("nan")
    labels = graph.labels[nodes]
    if run.metric != "roc_auc":
        return float((run.predictions[nodes] == labels).mean())
    if len(np.unique(labels)) < 2:
        return float("nan")
    import torch

    from core.metrics.roc import roc_auc

    logits = torch.from_numpy(run.logits[nodes])
    return float(roc_auc(logits[:, 1] - logits[:, 0], torch.from_numpy(labels == 1)))


def in_parts(there: Places, split: Split, known: Bools) -> pd.DataFrame:
    """How local homophily lies in each part of a split: part, bin (place in `SHARES`, `ANY` for all), count of the nodes that have one, and
    their mean local homophily with its variance over the nodes."""
    rows = []
    for part in PARTS:
        inside = getattr(split, part) & known & ~np.isnan(there.local)
        bins = there.bins["homophily"].index
        for place in (ANY, *range(len(SHARES))):
            values = there.local[inside if place == ANY else inside & (bins == place)]
            some = len(values) > 0
            rows.append((part, place, len(values), values.mean() if some else np.nan, values.var() if some else np.nan))
    return pd.DataFrame(rows, columns=["part", "bin", "count", "mean", "variance"])
