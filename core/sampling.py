"""What is drawn of a graph that is too large to draw: a seeded part of its nodes and edges. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.data import Ints
from core.scene import MAX_EDGES

MOST_NODES, MOST_EDGES = 20_000, MAX_EDGES
"""What the canvas paints in a tenth of a second where the browser has no graphics card. A sample has as many edges as the largest
graph that is drawn whole."""

FEWEST = 50
"""Nodes of a group that are drawn at least, while all groups together leave room for chance."""


class Sample(NamedTuple):
    """`nodes` [drawn] ids, those that matter most last, so that they lie on top.

    `lifted`: whether small groups were given more than chance would.
    """

    nodes: Ints
    lifted: bool


def sampled_nodes(groups: NDArray[np.integer], wanted: Sequence[int] = (), most: int = MOST_NODES, seed: int = 0) -> Sample:
    """At most `most` nodes, drawn at random, in random order.

    `groups` [num_nodes]: what nodes are told apart by, as numbers from 0; `FEWEST` of each are drawn. `wanted`: nodes that are drawn
    in any case. Other groups and other wanted nodes exchange as few of the rest as they can.
    """
    rank = np.random.default_rng(seed).random(len(groups))
    wanted_nodes = np.asarray(wanted, dtype=np.int64)
    wanted_nodes = wanted_nodes[wanted_nodes < len(groups)]  # what was selected may be of a larger graph
    if len(groups) <= most:
        rank[wanted_nodes] -= 2
        return Sample(np.argsort(-rank), lifted=False)
    short = _lacks(groups, _lowest(rank, most)) and np.minimum(np.bincount(groups), FEWEST).sum() <= most // 2
    if short:
        rank[_first_of_each(groups, rank)] -= 1
    rank[wanted_nodes] -= 2
    drawn = _lowest(rank, most)
    return Sample(drawn[np.argsort(-rank[drawn])], lifted=bool(short) and not _lacks(groups, drawn))


def sampled_edges(edges: Ints, nodes: Ints, num_nodes: int, most: int = MOST_EDGES, seed: int = 0) -> Ints:
    """At most `most` of the `edges` [m, 2] between some nodes, drawn at random: the same ones as long as their ends are there."""
    inside = np.zeros(num_nodes, dtype=bool)
    inside[nodes] = True
    between = np.flatnonzero(inside[edges].all(axis=1))
    if len(between) > most:
        rank = np.random.default_rng(seed).random(len(edges))
        between = np.sort(between[_lowest(rank[between], most)])
    return edges[between]


def showing_some(nodes: int, of_nodes: int, edges: int, of_edges: int, lifted: bool = False) -> str:
    """What part of a graph is drawn.

    >>> showing_some(20_000, 170_000, 10_000, 1_148_640)
    'Showing 20,000 of 170,000 nodes and 10,000 of 1,148,640 edges, drawn at random.'
    """
    if nodes == of_nodes and edges == of_edges:
        return "Showing every node and edge."
    part = "every node" if nodes == of_nodes else f"{nodes:,} of {of_nodes:,} nodes"
    rare = f", at least {FEWEST} of each colour" if lifted else ""
    return f"Showing {part} and {edges:,} of {of_edges:,} edges, drawn at random{rare}."


def _lacks(groups: NDArray[np.integer], drawn: Ints) -> bool:
    """Whether too few nodes of a group are drawn."""
    sizes = np.bincount(groups)
    return bool((np.bincount(groups[drawn], minlength=len(sizes)) < np.minimum(sizes, FEWEST)).any())


def _first_of_each(groups: NDArray[np.integer], rank: NDArray[np.float64]) -> Ints:
    """The nodes of lowest rank of every group, also of those that chance gave enough: the others would push them out."""
    sizes = np.bincount(groups)
    order = np.lexsort((rank, groups))
    place = np.arange(len(groups)) - (np.cumsum(sizes) - sizes)[groups[order]]
    first: Ints = order[place < FEWEST]
    return first


def _lowest(values: NDArray[np.float64], number: int) -> Ints:
    """Places of the `number` lowest values, in no order."""
    if number >= len(values):
        return np.arange(len(values))
    return np.argpartition(values, number)[:number]
