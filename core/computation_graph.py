"""The part of a graph that decides what a model says of a node, small enough to be asked thousands of times.

It holds the nodes within the model's reach and their neighbours, so that every degree that counts is that of the whole
graph: the logits of its node are those of the whole graph (tests hold every model to 1e-5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.sparse import csr_matrix, identity, issparse, vstack

from core.data import Bools, Elsewhere, GraphData, Ints
from core.models.contract import Model, model, reach
from core.neighborhood import k_hop
from core.spec import RunSpec


@dataclass(frozen=True, eq=False)
class ComputationGraph:
    """`graph`: the part, as a graph of its own, without splits. `nodes` [n]: its nodes' ids in the whole graph, rising; `hop` [n]: how
    far they are from the asked node, −1 for those beyond its reach, which are there for their neighbours' degrees only; `stored` [m]:
    where its stored edges are among the whole graph's, rising. `targets`: rows of the asked nodes; several for a union of parts.

    A *pair* is one edge: both directions that are stored of it, and all repetitions; in a directed graph, one direction.
    """

    graph: GraphData
    nodes: Ints
    hop: Ints
    stored: Ints
    targets: Ints

    def without_features(self) -> ComputationGraph:
        """The same for those who keep many: of its features it knows the shape."""
        slim = replace(self, graph=replace(self.graph, features=Elsewhere(self.graph.features.shape)))
        vars(slim)["pair_of"] = self.pair_of
        return slim

    @cached_property
    def pair_of(self) -> Ints:
        """[m] which pair each stored edge belongs to; −1 for a loop."""
        source, target = self.graph.edge_index
        low, high = (source, target) if self.graph.directed else (np.minimum(source, target), np.maximum(source, target))
        found, loop = np.full(len(source), -1), source == target
        found[~loop] = np.unique((low * len(self.nodes) + high)[~loop], return_inverse=True)[1]
        return found

    @property
    def num_pairs(self) -> int:
        return int(self.pair_of.max(initial=-1)) + 1

    @cached_property
    def pair_ends(self) -> Ints:
        """[num_pairs, 2] rows of both ends, the lower one first, or source and target in a directed graph."""
        first = np.zeros(self.num_pairs, dtype=np.int64)
        kept = self.pair_of >= 0
        first[self.pair_of[kept]] = np.flatnonzero(kept)
        ends = self.graph.edge_index[:, first].T
        return ends if self.graph.directed else np.sort(ends, axis=1)

    @cached_property
    def pairs(self) -> Ints:
        """[num_pairs, 2] the same as ids in the whole graph: u < v, for `nodes` rise."""
        return np.asarray(self.nodes[self.pair_ends])

    @cached_property
    def within(self) -> Bools:
        """[num_pairs] whether both ends are within reach: the edges of the k-hop subgraph. The others count in degrees only."""
        return np.asarray((self.hop[self.pair_ends] >= 0).all(axis=1))


def computation_graph(graph: GraphData, node: int, spec: RunSpec) -> ComputationGraph:
    """What the model of a spec sees of a graph when it is asked about a node; the whole graph for models that see all of it."""
    unit, hops = model(spec.model.name), reach(spec.model.name, dict(spec.model.parameters))
    along = np.concatenate([graph.edge_index, graph.edge_index[::-1]], axis=1) if unit.both_ways else graph.edge_index
    seen = k_hop(along, graph.num_nodes, node, graph.num_nodes if hops is None else hops, graph.num_nodes)
    hop = np.full(graph.num_nodes, -1)
    hop[seen.nodes] = seen.hop
    nodes = np.arange(graph.num_nodes) if hops is None else _with_neighbours(graph, seen.nodes) if hops else seen.nodes
    inside = np.zeros(graph.num_nodes, dtype=bool)
    inside[nodes] = True
    stored = np.flatnonzero(inside[graph.edge_index[0]] & inside[graph.edge_index[1]])
    place = np.cumsum(inside) - 1
    part = GraphData(
        name=graph.name,
        features=_features(graph, unit)[nodes],
        edge_index=place[graph.edge_index[:, stored]],
        labels=graph.labels[nodes],
        class_names=graph.class_names,
        metric=graph.metric,
        directed=graph.directed,
    )
    return ComputationGraph(part, nodes, hop[nodes], stored, place[[node]])


def union(parts: Sequence[ComputationGraph]) -> ComputationGraph:
    """Parts of one graph side by side, without links between them, so that one call of a model answers for all of them.

    A node or an edge that several parts share is there several times; the targets are in the order of the parts.
    """
    starts = np.cumsum([0] + [len(part.nodes) for part in parts])
    features = [part.graph.features for part in parts]
    joined = csr_matrix(vstack(features)) if issparse(features[0]) else np.concatenate(features)
    graph = replace(
        parts[0].graph,
        features=joined,
        edge_index=np.concatenate([part.graph.edge_index + start for part, start in zip(parts, starts[:-1], strict=True)], axis=1),
        labels=np.concatenate([part.graph.labels for part in parts]),
        graph_of_node=np.repeat(np.arange(len(parts)), np.diff(starts)),
    )
    return ComputationGraph(
        graph,
        np.concatenate([part.nodes for part in parts]),
        np.concatenate([part.hop for part in parts]),
        np.concatenate([part.stored for part in parts]),
        np.concatenate([part.targets + start for part, start in zip(parts, starts[:-1], strict=True)]),
    )


def _with_neighbours(graph: GraphData, seen: Ints) -> Ints:
    """These nodes and all that are linked to them, rising."""
    inside = np.zeros(graph.num_nodes, dtype=bool)
    inside[seen] = True
    source, target = graph.edge_index
    touched = inside[source] | inside[target]
    return np.unique(np.concatenate([seen, source[touched], target[touched]]))


def _features(graph: GraphData, unit: Model) -> np.ndarray | csr_matrix:
    """What the model reads: the features, or for a model without them a direction of its own for each node."""
    return graph.features if unit.uses_features else csr_matrix(identity(graph.num_nodes, dtype=np.float32))
