"""How many queries are answered, on how many that rests, and how much the ranking alone lets one head see. Free of torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.proportions import wilson
from core.seeds import interval
from explainers.lenses.dictionary_lookup.result import Lookups, Variant, of


@dataclass(frozen=True)
class Answered:
    """Share of the test's queries that are answered, mean over seeds, with its 95 % interval `low` … `high`, all 0 … 1; and of how
    many `permutations` in each of so many `seeds`, with a query for each of `size` keys."""

    mean: float
    low: float
    high: float
    size: int
    permutations: int
    seeds: int

    @property
    def queries(self) -> int:
        """Of one seed."""
        return self.permutations * self.size


def answered(result: Lookups, variant: Variant, size: int) -> Answered:
    """The interval is the wider of two, within 0 … 1: Student's over the seeds, each of which draws its own split and weights; and
    Wilson's over all test permutations.

    A permutation is one observation, not each of its queries, which are right or wrong together: the variance of a permutation's
    share is p(1 − p) at most (Bhatia & Davis 2000), which Wilson's takes it to be. One seed has no interval of the first kind, and
    seeds that score the same would have an empty one.
    """
    test = of(result.accuracy, variant, size)["test"]
    posed = result.problems[result.problems["size"] == size]
    over_seeds, number = interval(test), int(posed["test"].sum())
    low, high = wilson(over_seeds.mean * number, number)
    return Answered(
        mean=over_seeds.mean,
        low=max(0.0, float(np.nanmin([low, over_seeds.low]))),
        high=min(1.0, float(np.nanmax([high, over_seeds.high]))),
        size=size,
        permutations=int(posed["test"].iloc[0]),
        seeds=len(test),
    )


def summary(result: Lookups) -> pd.DataFrame:
    """A row a model, number of heads and size: `test` with its interval, of how many permutations and queries a seed, and `train`."""
    rows = []
    for size in result.sizes:
        for variant in result.variants:
            found = answered(result, variant, size)
            rows.append(
                {
                    "model": variant.model,
                    "heads": variant.heads,
                    "size": size,
                    "seeds": found.seeds,
                    "test_permutations": found.permutations,
                    "test_queries": found.queries,
                    "test": found.mean,
                    "test_low": found.low,
                    "test_high": found.high,
                    "train": float(of(result.accuracy, variant, size)["train"].mean()),
                }
            )
    return pd.DataFrame(rows)


def own_key(result: Lookups) -> pd.DataFrame:
    """A row a head: `own_key`, mean over the queries of the attention to the key that each looks for, in the first test permutation."""
    own = result.attention[result.attention["query"] == result.attention["key"]]
    cell = ["model", "heads", "size", "seed", "head"]
    return own.groupby(cell, sort=False)["alpha"].mean().rename("own_key").reset_index()


def own_key_ceiling(size: int) -> float:
    """The most that `own_key` can be for a head that ranks the keys alike for every query, whatever its weights: (1 + ½ + … + 1/k) / k.

    In a common ranking the queries' own keys have the ranks 1 … k, one each, and at rank r no fewer than r keys have as much attention
    or more, so that its share is 1/r at most; the query's own loop only lowers it. Exactly 1 of k queries has its own key first.
    """
    return float(np.mean(1 / np.arange(1, size + 1)))
