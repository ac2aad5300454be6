"""What the numbers say, in sentences."""

from __future__ import annotations

import math

import numpy as np

from core.graph.homophily.direction import FLIPS, LEVEL, PERMUTATIONS
from explainers.across.result import dataset_title
from explainers.lenses.homophily.result import DIRECTION, Homophily
from explainers.wording import count, percent

MEANING = {
    "AA": "nodes two steps apart",
    "AAᵀ": "nodes that point to the same one",
    "AᵀA": "nodes that the same one points to",
}
NEAR, CLEAR = 0.05, 0.3
"""Adjusted homophily that is called no more than chance, and from which a graph is called homophilous without a word beside."""
SAME = 0.005
"""Difference of shares that one digit after the point does not show."""


def captions(found: Homophily) -> list[str]:
    said = (verdict(found), disagreement(found), linked(found), alike(found), direction(found), undefined(found), counted(found))
    return [sentence for sentence in said if sentence]


def verdict(found: Homophily) -> str:
    """Whether a class links to itself more often than by chance. Our words for adjusted homophily, which is 0 by chance."""
    if math.isnan(found.named("edge").value):
        return ""
    adjusted, title = found.named("adjusted").value, dataset_title(found.dataset)
    if math.isnan(adjusted):
        return f"{title}: {_chance(found)}."
    if abs(adjusted) < NEAR:
        return f"{title} is neither homophilous nor heterophilous, but about as chance would have it: {_chance(found)}."
    word = "heterophilous" if adjusted < 0 else "homophilous" if adjusted >= CLEAR else "weakly homophilous"
    return f"{title} is {word}: {_chance(found)}."


def disagreement(found: Homophily) -> str:
    """Why the measures disagree: what each of them asks."""
    edge = found.named("edge").value
    if math.isnan(edge):
        return ""
    if edge == 1 and not math.isnan(found.named("adjusted").value):
        return "Here the measures agree: there are several classes, and no edge joins two of them."
    parts = [_nodes(found), _isolated(found), _classes(found), _information(found)]
    said = "; ".join(part for part in parts if part).removeprefix("and ")
    return f"Where the measures disagree, they ask different things: {said}." if said else ""


def _chance(found: Homophily) -> str:
    edge, adjusted, chance = found.named("edge").value, found.named("adjusted").value, float((found.mass**2).sum())
    if math.isnan(adjusted):
        return f"{percent(edge)} of the edges link a class to itself, as they must, with one class at all ends"
    return (
        f"{percent(edge)} of the edges link a class to itself, where {percent(chance)} would without regard to labels, so that adjusted "
        f"homophily is {_signed(adjusted)}"
    )


def _nodes(found: Homophily) -> str:
    """The mean over edges is that over nodes weighted by degree: their difference is the covariance of degree and local homophily."""
    edge, node = found.named("edge").value, found.named("node", "left out").value
    if abs(node - edge) < SAME:
        return f"the mean over nodes with neighbours is {percent(node)}" if found.isolated else ""
    trend = "smaller" if node > edge else "larger"
    tends = f"the more neighbours a node has, the {trend} the share of its own class among them tends to be"
    return f"{tends}, so that the mean over nodes with neighbours is {percent(node)}"


def _isolated(found: Homophily) -> str:
    if not found.isolated:
        return ""
    zero = found.named("node", "count as 0").value
    counts = "counts" if found.isolated == 1 else "count"
    return f"it is {percent(zero)} over all nodes if {count(found.isolated, 'node')} without neighbours {counts} as 0"


def _classes(found: Homophily) -> str:
    value, below = found.named("class-insensitive").value, len(found.below)
    if math.isnan(value) or not below:
        return ""
    who = f"{below} of {count(len(found.class_names), 'class', 'classes')}"
    less = "links to itself less than its" if below == 1 else "link to themselves less than their"
    return f"{who} {less} share of the nodes, which class-insensitive homophily ({value:.2f}) takes for 0"


def _information(found: Homophily) -> str:
    value = found.named("label informativeness (edge)").value
    if math.isnan(value):
        return ""
    return f"and a neighbour's label, alike or not, takes away {percent(value)} of the entropy of a node's own"


