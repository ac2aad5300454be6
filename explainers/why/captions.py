"""Sentences about one prediction, worked out from its numbers. Free of torch."""

from __future__ import annotations

import numpy as np

from core.data import GraphData
from explainers.attribution.contract import method
from explainers.nodes import class_of
from explainers.why.result import TIE, Answer
from explainers.wording import count, percent


def prediction(graph: GraphData, answer: Answer) -> str:
    """What the model says of the node, and whether it is right."""
    shares, truth = answer.curve.whole, int(graph.labels[answer.node])
    best = int(shares.argmax())
    said = f"{named(graph, answer.node)} is predicted {graph.class_names[best]} with {percent(float(shares[best]))}"
    if truth < 0:
        return f"{said}; its true class is unknown."
    if truth == best:
        return f"{said}, and that is right."
    return f"{said}, and that is wrong: it is {graph.class_names[truth]}, which gets {percent(float(shares[truth]))}."


def named(graph: GraphData, node: int) -> str:
    return f"Node {node} ({graph.node_names[node]})" if graph.node_names else f"Node {node}"


def at_cut(graph: GraphData, answer: Answer, keep: int) -> str:
    """What the kept edges do to the explained class."""
    curve, target = answer.curve, answer.target
    if not len(answer.pairs):
        return "It has no edges within reach: only its own features decide."
    if np.allclose(curve.without, curve.whole) and np.allclose(curve.alone, curve.whole):
        return "No edge has any influence: the prediction is the same without all of them."
    place = curve.nearest(keep)
    kept, name = int(curve.kept[place]), graph.class_names[target]
    whole, without, alone = (
        float(value) for value in (curve.whole[target], curve.without[:, place, target].mean(), curve.alone[:, place, target].mean())
    )
    those = count(kept, "kept edge")
    many = len(curve.without)
    mean = f" (means of {many} seeds)" if many > 1 else ""
    return (
        f"{method(answer.method).title}: without its {those} {name} goes from {percent(whole)} to {percent(without)}, "
        f"with {'it' if kept == 1 else 'them'} alone to {percent(alone)}{mean}; edges {curve.how}."
    )


def against_random(answer: Answer, random: Answer, keep: int) -> str:
    """Whether the kept edges do better than as many random ones."""
    target, mine, other = answer.target, answer.curve, random.curve
    here, there = mine.nearest(keep), other.nearest(keep)
    needed = mine.plus(target)[here] > other.plus(target)[there] + TIE
    enough = mine.minus(target)[here] < other.minus(target)[there] - TIE
    if needed and enough:
        return "Both ways that is better than random edges."
    if needed or enough:
        return f"{'Without' if needed else 'With'} them that is better than random edges, {'with' if needed else 'without'} them it is not."
    return "Random edges do as well: do not rely on these. Try another method, or another number of edges."


def neighbours(graph: GraphData, answer: Answer) -> str:
    """How many of the direct neighbours that have a label share the node's true class."""
    near = answer.nodes[answer.hop == 1]
    truth = int(graph.labels[answer.node])
    if not len(near) or truth < 0:
        return ""
    labels = graph.labels[near][graph.labels[near] >= 0]
    if not len(labels):
        return "The classes of its direct neighbours are unknown."
    others = int((labels != truth).sum())
    known = count(len(labels), "direct neighbour" if len(labels) == len(near) else "labelled direct neighbour")
    if not others:
        return f"{'All' if len(labels) > 1 else 'Its'} {known} {'has' if len(labels) == 1 else 'have'} its true class."
    names, numbers = np.unique(class_of(graph, labels[labels != truth]).astype(str), return_counts=True)
    most = names[numbers.argmax()]
    return f"{others:,} of its {known} {'has' if others == 1 else 'have'} another class, most often {most}."


def flat(answer: Answer) -> str:
    """A method whose scores say nothing."""
    if len(answer.pairs) and not answer.importance.any():
        return "Every edge has the score 0: to this method they all matter alike, so the kept ones are the first in the list."
    return ""


def edge(answer: Answer, u: int, v: int) -> str:
    """What the method says of one edge; nothing if it is not within reach."""
    found = np.flatnonzero((answer.pairs == (u, v)).all(axis=1))
    if not len(found):
        return ""
    place, score = int(found[0]), float(answer.importance[found[0]])
    rank = int(answer.ranks[place])
    arrow = "→" if answer.directed else "–"
    spread = f" ± {answer.spread[place]:.2g}" if len(answer.scores) > 1 else ""
    return f"Edge {u} {arrow} {v}: score {score:.3g}{spread}, rank {rank:,} of {len(answer.pairs):,}."
