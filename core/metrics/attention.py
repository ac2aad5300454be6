"""What attention weights are like: how spread out, on whom, how alike from head to head. NumPy in and out.

Of one layer: `alpha` [num_edges, heads], `edge_index` [2, num_edges] source → target, each node's own loop among the edges where the
layer has one (`loops`). The degree d of a node is the number of its in-edges without that loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, identity

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

UNIFORM, FEWEST = 0.95, 3
"""Attention is practically uniform from this normalised entropy on, at nodes of this degree or more."""


def in_degree(edge_index: Ints, num_nodes: int, loops: bool) -> Ints:
    """[num_nodes] in-edges of each node, without the own loop of a layer that has one."""
    counts = np.bincount(edge_index[1], minlength=num_nodes)
    return np.asarray(counts - 1 if loops else counts)


def per_node(values: NDArray[np.floating], target: Ints, num_nodes: int) -> Floats:
    """[num_nodes, heads] sums over the in-edges of values [num_edges, heads]."""
    heads = np.ascontiguousarray(values.T, dtype=np.float64)
    # of no entries at all the sums would be whole numbers
    return np.stack([np.bincount(target, weights=column, minlength=num_nodes).astype(np.float64) for column in heads], axis=1)


def attention_entropy(alpha: NDArray[np.floating], target: Ints, num_nodes: int) -> Floats:
    """[num_nodes, heads] −Σ α ln α over the in-edges; 0 ln 0 = 0, and 0 for a node without any."""
    # in the numbers' own width, and summed in twice that: a large graph has millions of them
    return -per_node(alpha * np.log(np.maximum(alpha, np.finfo(alpha.dtype).tiny)), target, num_nodes)


def normalized_entropy(entropy: Floats, edge_index: Ints, num_nodes: int, *, loops: bool) -> Floats:
    """[num_nodes, heads] the entropy (`attention_entropy`) as a share of that of uniform weights, 0 … 1.

    Divided by ln(d + 1) where a node attends to itself as well, NaN at d = 0; else by ln d, NaN at d ≤ 1: nothing to choose from.
    """
    entries = in_degree(edge_index, num_nodes, loops) + loops
    most = np.log(np.maximum(entries, 2))
    found = entropy / most[:, None]
    found[entries < 2] = np.nan
    return np.clip(found, 0, 1)


def uniform_share(normalized: NDArray[np.floating], degree: Ints) -> Floats:
    """[heads] share of the nodes of degree 3 or more whose normalised entropy is .95 or more; NaN where there are no such nodes."""
    asked = normalized[degree >= FEWEST]
    return (asked >= UNIFORM).mean(axis=0) if len(asked) else np.full(normalized.shape[1], np.nan)


def self_attention(alpha: NDArray[np.floating], edge_index: Ints, num_nodes: int) -> Floats:
    """[num_nodes, heads] what a node gives to itself."""
    own = edge_index[0] == edge_index[1]
    return per_node(alpha[own], edge_index[1][own], num_nodes)


@dataclass(frozen=True, eq=False)
class ClassMass:
    """[num_nodes, heads] attention to neighbours, the node itself left out: `same` to those of the node's class, `other` to those of
    another; with self-attention and neighbours without a label they sum to 1. `among`: `same` as a share of what goes to neighbours at
    all, which alone compares layers with and without self-attention; NaN as well where nothing goes to them. `expected` and
    `expected_among` [num_nodes]: `same` and `among` if attention were uniform. NaN for nodes without a label or without neighbours."""

    same: Floats
    other: Floats
    among: Floats
    expected: Floats
    expected_among: Floats


def class_mass(alpha: NDArray[np.floating], edge_index: Ints, labels: Ints) -> ClassMass:
    """Attention by class; `labels` [num_nodes], negative where there is none."""
    source, target = edge_index
    near = source != target
    known = near & (labels[source] >= 0)
    alike, num_nodes = known & (labels[source] == labels[target]), len(labels)
    entries, neighbours = np.bincount(target, minlength=num_nodes), np.bincount(target[near], minlength=num_nodes)
    same = per_node(alpha[alike], target[alike], num_nodes)
    other = per_node(alpha[known & ~alike], target[known & ~alike], num_nodes)
    unknown = near & ~known
    near_mass = same + other + (per_node(alpha[unknown], target[unknown], num_nodes) if unknown.any() else 0)
    among = np.divide(same, near_mass, out=np.full_like(same, np.nan), where=near_mass > 0)
    kin = np.bincount(target[alike], minlength=num_nodes)
    expected, expected_among = kin / np.maximum(entries, 1), kin / np.maximum(neighbours, 1)
    for values in (same, other, among, expected, expected_among):
        values[(labels < 0) | (neighbours == 0)] = np.nan
    return ClassMass(same, other, among, expected, expected_among)


def head_similarity(alpha: NDArray[np.floating], edge_index: Ints, num_nodes: int, *, loops: bool) -> Floats:
    """[heads, heads] 1 − ½ Σ |α − α′| over the in-edges of two heads, mean over the nodes that have a choice; 1: the same weights."""
    entries = in_degree(edge_index, num_nodes, loops) + loops
    choice, heads = entries >= 2, alpha.shape[1]
    found = np.full((heads, heads), 1.0 if choice.any() else np.nan)
    inside = choice[edge_index[1]]
    columns = np.ascontiguousarray(alpha[inside].T)
    for one in range(heads):
        # the mean over nodes of sums over their in-edges is the sum over all edges, divided by the nodes
        apart = np.abs(columns[one + 1 :] - columns[one]).sum(axis=1, dtype=np.float64) / 2 / max(choice.sum(), 1)
        found[one, one + 1 :] = found[one + 1 :, one] = 1 - apart if choice.any() else np.nan
    return found


def rollout(layers: Sequence[tuple[Ints, NDArray[np.floating]]], num_nodes: int, node: int, *, residual: Sequence[bool]) -> list[Floats]:
    """What a node's state is made of by attention alone: the product over layers of the heads' mean (Abnar & Zuidema 2020).

    `layers`: edge_index and alpha of each, first layer first. Returns [num_nodes] for one layer, two layers … all: mass of the last
    layer, then of the last two, each summing to 1. `residual`: of each layer whether it passes the node's own state on beside the
    messages, ½ (α + I) in the place of α. A node without in-edges keeps its mass.
    """
    mass, found = np.zeros(num_nodes), []
    mass[node] = 1
    for (edge_index, alpha), halved in reversed([*zip(layers, residual, strict=True)]):
        source, target = edge_index
        mean = csr_matrix((alpha.mean(axis=1, dtype=np.float64), (target, source)), shape=(num_nodes, num_nodes))
        total = np.asarray(mean.sum(axis=1)).ravel()
        mean = mean + csr_matrix((1.0 * (total == 0), (np.arange(num_nodes), np.arange(num_nodes))), shape=mean.shape)
        if halved:
            mean = (mean + identity(num_nodes, format="csr")) / 2
        mass = mean.T @ mass
        found.append(mass)
    return found
