"""Named work: what a model says before and after edits, with its own weights or trained again. Needs torch."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.edits import Edits, checked
from core.explained import check_nodes
from core.hops import hops_to_nearest
from core.spec import RunSpec
from core.work import Report
from explainers.what_if.known import Known, known, probabilities
from explainers.what_if.result import Changed, Moved, Outcome, trained_on

Array = NDArray[np.float32]


def evaluate(report: Report, *, spec: RunSpec, node: int, edits: Edits, root: Path) -> Outcome:
    """The stored run of `spec`, its weights unchanged, asked about a node of the edited graph, every normalisation computed anew.

    Raises `UserError` for edits that do not fit the graph, a node that is not there, and a run that is not.
    """
    base = known(report, spec, root)
    started = time.perf_counter()
    check_nodes(base.graph, [node])
    logits, states, _ = base.answer(edits)
    return _outcome(base, node, edits, logits, states, started, retrained=False)


def evaluate_retrained(report: Report, *, spec: RunSpec, node: int, edits: Edits, root: Path) -> Outcome:
    """The same of the stored run that was trained on the edited graph, `trained_on(spec, edits)`, against that of `spec`.

    Two trainings have two spaces of states: those after are turned onto those before (orthogonal Procrustes over all nodes).
    """
    base = known(report, spec, root)
    check_nodes(base.graph, [node])
    other = known(report, trained_on(spec, checked(edits, base.graph)), root)
    started = time.perf_counter()
    return _outcome(base, node, edits, other.logits, _turned(other.states, base.states), started, retrained=True)


def _outcome(base: Known, node: int, edits: Edits, logits: Array, states: Array, started: float, *, retrained: bool) -> Outcome:
    gone = [int(edit[1]) for edit in edits if edit[0] == "drop" and int(edit[1]) != node]
    changed = _changed(base, node, logits, gone)
    moved = _moved(base, node, states, retrained)
    return Outcome(
        node=node,
        edits=edits,
        retrained=retrained,
        class_names=base.graph.class_names,
        label=int(base.graph.labels[node]),
        reach=base.subject.reach,
        before=probabilities(base.logits[node]),
        after=probabilities(logits[node]),
        changed=changed,
        moved=moved,
        seconds=time.perf_counter() - started,
    )


def _changed(base: Known, node: int, logits: Array, gone: Sequence[int]) -> Changed:
    before, after = base.logits.argmax(axis=1), logits.argmax(axis=1)
    nodes = np.setdiff1d(np.flatnonzero(before != after), gone)
    hops = hops_to_nearest(base.links, [node])[nodes] if len(nodes) else nodes
    order = np.lexsort((nodes, np.where(hops < 0, base.graph.num_nodes, hops)))
    nodes, hops = nodes[order], hops[order]
    rows = np.arange(len(nodes))
    return Changed(
        nodes,
        hops,
        before[nodes],
        after[nodes],
        probabilities(base.logits[nodes])[rows, before[nodes]],
        probabilities(logits[nodes])[rows, after[nodes]],
    )


def _moved(base: Known, node: int, states: Array, aligned: bool) -> Moved:
    here, there = base.states[node].astype(float), states[node].astype(float)
    size, other = float(np.linalg.norm(here)), float(np.linalg.norm(there))
    return Moved(
        state=base.state,
        distance=float(np.linalg.norm(there - here)) / size if size > 0 else np.nan,
        cosine=float(here @ there) / (size * other) if size > 0 and other > 0 else np.nan,
        aligned=aligned,
        sample=base.sample,
        labels=base.graph.labels[base.sample],
        positions=base.positions,
        explained=base.plane[2],
        before=base.placed(base.states[[node]])[0],
        after=base.placed(states[[node]])[0],
    )


def _turned(states: Array, onto: Array) -> Array:
    """States turned and mirrored so that they lie as near as they can to others of the same width, scale as it is."""
    left, _, right = np.linalg.svd(states.T.astype(float) @ onto.astype(float))
    return np.asarray(states @ (left @ right), dtype=np.float32)
