"""Scores on flawed benchmarks and on their mended forms, and what changes between them. Free of torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from explainers.across.result import Scores, verdict
from explainers.lenses.flawed_benchmarks.pairs import Pair

EVIDENCE = ["pair", "dataset", "nodes", "copies", "leaked", "same_pages"]


@dataclass(frozen=True, eq=False)
class Flawed:
    """`scores` on the datasets of all `pairs`; `evidence`: `EVIDENCE`, a row a dataset: how many nodes are copies of others, the share of
    test nodes that have a copy in training (a mean over the splits), and the share of nodes that are another dataset's pages; NaN where
    that is not the flaw."""

    scores: Scores
    pairs: tuple[Pair, ...]
    evidence: pd.DataFrame

    def sides(self, pair: Pair) -> tuple[str, str]:
        return pair.name, pair.mended


def ranking(found: Flawed) -> pd.DataFrame:
    """Columns pair, dataset, model, mean, low, high, seeds, rank: 1 for the highest mean test score on a dataset, equal ones share it."""
    rows = []
    for pair in found.pairs:
        for data in found.sides(pair):
            spreads = {model: spread for model in found.scores.models if (spread := found.scores.spread(data, model)).n}
            for model, one in spreads.items():
                rank = 1 + sum(other.mean > one.mean for other in spreads.values())
                numbers = {"mean": one.mean, "low": one.low, "high": one.high, "seeds": one.n, "rank": rank}
                rows.append({"pair": pair.name, "dataset": data, "model": model, **numbers})
    return pd.DataFrame(rows, columns=["pair", "dataset", "model", "mean", "low", "high", "seeds", "rank"])


def changes(found: Flawed) -> pd.DataFrame:
    """Columns pair, first, second, flawed, mended: who is ahead of two models on either side, "first", "second" or "" where the seeds do
    not tell; of pairs of models for which the two sides differ."""
    rows = []
    for pair in found.pairs:
        for first, second in combinations(found.scores.models, 2):
            sides = [AHEAD[verdict(found.scores.against(data, first, second))] for data in found.sides(pair)]
            there = all(len(found.scores.of(data, model)) > 1 for data in found.sides(pair) for model in (first, second))
            if there and sides[0] != sides[1]:
                rows.append({"pair": pair.name, "first": first, "second": second, "flawed": sides[0], "mended": sides[1]})
    return pd.DataFrame(rows, columns=["pair", "first", "second", "flawed", "mended"])


AHEAD: Mapping[str, str] = {"better": "first", "worse": "second", "": ""}
