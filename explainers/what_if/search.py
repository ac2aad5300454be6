"""Named work: the smallest set of edits that flips a prediction, and how far that is proven. Needs torch.

First every single edit; if none flips the prediction, a greedy search for some set that does; then all sets of 2, 3 … edits that are
smaller than that one, as far as their number stays below the limit.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import combinations, islice
from math import comb
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.edits import Edit
from core.explained import check_nodes
from core.spec import RunSpec
from core.work import Report
from explainers.what_if.asking import Asker, Set
from explainers.what_if.candidates import candidates, in_turn, planned
from explainers.what_if.known import known
from explainers.what_if.result import Found, Planned
from explainers.wording import count

Floats = NDArray[np.float64]

POOL = 200
"""Edits that a greedy search puts together: those that alone come nearest to a flip."""
GREEDY = 10
"""Edits up to which a greedy search goes."""
CHUNK = 250
"""Sets between two reports."""


def plan(report: Report, *, spec: RunSpec, node: int, kinds: Sequence[str], most: int, root: Path) -> Planned:
    """Named work: how many evaluations `search` would make, before it makes them."""
    base = known(report, spec, root)
    check_nodes(base.graph, [node])
    return planned(*candidates(base, node, kinds), Asker(base, node).numbers, most)


def search(report: Report, *, spec: RunSpec, node: int, kinds: Sequence[str], most: int, root: Path) -> Found:
    """The smallest set of edits of the stored run's graph after which the model, its weights unchanged, predicts another class.

    `kinds`: of `KINDS`; `most`: size of the sets up to which all are tried, 1 to 3. Of several sets of one size it takes
    the most decisive single edit, or the first set.
    """
    started = time.perf_counter()
    base = known(report, spec, root)
    check_nodes(base.graph, [node])
    asker = Asker(base, node)
    found, notes = candidates(base, node, kinds)
    cost = planned(found, notes, asker.numbers, most)
    walk = _Walk(report, asker, in_turn(found, cost.tried), complete=cost.tried == cost.total)
    edits, proven = walk.smallest(cost.limit, most)
    after = walk.answers([edits], "The edited graph")[0] if edits else walk.before
    return Found(
        node, base.graph.class_names, walk.before, after, edits, cost, proven, walk.greedy, walk.evaluations, time.perf_counter() - started
    )


class _Walk:
    """One search: what has been asked, and what came of it. `complete`: whether the candidates are all that there are."""

    def __init__(self, report: Report, asker: Asker, singles: Sequence[Edit], *, complete: bool) -> None:
        self._report, self._asker, self._singles, self._complete = report, asker, singles, complete
        self.evaluations = self.greedy = 0
        self.before = self.answers([()], "The graph as it is")[0]
        self._class = int(self.before.argmax())

    def answers(self, sets: Sequence[Set], what: str) -> Floats:
        """[num_sets, num_classes]"""
        return np.concatenate([shares for _, shares in self._chunks(iter(sets), len(sets), what)])

    def smallest(self, limit: int, most: int) -> tuple[Set, int]:
        """The smallest flipping set that was found, and the size up to which no smaller one is left out."""
        if not self._singles:
            return (), most if self._complete else 0
        margins = self._margins(self.answers([(edit,) for edit in self._singles], f"{count(len(self._singles), 'single edit')}"))
        if margins.max() > 0:
            return (self._singles[int(margins.argmax())],), 0
        greedy = self._greedily([self._singles[place] for place in np.argsort(-margins, kind="stable")[:POOL]], int(margins.argmax()))
        proven = 1 if self._complete else 0
        for size in range(2, most + 1):
            if not self._complete or (greedy and size >= len(greedy)) or comb(len(self._singles), size) > limit:
                break
            if better := self._first(size):
                return better, proven
            proven = size
        return greedy, proven

    def _greedily(self, pool: Sequence[Edit], best: int) -> Set:
        """Adds the edit that brings the prediction nearest to a flip, again and again; nothing if that does not flip it."""
        chosen: Set = (self._singles[best],)
        while len(chosen) < min(GREEDY, len(pool)):
            sets = [(*chosen, edit) for edit in pool if edit not in chosen]
            margins = self._margins(self.answers(sets, f"Sets of {len(chosen) + 1} edits, greedily"))
            chosen = sets[int(margins.argmax())]
            self.greedy = len(chosen)
            if margins.max() > 0:
                return self._thinned(chosen)
        return ()

    def _thinned(self, chosen: Set) -> Set:
        """Without the edits that the others do not need."""
        for edit in chosen:
            rest = tuple(other for other in chosen if other != edit)
            if self._margins(self.answers([rest], "Without one of them")).max() > 0:
                chosen = rest
        return chosen

    def _first(self, size: int) -> Set:
        """The first of all sets of that size that flips the prediction."""
        for sets, shares in self._chunks(combinations(self._singles, size), comb(len(self._singles), size), f"All sets of {size} edits"):
            margins = self._margins(shares)
            if margins.max() > 0:
                return sets[int(margins.argmax())]
        return ()

    def _margins(self, shares: Floats) -> Floats:
        """[num_sets] how much likelier the likeliest other class is than the one that was predicted; above 0, it is flipped."""
        others = np.delete(shares, self._class, axis=1)
        return np.asarray(others.max(axis=1) - shares[:, self._class])

    def _chunks(self, sets: Iterator[Set], total: int, what: str) -> Iterator[tuple[list[Set], Floats]]:
        done = 0
        while chunk := list(islice(sets, CHUNK)):
            self._report(done, total, what)
            yield chunk, self._asker.probabilities(chunk)
            done += len(chunk)
            self.evaluations += len(chunk)
