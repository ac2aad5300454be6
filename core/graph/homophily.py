"""Whether linked nodes have the same label: homophily by four definitions."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]
Isolated = Literal["zero", "skip"]
"""What a node without in-neighbours counts for in a mean over nodes: 0, or not at all."""


def edge_homophily(edge_index: ArrayLike, y: ArrayLike) -> float:
    """Share of stored edges whose ends have the same label, 0 … 1 (Zhu et al. 2020).

    `edge_index`: [2, num_stored], `y`: [num_nodes]. Edges at an unlabelled node (−1) are left out;
    without any edge it is not defined, NaN.
    """
    source, target = _labels_at_ends(edge_index, y)
    return float((source == target).mean()) if len(source) else np.nan


def node_homophily(edge_index: ArrayLike, y: ArrayLike, *, isolated: Isolated = "zero") -> float:
    """Mean over labelled nodes of the share of in-neighbours with the node's label, 0 … 1 (Pei et al. 2020).

    Nodes without labelled in-neighbours count as 0 ("zero", as in PyG) or are left out ("skip").
    `edge_index`: [2, num_stored], each column source, target; `y`: [num_nodes]. NaN where no node is left.
    """
    share, degree = local_homophily(edge_index, y)
    kept = (np.asarray(y) >= 0) & ((degree > 0) | (isolated == "zero"))
    return float(share[kept].mean()) if kept.any() else np.nan


def local_homophily(edge_index: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], Ints]:
    """Of each node the share of labelled in-neighbours with its label (0 where it has none), and how many it has.

    Both [num_nodes]; an unlabelled node has none.
    """
    labels = np.asarray(y, dtype=np.int64)
    source, target = _labelled(edge_index, labels)
    degree = np.bincount(target, minlength=len(labels))
    same = np.bincount(target, weights=labels[source] == labels[target], minlength=len(labels))
    return same / np.maximum(degree, 1), degree


def class_homophily(edge_index: ArrayLike, y: ArrayLike) -> float:
    """Class-insensitive homophily (1/(C−1)) Σ_k max(0, h_k − |C_k|/N), 0 … 1 (Lim et al. 2021).

    h_k is the same-label share of the edges that end in class k, 0 where none does. N counts labelled
    nodes, C = largest label + 1. NaN with fewer than two classes or without edges.
    """
    labels = np.asarray(y, dtype=np.int64)
    sizes = np.bincount(labels[labels >= 0])
    source, target = _labels_at_ends(edge_index, labels)
    if len(sizes) < 2 or not len(target):
        return np.nan
    ends = np.bincount(target, minlength=len(sizes))
    same = np.bincount(target, weights=source == target, minlength=len(sizes))
    excess = same / np.maximum(ends, 1) - sizes / sizes.sum()
    return float(np.maximum(excess, 0).sum() / (len(sizes) - 1))


def adjusted_homophily(edge_index: ArrayLike, y: ArrayLike) -> float:
    """(h_edge − Σ p̄_k²)/(1 − Σ p̄_k²), p̄_k = share of edge ends in class k; at most 1 (Platonov et al. 2023).

    0 is what edges drawn without regard to labels would give. The measure is meant for undirected
    graphs; of a stored direction both ends count, which gives the same as its undirected copy if no
    pair is linked both ways. NaN where all edge ends are of one class, or without edges.
    """
    source, target = _labels_at_ends(edge_index, y)
    if not len(source):
        return np.nan
    mass = np.bincount(np.concatenate([source, target])) / (2 * len(source))
    chance = float((mass**2).sum())
    return (edge_homophily(edge_index, y) - chance) / (1 - chance) if chance < 1 else np.nan


def _labelled(edge_index: ArrayLike, labels: Ints) -> tuple[Ints, Ints]:
    """Source and target nodes of the edges between labelled nodes."""
    source, target = np.asarray(edge_index, dtype=np.int64).reshape(2, -1)
    kept = (labels[source] >= 0) & (labels[target] >= 0)
    return source[kept], target[kept]


def _labels_at_ends(edge_index: ArrayLike, y: ArrayLike) -> tuple[Ints, Ints]:
    labels = np.asarray(y, dtype=np.int64)
    source, target = _labelled(edge_index, labels)
    return labels[source], labels[target]