def linked(found: Homophily) -> str:
    """The class that keeps the fewest of its edges within it, and where they go."""
    within = np.diag(found.class_edges)
    if np.isfinite(within).sum() < 2:
        return ""
    own = int(np.nanargmin(within))
    others = found.class_edges[own].copy()
    others[own] = -1
    other, names = int(np.nanargmax(others)), found.class_names
    if not others[other] > 0:
        return "No edge joins two classes."
    return (
        f"'{names[own]}' keeps the fewest of its edges within the class, {percent(within[own])}; {percent(others[other])} go to "
        f"'{names[other]}'."
    )


def alike(found: Homophily) -> str:
    """Whether neighbourhoods tell the classes apart, be they of the same class or not."""
    known = np.flatnonzero(np.isfinite(np.diag(found.similarity)) & (found.sizes > 1))
    if len(known) < 2:
        return ""
    table = found.similarity[np.ix_(known, known)]
    others = np.where(np.eye(len(known), dtype=bool), -1, table)
    apart = int((np.diag(table) > others.max(axis=1)).sum())
    one, two = (found.class_names[known[place]] for place in np.unravel_index(others.argmax(), others.shape))
    classes = f"{len(known)} classes{_alone(found)}"
    return (
        f"The neighbourhoods of {apart} of {classes} are more alike among themselves than to those of any other class; the likest of two "
        f"classes are those of '{one}' and '{two}' (similarity {others.max():.2f})."
    )


def _alone(found: Homophily) -> str:
    few = int((found.sizes == 1).sum())
    return f" ({few} of one node left out)" if few else ""


def direction(found: Homophily) -> str:
    """What the direction score advises, or why it does not."""
    score = found.direction
    if not score.r_squared or math.isnan(score.value):
        return f"No advice on direction: {_sentence(score.reason)}"
    best, worst = (pick(score.r_squared, key=lambda name: score.r_squared[name]) for pick in (max, min))
    each = [f"{score.r_squared[name]:.2g} for {MEANING[name]} ({name})" for name in (best, worst)]
    numbers = f"R² with equal labels is {each[0]}, {each[1]}"
    chance = f"{LEVEL:.0%} of {PERMUTATIONS} permutations of the labels stay under {score.chance:.2g}".replace("%", " %")
    whose = f"({count(score.nodes, 'node')}: {found.judged})"
    if not score.advice:
        return f"No advice on direction: {score.reason}. {numbers}; {chance} {whose}."
    if score.advice == "undirected":
        return f"The direction of the edges can be dropped: {numbers}, a {DIRECTION} of {score.value:.2f}; {chance} {whose}."
    turned = f"where edges point either way by chance it is at most {score.turned:.2f} in {FLIPS} graphs"
    return f"Keep the direction of the edges: {numbers}, a {DIRECTION} of {score.value:.2f}; {turned}; {chance} {whose}."


def undefined(found: Homophily) -> str:
    """Why some measures are not defined."""
    reasons: dict[str, list[str]] = {}
    for one in found.measures:
        if one.measure != DIRECTION and (reason := getattr(one.value, "reason", "")):
            reasons.setdefault(reason, []).append(one.measure)
    return " ".join(f"Not defined, as {reason}: {', '.join(dict.fromkeys(names))}." for reason, names in reasons.items())


def counted(found: Homophily) -> str:
    """What was done about direction, labels, self-loops and parallel edges."""
    said = ["Diagnostic: all known labels are used, those of test nodes too."]
    if found.unlabelled:
        are = "is" if found.unlabelled == 1 else "are"
        said.append(f"{count(found.unlabelled, 'node')} without a label {are} left out, with all edges there.")
    if found.directed:
        said.append(
            "The graph is directed: a node's neighbours are those that point to it, and a class's edges those that leave it; adjusted "
            "homophily and label informativeness, which are defined for undirected graphs, count both ends of every stored edge."
        )
    if found.self_loops:
        count_as = "counts as an edge" if found.self_loops == 1 else "count as edges"
        said.append(f"{count(found.self_loops, 'self-loop')} {count_as} within a class.")
    if found.parallel:
        repeat = "repeats another and counts" if found.parallel == 1 else "repeat another and count"
        said.append(f"{count(found.parallel, 'stored edge')} {repeat} again.")
    return " ".join(said)


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _sentence(reason: str) -> str:
    return reason if reason.endswith(".") else f"{reason}."
