"""What the numbers of many explained nodes say, in sentences. Free of torch."""

from __future__ import annotations

import numpy as np

from explainers.nodes import UNKNOWN as UNLABELLED
from explainers.whole import tables
from explainers.whole.result import BEATS, LOWER, TITLES, UNKNOWN, WORSE, Against, Whole
from explainers.wording import count, percent

FIRST = "probability_fidelity_plus"
OTHERS = ("probability_fidelity_minus", "characterization", "unfaithfulness")


def captions(whole: Whole) -> list[str]:
    """Which methods beat random edges, on what it holds, and what was left out."""
    lines = [f"On {_nodes(whole)}, {_verdict(whole, FIRST)}."]
    others = [_shortly(whole, name) for name in OTHERS if whole.on(name)]
    if others and len(whole.nodes) > 1:
        lines.append(f"How many beat random edges on the other metrics: {', '.join(others)}.")
    lines.append(
        f"{whole.model} on {whole.dataset}. Cut edges are {whole.how}; an explanation is the {count(whole.keep, 'highest edge')}; "
        f"methods that draw at random are means over {count(whole.seeds, 'seed')}."
    )
    if len(whole.nodes) < whole.asked:
        lines.append(f"{len(whole.nodes):,} of {whole.asked:,} nodes were explained, evenly spaced over their numbers.")
    return [*lines, *whole.notes]


def findings(whole: Whole, method: str) -> list[str]:
    """Where one method's importance lies: the classes it joins, its distance, and its first feature."""
    own = whole.of(method)
    if not own.by_hop.nodes:
        return [f"{own.title} gives no edge a score on these nodes: none has an edge within reach, or none changes the prediction."]
    names, shares = [*whole.class_names, UNLABELLED], own.by_class_pair
    first, second = divmod(int(np.nanargmax(shares.importance - shares.edges)), len(names))
    place = first * len(names) + second
    where = (
        f"within “{names[first]}”"
        if first == second
        else f"{'from' if whole.directed else 'between'} “{names[first]}” "
        + (f"to “{names[second]}”" if whole.directed else f"and “{names[second]}”")
    )
    said = []
    if shares.importance[place] > shares.edges[place]:
        said.append(
            f"{own.title} puts {percent(float(shares.importance[place]), 0)} of its importance on edges {where}, "
            f"which are {percent(float(shares.edges[place]), 0)} of the edges within reach."
        )
    near = tables.by_hop(own).iloc[0]
    said.append(
        f"The node's own edges carry {percent(float(near['importance']), 0)} of it and are {percent(float(near['edges']), 0)} of the edges."
    )
    if own.by_hop.nodes < len(whole.nodes):
        said.append(f"Counted on {own.by_hop.nodes:,} of {len(whole.nodes):,} nodes: the others have no edge with a score.")
    return said


def strongest_first(whole: Whole) -> list[str]:
    """The methods by how far they are above random edges on fidelity+."""
    means = {one.method: one.difference.mean for one in whole.on(FIRST)}
    return sorted(whole.methods, key=lambda name: -means.get(name, -np.inf))


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
    worse = sum(one.verdict == WORSE for one in found)
    also = f"; {worse} {'is' if worse == 1 else 'are'} worse" if worse else ""
    methods = count(len(found), "method")
    if not better:
        return f"none of {methods} beats random edges on {title}{also}"
    best = max(better, key=lambda one: one.difference.mean * (-1 if metric in LOWER else 1))
    beat = "beats" if len(better) == 1 else "beat"
    return f"{len(better)} of {methods} {beat} random edges on {title}{also}; the best is {_said(whole, best)}"


def _shortly(whole: Whole, metric: str) -> str:
    found = whole.on(metric)
    return f"{_title(metric)} {sum(one.verdict == BEATS for one in found)} of {len(found)}"


def _said(whole: Whole, one: Against) -> str:
    return f"{whole.methods[one.method]}: {one.difference.mean:+.2f} ± {one.difference.half_width:.2f}"


def _title(metric: str) -> str:
    title = TITLES[metric]
    return title[0].lower() + title[1:]
