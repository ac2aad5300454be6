"""The card of a dataset: what it is in numbers, where it comes from, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from core.data import GraphData, Split
from core.datasets.contract import Dataset
from core.graph import adjusted_homophily, class_homophily, edge_homophily, node_homophily
from core.spec import DatasetSpec
from core.splits import available_splits, split_of


@dataclass(frozen=True)
class SplitSize:
    """Numbers of nodes in the parts of a split."""

    name: str
    train: int
    validation: int
    test: int


@dataclass(frozen=True)
class Measure:
    """One homophily number, with what was decided about isolated nodes and direction. NaN: not defined."""

    measure: str
    policy: str
    value: float


@dataclass(frozen=True)
class Card:
    """Plain values about one loaded graph.

    `edges` counts linked pairs once without self-loops, `stored_edges` the columns of the edge index.
    Degrees, isolated nodes and components are those of the undirected graph, a self-loop not counted.
    `feature_density` is the share of non-zero feature values, 0 … 1. `classes`: name and number of nodes.
    """

    name: str
    title: str
    question: str
    nodes: int
    edges: int
    stored_edges: int
    directed: bool
    self_loops: int
    isolated_nodes: int
    components: int
    degree_min: int
    degree_median: float
    degree_max: int
    features: int
    feature_density: float
    classes: tuple[tuple[str, int], ...]
    unlabelled: int
    splits: tuple[SplitSize, ...]
    default_split: str
    metric: str
    homophily: tuple[Measure, ...]
    source: str
    licence: str
    flaws: tuple[str, ...]


def card(graph: GraphData, unit: Dataset) -> Card:
    """The card of a loaded graph; the sizes of drawn splits are those of split seed 0."""
    degrees = np.bincount(graph.undirected_edges.ravel(), minlength=graph.num_nodes)
    labelled = graph.labels[graph.labels >= 0]
    counts = np.bincount(labelled, minlength=graph.num_classes).tolist()
    return Card(
        name=graph.name,
        title=unit.title,
        question=unit.question,
        nodes=graph.num_nodes,
        edges=len(graph.undirected_edges),
        stored_edges=graph.num_stored_edges,
        directed=graph.directed,
        self_loops=int((graph.edge_index[0] == graph.edge_index[1]).sum()),
        isolated_nodes=int((degrees == 0).sum()),
        components=components(graph),
        degree_min=int(degrees.min(initial=graph.num_nodes)),
        degree_median=float(np.median(degrees)) if len(degrees) else 0.0,
        degree_max=int(degrees.max(initial=0)),
        features=graph.num_features,
        feature_density=feature_density(graph),
        classes=tuple(zip(graph.class_names, counts, strict=True)),
        unlabelled=graph.num_nodes - len(labelled),
        splits=tuple(_size(name, split_of(graph, DatasetSpec(unit.name, split=name))) for name in available_splits(unit)),
        default_split=unit.default_split,
        metric=unit.metric,
        homophily=homophily_measures(graph),
        source=unit.source,
        licence=unit.licence,
        flaws=unit.flaws,
    )


def components(graph: GraphData) -> int:
    """Number of connected components, direction ignored; an isolated node is one."""
    source, target = graph.edge_index
    links = csr_matrix((np.ones(len(source), dtype=np.int8), (source, target)), shape=(graph.num_nodes,) * 2)
    return int(connected_components(links, directed=False, return_labels=False))


def feature_density(graph: GraphData) -> float:
    """Share of non-zero feature values, 0 … 1."""
    x = graph.features
    filled = x.count_nonzero() if isinstance(x, csr_matrix) else np.count_nonzero(x)
    return float(filled / max(graph.num_nodes * graph.num_features, 1))


def homophily_measures(graph: GraphData) -> tuple[Measure, ...]:
    """The five numbers of the card, over the stored edges and all known labels, test labels too."""
    edges, labels = graph.edge_index, graph.labels
    direction = "direction as stored" if graph.directed else "undirected"
    return (
        Measure("edge", direction, edge_homophily(edges, labels)),
        Measure("node", f"{direction}, isolated nodes count as 0", node_homophily(edges, labels, isolated="zero")),
        Measure("node", f"{direction}, isolated nodes left out", node_homophily(edges, labels, isolated="skip")),
        Measure("class-insensitive", direction, class_homophily(edges, labels)),
        Measure("adjusted", "both ends of every stored edge count", adjusted_homophily(edges, labels)),
    )


def _size(name: str, split: Split) -> SplitSize:
    return SplitSize(name, int(split.train.sum()), int(split.validation.sum()), int(split.test.sum()))
