"""The graphs that this process has opened; the last few stay in memory."""

from __future__ import annotations

from core.data import GraphData
from core.datasets.contract import Report as Tell
from core.spec import DatasetSpec
from core.training import open_graph

KEPT = 3
_graphs: dict[DatasetSpec, GraphData] = {}
"""The last graphs asked for, the latest last."""


def graph_of(dataset: DatasetSpec, tell: Tell = lambda _: None) -> GraphData:
    """The graph of a spec; the last few are kept in memory, whatever their split.

    `tell` hears of a download, and ends it by raising; nothing is kept then.
    """
    plain = DatasetSpec(dataset.name, dataset.parameters, split="", edits=dataset.edits, content=dataset.content)
    graph = _graphs.pop(plain, None)
    _graphs[plain] = graph = open_graph(plain, tell) if graph is None else graph
    for old in list(_graphs)[:-KEPT]:
        _graphs.pop(old, None)
    return graph
