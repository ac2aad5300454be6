"""The part of a graph that a GNN of some depth sees around one node."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_matrix

from core.data import Ints
from core.errors import UserError


class Neighborhood(NamedTuple):
    """`nodes` [n], nearest first; `hop` [n], their distance; `total`, how many there are without the limit."""

    nodes: Ints
    hop: Ints
    total: int


def k_hop(edge_index: Ints, num_nodes: int, node: int, hops: int, limit: int) -> Neighborhood:
    """The nodes whose features reach `node` in at most `hops` layers: along the edges j → i, backwards.

    All of a hop are kept while they fit into `limit` nodes. Of the first hop that does not fit, as
    many as fit are taken, evenly spaced over the ids, and none beyond: so every node that is kept is
    connected to `node` by nodes that are kept. `node` itself is always there.
    """
    if not 0 <= node < num_nodes:
        raise UserError(f"There is no node {node}. The graph has nodes 0 to {num_nodes - 1:,}.")
    source, target = edge_index
    incoming = coo_matrix((np.ones(len(source), np.int8), (target, source)), shape=(num_nodes, num_nodes)).tocsr()
    seen = np.zeros(num_nodes, dtype=bool)
    seen[node] = True
    rings = [np.array([node])]
    for _ in range(hops):
        reached = np.unique(incoming[rings[-1]].indices)
        if seen[reached].all():
            break
        rings.append(reached[~seen[reached]])
        seen[rings[-1]] = True
    kept = _fitting(rings, max(limit, 1))
    hop = np.repeat(np.arange(len(kept)), [len(ring) for ring in kept])
    return Neighborhood(np.concatenate(kept).astype(np.int64), hop, int(seen.sum()))


def _fitting(rings: list[Ints], limit: int) -> list[Ints]:
    kept: list[Ints] = []
    for ring in rings:
        room = limit - sum(map(len, kept))
        if len(ring) > room:
            return [*kept, ring[np.linspace(0, len(ring) - 1, room).astype(int)]]
        kept.append(ring)
    return kept


def pairs_within(edge_index: Ints, nodes: Ints, num_nodes: int) -> Ints:
    """Edges [m, 2] (node ids, low then high) with both ends in `nodes`: each undirected pair once, no self-loops."""
    inside = np.zeros(num_nodes, dtype=bool)
    inside[nodes] = True
    source, target = edge_index[:, inside[edge_index[0]] & inside[edge_index[1]]]
    pairs = np.sort(np.stack([source, target], axis=1)[source != target], axis=1)
    return np.unique(pairs, axis=0)


def showing(shown: Neighborhood, num_nodes: int, node: int | str, hops: int) -> str:
    """What part of a graph is drawn.

    >>> part = Neighborhood(np.arange(120), np.zeros(120, np.int64), 431)
    >>> showing(part, 2708, 42, 2)
    'Showing 120 of 2,708 nodes: 2 hops around node 42 (120 of the 431 within reach).'
    """
    cut = f" ({len(shown.nodes):,} of the {shown.total:,} within reach)" if len(shown.nodes) < shown.total else ""
    word = "hop" if hops == 1 else "hops"
    return f"Showing {len(shown.nodes):,} of {num_nodes:,} nodes: {hops} {word} around node {node}{cut}."
