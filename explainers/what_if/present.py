"""Named work: the features of a node that are not zero, which the page offers. Free of torch at import."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.data import dense_rows
from core.spec import DatasetSpec
from core.work import Report


@dataclass(frozen=True, eq=False)
class Present:
    """`features` [n] rising, with their `values` [n], none of them 0."""

    features: NDArray[np.int64]
    values: NDArray[np.float32]


def present(report: Report, *, dataset: DatasetSpec, node: int) -> Present:
    from core.explained import check_nodes
    from core.open_graphs import graph_of

    graph = graph_of(dataset, lambda text: report(message=text))
    check_nodes(graph, [node])
    row = dense_rows(graph.features[[node]])[0]
    features = np.flatnonzero(row)
    return Present(features, row[features])
