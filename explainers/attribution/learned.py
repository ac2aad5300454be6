"""What methods learn before they are asked, kept in the store: another visit, or another test node, does not wait for it again."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.data import GraphData
from core.parameters import Value
from core.run import Run
from core.splits import split_of
from core.store import Derived, question
from core.versions import ROOT, source_version
from explainers.attribution.contract import Method, Prepared

WORK = "learned"
SECONDS = "seconds"
SHARED = ("core.computation_graph", "core.cuts", "core.explained", "core.masked", "core.rebuilt", "explainers.attribution.amortised")
"""Modules that have a part in what all methods learn."""


def learned(unit: Method, run: Run, data: GraphData, seed: int, avoid: Sequence[int], values: Mapping[str, Value], root: Path) -> Prepared:
    """A method with what it learned before of the same weights, by the same code; else it learns now, and that is kept."""
    assert unit.recall is not None
    # methods that learn the same share it; test nodes are never learned on, so that it is the same whichever of them are avoided
    learner, test = unit.prepare.__module__, split_of(data, run.spec.dataset).test
    avoided = tuple(sorted({int(node) for node in avoid if not test[node]}))
    kept = Derived(root, WORK, _code(learner))
    key = question(learner, run.spec.key, weights_name(run), seed if unit.drawn else 0, avoided, tuple(sorted(values.items())))
    arrays = kept.get_arrays(key, "")
    if arrays is not None:
        return replace(unit.recall(run, data, arrays, seed=seed, **values), spent=float(arrays[SECONDS]))
    started = time.perf_counter()
    state = unit.prepare(run, data, seed=seed, avoid=avoid, **values)
    kept.put_arrays(key, "", state.learned.arrays() | {SECONDS: np.array(time.perf_counter() - started)})
    return state


def weights_name(run: Run) -> str:
    """Tells a run from the same one trained again, and from one whose weights were drawn anew."""
    digest = hashlib.sha256(np.ascontiguousarray(run.logits).tobytes())
    for name, value in sorted(run.weights.items()):
        digest.update(name.encode() + np.ascontiguousarray(value).tobytes())
    return digest.hexdigest()


def _code(learner: str) -> str:
    """Version of what a method learns and how: its module, or all modules of its package."""
    folder = ROOT / learner.replace(".", "/")
    own = [f"{learner}.{path.stem}" for path in sorted(folder.glob("*.py")) if path.stem != "__init__"] if folder.is_dir() else []
    return "-".join(source_version(module)[:6] for module in (learner, *own, *SHARED))
