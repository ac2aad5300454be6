"""What conformal sets of trained runs give: coverage and size over redraws, in groups, and the set of each node. Free of torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.data import Bools
from core.proportions import wilson

FACTORS = {"degree": "degree", "hops": "hops to a training node", "homophily": "local homophily"}
"""Factors that coverage is looked at by, and what they are called here; homophily takes the true labels, those of test nodes as well."""
GROUPS = ("class", *FACTORS.values())
"""What coverage is looked at by; class takes the true labels, too."""
OF_GROUP = ["score", "by", "place", "group"]


@dataclass(frozen=True, eq=False)
class Sets:
    """Conformal sets of some runs at the same α. `draws`: seed, score, draw, coverage, mean_size, empty. `groups` of `pooled`, over all
    draws and runs. Of the first run and draw, `members` by score: [num_nodes, num_classes], the sets. `within`: mean coverage to
    expect, and where 95 % of draws lie. `sizes`: of each run, calibration and judged nodes of a draw. `pool` and `short`: which nodes, and
    whether they are too few.
    """

    alpha: float
    calibrator: str
    draws: pd.DataFrame
    groups: pd.DataFrame
    members: dict[str, Bools]
    within: tuple[float, float, float]
    sizes: tuple[tuple[int, int], ...]
    pool: str
    short: str

    @property
    def seeds(self) -> int:
        return len(self.sizes)

    @property
    def redraws(self) -> int:
        """Draws of each run."""
        return int(self.draws["draw"].max()) + 1

    def tested(self, score: str) -> int:
        """Groups of a score that have nodes: so many intervals hold together."""
        return int((self.groups.loc[self.groups["score"] == score, "count"] > 0).sum())


def pooled(groups: pd.DataFrame) -> pd.DataFrame:
    """Columns score, by, place, group, count, coverage, low, high, mean_size, left_out, from the sums of each run over its draws.

    `count` and `left_out`: nodes of a group and of none, as means over runs. `low` and `high`: 95 % intervals of the shares which hold
    together for all groups of a score. They take as many nodes as a run has, since the next run mostly judges the same ones.
    """
    whole = groups.groupby(OF_GROUP, sort=False, as_index=False)
    found = whole[["judged", "covered", "classes"]].sum().merge(whole[["count", "left_out"]].mean(), on=OF_GROUP)
    found = found.assign(coverage=found["covered"] / found["judged"], mean_size=found["classes"] / found["judged"])
    for _, rows in found.groupby("score"):
        together = int((rows["count"] > 0).sum())
        low, high = wilson(rows["coverage"] * rows["count"], rows["count"], together)
        found.loc[rows.index, "low"], found.loc[rows.index, "high"] = low, high
    whole_numbers = {name: np.rint(found[name]).astype(int) for name in ("count", "left_out")}
    return found.assign(**whole_numbers)[[*OF_GROUP, "count", "coverage", "low", "high", "mean_size", "left_out"]]


def groups_table(found: Sets) -> pd.DataFrame:
    """Columns calibrator, alpha, score, by, group, count, coverage, low, high, mean_size, left_out: over all draws and seeds."""
    rows = found.groups.drop(columns="place")
    rows.insert(0, "calibrator", found.calibrator)
    rows.insert(1, "alpha", found.alpha)
    return rows


def draws_table(found: Sets) -> pd.DataFrame:
    """Columns seed, calibrator, score, alpha, draw, coverage, mean_size, empty: every draw."""
    rows = found.draws.assign(calibrator=found.calibrator, alpha=found.alpha)
    return rows[["seed", "calibrator", "score", "alpha", "draw", "coverage", "mean_size", "empty"]]
