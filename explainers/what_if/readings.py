"""What the numbers of a what-if say, as sentences and a table. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

import numpy as np
import pandas as pd

from core.data import GraphData
from core.edits import Edit, Edits, edge, feature_called, said
from explainers.contract import Table
from explainers.nodes import class_of
from explainers.what_if.result import Found, Outcome, Planned
from explainers.wording import count, percent

LABEL = "label of the original graph"


def answers(outcome: Outcome, graph: GraphData) -> list[str]:
    """What the edits do to the target, to the other nodes, and to the target's state; the first sentence is the answer."""
    return [_verdict(outcome, graph), _others(outcome), _movement(outcome), *_cautions(outcome)]


def phrase(edits: Edits, graph: GraphData) -> str:
    """The edited graph as the beginning of a sentence: "Without the edge 12–40"."""
    if len(edits) != 1:
        return f"After these {len(edits)} edits" if edits else "In the graph as it is"
    (edit,) = edits
    match edit[0]:
        case "remove":
            return f"Without the edge {edge(edit, graph)}"
        case "add":
            return f"With a new edge {edge(edit, graph)}"
        case "drop":
            return f"Without node {edit[1]}"
    return f"With {_lower(feature_called(int(edit[2]), graph))} of node {edit[1]} at {edit[3]}"


def _verdict(outcome: Outcome, graph: GraphData) -> str:
    was, now = int(outcome.before.argmax()), int(outcome.after.argmax())
    sure, first = percent(float(outcome.after[now]), 0), percent(float(outcome.before[was]), 0)
    if not outcome.edits:
        return f"The model says {outcome.class_names[was]} ({first}) of node {outcome.node}. Edit the graph to see what would change that."
    model = "a model trained again" if outcome.retrained else "the model"
    begin = f"{phrase(outcome.edits, graph)} {model}"
    if outcome.flips:
        return f"{begin} says {outcome.class_names[now]} ({sure}) instead of {outcome.class_names[was]} ({first} before)."
    return f"{begin} still says {outcome.class_names[was]} ({sure}, {first} before)."


def _others(outcome: Outcome) -> str:
    if not outcome.edits:
        return ""
    hops = outcome.changed.hops[outcome.changed.nodes != outcome.node]
    if not len(hops):
        return "No other node changes its class."
    which = f"{count(len(hops), 'other node changes its class', 'other nodes change their class')}"
    if (hops < 0).any():
        return f"{which}, {int((hops < 0).sum())} of them without a path to node {outcome.node}."
    return f"{which}, {'up to ' if len(hops) > 1 else ''}{count(int(hops.max()), 'hop')} from node {outcome.node}."


def _movement(outcome: Outcome) -> str:
    moved = outcome.moved
    if not outcome.edits or isnan(moved.distance):
        return ""
    begin, its = ("logits move", "their") if moved.state == "logits" else (f"{moved.state} moves", "its")
    turned = ", once both models' states are turned onto each other" if moved.aligned else ""
    cosine = "" if isnan(moved.cosine) else f" (cosine {moved.cosine:.2f})"
    return f"Its {begin} by {percent(moved.distance, 0)} of {its} length{cosine}{turned}."


def _cautions(outcome: Outcome) -> list[str]:
    if not outcome.retrained:
        return []
    return ["One training of the same seed: part of the difference may be what any other training would bring."]


def changed_table(outcome: Outcome, graph: GraphData) -> Table:
    """A row a node whose predicted class is another one."""
    changed = outcome.changed
    data = pd.DataFrame(
        {
            "node": changed.nodes,
            "hops": pd.array(np.where(changed.hops < 0, 0, changed.hops), dtype="Int64"),
            "before": class_of(graph, changed.before),
            "sure before": changed.before_probability,
            "after": class_of(graph, changed.after),
            "sure after": changed.after_probability,
            "label": class_of(graph, graph.labels[changed.nodes]),
        }
    )
    data.loc[changed.hops < 0, "hops"] = pd.NA
    help_ = {
        "node": "Number of the node, from 0; a click selects it.",
        "hops": f"Links between it and node {outcome.node} in the graph without edits; empty without a path.",
        "before": "Predicted class without edits.",
        "sure before": "Its probability.",
        "after": "Predicted class in the edited graph.",
        "sure after": "Its probability.",
        "label": f"True class: the {LABEL}.",
    }
    return Table(data, help_, node="node")


def cost(planned: Planned) -> str:
    """What a search will try, said before."""
    kinds = [count(number, kind) for kind, number in planned.candidates.items()]
    first = f"{' + '.join(kinds)}: {count(planned.total, 'single edit')}, {count(planned.tried, 'evaluation')}."
    if planned.tried < planned.total:
        return f"{first} Only the first {planned.tried:,} of {planned.total:,} single edits are tried, so nothing is proven."
    rest = [
        f"sets of {size}: {number:,}{'' if number <= planned.limit else f', over the limit of {planned.limit:,}, so not all tried'}"
        for size, number in enumerate(planned.sizes[1:], start=2)
        if number
    ]
    return f"{first} {_upper('; '.join(rest))}." if rest else first


def finding(found: Found, graph: GraphData) -> list[str]:
    """What the search found, and how far that is proven."""
    tried = f"{count(found.evaluations, 'evaluation')}, {found.seconds:.1f} s"
    if not found.planned.total:
        return [f"There is nothing to try on node {found.node}.", *found.planned.notes]
    if not found.edits:
        greedy = f" A greedy search up to {count(found.greedy, 'edit')} did not either." if found.greedy else ""
        return [
            f"Nothing found that flips the prediction of node {found.node} ({tried}). {_proven(found, 0)}{greedy}",
            *found.planned.notes,
        ]
    was, now = int(found.before.argmax()), int(found.after.argmax())
    names = found.class_names
    what = "; ".join(said(edit, graph) for edit in found.edits)
    flips = f"{names[now]} ({percent(float(found.after[now]), 0)}) instead of {names[was]} ({percent(float(found.before[was]), 0)} before)"
    return [f"{what}: {flips}. {_minimal(found)} ({tried})", *found.planned.notes]


def _minimal(found: Found) -> str:
    size, tried = len(found.edits), found.planned.tried
    if size == 1:
        which = f"the {tried:,} tried" if tried < found.planned.total else "all that are"
        return f"A single edit is enough; of {which}, the most decisive one."
    if found.is_minimal:
        return f"Proven minimal with {count(size, 'edit')}: {_lower(_proven(found, size))}"
    return f"Smallest found: {count(size, 'edit')}, greedily. {_proven(found, size)}"


def _proven(found: Found, size: int) -> str:
    total, proven = found.planned.total, found.proven
    if not proven:
        return f"{found.planned.tried:,} of {total:,} single edits were tried and none flips it, which proves nothing about the others."
    if proven == 1:
        more = "" if size == 2 else " Not all larger sets were tried."
        return f"No single edit of the {count(total, 'candidate')} flips it.{more}"
    more = "" if not size or size == proven + 1 else " Not all larger sets were tried."
    return f"No set of up to {proven} of the {count(total, 'candidate')} flips it.{more}"


def rows(edits: Sequence[Edit], graph: GraphData) -> list[str]:
    """A sentence an edit."""
    return [said(edit, graph) for edit in edits]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
