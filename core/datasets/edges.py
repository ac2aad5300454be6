"""The order and direction in which edges are stored."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from core.data import Ints


def ordered(edge_index: ArrayLike, num_nodes: int) -> Ints:
    """The stored edges [2, num_stored] sorted by source, then target, each pair once."""
    source, target = np.asarray(edge_index, dtype=np.int64).reshape(2, -1)
    keys = np.unique(source * num_nodes + target)
    return np.stack([keys // max(num_nodes, 1), keys % max(num_nodes, 1)])


def undirected(edge_index: ArrayLike, num_nodes: int) -> Ints:
    """Every link in both directions, each pair once, self-loops left out; sorted like `ordered`."""
    edges = np.asarray(edge_index, dtype=np.int64).reshape(2, -1)
    edges = edges[:, edges[0] != edges[1]]
    return ordered(np.concatenate([edges, edges[::-1]], axis=1), num_nodes)
