"""Labels and edges as the measures take them: checked, and without what has no label."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import UserError

Ints = NDArray[np.int64]

MOST_CLASSES = 2000
"""Classes up to which tables of class by class are made."""

NO_EDGES = "no edge links two labelled nodes"
ONE_CLASS = "all linked nodes are of one class"


def labels_of(y: ArrayLike) -> Ints:
    """Labels [num_nodes], negative where unknown. Raises `UserError` for what is not one whole number a node."""
    given = np.asarray(y)
    if given.ndim != 1:
        raise UserError(f"Labels are one whole number a node; an array of the shape {given.shape} was given.")
    if given.size and given.dtype.kind not in "iub":
        raise UserError(f"Labels are whole numbers, −1 where unknown; numbers of the type {given.dtype} were given.")
    return given.astype(np.int64, copy=False)


def num_classes(labels: Ints) -> int:
    """Largest label + 1, 0 without labels. Raises `UserError` for more than `MOST_CLASSES`."""
    found = int(labels.max(initial=-1)) + 1
    if found > MOST_CLASSES:
        raise UserError(f"A label is {found - 1:,}; classes are numbered from 0, and at most {MOST_CLASSES:,} work.")
    return found


def edges_of(edge_index: ArrayLike, num_nodes: int) -> tuple[Ints, Ints]:
    """Source and target nodes of all edges. Raises `UserError` for what is not two rows of nodes that there are."""
    edges = np.asarray(edge_index)
    if edges.ndim != 2 or len(edges) != 2:
        raise UserError(f"Edges are two rows, sources and targets; an array of the shape {edges.shape} was given.")
    if edges.size and edges.dtype.kind not in "iu":
        raise UserError(f"Edges link nodes by their numbers, which are whole; numbers of the type {edges.dtype} were given.")
    if edges.size and not 0 <= edges.min() <= edges.max() < num_nodes:
        wrong = edges.min() if edges.min() < 0 else edges.max()
        raise UserError(f"An edge names node {wrong}; with {num_nodes:,} labels, nodes are numbered from 0 to {num_nodes - 1:,}.")
    source, target = edges.astype(np.int64, copy=False)
    return source, target


def labelled(edge_index: ArrayLike, labels: Ints) -> tuple[Ints, Ints]:
    """Source and target nodes of the edges between labelled nodes. Raises `UserError` as `edges_of`."""
    source, target = edges_of(edge_index, len(labels))
    if labels.min(initial=0) >= 0:
        return source, target
    kept = (labels[source] >= 0) & (labels[target] >= 0)
    return source[kept], target[kept]
