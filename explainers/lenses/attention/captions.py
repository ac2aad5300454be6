"""Sentences about a model's attention, worked out from its numbers. Free of torch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from core.metrics.attention import FEWEST, UNIFORM
from core.proportions import wilson
from core.seeds import Interval, interval
from explainers.lenses.attention import explains_figures, screening
from explainers.lenses.attention import result as results
from explainers.lenses.attention.result import ALL, LEARNED, Attention, Reading
from explainers.sweep.answer import is_noise
from explainers.wording import count, metric_name, model_name, percent, points, spread

ALIKE = 0.005
"""Difference of two shares below which one is said to be about the other."""


def captions(found: Attention) -> list[str]:
    """The answer first: is it more than uniform, and does it matter to the score? Then on whom it rests."""
    parts = (not_learned, answer, uniform_nodes, classes, oneself, single_heads, not_swapped, screening.sentence)
    said = [part(found) for part in parts]
    said += explains_figures.sentences(found.explains) if len(found.explains) else []
    return [sentence for sentence in said if sentence]


def not_learned(found: Attention) -> str:
    """That the model is no better than naming one class for every node; empty if it is better, or nothing is tested.

    It is better if the seeds' interval says so, or the test nodes of every single seed (Wilson): two good seeds may lie so far apart
    that Student's interval holds anything. A ROC-AUC is no share of nodes: of one seed it is taken as it is, of several only the
    seeds speak.
    """
    rows = whole_rows(results.swaps(found))
    learned = rows[rows["swap"] == LEARNED].set_index("seed")["test_score"]
    tested = [one for one in found.readings if not np.isnan(learned.get(one.seed, np.nan) - one.constant)]
    more = interval([learned[one.seed] - one.constant for one in tested])
    unsure = [one.seed for one in tested if _lowest(float(learned[one.seed]), one, found.metric) <= one.constant]
    of_seeds = len(tested) > 1 and found.metric == "roc_auc"
    if not tested or more.low > 0 or not (unsure or of_seeds):
        return ""
    by = f"{len(tested)} seeds" if len(tested) > 1 else count(tested[0].tested, "test node")
    naming = percent(interval([one.constant for one in tested]).mean)
    score = f"test {metric_name(found.metric)} of {spread(interval(learned))} ({by})"
    name = model_name(found.model)
    if of_seeds:
        return (
            f"{name} has a {score}, which the seeds do not tell from {naming}, or which is below it. If it has learned nothing, what it "
            "attends to says little."
        )
    some = f"In {len(unsure)} of {len(tested)} seeds {name}" if len(unsure) < len(tested) else name
    return (
        f"{some} has learned nothing here that shows: its {score} cannot be told from the {naming} of naming one class for every node, "
        "or is below it. What it attends to then says little."
    )


def _lowest(score: float, one: Reading, metric: str) -> float:
    """The low end of what one seed's test nodes say of its score; of a ROC-AUC, which is no share of them, the score itself."""
    return score if metric == "roc_auc" else float(wilson(score * one.tested, one.tested)[0])


def answer(found: Attention) -> str:
    """What happens to the score if all heads attend uniformly."""
    rows = results.swaps(found)
    place = whole_rows(rows)
    learned, uniform, removed = (over_seeds(place, swap, "test_score") for swap in ("learned", "uniform", "removed"))
    metric = metric_name(found.metric)
    said = f"{_close(found)} (mean normalised entropy ≥ {_short(UNIFORM)})"
    moved = change(place, "uniform")
    if not moved.n or np.isnan(moved.mean):
        return f"{said}."
    effect = f"uniform weights in the place of all learned ones take test {metric} from {spread(learned)} to {spread(uniform)}"
    verdict = {True: ", which the seeds do not tell apart", None: "", False: f", {_moved(moved)}"}[is_noise(moved) if moved.n > 1 else None]
    return f"{said}; {effect}{verdict}. With every head removed, so that no message arrives, it has {spread(removed)}."


def uniform_nodes(found: Attention) -> str:
    """The share of nodes that attend practically uniformly, layer by layer."""
    table = results.heads(found)
    parts = []
    for layer in found.layers:
        share = table.loc[table["layer"] == layer].groupby("seed")["uniform_share"].mean()
        entropy = table.loc[table["layer"] == layer].groupby("seed")["mean_normalized_entropy"].mean()
        if share.notna().any():
            parts.append(f"layer {layer}: {percent(interval(share).mean, 0)} of them (mean entropy {interval(entropy).mean:.2f})")
    if not parts:
        return f"No node has {FEWEST} in-neighbours or more, so that none counts as practically uniform."
    return f"Nodes with {FEWEST} in-neighbours or more that attend practically uniformly, {'; '.join(parts)}."


def classes(found: Attention) -> str:
    """Whether neighbours of the same class get more than their share of what goes to neighbours, which every kind of layer has."""
    table = results.heads(found)
    by_seed = table.groupby("seed")[["same_class_among_neighbours", "expected_among_neighbours"]].mean()
    got, due = (interval(by_seed[name]) for name in by_seed)
    if np.isnan(got.mean):
        return "No labelled node has a neighbour that it attends to, so that attention cannot be compared with classes."
    more = interval(by_seed["same_class_among_neighbours"] - by_seed["expected_among_neighbours"])
    alike = abs(more.mean) < ALIKE
    size = "about as much as" if alike else f"{points(more.mean)} {'more' if more.mean > 0 else 'less'} than"
    told = ", a difference that the seeds do not tell from none" if is_noise(more) and not alike else ""
    given = f"{size} uniform weights would give them ({percent(due.mean)}){told}"
    return f"Of the attention to neighbours, {percent(got.mean)} goes to those of the node's own class, mean over heads, {given}."


