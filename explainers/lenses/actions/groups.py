"""Nodes by what they are: class, degree, local homophily. Free of torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from explainers.lenses.actions.result import Actions

BORDERS = (0.2, 0.4, 0.6, 0.8)
"""Between the groups of local homophily."""
SINGLE = 4
"""Degrees up to which each is a group; above, groups double."""


@dataclass(frozen=True, eq=False)
class Groups:
    """`group` [num_nodes], places in `names` (negative: in none); `title` of an axis; `reading`: how a picture of them is read."""

    group: NDArray[np.int64]
    names: Sequence[str]
    title: str
    reading: str


def classes(found: Actions) -> Groups:
    names = [escape(name) for name in found.class_names]
    return Groups(found.labels, names, "", "the nodes of each class, by their true labels.")


def degrees(found: Actions) -> Groups:
    """0, 1 … 4, then 5–8, 9–16 …"""
    degree = found.degree
    doubled = SINGLE + np.ceil(np.log2(np.maximum(degree, 1) / SINGLE)).astype(np.int64)
    group = np.where(degree <= SINGLE, degree, doubled)
    names = [str(one) for one in range(SINGLE + 1)]
    for step in range(int(group.max(initial=0)) - SINGLE):
        low, high = SINGLE * 2**step + 1, SINGLE * 2 ** (step + 1)
        names.append(f"{low:,}–{high:,}")
    return Groups(group, names, "in-neighbours", "nodes with few in-neighbours above, those with many below.")


def homophilies(found: Actions) -> Groups:
    """In fifths; nodes without a labelled in-neighbour are in none."""
    group = np.where(np.isnan(found.homophily), -1, np.searchsorted(BORDERS, np.nan_to_num(found.homophily), side="right"))
    edges = (0.0, *BORDERS, 1.0)
    names = [f"{low:.0%}–{high:.0%}" for low, high in pairwise(edges)]
    return Groups(group, names, "neighbours of its class", "nodes by how many of their in-neighbours are of their class.")


GROUPS: Mapping[str, Callable[[Actions], Groups]] = {"class": classes, "degree": degrees, "homophily": homophilies}
