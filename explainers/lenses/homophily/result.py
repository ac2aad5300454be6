"""What the measures say of a graph: plain values, and the tables made of them. Free of torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.dataset_card import Measure
from core.graph.homophily import DirectionScore
from core.graph.homophily.direction import PATTERNS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BINS = 10
"""Of local homophily, equally wide, left-closed; the last one holds 100 %."""
DIRECTION = "direction score"


@dataclass(frozen=True, eq=False)
class Homophily:
    """`measures`: with a reason in each value that is NaN. `sizes` [classes]: labelled nodes; `mass` [classes]: share of edge
    ends; `class_edges` and `similarity`
    [classes, classes], NaN where a class has no edges or nodes.

    `below`: names of the classes that are linked to themselves less than their share of the nodes. `local` [BINS]: nodes by local
    homophily; `isolated`: labelled nodes without labelled in-neighbours, which are in no bin. `judged`: whose labels the direction
    score looked at. `self_loops` and `parallel`: stored edges that are one, or that were stored before.
    """

    dataset: str
    directed: bool
    class_names: tuple[str, ...]
    measures: tuple[Measure, ...]
    sizes: Ints
    mass: Floats
    below: tuple[str, ...]
    class_edges: Floats
    similarity: Floats
    local: Ints
    isolated: int
    direction: DirectionScore
    judged: str
    unlabelled: int
    self_loops: int
    parallel: int

    def named(self, measure: str, policy: str = "") -> Measure:
        """The first of that name whose policy says so."""
        return next(one for one in self.measures if one.measure == measure and policy in one.policy)


def measures(found: Homophily) -> pd.DataFrame:
    """A row a measure and policy, NaN where it is not defined."""
    rows = [(one.measure, one.policy, float(one.value)) for one in found.measures]
    return pd.DataFrame(rows, columns=["measure", "policy", "value"])


DEFINITIONS = {
    "edge": "Share of the edges that link nodes of the same class.",
    "node": "Mean over nodes of the share of their neighbours that have their class: each node counts once, whatever its degree.",
    "class-insensitive": "How far each class's share of edges within the class exceeds its share of the nodes, averaged over classes; "
    "0 by chance.",
    "adjusted": "Edge homophily less what edges drawn without regard to labels would give, as a share of what is left; 0 by chance.",
    "label informativeness (edge)": "Share of the entropy of a node's class that the class at the other end of one of its edges takes "
    "away, alike or not: 0 nothing, 1 all.",
    "label informativeness (node)": "The same, each node counting once, whatever its degree.",
    DIRECTION: "How far three ways of following directed edges for two steps differ in what they say of equal labels: 0 not at all.",
}
"""What each measure is, in a sentence."""


def class_edges(found: Homophily) -> pd.DataFrame:
    """A row a class and class that its edges go to."""
    return _by_pair(found.class_names, found.class_edges, ["class", "neighbor_class", "share"])


def ccns(found: Homophily) -> pd.DataFrame:
    """A row a pair of classes, in both orders."""
    return _by_pair(found.class_names, found.similarity, ["class", "other_class", "similarity"])


def local(found: Homophily) -> pd.DataFrame:
    """A row a bin of local homophily."""
    edges = np.arange(BINS + 1) / BINS
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "count": found.local})


def direction(found: Homophily) -> pd.DataFrame:
    """A row a pattern: its R² with equal labels, NaN where nothing was correlated, and what chance gives the largest of them."""
    squares = [found.direction.r_squared.get(name, np.nan) for name in PATTERNS]
    return pd.DataFrame({"pattern": PATTERNS, "r_squared": squares, "chance": float(found.direction.chance)})


TABLES: dict[str, Callable[[Homophily], pd.DataFrame]] = {
    "measures": measures,
    "class_edges": class_edges,
    "ccns": ccns,
    "local": local,
    "direction": direction,
}


def _by_pair(names: Sequence[str], table: Floats, columns: list[str]) -> pd.DataFrame:
    first, second = np.repeat(np.array(names, dtype=object), len(names)), np.tile(np.array(names, dtype=object), len(names))
    return pd.DataFrame(dict(zip(columns, (first, second, table.ravel()), strict=True)))
