"""Where to draw the nodes around one: a ring a hop, each node beyond the one that it hangs on. Free of torch."""

from __future__ import annotations

import numpy as np

from core.data import Floats, Ints

ASPECT = 1.4
"""Width over height: the shape of the place where they are drawn."""
CROWDING = 0.6
"""How the room of a node grows with the number of those that hang on it: 1 would leave a hub's neighbours no room."""


def rings(hop: Ints, links: Ints, positions: Floats) -> Floats:
    """Places [n, 2] around the first node, so that few lines cross.

    `hop` [n], rising from 0; `links` [m, 2] as places in it; `positions` [n, 2] in the whole picture, whose directions decide the order
    of the nodes that hang on the same one.
    """
    parent, room = parents(hop, links), np.zeros(len(hop))
    for child in range(len(hop) - 1, 0, -1):
        room[child] = max(room[child], 1) ** CROWDING
        room[parent[child]] += room[child]
    offset = positions - positions[0]
    order = np.argsort(np.arctan2(offset[:, 1], offset[:, 0]), kind="stable")
    start, span, taken = np.zeros(len(hop)), np.full(len(hop), 2 * np.pi), np.zeros(len(hop))
    for child in order[np.argsort(hop[order], kind="stable")].tolist():
        above = parent[child]
        if child:
            span[child] = span[above] * room[child] / room[above]
            start[child] = start[above] + taken[above]
            taken[above] += span[child]
    middle = start + span / 2
    return np.asarray(hop[:, None] * np.stack([ASPECT * np.cos(middle), np.sin(middle)], axis=1), dtype=np.float32)


def parents(hop: Ints, links: Ints) -> Ints:
    """[n] the first neighbour that is one hop nearer to the first node; 0 for that itself, and where there is none."""
    both = np.concatenate([links, links[:, ::-1]])
    near, far = both[hop[both[:, 0]] == hop[both[:, 1]] - 1].T
    found = np.full(len(hop), len(hop))
    np.minimum.at(found, far, near)
    return np.where(found < len(hop), found, 0)


def places(nodes: Ints, ids: Ints) -> Ints:
    """Where each of some ids is among the nodes, which are in any order; of the shape of `ids`."""
    order = np.argsort(nodes, kind="stable")
    return np.asarray(order[np.searchsorted(nodes, ids, sorter=order)])
