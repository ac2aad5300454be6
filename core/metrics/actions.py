"""What nodes that choose their actions let through. NumPy in and out.

Of one layer: `chances` [num_nodes, 4], the probability of each action in the order of `core.actions.ACTIONS`: those of the policy, or 1 for
the action that is taken.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.actions import ACTIONS, BROADCASTING, LISTENING

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ALL, SAME, OTHER = "all", "same class", "other class"
"""The edges that are told apart: those between nodes of one class, between nodes of two, and with them those at unlabelled nodes."""


def taken(action: NDArray[np.integer]) -> Floats:
    """[num_nodes, 4] chances of nodes that certainly do what they do: 1 for their action [num_nodes]."""
    return np.asarray(np.eye(len(ACTIONS))[action])


def listening(chances: NDArray[np.floating]) -> Floats:
    """[num_nodes] the chance that a node listens, 0 … 1."""
    return np.asarray(chances[:, LISTENING].sum(axis=1, dtype=np.float64))


def broadcasting(chances: NDArray[np.floating]) -> Floats:
    """[num_nodes] the chance that a node broadcasts, 0 … 1."""
    return np.asarray(chances[:, BROADCASTING].sum(axis=1, dtype=np.float64))


def carrying(edge_index: Ints, chances: NDArray[np.floating]) -> Floats:
    """[num_edges] the chance that a message passes along an edge u → v: that u broadcasts and v listens, which are drawn apart."""
    source, target = edge_index
    return np.asarray(broadcasting(chances)[source] * listening(chances)[target])


def between(edge_index: Ints) -> Ints:
    """The edges without those from a node to itself."""
    return edge_index[:, edge_index[0] != edge_index[1]]


def messages(edge_index: Ints, action: NDArray[np.integer], policy: NDArray[np.floating], labels: Ints) -> pd.DataFrame:
    """What of the stored edges carries a message, those from a node to itself left out.

    A row for all edges, those between nodes of one class, and of two; columns edges, number, carried (share of them whose source
    broadcasts and whose target listens) and expected (the same in the mean, were every action drawn by its probability).
    NaN without such edges. `labels` [num_nodes], negative where there is none.
    """
    links = between(edge_index)
    source, target = labels[links]
    known = (source >= 0) & (target >= 0)
    carried, expected = carrying(links, taken(action)), carrying(links, policy)
    rows = [
        {"edges": name, "number": int(of.sum()), "carried": _mean(carried[of]), "expected": _mean(expected[of])}
        for name, of in ((ALL, np.ones_like(known)), (SAME, known & (source == target)), (OTHER, known & (source != target)))
    ]
    return pd.DataFrame(rows)


def agreement(one: NDArray[np.integer], other: NDArray[np.integer]) -> tuple[float, float]:
    """Share of the nodes that do the same in two runs [num_nodes], and what it would be if who does what were chance, 0 … 1."""
    first, second = (np.bincount(run, minlength=len(ACTIONS)) / len(run) for run in (one, other))
    return float((one == other).mean()), float(first @ second)


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else float("nan")
