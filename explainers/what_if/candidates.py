"""The single edits that a search may put together, the most promising of each kind first. Needs torch."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import zip_longest

import numpy as np

from core.data import dense_rows
from core.edits import Edit
from core.errors import UserError, unknown
from core.models.contract import model
from explainers.what_if.known import Known, probabilities
from explainers.what_if.result import KINDS, LIMIT, Planned

BUDGET = 8_000_000_000
"""Numbers that all evaluations of one size of sets may hold together: some minutes of work on large graphs."""
MOST = 3
"""Edits in a set that are tried exhaustively at most."""


def candidates(known: Known, node: int, kinds: Sequence[str]) -> tuple[dict[str, list[Edit]], list[str]]:
    """The edits of each kind, and sentences on kinds that have none.

    Deletions: edges with both ends within the model's reach, nearest first. Additions: links of the node with all others (in a directed
    graph links into it), those that are surely of another predicted class first. Features: those of the node that are
    not 0, to be set to 0.
    """
    for kind in kinds:
        if kind not in KINDS:
            raise unknown("kind of edit", kind, KINDS)
    if not kinds:
        raise UserError("Nothing to search over; choose deletions, additions or features.")
    make = {"deletion": _deletions, "addition": _additions, "feature": _zeros}
    found: dict[str, list[Edit]] = {}
    notes: list[str] = []
    for kind in dict.fromkeys(kinds):
        reason = _without(known, kind)
        found[kind] = [] if reason else list(make[kind](known, node))
        if reason or not found[kind]:
            notes.append(reason or NONE[kind].format(node=node))
    return found, list(dict.fromkeys(notes))


NONE = {
    "deletion": "Node {node} has no edges within reach that could be deleted.",
    "addition": "Node {node} is linked with all other nodes already.",
    "feature": "All features of node {node} are 0 already.",
}


def planned(found: dict[str, list[Edit]], notes: Sequence[str], numbers: int, most: int) -> Planned:
    """What that costs: `numbers` are held in one evaluation, sets have up to `most` edits."""
    if not 1 <= most <= MOST:
        raise UserError(f"Sets of up to {most} edits cannot be tried; 1 to {MOST} can.")
    total = sum(map(len, found.values()))
    limit = max(50, min(LIMIT, BUDGET // max(numbers, 1)))
    sizes = tuple(math.comb(total, size) for size in range(1, most + 1))
    return Planned({kind: len(edits) for kind, edits in found.items()}, min(total, limit), limit, sizes, tuple(notes))


def in_turn(found: dict[str, list[Edit]], most: int) -> list[Edit]:
    """The first ones of every kind in turn, at most so many."""
    return [edit for row in zip_longest(*found.values()) for edit in row if edit is not None][:most]


def _without(known: Known, kind: str) -> str:
    """Why a kind can do nothing to a model."""
    title = model(known.spec.model.name).title
    if kind == "feature":
        return "" if known.subject.uses_features else f"{title} reads no features, so none can flip it."
    return "" if known.subject.uses_edges else f"{title} looks at no edges: only features can flip it."


def _deletions(known: Known, node: int) -> Iterator[Edit]:
    part = known.subject.part(node)
    pairs, hops = part.pairs[part.within], np.sort(part.hop[part.pair_ends[part.within]], axis=1)
    for u, v in pairs[np.lexsort((hops[:, 1], hops[:, 0]))].tolist():
        yield "remove", str(u), str(v)


def _additions(known: Known, node: int) -> Iterator[Edit]:
    graph = known.graph
    source, target = graph.edge_index
    free = np.ones(graph.num_nodes, dtype=bool)
    free[source[target == node]] = False
    if not graph.directed:
        free[target[source == node]] = False
    free[node] = False
    if graph.dropped is not None:
        free[graph.dropped] = False
    others = np.flatnonzero(free)
    logits = known.logits[others]
    sure = probabilities(logits).max(axis=1, initial=0)
    unlike = logits.argmax(axis=1) != known.logits[node].argmax()
    for other in others[np.lexsort((-sure, ~unlike))].tolist():
        first, second = (other, node) if graph.directed else sorted((other, node))
        yield "add", str(first), str(second)


def _zeros(known: Known, node: int) -> Iterator[Edit]:
    row = dense_rows(known.graph.features[[node]])[0]
    features = np.flatnonzero(row)
    for feature in features[np.argsort(-np.abs(row[features]), kind="stable")].tolist():
        yield "feature", str(node), str(feature), "0"
