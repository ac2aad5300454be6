"""What a plan that trains tells the pages. Free of torch, so that the pages can read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.spec import RunSpec

MOST_POINTS = 400
"""Epochs that a picture shows of a long history; a screen has no room for more."""


@dataclass(frozen=True, eq=False)
class Training:
    """A run that is being trained: how many epochs it has done, and its history so far.

    `history`: [points, columns] of the epochs 1, 1 + `every`, 1 + 2·`every` …, columns as in `core.run.COLUMNS`;
    `latest` is the row of the last epoch.
    """

    spec: RunSpec
    epoch: int
    history: NDArray[np.float64]
    latest: tuple[float, ...]
    every: int = 1

    @classmethod
    def of(cls, spec: RunSpec, rows: Sequence[Sequence[float]]) -> Training:
        """From the rows of all its epochs, at least one, of which it takes so many as a picture shows."""
        every = thinning(len(rows))
        return cls(spec, len(rows), np.array(rows[::every], dtype=float), tuple(rows[-1]), every)


def thinning(epochs: int) -> int:
    """Every how many epochs a picture of so many takes one."""
    return max(1, -(-epochs // MOST_POINTS))


@dataclass(frozen=True, eq=False)
class Progress:
    """How far a plan is: `done` of its `total` different runs are stored.

    `running`: the runs in training, here or elsewhere, the one that began first in front; at least one, and not
    all of very many. `finished`: keys of the last runs that were stored, the newest last.
    """

    done: int
    total: int
    running: tuple[Training, ...]
    finished: tuple[str, ...] = ()
