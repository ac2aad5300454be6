"""States of one layer after another in the plane: unit rows, each picture turned onto the one before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.graph.measured import states, unit_rows

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Planes:
    """`xy` [layers, nodes, 2]; `spread` [layers], root mean square distance of the unit rows from their mean, 0 … 1;
    `length` [layers], root mean square length of a state; `explained` [layers], share of the spread that the plane shows."""

    xy: Floats
    spread: Floats
    length: Floats
    explained: Floats


def planes(layers: Sequence[ArrayLike], nodes: NDArray[np.int64]) -> Planes:
    """Project the directions of the states of `nodes` onto the two main axes of each layer.

    Layers live in different spaces, so axes have nothing to do with each other: every picture is turned and mirrored
    (orthogonal Procrustes) to lie as near as it can on the one before. Sizes stay comparable: a unit row is 1 long in all.
    """
    xy: list[Floats] = []
    spread, length, explained = [], [], []
    for layer in layers:
        h = states(layer)[nodes]
        unit = unit_rows(np.nan_to_num(h))
        centred = unit - unit.mean(axis=0)
        total = float((centred**2).sum())
        flat = _flat(centred)
        xy.append(flat @ _turn(flat, xy[-1]) if xy else flat)
        spread.append(np.sqrt(total / max(len(nodes), 1)))
        length.append(np.sqrt((h**2).sum() / max(len(nodes), 1)))
        explained.append(float((flat**2).sum()) / total if total > 0 else np.nan)
    return Planes(np.stack(xy), np.array(spread), np.array(length), np.array(explained))


def _flat(centred: Floats) -> Floats:
    """Coordinates on the two main axes, [nodes, 2]; by way of the smaller of the two matrices of products."""
    if centred.shape[1] <= len(centred):
        axes = np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :2]
        found = centred @ axes
    else:
        squares, vectors = np.linalg.eigh(centred @ centred.T)
        found = vectors[:, ::-1][:, :2] * np.sqrt(np.maximum(squares[::-1][:2], 0))
    return np.asarray(np.pad(found, ((0, 0), (0, 2 - found.shape[1]))))


def _turn(points: Floats, onto: Floats) -> Floats:
    """The rotation or reflection [2, 2] that brings the points nearest to the others."""
    left, _, right = np.linalg.svd(points.T @ onto)
    return np.asarray(left @ right)
