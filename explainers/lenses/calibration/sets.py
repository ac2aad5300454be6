"""What conformal sets of trained runs give: coverage and size over redraws, in groups, and the set of each node. Free of torch."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from core.data import Bools

GROUPS = ("class", "degree", "hops to a training node", "local homophily")
"""What coverage is looked at by; class and homophily take the true labels, those of test nodes as well."""


@dataclass(frozen=True, eq=False)
class Sets:
    """Conformal sets of some runs at the same α. `draws`: seed, score, draw, coverage, mean_size, empty. Of the first run and draw,
    `groups`: score, by, group, count, coverage, low, high, mean_size; `members` by score: [num_nodes, num_classes], the sets. `within`:
    mean coverage to expect, and where 95 % of draws lie. `pool` and `short`: which nodes, and whether they are too few.
    """

    alpha: float
    calibrator: str
    draws: pd.DataFrame
    groups: pd.DataFrame
    members: dict[str, Bools]
    within: tuple[float, float, float]
    calibration: int
    evaluation: int
    pool: str
    short: str
