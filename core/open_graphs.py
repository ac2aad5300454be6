"""The graphs that this process has opened; the last few stay in memory."""

from __future__ import annotations

from dataclasses import replace

from core.data import GraphData
from core.datasets.contract import Report as Tell
from core.edits import edited
from core.spec import DatasetSpec
from core.training import open_graph

KEPT = 3
_graphs: dict[DatasetSpec, GraphData] = {}
"""The last graphs asked for, the latest last."""


def plain(dataset: DatasetSpec) -> DatasetSpec:
    """What tells its graph from others. The split does not."""
    return replace(dataset, split="", split_seed=0)


def graph_of(dataset: DatasetSpec, tell: Tell = lambda _: None) -> GraphData:
    """The graph of a spec; the last few are kept in memory, whatever their split.

    `tell` hears of a download, and ends it by raising; nothing is kept then.
    """
    key = plain(dataset)
    graph = _graphs.pop(key, None)
    if graph is None:
        # an edited graph is made of the plain one, which is most likely at hand
        graph = edited(graph_of(replace(key, edits=()), tell), key.edits) if key.edits else open_graph(key, tell)
    _graphs[key] = graph
    for old in list(_graphs)[:-KEPT]:
        _graphs.pop(old, None)
    return graph
