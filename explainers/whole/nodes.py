"""Which nodes are explained together. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.data import GraphData, Ints, Split
from explainers.wording import count, duration

MOST = 500
"""Nodes that are explained at once; of more an even sample is."""
SECONDS = 0.1
"""Of a node, a method and a seed, with the tests of trust: Cora, two layers, two cores. Nodes that see more take longer."""
CHOICES = {"wrong": "Wrong ones", "class": "One class", "selected": "Selected"}


def chosen(
    kind: str, graph: GraphData, split: Split, predictions: Ints, *, label: int = 0, selected: Sequence[int] = ()
) -> tuple[int, ...]:
    """The nodes of a choice, rising: test nodes that the model has wrong, test nodes of a true class, or those that are selected."""
    if kind == "selected":
        return tuple(sorted({int(node) for node in selected}))
    inside = split.test & ((graph.labels == label) if kind == "class" else (graph.labels >= 0) & (predictions != graph.labels))
    return tuple(np.flatnonzero(inside).tolist())


def sampled(nodes: Sequence[int], most: int = MOST) -> tuple[int, ...]:
    """As many of the nodes as may be, evenly spaced over their order, the first and the last among them.

    >>> sampled((3, 5, 8, 9, 12), 3)
    (3, 8, 12)
    """
    if len(nodes) <= most:
        return tuple(nodes)
    return tuple(nodes[place] for place in np.linspace(0, len(nodes) - 1, most).round().astype(int).tolist())


def missing(kind: str, label: str) -> str:
    """What to do where a choice has no nodes."""
    if kind == "selected":
        return (
            "No set of nodes is selected. Drag over an area of a graph or draw a lasso in the embedding (Explore), "
            "or click a cell of a confusion matrix; the set stays selected on every page."
        )
    if kind == "class":
        return f"This split has no test nodes of the class “{label}”; pick another class."
    return "The model has no test node wrong in this split, so there is none to explain. Pick a class or a selected set instead."


def button(asked: int) -> str:
    """What pressing it does."""
    return f"Explain {count(asked, 'node')}" if asked <= MOST else f"Explain {MOST:,} of {asked:,} nodes"


def cost(asked: int, methods: int, seeds: int) -> str:
    """What that takes, and where it ends."""
    seconds = SECONDS * min(asked, MOST) * (methods + 1) * (seeds + 1)
    most = f"At most {MOST} nodes, an even sample of more; fewer where each of them sees much of a large graph."
    return f"Roughly {duration(seconds).removeprefix('about ')} on a graph like Cora, longer on a dense one. {most}"
