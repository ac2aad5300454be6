"""Which nodes suffer, in sentences computed from the numbers. Free of torch."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.proportions import Z
from core.seeds import interval
from explainers.lenses.heterophily.paired import FEWEST, LEVEL, REFERENCES
from explainers.lenses.heterophily.readings import ANY, BINS
from explainers.lenses.heterophily.result import Heterophily
from explainers.sweep.answer import is_noise
from explainers.wording import count, listed, metric_name, model_name, one_in, percent, points, spread

WHERE = {"homophily": "local homophily", "degree": "degree"}
ENOUGH = 5
"""Seeds below which the t-interval at the level for all bins is so wide that little is named."""
CHANCE = "more than chance could give"


def captions(found: Heterophily) -> list[str]:
    """The answer first: beside the MLP, whom the edges help and whom they hurt."""
    said = [answer(found), overall(found), *others(found), shifted(found), *refusals(found), counted(found)]
    return [sentence for sentence in said if sentence]


def answer(found: Heterophily) -> str:
    so_far = f"{found.done:,} of {count(found.planned, 'run')} so far. " if found.done < found.planned else ""
    reference = next((name for name in REFERENCES if name in found.models), "")
    if not reference or len(found.models) < 2:
        there, verb = listed(list(map(model_name, found.models))), "is" if len(found.models) == 1 else "are"
        return f"{so_far}Nothing to compare yet: {there} alone {verb} there ({conditions(found)})."
    return f"{so_far}{compared(found, 'homophily', reference)} ({conditions(found)})."


def conditions(found: Heterophily) -> str:
    """Metric, part, seeds and split, as every sentence and figure names them."""
    seeds = "one seed, so no spread" if found.seeds == 1 else f"{one_in(found.seeds_each)} seeds"
    return f"{metric_name(found.metric)} on test nodes, {seeds}, {found.split}"


def compared(found: Heterophily, by: str, reference: str) -> str:
    """Where each model is better or worse than the reference."""
    rows = found.paired[(found.paired["by"] == by) & (found.paired["reference"] == reference)]
    if rows.empty:
        return f"Beside {_the(reference)} nothing can be compared by {WHERE[by]}: no bin has a score of both"
    if not (rows["nodes"] >= FEWEST).any():
        return f"By {WHERE[by]}, beside {_the(reference)}, nothing is told: no bin holds {FEWEST} different test nodes"
    said, untold = [], []
    for model in dict.fromkeys(rows["model"]):
        named = rows[(rows["model"] == model) & rows["named"]]
        if named.empty:
            untold.append(model_name(str(model)))
            continue
        sides = [("worse", named[named["difference"] < 0]), ("better", named[named["difference"] > 0])]
        said.append(f"{model_name(str(model))} is " + " and ".join(f"{word} at {_bins(some, by)}" for word, some in sides if len(some)))
    if untold:
        said.append(f"of {listed(untold)} these nodes and seeds tell no difference in any bin")
    return f"By {WHERE[by]}, beside {_the(reference)}: {'; '.join(said)}"


def _the(model: str) -> str:
    return "the MLP" if model == "mlp" else model_name(model)


def _bins(rows: pd.DataFrame, by: str) -> str:
    pieces = [
        f"{BINS[by][place].label} (by {points(difference)}, {count(nodes, 'node')})"
        for place, difference, nodes in zip(rows["bin"], rows["difference"], rows["nodes"], strict=True)
    ]
    return listed(pieces)


def overall(found: Heterophily) -> str:
    """What each model scores over all test nodes."""
    each = [f"{model_name(model)} {spread(found.interval(model))}" for model in found.models]
    return f"Over all test nodes: {', '.join(each)} ({conditions(found)})."


def others(found: Heterophily) -> list[str]:
    """The other comparisons, where they say something; and what it takes to be named."""
    said = []
    for by in BINS:
        for reference in REFERENCES:
            rows = found.paired[(found.paired["by"] == by) & (found.paired["reference"] == reference)]
            if rows.empty or (by, reference) == ("homophily", next(name for name in REFERENCES if name in found.models)):
                continue
            said.append(f"{compared(found, by, reference)}.")
    if found.paired.empty:
        return said
    by_chance = "if neither seeds (paired t-interval) nor nodes could" if found.seeds > 1 else "unless its nodes alone could"
    level = f"{LEVEL:.0%}".replace("%", " %")
    rule = f"A bin is named {by_chance} give the difference by chance, {level} for all bins, factors and models together"
    few = f" With {found.seeds} seeds only differences many times their spread can be." if 1 < found.seeds < ENOUGH else ""
    narrow = " Splits that share nodes make intervals over seeds too narrow (Nadeau & Bengio 2003)." if found.splits > 1 else ""
    return [*said, f"{rule}, and only if it holds {FEWEST} different nodes.{few}{narrow}"]


def shifted(found: Heterophily) -> str:
    """Whether training nodes have other neighbours than test nodes."""
    means = found.parts[found.parts["bin"] == ANY].set_index(["split", "part"])
    train, test = (means.xs(part, level="part") for part in ("train", "test"))
    known = train["mean"].notna() & test["mean"].notna()
    if not known.any():
        return "Whether training and test nodes differ in local homophily cannot be said: one of them has no labelled neighbours."
    change = interval((test["mean"] - train["mean"])[known])
    if change.n > 1:
        chance = is_noise(change) is not False
    else:
        error = np.sqrt(sum(float(one["variance"].iloc[0]) / float(one["count"].iloc[0]) for one in (train[known], test[known])))
        chance = not abs(change.mean) > Z * error
    told = "no further apart than chance could put them" if chance else f"{points(change.mean)} apart, {CHANCE}"
    levels = (
        f"{percent(float(train['mean'][known].mean()))} on training nodes and {percent(float(test['mean'][known].mean()))} on test nodes"
    )
    return f"Mean local homophily is {levels}: {told} ({found.split})."


def refusals(found: Heterophily) -> list[str]:
    """Why models are missing, and runs have no score."""
    said = [f"{model_name(name)} is left out: {reason}" for name, reason in found.refused.items()]
    if found.diverged:
        said.append(f"{count(found.diverged, 'run')} diverged at once and {'has' if found.diverged == 1 else 'have'} no score.")
    return said


def counted(found: Heterophily) -> str:
    """What was done about labels, direction, self-loops, parallel edges and nodes without neighbours."""
    said = ["Diagnostic: local homophily uses all known labels, those of test nodes too."]
    if found.directed:
        said.append("The graph is directed: nodes that are linked in either direction are neighbours here.")
    if found.self_loops:
        said.append(f"{count(found.self_loops, 'self-loop')} {'does' if found.self_loops == 1 else 'do'} not count.")
    if found.parallel:
        repeat = "repeats another and counts" if found.parallel == 1 else "repeat another and count"
        said.append(f"{count(found.parallel, 'stored edge')} {repeat} once.")
    if found.unlabelled:
        said.append(f"{count(found.unlabelled, 'node')} without a label {'is' if found.unlabelled == 1 else 'are'} no labelled neighbour.")
    if found.alone:
        said.append(f"Test nodes without a labelled neighbour, in no bin of local homophily: {found.alone:,.4g} a split on average.")
    return " ".join(said)
