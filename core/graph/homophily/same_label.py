"""Whether linked nodes have the same label: homophily by four definitions.

Every stored edge counts, parallel ones as often as they are stored; a self-loop links a class to itself. Edges at an
unlabelled node (label −1) are left out. What is not defined is NaN and has a `reason`.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import unknown
from core.graph.homophily.labels import NO_EDGES, ONE_CLASS, Ints, labelled, labels_of, num_classes
from core.graph.measured import Measured, undefined

Isolated = Literal["zero", "skip"]
"""What a node without in-neighbours counts for in a mean over nodes: 0, or not at all."""


def edge_homophily(edge_index: ArrayLike, y: ArrayLike) -> Measured:
    """Share of stored edges whose ends have the same label, 0 … 1 (Zhu et al. 2020).

    `edge_index`: [2, num_stored], `y`: [num_nodes]. Without any edge it is not defined, NaN.
    """
    source, target = _labels_at_ends(edge_index, y)
    return Measured((source == target).mean()) if len(source) else undefined(NO_EDGES)


def node_homophily(edge_index: ArrayLike, y: ArrayLike, *, isolated: Isolated = "zero") -> Measured:
    """Mean over labelled nodes of the share of in-neighbours with the node's label, 0 … 1 (Pei et al. 2020).

    Nodes without labelled in-neighbours count as 0 ("zero", as in PyG) or are left out ("skip").
    `edge_index`: [2, num_stored], each column source, target; `y`: [num_nodes]. NaN where no node is left.
    """
    if isolated not in get_args(Isolated):
        raise unknown("policy for isolated nodes", isolated, get_args(Isolated))
    share, degree = local_homophily(edge_index, y)
    kept = (labels_of(y) >= 0) & ((degree > 0) | (isolated == "zero"))
    if not kept.any():
        return undefined(NO_EDGES if isolated == "skip" else "no node has a label")
    return Measured(share[kept].mean())


def local_homophily(edge_index: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], Ints]:
    """Of each node the share of labelled in-neighbours with its label (0 where it has none), and how many it has.

    Both [num_nodes]; an unlabelled node has none.
    """
    labels = labels_of(y)
    source, target = labelled(edge_index, labels)
    degree = np.bincount(target, minlength=len(labels))
    same = np.bincount(target, weights=labels[source] == labels[target], minlength=len(labels))
    return same / np.maximum(degree, 1), degree


def class_homophily(edge_index: ArrayLike, y: ArrayLike) -> Measured:
    """Class-insensitive homophily (1/(C−1)) Σ_k max(0, h_k − |C_k|/N), 0 … 1 (Lim et al. 2021).

    h_k is the same-label share of the edges that end in class k, 0 where none does. N counts labelled
    nodes, C = largest label + 1. NaN with fewer than two classes or without edges.
    """
    labels = labels_of(y)
    sizes = np.bincount(labels[labels >= 0], minlength=num_classes(labels))
    source, target = _labels_at_ends(edge_index, labels)
    if not len(target):
        return undefined(NO_EDGES)
    if len(sizes) < 2:
        return undefined("there is one class")
    ends = np.bincount(target, minlength=len(sizes))
    same = np.bincount(target, weights=source == target, minlength=len(sizes))
    excess = same / np.maximum(ends, 1) - sizes / sizes.sum()
    return Measured(np.maximum(excess, 0).sum() / (len(sizes) - 1))


def class_mass(edge_index: ArrayLike, y: ArrayLike) -> NDArray[np.float64]:
    """p̄ [num_classes]: share of edge ends in each class, both ends of every stored edge counted; zeros without edges."""
    labels = labels_of(y)
    ends = np.bincount(np.concatenate(_labels_at_ends(edge_index, labels)), minlength=num_classes(labels))
    return np.asarray(ends / max(ends.sum(), 1))


def adjusted_homophily(edge_index: ArrayLike, y: ArrayLike) -> Measured:
    """(h_edge − Σ p̄_k²)/(1 − Σ p̄_k²), p̄_k = share of edge ends in class k; at most 1 (Platonov et al. 2023).

    0 is what edges drawn without regard to labels would give. The measure is meant for undirected
    graphs; of a stored direction both ends count, which gives the same as its undirected copy if no
    pair is linked both ways. NaN where all edge ends are of one class, or without edges.
    """
    agreeing = edge_homophily(edge_index, y)
    if agreeing.reason:
        return agreeing
    chance = float((class_mass(edge_index, y) ** 2).sum())
    return Measured((agreeing - chance) / (1 - chance)) if chance < 1 else undefined(ONE_CLASS)


def _labels_at_ends(edge_index: ArrayLike, y: ArrayLike) -> tuple[Ints, Ints]:
    labels = labels_of(y)
    source, target = labelled(edge_index, labels)
    return labels[source], labels[target]
