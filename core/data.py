"""What a dataset is once it is in memory: plain arrays, free of torch, so that any process can hold it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from core.errors import UserError

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Split:
    """Disjoint node masks [num_nodes]; they need not cover all nodes."""

    train: Bools
    validation: Bools
    test: Bools

    def without(self, nodes: Ints) -> Split:
        """The same without some nodes (ids)."""
        stays = np.ones(len(self.train), dtype=bool)
        stays[nodes] = False
        return Split(self.train & stays, self.validation & stays, self.test & stays)


@dataclass(frozen=True, eq=False)
class GraphData:
    """One graph with features, labels and splits.

    `features`: [num_nodes, num_features] float32, dense or CSR. `edge_index`: [2, num_stored] int64; an
    undirected edge is stored in both directions, `directed` says that it need not be. `labels`:
    [num_nodes] int64 in 0 … num_classes−1, −1 where unknown. `splits`: the fixed splits by name
    ("public", "0" … "9"); random ones are drawn by `core.splits`. `graph_of_node`: [num_nodes],
    for disjoint unions of graphs. `truth_edges`: [num_stored] int64, the id of the ground-truth
    motif that an edge belongs to, −1 for none; `motif_of_node` [num_nodes] likewise. `dropped`: ids of the
    nodes that what-if edits have dropped, which are in no split.
    """

    name: str
    features: Floats | csr_matrix
    edge_index: Ints
    labels: Ints
    class_names: tuple[str, ...]
    splits: Mapping[str, Split] = field(default_factory=dict)
    metric: str = "accuracy"
    directed: bool = False
    node_names: tuple[str, ...] | None = None
    feature_names: tuple[str, ...] | None = None
    image_shape: tuple[int, int] | None = None
    graph_of_node: Ints | None = None
    truth_edges: Ints | None = None
    motif_of_node: Ints | None = None
    dropped: Ints | None = None

    @property
    def num_nodes(self) -> int:
        return int(self.features.shape[0])

    @property
    def num_features(self) -> int:
        return int(self.features.shape[1])

    @property
    def num_classes(self) -> int:
        return len(self.class_names)

    @property
    def num_stored_edges(self) -> int:
        return int(self.edge_index.shape[1])

    @cached_property
    def undirected_edges(self) -> Ints:
        """[num_edges, 2], each pair once with u < v, self-loops left out."""
        low, high = np.minimum(*self.edge_index), np.maximum(*self.edge_index)
        # One number a pair: sorting rows took a second on a million edges, this takes a tenth of it. So does
        # NumPy's own `unique`, which counts by a hash table.
        keys = np.sort((low * self.num_nodes + high)[low != high])
        keys = keys[np.diff(keys, prepend=-1) > 0]
        return np.stack(np.divmod(keys, max(self.num_nodes, 1)), axis=1)

    @property
    def self_loops(self) -> int:
        """Stored edges from a node to itself."""
        return int((self.edge_index[0] == self.edge_index[1]).sum())

    @cached_property
    def parallel_edges(self) -> int:
        """Stored edges that repeat one before: same source, same target."""
        keys = np.sort(self.edge_index[0] * self.num_nodes + self.edge_index[1])
        return int((keys[1:] == keys[:-1]).sum())

    @cached_property
    def structure_hash(self) -> str:
        """Name of the node and edge set, for layouts and pictures."""
        digest = hashlib.sha256(str(self.num_nodes).encode())
        digest.update(np.ascontiguousarray(self.edge_index).tobytes())
        return digest.hexdigest()[:16]

    def without_features(self) -> GraphData:
        """The same for a process that only draws: of its features it knows the shape. They are most of a large graph."""
        slim = replace(self, features=Elsewhere(self.features.shape))
        vars(slim)["undirected_edges"] = self.undirected_edges
        return slim


@dataclass(frozen=True)
class Elsewhere:
    """Stands for features that another process holds. Whatever asks it for more than its shape fails at once."""

    shape: tuple[int, ...]


def dense_rows(features: Floats | csr_matrix) -> Floats:
    """Features [n, num_features] as a dense array, whatever they are stored as."""
    return np.asarray(features.toarray() if isinstance(features, csr_matrix) else features, dtype=np.float32)


def disjoint_union(graphs: tuple[GraphData, ...], name: str) -> GraphData:
    """Many graphs as one block-diagonal graph; `graph_of_node` tells them apart.

    Splits are joined where every graph has them; names and motifs are not carried over. Raises
    `UserError` unless all have the same features, classes and metric.
    """
    from scipy.sparse import vstack

    if len({(graph.num_features, graph.class_names, graph.metric) for graph in graphs}) != 1:
        raise UserError(f"{name} can only be joined from graphs with the same features, classes and metric; {len(graphs)} were given.")
    starts = np.cumsum([0] + [graph.num_nodes for graph in graphs])
    shared = set.intersection(*(set(graph.splits) for graph in graphs))
    return GraphData(
        name=name,
        features=csr_matrix(vstack([csr_matrix(graph.features) for graph in graphs]), dtype=np.float32),
        edge_index=np.concatenate([g.edge_index + start for g, start in zip(graphs, starts[:-1], strict=True)], axis=1),
        labels=np.concatenate([graph.labels for graph in graphs]),
        class_names=graphs[0].class_names,
        splits={
            key: Split(*(np.concatenate([getattr(g.splits[key], part) for g in graphs]) for part in ("train", "validation", "test")))
            for key in sorted(shared)
        },
        metric=graphs[0].metric,
        directed=any(graph.directed for graph in graphs),
        graph_of_node=np.repeat(np.arange(len(graphs)), np.diff(starts)),
    )
