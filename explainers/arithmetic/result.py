"""What the layers of a model compute for one node, term by term. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
Merge: TypeAlias = Literal["concatenated", "averaged", "summed"]


def contributions(coefficient: Floats, messages: Floats, merge: Merge) -> NDArray[np.float64]:
    """[n, width] coefficient × message of every term; from [n, heads] and [n, heads, channels]."""
    every = coefficient[:, :, None].astype(np.float64) * messages
    if merge == "concatenated":
        return every.reshape(len(every), every.shape[1] * every.shape[2])
    return np.asarray(every.mean(axis=1) if merge == "averaged" else every.sum(axis=1))


@dataclass(frozen=True, eq=False)
class Step:
    """One layer for one node: output = σ(norm(Σ_u c_u · m_u + own + bias)) + residual, in each of `width` channels.

    `nodes` [n]: whose message each term is, −1 where a term is none; `labels` [n]: "itself", "node 5", "after 2 steps".
    `coefficient` [n, heads]; `messages` [n, heads, channels]; width = heads · channels where the heads are concatenated, else channels.
    Of many terms the largest are kept: `others` counts the rest, which gives `rest` [heads, channels] with
    `rest_coefficient` [heads]; averaged heads' rests are divided by their number, so that they add up.
    What a layer does not have is None. All of [width]: `own`, a term of the node's own state beside the messages; `bias`; `summed`, the
    sum of all these; `normalized` and `activated`, after those; `residual`, what is added then; `output`.
    """

    title: str
    nodes: Ints
    labels: tuple[str, ...]
    coefficient: Floats
    messages: Floats
    merge: Merge
    summed: Floats
    output: Floats
    others: int = 0
    rest: Floats | None = None
    rest_coefficient: Floats | None = None
    own: Floats | None = None
    own_is: str = ""
    """What the own term is: "W_r h" …"""
    bias: Floats | None = None
    norm: str = ""
    normalized: Floats | None = None
    activation: str = ""
    activated: Floats | None = None
    residual: Floats | None = None
    weighs: str = ""
    """What the coefficients are: "1 / √(d̃_v d̃_u)" …"""
    heads_are: str = "Head"
    senders: str = "neighbour"
    """What the nodes are whose messages these are."""
    of_classes: bool = False
    """Whether its channels are the classes."""

    @property
    def heads(self) -> int:
        return int(self.coefficient.shape[1])

    @property
    def width(self) -> int:
        return len(self.output)

    @property
    def contributions(self) -> NDArray[np.float64]:
        """[n, width] of the terms that are kept."""
        return contributions(self.coefficient, self.messages, self.merge)

    def largest(self, channels: Sequence[int]) -> int:
        """That one of these channels whose output is farthest from 0."""
        return channels[int(np.abs(self.output[list(channels)]).argmax())]


@dataclass(frozen=True, eq=False)
class Arithmetic:
    """The steps of a model for one node, first layer first; the last one gives the logits.

    `equation`, `source`: of the model, as it declares them. `off`: the largest difference between the last step's output and the
    stored run's logits of the node.
    """

    node: int
    equation: str
    source: str
    steps: tuple[Step, ...]
    off: float
