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
from core.versions import joint_version
from explainers.attribution.contract import Method, Prepared

WORK = "learned"
SECONDS = "seconds"
MOST = 64
"""What is kept of one run: its methods, with some settings, seeds, avoided nodes and models drawn anew."""
SHARED = (
    __name__,
    "core.capture",
    "core.computation_graph",
    "core.cuts",
    "core.device",
    "core.explained",
    "core.masked",
    "core.models.contract",
    "core.neighborhood",
    "core.rebuilt",
    "explainers.attribution.amortised",
)
"""Modules that have a part in what all methods learn, beside those by which the run itself was made."""


def learned(unit: Method, run: Run, data: GraphData, seed: int, avoid: Sequence[int], values: Mapping[str, Value], root: Path) -> Prepared:
    """A method with what it learned before of the same weights, by the same code; else it learns now, and that is kept."""
    from core.explained import Subject  # noqa: F401 - what it imports takes seconds, once a process, that are not the method's own

    assert unit.recall is not None
    learner = unit.prepare.__module__  # methods that learn the same share it
    model = weights_name(run), sorted(run.code.items())
    asked = question(learner, *model, seed if unit.drawn else 0, _avoided(run, data, avoid), sorted(values.items()))
    kept, key = Derived(root, WORK, joint_version(learner, *SHARED)), f"{run.key}.{asked}"
    arrays, started = kept.get_arrays(key, ""), time.perf_counter()
    if arrays is not None:
        state = unit.recall(run, data, arrays, seed=seed, **values)
        return replace(state, spent=max(float(arrays[SECONDS]) - (time.perf_counter() - started), 0.0))
    state = unit.prepare(run, data, seed=seed, avoid=avoid, **values)
    kept.put_arrays(key, "", state.learned.arrays() | {SECONDS: np.array(time.perf_counter() - started)})
    kept.keep_newest(run.key, MOST)
    return state


def _avoided(run: Run, data: GraphData, avoid: Sequence[int]) -> list[int]:
    """Those among the nodes to avoid that anything could be learned from: test nodes, and labelled ones of no part, never are."""
    split = split_of(data, run.spec.dataset)
    used = split.train | split.validation | (data.labels < 0)
    return sorted({int(node) for node in avoid if used[node]})


def weights_name(run: Run) -> str:
    """Tells a run from the same one trained again, and from one whose weights were drawn anew."""
    digest = hashlib.sha256(np.ascontiguousarray(run.logits).tobytes())
    for name, value in sorted(run.weights.items()):
        digest.update(name.encode() + np.ascontiguousarray(value).tobytes())
    return digest.hexdigest()
