"""What a page needs to show a graph, made in a worker and handed over whole. Free of torch at import."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.data import Floats, GraphData
from core.spec import DatasetSpec
from core.work import Report

if TYPE_CHECKING:
    from core.dataset_card import Card


@dataclass(frozen=True, eq=False)
class OpenGraph:
    """A graph with its card and a position [num_nodes, 2] in the unit square for each node.

    Its features stay with the workers, unless they are images, which are drawn.
    """

    graph: GraphData
    card: Card
    positions: Floats


def open_graph(report: Report, *, dataset: DatasetSpec, home: Path) -> OpenGraph:
    """Load a dataset (downloading it if need be), describe it and lay it out; the layout is kept on disk."""
    from core.dataset_card import card
    from core.datasets import contract
    from core.layout import layout
    from core.plans import graph_of

    report(message=f"Opening {dataset.name}")
    graph = graph_of(dataset, lambda text: report(message=text))
    described = card(graph, contract.dataset(dataset.name))
    report(message=f"Placing {graph.num_nodes:,} nodes")
    positions = layout(graph.edge_index, graph.num_nodes, cache=home / "layouts")
    return OpenGraph(graph if graph.image_shape else graph.without_features(), described, positions)