def oneself(found: Attention) -> str:
    """What nodes keep for themselves."""
    table = results.heads(found)
    own = interval(table.groupby("seed")["self_attention"].mean())
    if not own.n or not all(layer.loops for one in found.readings for layer in one.layers):
        return ""
    due = [results.mean(1 / (layer.degree[layer.degree > 0] + 1)) for one in found.readings for layer in one.layers]
    uniform = percent(float(np.mean(due)))
    return f"A node with neighbours keeps {percent(own.mean)} of its attention for itself; uniform weights would keep {uniform}."


def single_heads(found: Attention) -> str:
    """What removing one head costs, among those that are not alone in their layer. Heads of two seeds have nothing in common: of several
    seeds, the mean over each one's heads, and the lowest that any of them leaves."""
    rows = results.swaps(found)
    several = rows.loc[(rows["head"] == ALL) & (rows["layer"] != ALL), "layer"].unique()
    single = rows[(rows["head"] != ALL) & rows["layer"].isin(several)]
    if not len(single) or single["test_score"].isna().all():
        return ""
    by_head = single.pivot_table(index=["seed", "layer", "head"], columns="swap", values="test_score", dropna=False)
    moved = (by_head["removed"] - by_head["learned"]).groupby("seed")
    if found.seeds > 1:
        return _over_heads(interval(moved.mean()), interval(moved.min()), len(by_head) // found.seeds, metric_name(found.metric))
    base = float(by_head["learned"].iloc[0])
    (_, layer, head), gone = by_head["removed"].idxmin(), float(by_head["removed"].min())
    if gone >= base:
        return "No head's removal lowers the test score, where others stand beside it."
    most = f"removing head {head} in layer {layer} costs most: {percent(base)} goes to {percent(gone)}"
    place = (single["layer"] == layer) & (single["head"] == head) & (single["swap"] == "removed")
    tested = found.readings[0].tested
    changed = f"{round(float(single.loc[place, 'changed'].iloc[0]) * tested):,} of {count(tested, 'test node')}"
    return f"Of heads with others beside them, {most} (the largest of {len(by_head)}; one seed), and {changed} are predicted otherwise."


def _over_heads(mean: Interval, lowest: Interval, heads: int, metric: str) -> str:
    said = f"Removing one of {heads} heads that have others beside them changes test {metric} by {_signed(mean, plus='+')}, mean over heads"
    told = ", which the seeds do not tell from none" if is_noise(mean) else ""
    worst = f"removing the one that costs most in its seed, by {_signed(lowest, plus='+')}"
    return f"{said}{told}; {worst} (the lowest of {heads}: below 0 even by chance)."


def not_swapped(found: Attention) -> str:
    """That single heads were left out, on a large graph."""
    rows = results.swaps(found)
    several = {number for number, layer in enumerate(found.readings[0].layers, 1) if layer.heads > 1}
    asked = set(rows.loc[rows["head"] != ALL, "layer"])
    return "Only whole layers were swapped: on a graph of this size asking about every head would take minutes." if several - asked else ""


def whole_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """The swaps of all heads of all layers, however many there are."""
    for layer, head in ((ALL, ALL), (1, ALL), (1, 1)):
        found = rows[(rows["layer"] == layer) & (rows["head"] == head)]
        if len(found):
            return found
    return rows.iloc[:0]


def over_seeds(rows: pd.DataFrame, swap: str, column: str) -> Interval:
    return interval(rows.loc[rows["swap"] == swap, column])


def change(rows: pd.DataFrame, swap: str) -> Interval:
    """How much lower the test score is than the learned one's, paired over seeds."""
    by_seed = rows.pivot_table(index="seed", columns="swap", values="test_score", dropna=False)
    return interval(by_seed["learned"] - by_seed[swap]) if len(by_seed) else interval([])


def _moved(moved: Interval) -> str:
    return f"{_signed(replace(moved, mean=abs(moved.mean)))} {'less' if moved.mean > 0 else 'more'}"


def _signed(moved: Interval, plus: str = "") -> str:
    """A difference of scores with its spread: "−1.2 ± 0.3 points"; `plus`: what stands before one that is above 0."""
    sign = "" if abs(moved.mean) < 0.0005 else "−" if moved.mean < 0 else plus
    if moved.n < 2 or np.isnan(moved.half_width):
        return f"{sign}{points(moved.mean)}"
    return f"{sign}{100 * abs(moved.mean):.1f} ± {100 * moved.half_width:.1f} points"


def _close(found: Attention) -> str:
    """How many heads are close to uniform: of one run, or counted over the seeds, since heads of two seeds are not the same."""
    most, every = results.uniform_heads(found.readings)
    name = model_name(found.model)
    if not every:
        return f"No node leaves the heads of {name} a choice, so that none can be told from uniform"
    if every == 1:
        return f"The one head of {name} is {'' if most else 'not '}close to uniform"
    over = f", counted over {found.seeds} seeds," if found.seeds > 1 else ""
    if most in (0, every):
        return f"{'All' if most else 'None of the'} {every} heads of {name}{over} are close to uniform"
    return f"{most} of the {every} heads of {name}{over} {'are' if most > 1 else 'is'} close to uniform"


def _short(share: float) -> str:
    return f"{share:g}".removeprefix("0")
