"""The part of a graph that decides what a model says of a node, small enough to be asked thousands of times.

It holds the nodes within the model's reach and their neighbours, so that every degree that counts is that of the whole
graph: the logits of its node are those of the whole graph (tests hold every model to 1e-5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_matrix, identity, issparse, vstack

from core.data import GraphData, Ints
from core.models.contract import Model, model, reach
from core.neighborhood import k_hop
from core.spec import RunSpec


@dataclass(frozen=True, eq=False)
class ComputationGraph:
    """`graph`: the part, as a graph of its own, without splits. `nodes` [n]: its nodes' ids in the whole graph, rising; `edges` [m]:
    where its stored edges are among the whole graph's, rising. `targets`: rows of the asked nodes; several for a union of parts."""

    graph: GraphData
    nodes: Ints
    edges: Ints
    targets: Ints


def computation_graph(graph: GraphData, node: int, spec: RunSpec) -> ComputationGraph:
    """What the model of a spec sees of a graph when it is asked about a node; the whole graph for models that see all of it."""
    unit, hops = model(spec.model.name), reach(spec.model.name, dict(spec.model.parameters))
    nodes = np.arange(graph.num_nodes) if hops is None else _within(graph, node, hops)
    inside = np.zeros(graph.num_nodes, dtype=bool)
    inside[nodes] = True
    edges = np.flatnonzero(inside[graph.edge_index[0]] & inside[graph.edge_index[1]])
    place = np.cumsum(inside) - 1
    part = GraphData(
        name=graph.name,
        features=_features(graph, unit)[nodes],
        edge_index=place[graph.edge_index[:, edges]],
        labels=graph.labels[nodes],
        class_names=graph.class_names,
        metric=graph.metric,
        directed=graph.directed,
    )
    return ComputationGraph(part, nodes, edges, place[[node]])


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
        np.concatenate([part.edges for part in parts]),
        np.concatenate([part.targets + start for part, start in zip(parts, starts[:-1], strict=True)]),
    )


def _within(graph: GraphData, node: int, hops: int) -> Ints:
    """The nodes from which `node` is reached in so many hops along the edges, and all that are linked to these."""
    seen = k_hop(graph.edge_index, graph.num_nodes, node, hops, graph.num_nodes).nodes
    if not hops:
        return seen
    inside = np.zeros(graph.num_nodes, dtype=bool)
    inside[seen] = True
    source, target = graph.edge_index
    touched = inside[source] | inside[target]
    return np.unique(np.concatenate([seen, source[touched], target[touched]]))


def _features(graph: GraphData, unit: Model) -> np.ndarray | csr_matrix:
    """What the model reads: the features, or for a model without them a direction of its own for each node."""
    return graph.features if unit.uses_features else csr_matrix(identity(graph.num_nodes, dtype=np.float32))
