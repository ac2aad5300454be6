"""What the numbers of many explained nodes say, in sentences. Free of torch."""

from __future__ import annotations

import numpy as np

from explainers.nodes import UNKNOWN as UNLABELLED
from explainers.whole import tables
from explainers.whole.result import BEATS, LOWER, TITLES, UNKNOWN, WORSE, Against, Shares, Whole
from explainers.wording import count, percent

FIRST = "probability_fidelity_plus"
WORTH_SAYING = 0.02
OTHERS = ("probability_fidelity_minus", "characterization", "unfaithfulness")


def captions(whole: Whole) -> list[str]:
    """Which methods beat random edges, on what it holds, and what was left out."""
    lines = [f"On {_nodes(whole)}, {_verdict(whole, FIRST)}."]
    others = [_shortly(whole, name) for name in OTHERS if whole.on(name)]
    if others and len(whole.nodes) > 1:
        lines.append(f"How many beat random edges on the other metrics: {', '.join(others)}.")
    lines.append(
        f"{whole.model} on {whole.dataset}. Cut edges are {whole.how}; an explanation is the {count(whole.keep, 'highest edge')}; "
        f"{count(whole.seeds, 'seed')} of each method that draws random numbers; {count(whole.samples, 'draw')} for robust fidelity."
    )
    if len(whole.nodes) < whole.asked:
        lines.append(f"{len(whole.nodes):,} of {whole.asked:,} nodes were explained, evenly spaced over their numbers.")
    return [*lines, *whole.notes]


def findings(whole: Whole, method: str) -> list[str]:
    """Where one method's importance lies: the classes it joins, its distance, and its first feature."""
    own = whole.of(method)
    if not own.by_hop.nodes:
        return [f"{own.title} gives no edge a score on these nodes: none has an edge within reach, or none changes the prediction."]
    said = [_within(whole, own.by_class_pair), _largest(whole, own.by_class_pair)]
    near = tables.by_hop(own).iloc[0]
    said.append(
        f"The node's own edges carry {percent(float(near['importance']), 0)} and are {percent(float(near['edges']), 0)} of the edges."
    )
    if own.by_hop.nodes < len(whole.nodes):
        said.append(f"Counted on {own.by_hop.nodes:,} of {len(whole.nodes):,} nodes: the others have no edge with a score.")
    return [sentence for sentence in said if sentence]


def strongest_first(whole: Whole) -> list[str]:
    """The methods by how far they are above random edges on fidelity+."""
    means = {one.method: one.difference.mean for one in whole.on(FIRST)}
    return sorted(whole.methods, key=lambda name: -means.get(name, -np.inf))


def _within(whole: Whole, shares: Shares) -> str:
    """How much of the importance stays within one class."""
    size = len(whole.class_names) + 1
    same = np.arange(size - 1) * (size + 1)
    importance, edges = float(shares.importance[same].sum()), float(shares.edges[same].sum())
    return f"Edges within one class carry {percent(importance, 0)} of the importance and are {percent(edges, 0)} of the edges within reach."


def _largest(whole: Whole, shares: Shares) -> str:
    """The pair of classes whose edges carry more than their number, by the most."""
    names = [*whole.class_names, UNLABELLED]
    place = int(np.argmax(shares.importance - shares.edges))
    more, number = float(shares.importance[place]), float(shares.edges[place])
    if more - number < WORTH_SAYING:
        return ""
    first, second = (f"“{names[one]}”" for one in divmod(place, len(names)))
    where = f"within {first}" if first == second else f"from {first} to {second}" if whole.directed else f"between {first} and {second}"
    return f"Most above its number: {percent(more, 0)} on edges {where}, {percent(number, 0)} of the edges."


def _nodes(whole: Whole) -> str:
    number = len(whole.nodes)
    if whole.wrong == number:
        return count(number, "wrong node")
    return f"{count(number, 'node')} ({whole.wrong:,} of them wrong)"


def _verdict(whole: Whole, metric: str) -> str:
    found, title = whole.on(metric), _title(metric)
    better = [one for one in found if one.verdict == BEATS]
    if not found:
        return f"{title} is not defined for any method"
    if all(one.verdict == UNKNOWN for one in found):
        return "no method can be told from random edges: that takes two nodes or more"
    if len(found) == 1:
        return _only(whole, found[0])
    worse = sum(one.verdict == WORSE for one in found)
    also = f"; {worse} {'is' if worse == 1 else 'are'} worse" if worse else ""
    methods = count(len(found), "method")
    if not better:
        return f"none of {methods} beats random edges on {title}{also}"
    best = max(better, key=lambda one: one.difference.mean * (-1 if metric in LOWER else 1))
    beat = "beats" if len(better) == 1 else "beat"
    return f"{len(better)} of {methods} {beat} random edges on {title}{also}; the best is {_said(whole, best)}"


def _only(whole: Whole, one: Against) -> str:
    does = {BEATS: "beats", WORSE: "is worse than"}.get(one.verdict, "does not beat")
    return f"{whole.methods[one.method]} {does} random edges on {_title(one.metric)}: {_size(one)}"


def _shortly(whole: Whole, metric: str) -> str:
    found = whole.on(metric)
    return f"{_title(metric)} {sum(one.verdict == BEATS for one in found)} of {len(found)}"


def _said(whole: Whole, one: Against) -> str:
    return f"{whole.methods[one.method]}: {_size(one)}"


def _size(one: Against) -> str:
    return f"{one.difference.mean:+.2f} ± {one.difference.half_width:.2f}"


def _title(metric: str) -> str:
    title = TITLES[metric]
    return title[0].lower() + title[1:]
