"""What a training that runs tells the pages. Free of torch, so that the pages can read it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.run import COLUMNS
from core.spec import RunSpec


@dataclass(frozen=True, eq=False)
class Progress:
    """What a page sees of a training that runs: which run of the plan, and its history so far [epochs, columns]."""

    index: int
    count: int
    spec: RunSpec
    epoch: int
    history: NDArray[np.float64]
    columns: tuple[str, ...] = COLUMNS
