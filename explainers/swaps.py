"""What swaps at fixed weights do to the test score: words and arithmetic that lenses share. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.seeds import interval

LEARNED = "learned"
"""The swap that is none."""
ALL = "all"
"""In the place of a part's number, which counts from 1."""
SCORES = ["test_score", "probability", "changed"]
"""What `explainers.swapped.Scored` says of a swap."""
LEAST_POINTS = 2.0
"""Of an axis of changes."""


def moved(rows: pd.DataFrame, parts: Sequence[str]) -> pd.DataFrame:
    """The swaps but for the learned ones, each with its `change`: swapped less learned test score, of the same seed and place.

    `rows`: columns seed, `parts` (which say where), swap and `SCORES`; every place of every seed has its row of `LEARNED`.
    """
    place = ["seed", *parts]
    learned = rows[rows["swap"] == LEARNED].set_index(place)["test_score"]
    swaps = rows[rows["swap"] != LEARNED].reset_index(drop=True)
    return swaps.assign(change=swaps["test_score"] - learned.loc[pd.MultiIndex.from_frame(swaps[place])].to_numpy())


def over_seeds(changes: pd.DataFrame, parts: Sequence[str]) -> pd.DataFrame:
    """A row a place and swap of what `moved` gives: number of `seeds`; `change`, mean of the paired differences over them, with its 95 %
    t-interval `low` … `high` (NaN of one seed); means of `SCORES`. Where a seed has several rows of a place, their mean stands for it."""
    by_seed = changes.groupby([*parts, "swap", "seed"], sort=False)[["change", *SCORES]].mean()
    found = []
    for place, mine in by_seed.groupby([*parts, "swap"], sort=False):
        change, named = interval(mine["change"]), dict(zip([*parts, "swap"], place, strict=True))
        found.append(named | {"seeds": len(mine), "change": change.mean, "low": change.low, "high": change.high, **mine[SCORES].mean()})
    return pd.DataFrame(found)


def around_zero(drawn: NDArray[np.float64]) -> list[float]:
    """Ends of an axis for changes in points, NaN among them or not, and 0; on a finer axis noise would look like something."""
    ends = np.append(np.nan_to_num(drawn), 0.0)
    low, high = float(ends.min()), float(ends.max())
    room = max(0.06 * (high - low), (LEAST_POINTS - (high - low)) / 2)
    return [low - room, high + room]
