"""What changes when a flawed benchmark is mended, in sentences computed from the numbers. Free of torch."""

from __future__ import annotations

import numpy as np
import pandas as pd

from explainers.across.result import dataset_title, protocol, unscored
from explainers.lenses.flawed_benchmarks.pairs import Pair
from explainers.lenses.flawed_benchmarks.result import Flawed, changes, ranking
from explainers.wording import count, listed, model_name, percent

TOLD = 3
"""Pairs of models that a sentence names."""


def captions(found: Flawed) -> list[str]:
    """Pair by pair: what is wrong, shown on the data, and what it does to scores and ranking; then the protocol."""
    return [*answers(found), *details(found)]


def answers(found: Flawed) -> list[str]:
    """What mending does, pair by pair."""
    if not found.scores.done:
        return [f"Nothing of this is trained yet: {count(found.scores.planned, 'run')} to go."]
    done, planned = found.scores.done, found.scores.planned
    so_far = f"{done:,} of {count(planned, 'run')} so far. " if done < planned else ""
    said = [sentence for pair in found.pairs if (sentence := about(found, pair))]
    if not said:
        return [f"{so_far}Both forms of a benchmark have to be trained on before they can be compared."]
    return [so_far + said[0], *said[1:]]


def details(found: Flawed) -> list[str]:
    """The flaws as the data show them, runs without a score, and the protocol."""
    said = [*(flaw(found, pair) for pair in found.pairs), *unscored(found.scores), _protocol(found)] if found.scores.done else []
    return [sentence for sentence in said if sentence]


def about(found: Flawed, pair: Pair) -> str:
    """What mending does to the scores and to who is ahead of whom."""
    ranks = ranking(found)
    tops = [ranks[(ranks["dataset"] == data) & (ranks["rank"] == 1)] for data in found.sides(pair)]
    if any(top.empty for top in tops):
        return ""
    (old, new), moved = tops, changes(found)
    highest = f"{dataset_title(pair.name)}: the highest mean is that of {_top(old)}; mended, of {_top(new)}."
    if not (told := _told(found, pair)):
        return f"{highest} One seed or one model tells nothing of who is ahead."
    return f"{highest} {_turned(moved, pair)}{_lost(moved, pair, told)}"


def flaw(found: Flawed, pair: Pair) -> str:
    """What is wrong, as the data show it."""
    rows = found.evidence.set_index("dataset")
    old, new = (rows.loc[name] for name in found.sides(pair))
    if pair.twin:
        shares = (
            f"{percent(old['same_pages'], 0)} of its nodes have the features and class of {dataset_title(pair.twin)}'s node of that number"
        )
        return f"{dataset_title(pair.name)}. {pair.flaw} {shares}; mended, {percent(new['same_pages'], 0)}."
    return (
        f"{dataset_title(pair.name)}. {pair.flaw} {old['copies']:,.0f} of {old['nodes']:,.0f} nodes have the class and all neighbours of "
        f"another one, and {percent(old['leaked'])} of the test nodes of one trained on; mended, {new['copies']:,.0f} of "
        f"{new['nodes']:,.0f} and {percent(new['leaked'])}."
    )


def _top(rows: pd.DataFrame) -> str:
    """Whoever has the highest mean, with its interval; several where they are equal."""
    first = rows.iloc[0]
    half = (first["high"] - first["low"]) / 2
    spread = "" if np.isnan(half) else f" ± {100 * half:.1f}"
    return f"{listed([model_name(str(name)) for name in rows['model']])} ({100 * first['mean']:.1f}{spread} %)"


def _told(found: Flawed, pair: Pair) -> int:
    """Pairs of models that both have more than one score on either side."""
    known = [model for model in found.scores.models if all(len(found.scores.of(data, model)) > 1 for data in found.sides(pair))]
    return len(known) * (len(known) - 1) // 2


def _turned(moved: pd.DataFrame, pair: Pair) -> str:
    """Pairs of models of which the seeds tell opposite ones to be ahead."""
    own = moved[(moved["pair"] == pair.name) & (moved["flawed"] != "") & (moved["mended"] != "")]
    if own.empty:
        return "No two models change places as far as the seeds tell. "
    named = []
    for row in own.head(TOLD).itertuples():
        ahead, behind = (row.first, row.second) if row.flawed == "first" else (row.second, row.first)
        named.append(f"{model_name(str(ahead))} is ahead of {model_name(str(behind))} before, behind it after")
    more = f" ({len(own) - TOLD} more such pairs)" if len(own) > TOLD else ""
    return f"{listed(named)}{more}. "


def _lost(moved: pd.DataFrame, pair: Pair, pairs: int) -> str:
    """How many differences go or come, of so many pairs of models."""
    own = moved[moved["pair"] == pair.name]
    lost = int(((own["flawed"] != "") & (own["mended"] == "")).sum())
    new = int(((own["flawed"] == "") & (own["mended"] != "")).sum())
    return f"Of {count(pairs, 'pair')} of models, {lost} are told apart before and not after, {new} after and not before."


def _protocol(found: Flawed) -> str:
    datasets = [data for pair in found.pairs for data in found.sides(pair)]
    return protocol(found.scores, datasets, "Who is ahead is told by differences")
