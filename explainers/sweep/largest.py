"""What naming one class for all nodes would score: below that, a model says nothing. Free of torch at import."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.spec import DatasetSpec
from core.work import Report
from explainers.sweep.measure import PARTS, Shares

Labels = NDArray[np.int64]


def largest_classes(report: Report, *, values: Sequence[Sequence[DatasetSpec]]) -> tuple[Shares, ...]:
    """Named work: for each value the share of the largest class in each part of the split; mean over its datasets, which
    differ in the split.

    For ROC-AUC it is 0.5, which any constant scores. () where a graph cannot be opened: its training says why, and the
    answer is kept, so that nobody tries again at every look.
    """
    from core.errors import UserError
    from core.open_graphs import graph_of
    from core.splits import split_of

    found = []
    for datasets in values:
        try:
            graph = graph_of(datasets[0], lambda text: report(message=text))
            splits = [split_of(graph, dataset) for dataset in datasets]
        except UserError:
            return ()
        if graph.metric == "roc_auc":
            found.append(dict.fromkeys(PARTS, 0.5))
        else:
            found.append({part: float(np.mean([largest_share(graph.labels[getattr(split, part)]) for split in splits])) for part in PARTS})
    return tuple(found)


def largest_share(labels: Labels) -> float:
    """Share of the most frequent label, 0 … 1; NaN without labels."""
    return float(np.bincount(labels).max() / len(labels)) if len(labels) else float("nan")
