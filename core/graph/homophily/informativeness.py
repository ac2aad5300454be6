"""How much a neighbour's label tells of a node's own, alike or not."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import unknown
from core.graph.homophily.labels import NO_EDGES, ONE_CLASS, labelled, labels_of, num_classes
from core.graph.measured import Measured, undefined

Kind = Literal["edge", "node"]
"""What is drawn: an edge, or a node with neighbours and then one of them."""


def label_informativeness(edge_index: ArrayLike, y: ArrayLike, *, kind: Kind = "edge") -> Measured:
    """LI = −Σ p(a,b) ln[p(a,b) / (p(a) p̄(b))] / Σ p(a) ln p(a) (Platonov et al. 2023, "Characterizing graph datasets").

    0: a neighbour's label tells nothing; "edge" is 1 where it tells everything, the share of the label's entropy that it takes
    away. p(a,b): a node's label and its neighbour's. "edge": of an edge drawn at random, p = p̄ the share of edge ends in a
    class. "node": of a node drawn at random among those with neighbours (isolated ones are left out) and a neighbour drawn
    from its own; p is then the share of those nodes, p̄ still that of edge ends.

    `edge_index`: [2, num_stored], `y`: [num_nodes], −1 where unknown. A measure of undirected graphs: of a stored direction both
    ends count, which changes nothing where both directions are stored. Parallel edges count as often as stored, a self-loop
    as a link of a class to itself. NaN without edges, or where all linked nodes are of one class.
    """
    if kind not in get_args(Kind):
        raise unknown("kind of label informativeness", kind, get_args(Kind))
    labels = labels_of(y)
    source, target = labelled(edge_index, labels)
    if not len(source):
        return undefined(NO_EDGES)
    classes, own, other = num_classes(labels), np.concatenate([source, target]), np.concatenate([target, source])
    mine, theirs = labels[own], labels[other]
    mass = np.bincount(mine, minlength=classes) / len(mine)
    degree = np.bincount(own, minlength=len(labels))
    drawn = mass if kind == "edge" else np.bincount(labels[degree > 0], minlength=classes) / (degree > 0).sum()
    weights = None if kind == "edge" else 1 / degree[own]
    joint = np.bincount(mine * classes + theirs, weights=weights, minlength=classes**2).reshape(classes, classes)
    entropy = -_divergence(drawn, np.ones(classes))
    if entropy == 0:
        return undefined(ONE_CLASS)
    return Measured(max(0.0, _divergence(joint / joint.sum(), np.outer(drawn, mass)) / entropy))


def _divergence(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    """Σ p ln(p/q), where p is 0 nothing."""
    there = p > 0
    return float((p[there] * np.log(p[there] / q[there])).sum())
