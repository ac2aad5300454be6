"""What calibrators share that give each node a temperature of its own. Free of torch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.data import Bools, GraphData, Ints
from explainers.calibrators.contract import Fitted, Floats, log_softmax
from explainers.calibrators.temperature import COLDEST, HOTTEST
from explainers.wording import count


def fitted_temperatures(
    temperatures: Callable[[Floats], Floats],
    logits: Floats,
    y: Ints,
    validation: Bools,
    graph: GraphData,
    *,
    parameters: int,
    said: str = "",
) -> Fitted:
    """A calibrator that divides each node's logits by its temperature.

    `temperatures` gives those of all nodes [num_nodes] from logits [num_nodes, num_classes]; they may depend on the neighbours'.
    `said`: what else there is to say.
    """

    def divided(given: Floats) -> Floats:
        return log_softmax(given / held(temperatures(given))[:, None])

    found = held(temperatures(logits))
    before, after = (nll(scores, y, validation) for scores in (log_softmax(logits), log_softmax(logits / found[:, None])))
    useless = f"It makes even the validation nodes no likelier: their mean NLL was {before:.3g} and is {after:.3g}."
    remarks = (said, without_neighbours(graph), said_of_held(found), useless if after >= before else "")
    return Fitted(divided, parameters, int(validation.sum()), found, " ".join(filter(None, remarks)))


def in_order(logits: Floats, edge_index: Ints) -> tuple[Ints, Ints]:
    """The nodes [num_nodes] by their logits, and the edges [2, num_stored] between their places in that order, sorted.

    What is fitted in this order is the same to the last bit whatever the graph calls its nodes, dropout included, unless nodes
    have the same logits.
    """
    order = np.lexsort(logits.T)
    edges = np.argsort(order)[edge_index]
    return order, edges[:, np.lexsort(edges)]


def held(temperatures: Floats) -> Floats:
    """The temperatures [num_nodes] within the bounds of temperature scaling: above 0, so that no prediction changes its class."""
    bounded = np.clip(temperatures, COLDEST, HOTTEST)
    assert (bounded > 0).all(), "a temperature is no number"
    return bounded


def nll(log_probabilities: Floats, y: Ints, nodes: Bools) -> float:
    """Mean negative log-likelihood of the labels of some nodes, in nats."""
    return float(-log_probabilities[nodes, y[nodes]].mean())


def said_of_held(temperatures: Floats) -> str:
    """The sentence on nodes at a bound; nothing if there are none."""
    sentences = []
    for bound, wanted in ((COLDEST, "lower"), (HOTTEST, "higher")):
        if number := int((temperatures == bound).sum()):
            sentences.append(f"{count(number, 'node')} would get a {wanted} temperature than {bound:g}, where all are held.")
    return " ".join(sentences)


def without_neighbours(graph: GraphData) -> str:
    """The sentence on nodes that get no message but their own; nothing if there are none. Self-loops do not count."""
    source, target = graph.edge_index
    alone = graph.num_nodes - len(np.unique(target[source != target]))
    if alone == graph.num_nodes:
        return "The graph has no edges: each temperature depends on the node's own logits alone."
    if not alone:
        return ""
    has = "has" if alone == 1 else "have"
    neighbour = "in-neighbour" if graph.directed else "neighbour"
    return f"{count(alone, 'node')} {has} no {neighbour}; there the temperature depends on the own logits alone."
