"""One node: whom it attends to, what that passes on, and what the prediction would be without it. Needs torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics.pairwise import cosine_similarity
from torch import nn

from core import device as devices
from core.capture import Attended
from core.data import GraphData
from core.explained import Subject, check_nodes
from core.metrics.attention import rollout
from core.models.omega_gcn import OmegaNetwork
from core.models.stack import Stack
from core.neighborhood import k_hop
from core.rebuilt import module_of
from core.run import Run
from core.spec import RunSpec
from core.stored import run_and_graph
from core.work import Report
from explainers.lenses.attention.around import Floats, Into, Ints, NodeAttention
from explainers.lenses.attention.readings import attended
from explainers.scenes import AROUND
from explainers.swapped import asked_batch

MOST_CUTS = 300
"""Edges that are deleted one by one: those with most attention."""
NEAR_ENOUGH = 1e-9
"""Mass of a rollout below which a node is left out."""


def read_node(report: Report, *, spec: RunSpec, node: int, root: Path) -> NodeAttention:
    """Named work: `node_attention` of a stored run. Raises `UserError` where the run is gone."""
    run, graph = run_and_graph(report, spec, root)
    report(message=f"Looking at what node {node} attends to")
    return node_attention(run, graph, node)


def node_attention(run: Run, graph: GraphData, node: int) -> NodeAttention:
    """Raises `UserError` for a node that is not there, and for a run of older code."""
    check_nodes(graph, [node])
    module = module_of(run.spec, graph, run.weights)
    found = attended(module, asked_batch(run.spec, graph))
    around = k_hop(graph.edge_index, graph.num_nodes, node, len(found), AROUND)
    layers = tuple(_into(layer, node, around.nodes) for layer in found)
    near = np.unique(np.concatenate([one.sources for one in layers]))
    near = near[near != node]
    similarity = cosine_similarity(graph.features[near], graph.features[[node]])[:, 0] if len(near) else np.zeros(0)
    seen, hops = k_hop(graph.edge_index, graph.num_nodes, node, len(found), graph.num_nodes), np.full(graph.num_nodes, -1)
    hops[seen.nodes] = seen.hop
    residual = passed_beside(module, found)
    pairs = [(layer.edge_index.numpy(), layer.alpha.numpy()) for layer in found]
    mass = np.stack(rollout(pairs, graph.num_nodes, node, residual=residual))
    reached = np.flatnonzero(mass.max(axis=0) > NEAR_ENOUGH)
    return NodeAttention(
        node=node,
        predicted=int(run.predictions[node]),
        layers=layers,
        neighbours=near,
        similarity=similarity,
        falls=_falls(run, graph, node, near, layers),
        drawn=around.nodes,
        drawn_hop=around.hop,
        reached=reached,
        hop=hops[reached],
        mass=mass[:, reached],
        residual=residual,
        omega=isinstance(module, OmegaNetwork),
    )


def passed_beside(module: nn.Module, layers: Sequence[Attended]) -> tuple[bool, ...]:
    """Of each layer whether it passes a node's own state on beside the messages.

    One without own loops always does; with its residual setting a `Stack` adds their input to its hidden layers but the first.
    """
    adds = isinstance(module, Stack) and module.residual
    return tuple(not layer.loops or (adds and 0 < number < len(layers) - 1) for number, layer in enumerate(layers))


def _into(layer: Attended, node: int, around: Ints) -> Into:
    mine = layer.edge_index[1] == node
    # an edge that is stored twice counts twice, in one place
    sources, place = torch.unique(layer.edge_index[0, mine], return_inverse=True)
    alpha = torch.zeros(len(sources), layer.heads, dtype=torch.float64).index_add_(0, place, layer.alpha[mine].double())
    inside = torch.zeros(layer.num_nodes, dtype=torch.bool)
    inside[around] = True
    shown = inside[layer.edge_index].all(dim=0) & (layer.edge_index[0] != layer.edge_index[1])
    edges, along = layer.edge_index[:, shown].T.numpy(), layer.alpha[shown].double().numpy()
    return Into(sources.numpy(), alpha.numpy(), (alpha * layer.sizes[sources]).numpy(), edges, along)


def _falls(run: Run, graph: GraphData, node: int, near: Ints, layers: Sequence[Into]) -> Floats:
    subject = Subject(run, graph)
    part = subject.part(node)
    # in a directed graph an edge may lead the other way as well: it is the one into the node that is attended to
    pair = {int(u): number for number, (u, v) in enumerate(part.pairs) if v == node}
    if not graph.directed:
        pair |= {int(v): number for number, (u, v) in enumerate(part.pairs) if u == node}
    attention = sum(np.bincount(one.sources, one.alpha.mean(axis=1), graph.num_nodes)[near] for one in layers)
    order = np.argsort(-np.asarray(attention), kind="stable")
    asked = [place for place in order.tolist() if int(near[place]) in pair][:MOST_CUTS]
    falls = np.full(len(near), np.nan)
    if asked:
        with devices.threads_for(graph.num_stored_edges):
            falls[asked] = subject.cuts(node).falls(np.array([pair[int(near[place])] for place in asked]), int(run.predictions[node]))
    return falls
