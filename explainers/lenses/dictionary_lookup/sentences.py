"""What the numbers say, in sentences."""

from __future__ import annotations

import pandas as pd

from core.seeds import interval
from explainers.lenses.dictionary_lookup.result import Lookups, Variant, of
from explainers.wording import count, one_in, percent, spread

SOLVED = 0.9
"""Share of the test's queries from which static heads together count as solving what none of them could."""


def captions(result: Lookups) -> list[str]:
    cells = [(variant, size) for size in result.sizes for variant in result.variants]
    said = [f"With {size} keys {variant.phrase} {ranks(result, variant, size)}{answers(result, variant, size)}." for variant, size in cells]
    said += [sentence for variant, size in cells if (sentence := together(result, variant, size))]
    return [*said, *undefined(result.rankings), *(posed(size, result.problems) for size in result.sizes)]


def ranks(result: Lookups, variant: Variant, size: int) -> str:
    """Whether the queries rank the keys alike, over the heads of all seeds; empty for a model that does not attend."""
    rows = of(result.rankings, variant, size)
    taus = rows["kendall_tau_min"].dropna()
    if taus.empty:
        return ""
    static = int((taus == 1).sum())
    if static == len(taus):
        among = "" if len(rows) == 1 else f" in {'each of ' if static == len(rows) else f'{static} of '}{len(rows)} heads"
        return f"ranks the keys alike for every query{among} (τ = 1, 1 of {size} keys is anyone's first choice) and "
    among = "" if len(rows) == 1 else f" in {len(taus) - static} of {len(rows)} heads"
    chosen = f"{one_in(rows['distinct_argmax'].tolist())} of {size} keys are someone's first choice"
    return f"ranks the keys differently for different queries{among} (lowest τ {taus.min():.2f}, {chosen}) and ".replace("τ -", "τ −")


def answers(result: Lookups, variant: Variant, size: int) -> str:
    """Scores in test and training, and what guessing would score."""
    rows = of(result.accuracy, variant, size)
    test, training = (spread(interval(rows[part])) for part in ("test", "train"))
    return f"answers {test} of the queries in unseen combinations (training {training}, guessing {percent(1 / size)})"


def together(result: Lookups, variant: Variant, size: int) -> str:
    """That heads each of which is static can look up together; empty where there is no such case."""
    taus, test = of(result.rankings, variant, size)["kendall_tau_min"], of(result.accuracy, variant, size)["test"].mean()
    if variant.heads < 2 or not (taus == 1).all() or test < SOLVED:
        return ""
    return (
        f"{variant.phrase} answers {percent(test)} with {size} keys although each head ranks the keys alike: "
        "what is static is one head, not several together."
    )


def undefined(rankings: pd.DataFrame) -> list[str]:
    """Why some τ are not defined."""
    lost = int(rankings["kendall_tau_min"].isna().sum())
    return [f"In {count(lost, 'head')} τ is not defined: some query scores all keys alike, and so ranks none."] if lost else []


def posed(size: int, problems: pd.DataFrame) -> str:
    """How many permutations are trained on and tested, and which one is shown."""
    row = problems[problems["size"] == size].iloc[0]
    among = f"Of the {row['possible']:,} permutations of {size} values, {row['train']} are trained on and {row['test']} others tested"
    return f"{among}; attention is shown of the first of these, whose keys hold {row['example']} (seed {row['seed']})."
