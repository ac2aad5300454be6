"""Sentences about what a model's nodes do, worked out from its numbers. Free of torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from core.actions import DEALT
from core.metrics.actions import ALL, OTHER, SAME, agreement
from core.seeds import Interval, interval, paired_difference
from explainers.lenses.actions import result as results
from explainers.lenses.actions.marks import DOES
from explainers.lenses.actions.result import Actions
from explainers.swaps import ALL as EVERYWHERE
from explainers.swaps import LEARNED
from explainers.sweep.answer import is_noise
from explainers.wording import count, listed, metric_name, model_name, percent, points, spread

FEW = 3
"""Layers that are told of one by one, or groups of layers; of more the extremes."""
NONE = 0.0005
"""Shares below this would be written as 0.0 %, and shares as near to 1 as 100.0 %."""

APART = 0.25
"""Half-width of an interval from which on the seeds' range says more."""


def captions(found: Actions) -> list[str]:
    """What the nodes do, and whether the score needs it; then what passes, other swaps, how sure they are, and how alike two seeds."""
    said = (does(found), matters(found), passes(found), otherwise(found), sure(found), alike(found))
    return [sentence for sentence in said if sentence]


def does(found: Actions) -> str:
    """What the nodes of each layer do."""
    table = results.layers(found)
    name, over = model_name(found.model), f" ({found.seeds} seeds)" if found.seeds > 1 else ""
    if said := _by_layer(found, lambda layer: _parts(table[table["layer"] == layer])):
        return f"{name}{over}: {said}."
    both = table[table["action"] == "standard"].groupby("layer")["share"].mean()
    low, high = (f"{percent(both[layer])} (layer {layer})" for layer in (both.idxmin(), both.idxmax()))
    return f"Over {name}'s {len(found.layers)} layers{over} between {low} and {high} of the nodes listen and broadcast."


def passes(found: Actions) -> str:
    """What share of the edges carries a message, and whether those between nodes of one class carry more."""
    table = results.messages(found)
    every = table[table["edges"] == ALL]
    if not every["number"].any():
        return "The graph has no edges between nodes: whatever they do, no message passes."
    drawn = _share(every.groupby("seed")["expected"].mean())
    over = " (mean over the layers)" if len(found.layers) > 1 else ""
    were = f"were each action drawn by these probabilities, on the same states, {drawn} of them would{over}"
    if _constant(every["carried"], 1):
        return f"Every edge carries a message, as in a GNN without actions; {were}."
    said = _by_layer(found, lambda layer: _carried(table[table["layer"] == layer]))
    mean = _carried(table.groupby(["seed", "edges"])["carried"].mean().reset_index())
    return f"Edges that carry a message: {said or f'in the mean over the layers, {mean}'}; {were}."


def matters(found: Actions) -> str:
    """What the test score becomes if all nodes listen and broadcast, as in a GNN without actions."""
    score = _scores(found)
    if score is None:
        return ""
    metric, learned = metric_name(found.metric), spread(interval(score[LEARNED]))
    if _same_everywhere(found, "standard"):
        return f"That is what a GNN without actions does; test {metric} is {learned}."
    return f"If all nodes are told to listen and broadcast, test {metric} goes from {learned} to {_against(found, score, 'standard')}."


def otherwise(found: Actions) -> str:
    """What the score becomes if who does what is left to chance, and if no message passes."""
    score = _scores(found)
    if score is None:
        return ""
    metric, isolated = metric_name(found.metric), _against(found, score, "isolate")
    if _same_everywhere(found):
        return f"With all nodes isolated, so that no message passes, test {metric} is {isolated}."
    dealt = f"With the actions dealt out anew among the nodes test {metric} is {_against(found, score, DEALT)}"
    return f"{dealt}; with all isolated, so that no message passes, {isolated}."


def sure(found: Actions) -> str:
    """How probable the actions are that the nodes take."""
    likely = {
        number: pd.Series([float(one.layers[number - 1].policy.max(axis=1).mean()) for one in found.readings]) for number in found.layers
    }
    if len(likely) > FEW:
        low, high = (pick(likely, key=lambda number: likely[number].mean()) for pick in (min, max))
        said = f"between {percent(likely[low].mean())} (layer {low}) and {percent(likely[high].mean())} (layer {high})"
    else:
        said = listed([f"{_share(values)} in layer {number}" for number, values in likely.items()])
    return f"A node takes its likeliest action, which has a mean probability of {said}."


def alike(found: Actions) -> str:
    """Whether two seeds give a node the same action, beside chance."""
    if found.seeds < 2 or _same_everywhere(found):
        return ""
    pairs = [
        agreement(one.layers[number - 1].action, other.layers[number - 1].action)
        for one, other in combinations(found.readings, 2)
        for number in found.layers
    ]
    same, chance = np.mean(pairs, axis=0).tolist()
    return f"Two seeds give a node the same action in {percent(same)} of the cases; by chance it would be {percent(chance)}."


def _scores(found: Actions) -> pd.DataFrame | None:
    """Test score by seed and swap of all layers; None without test nodes."""
    rows = results.swaps(found)
    score = rows[rows["layer"] == EVERYWHERE].pivot_table(index="seed", columns="swap", values="test_score", dropna=False)
    return None if score.isna().all(axis=None) else score


