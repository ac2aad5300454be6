"""What one node attends to, as the page reads it. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Into:
    """A layer's in-edges of the node, its own loop among them where the layer has one: `sources` [n]; `alpha` [n, heads], each column
    sums to 1; `messages` [n, heads] α ‖W h_j‖. `edges` [m, 2] source → target around the node, loops left out, with `along` [m, heads]."""

    sources: Ints
    alpha: Floats
    messages: Floats
    edges: Ints
    along: Floats


@dataclass(frozen=True, eq=False)
class NodeAttention:
    """`layers`: first layer first. `neighbours` [n]: in-neighbours, the node itself left out, and of each its `similarity` (cosine of
    the features with the node's) and `falls`, how far the predicted class's probability falls without the edge (deleted), NaN where
    it was not asked. `drawn`: nodes of a picture around it, nearest first, with their `drawn_hop`. `reached` [m]: nodes that a rollout
    gives any mass to, with `hop` (0: the node itself) and `mass` [layers, m] of the last layer, the last two … all; `residual`: of each
    layer whether half of its mass stays, as a state that is passed on beside the messages does; `omega`: whether each channel weighs its
    own state against what attention gives, which a rollout does not follow."""

    node: int
    predicted: int
    layers: tuple[Into, ...]
    neighbours: Ints
    similarity: Floats
    falls: Floats
    drawn: Ints
    drawn_hop: Ints
    reached: Ints
    hop: Ints
    mass: Floats
    residual: tuple[bool, ...]
    omega: bool

    def alpha(self, layer: int, head: int | None) -> Floats:
        """[n] the weights of a layer's in-edges, of one head or their mean; layers and heads count from 1."""
        return _picked(self.layers[layer - 1].alpha, head)

    def messages(self, layer: int, head: int | None) -> Floats:
        """[n] likewise α ‖W h_j‖, as shares of their sum."""
        found = _picked(self.layers[layer - 1].messages, head)
        return found / max(float(found.sum()), 1e-12)

    def along(self, layer: int, head: int | None) -> Floats:
        """[m] likewise the weights of the edges of the picture."""
        return _picked(self.layers[layer - 1].along, head)

    def by_hop(self) -> Sequence[Floats]:
        """Mass of the rollout by hop, of the last layer, the last two … all; nodes out of reach of an edge do not get any."""
        return [np.bincount(self.hop[self.hop >= 0], weights=mass[self.hop >= 0]).astype(np.float64) for mass in self.mass]


def _picked(values: Floats, head: int | None) -> Floats:
    return np.asarray(values.mean(axis=1) if head is None else values[:, head - 1])
