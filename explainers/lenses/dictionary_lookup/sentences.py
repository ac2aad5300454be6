"""What the numbers say, in sentences."""

from __future__ import annotations

import pandas as pd

from explainers.lenses.dictionary_lookup.result import Lookups, Variant, of
from explainers.lenses.dictionary_lookup.shares import answered, own_key, own_key_ceiling
from explainers.wording import count, one_in, percent, points

SOLVED = 0.9
"""Share of the test's queries from which static heads together count as solving what none of them could."""

FEW = 20
"""Tested permutations of all seeds, below which a score jumps by steps that should not be read as more."""


def captions(result: Lookups) -> list[str]:
    cells = [(variant, size) for size in result.sizes for variant in result.variants]
    said = [f"With {size} keys {variant.phrase} {ranks(result, variant, size)}{answers(result, variant, size)}." for variant, size in cells]
    said += [sentence for variant, size in cells if (sentence := together(result, variant, size))]
    said += [sentence for size in result.sizes if (sentence := looked(result, size))]
    return [*said, *undefined(result.rankings), *(posed(size, result.problems) for size in result.sizes)]


def ranks(result: Lookups, variant: Variant, size: int) -> str:
    """Whether the queries rank the keys alike, over the heads of all seeds; empty for a model that does not attend."""
    rows = of(result.rankings, variant, size)
    taus = rows["kendall_tau_min"].dropna()
    if taus.empty:
        return ""
    static, kind = int((taus == 1).sum()), "heads" if variant.heads > 1 else "seeds"
    if static == len(taus):
        among = "" if len(rows) == 1 else f" in {'each of ' if static == len(rows) else f'{static} of '}{len(rows)} {kind}"
        return f"ranks the keys alike for every query{among} (τ = 1, 1 of {size} keys is anyone's first choice) and "
    among = "" if len(rows) == 1 else f" in {len(taus) - static} of {len(rows)} {kind}"
    chosen = f"{one_in(rows['distinct_argmax'].tolist())} of {size} keys are someone's first choice"
    return f"ranks the keys differently for different queries{among} (lowest τ {taus.min():.2f}, {chosen}) and ".replace("τ -", "τ −")


def answers(result: Lookups, variant: Variant, size: int) -> str:
    """Scores in test and training, on how much they rest, and what guessing would score."""
    found, training = answered(result, variant, size), of(result.accuracy, variant, size)["train"].mean()
    times = f"{found.seeds} × " if found.seeds > 1 else ""
    asked = f"{times}{count(found.queries, 'query', 'queries')} in {times}{count(found.permutations, 'unseen combination')}"
    over = ", the wider of that over seeds and that over combinations," if found.seeds > 1 else ""
    between = f"95 % interval{over} {100 * found.low:.0f} to {percent(found.high, 0)}"
    return f"answers {percent(found.mean)} of {asked} ({between}; training {percent(training)}, guessing {percent(1 / size)})"


def together(result: Lookups, variant: Variant, size: int) -> str:
    """That heads each of which is static can look up together; empty where there is no such case."""
    taus, test = of(result.rankings, variant, size)["kendall_tau_min"], of(result.accuracy, variant, size)["test"].mean()
    if variant.heads < 2 or not (taus == 1).all() or test < SOLVED:
        return ""
    return (
        f"{variant.phrase} answers {percent(test)} with {size} keys although each head ranks the keys alike: "
        "what is static is one head, not several together."
    )


def looked(result: Lookups, size: int) -> str:
    """What the ranking bounds, and what it does not; empty where no model's heads all rank the keys alike."""
    means = own_key(result)
    given = [
        f"{variant.phrase} gives them {percent(of(means, variant, size)['own_key'].mean())}"
        for variant in result.variants
        if variant.heads and (of(result.rankings, variant, size)["kendall_tau_min"] == 1).all()
    ]
    if not given:
        return ""
    most = f"at most {percent(own_key_ceiling(size))} of its attention to the keys that {size} queries look for, on average"
    bounded = "That bounds where a head looks, not what is answered: the read-out is given all keys, each by its weight."
    return f"Whatever its weights, a head that ranks the keys alike can give {most}; {' and '.join(given)}. {bounded}"


def undefined(rankings: pd.DataFrame) -> list[str]:
    """Why some τ are not defined."""
    lost = int(rankings["kendall_tau_min"].isna().sum())
    return [f"In {count(lost, 'head')} τ is not defined: some query scores all keys alike, and so ranks none."] if lost else []


def posed(size: int, problems: pd.DataFrame) -> str:
    """How many permutations are trained on and tested, and which one is shown."""
    row = problems[problems["size"] == size].iloc[0]
    among = f"Of the {row['possible']:,} permutations of {size} values, {row['train']} are trained on and {row['test']} others tested"
    tested = int(problems.loc[problems["size"] == size, "test"].sum())
    if tested < FEW:
        among += f" (with so few, one of them right or wrong moves the share by {points(1 / tested)})"
    return f"{among}; attention is shown of the first of these, whose keys hold {row['example']} (seed {row['seed']})."