def _parts(rows: pd.DataFrame) -> str:
    """ "all nodes listen and broadcast", "61.0 % of the nodes listen and broadcast, 39.0 % only listen"."""
    shares = {action: group.set_index("seed")["share"] for action, group in rows.groupby("action")}
    if any(spread_out(values) for values in shares.values()):
        return _commonest(pd.DataFrame(shares))
    order = sorted(shares, key=lambda action: -shares[action].mean())
    if shares[order[0]].mean() > 1 - NONE:
        return f"all nodes {DOES[order[0]]}"
    first, *rest = [action for action in order if shares[action].mean() >= NONE]
    return listed([f"{_share(shares[first])} of the nodes {DOES[first]}", *(f"{_share(shares[action])} {DOES[action]}" for action in rest)])


def _commonest(shares: pd.DataFrame) -> str:
    """ "the commonest action is to only listen in 2 of 3 seeds (61 to 100 % of the nodes), to do neither in 1 (58 %)": of seeds that have
    little in common."""
    first, highest = shares.idxmax(axis=1), shares.max(axis=1)
    said = list[str]()
    for action, seeds in first.value_counts().items():
        own = highest[first == action]
        low, high = f"{100 * own.min():.0f}", percent(own.max(), 0)
        span = high if high.startswith(f"{low} ") else f"{low} to {high}"
        many = f"all {seeds} seeds" if seeds == len(shares) else f"{seeds}" if said else f"{seeds} of {len(shares)} seeds"
        said.append(f"to {DOES[str(action)]} in {many} ({span}{'' if said else ' of the nodes'})")
    return f"the commonest action is {listed(said)}"


def _carried(rows: pd.DataFrame) -> str:
    """ "44.0 % (52.0 % within a class and 31.0 % between classes, 21.0 points apart)"."""
    by = rows.pivot_table(index="seed", columns="edges", values="carried", dropna=False)
    if _constant(by[ALL], 1) or _constant(by[ALL], 0):
        return "all" if by[ALL].iloc[0] > NONE else "none"
    if by.reindex(columns=[SAME, OTHER]).isna().any(axis=None):
        return _share(by[ALL])
    apart = _told_apart(paired_difference(by[SAME], by[OTHER]))
    return f"{_share(by[ALL])} ({_share(by[SAME])} within a class and {_share(by[OTHER])} between classes, {apart})"


def _share(values: pd.Series) -> str:
    """Mean and interval over seeds, or from the lowest to the highest where the seeds have little in common."""
    found = interval(values)
    if spread_out(values):
        return f"{100 * values.min():.0f} to {percent(values.max(), 0)} by seed"
    return spread(found)


def spread_out(values: pd.Series) -> bool:
    """Whether the seeds have so little in common that their mean says nothing."""
    found = interval(values)
    return found.n > 1 and found.half_width > APART


def _told_apart(apart: Interval) -> str:
    if abs(apart.mean) < NONE:
        return "the same"
    return "not told apart by the seeds" if is_noise(apart) else f"{points(apart.mean)} apart{', paired by seed' if apart.n > 1 else ''}"


def _against(found: Actions, score: pd.DataFrame, swap: str) -> str:
    """The score under a swap beside the learned one: what the seeds say of the difference, or of one seed how many nodes it concerns."""
    moved = paired_difference(score[LEARNED], score[swap])
    if (score[LEARNED] - score[swap]).abs().max() < NONE:
        beside = "the same"
    elif is_noise(moved):
        beside = "not told apart by the seeds"
    else:
        beside = f"{points(moved.mean)} {'less' if moved.mean > 0 else 'more'}"
    return f"{spread(interval(score[swap]))} ({beside}{_otherwise(found, swap)})"


def _otherwise(found: Actions, swap: str) -> str:
    """Of one seed, which has no interval: how many test nodes are predicted otherwise, a mean where there are several draws."""
    if found.seeds > 1 or not (tested := found.readings[0].tested):
        return ""
    rows = results.swaps(found)
    changed = rows.loc[(rows["layer"] == EVERYWHERE) & (rows["swap"] == swap), "changed"].iloc[0]
    return f"; {f'{changed * tested:,.1f}'.removesuffix('.0')} of {count(tested, 'test node')} predicted otherwise"


def _by_layer(found: Actions, say: Callable[[int], str]) -> str:
    """What is said of each layer, once of those alike: "in layers 1 to 3, …; in layer 4, …"; empty if that would be much."""
    said: dict[str, list[int]] = {}
    for layer in found.layers:
        said.setdefault(say(layer), []).append(layer)
    if len(said) > FEW:
        return ""
    if len(said) == 1 and len(found.layers) > 1:
        (text,) = said
        return f"in {'both' if len(found.layers) == 2 else f'all {len(found.layers)}'} layers {text}"
    return "; ".join(f"in {_numbered(numbers)}, {text}" for text, numbers in said.items())


def _numbered(layers: Sequence[int]) -> str:
    """ "layer 1", "layers 1 and 3", "layers 1 to 3"."""
    if len(layers) > 2 and layers[-1] - layers[0] == len(layers) - 1:
        return f"layers {layers[0]} to {layers[-1]}"
    return f"layer{'s' if len(layers) > 1 else ''} {listed(list(map(str, layers)))}"


def _same_everywhere(found: Actions, action: str = "") -> bool:
    """Whether all nodes do one thing in every layer of every run, or just that one thing."""
    table = results.layers(found)
    most = table[table["share"] > 1 - NONE]
    return len(most) == found.seeds * len(found.layers) and most["action"].nunique() == 1 and action in ("", most["action"].iloc[0])


def _constant(values: pd.Series, value: float) -> bool:
    return bool(((values - value).abs() < NONE).all())
