"""Train a plan: a list of specs, of which the stored ones are not trained again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from core.data import GraphData
from core.datasets.contract import Report as Tell
from core.progress import Progress
from core.spec import DatasetSpec, RunSpec
from core.store import Entry, Store
from core.training import PROBES, Watch, open_graph, train
from core.versions import code_versions
from core.work import Report

KEPT_GRAPHS = 3
_graphs: dict[DatasetSpec, GraphData] = {}
"""The last graphs asked for, the latest last."""


def graph_of(dataset: DatasetSpec, tell: Tell = lambda _: None) -> GraphData:
    """The graph of a spec; the last few are kept in memory, whatever their split.

    `tell` hears of a download, and ends it by raising; nothing is kept then.
    """
    plain = DatasetSpec(dataset.name, dataset.parameters, split="", edits=dataset.edits, content=dataset.content)
    graph = _graphs.pop(plain, None)
    _graphs[plain] = graph = open_graph(plain, tell) if graph is None else graph
    for old in list(_graphs)[:-KEPT_GRAPHS]:
        _graphs.pop(old, None)
    return graph


def is_current(entry: Entry, wanted: Sequence[str] = ()) -> bool:
    """Whether a stored run was made by today's code and holds the wanted probes."""
    try:
        today = code_versions(entry.spec)
    except KeyError:  # its model or dataset is gone
        return False
    return dict(entry.code) == today and set(wanted) <= set(entry.probes)


def run_plan(
    report: Report, *, specs: Sequence[RunSpec], root: Path, device: str = "auto", probes: tuple[str, ...] = (), again: bool = False
) -> list[str]:
    """Train what is missing and store each run as it ends; returns the keys in the order of `specs`.

    Damaged runs and runs without the wanted probes count as missing; `again` also retrains runs that
    older code made. A run that is trained again keeps the probes that it had. Stopped by the user, it keeps what has ended.
    """
    store = Store(root)
    missing = {spec.key: index for index, spec in reversed(list(enumerate(specs))) if not _is_there(store, spec, probes, again)}
    todo = sorted(missing.values())
    done, longest = 0, 0
    for position, index in enumerate(todo):
        spec, label = specs[index], f"Run {index + 1} of {len(specs)}"
        after = sum(_expected(specs[later], longest) for later in todo[position + 1 :])
        tell = partial(report, done, done + _expected(spec, longest) + after)
        tell(f"{label}: loading {spec.dataset.name}")
        watch = _watch(report, Progress(index, len(specs), spec, 0, np.empty((0, 0))), done, _expected(spec, longest), after)
        run = train(spec, graph=graph_of(spec.dataset, tell), device=device, probes=_with_stored(store, spec, probes), watch=watch)
        store.put(run)
        done, longest = done + run.epochs, max(longest, run.epochs)
        report(done, done + after, f"{label} done")
    return [spec.key for spec in specs]


def _expected(spec: RunSpec, longest: int) -> int:
    """Epochs that a run will take, as far as the longest run before it tells: with patience mostly far from all."""
    return min(spec.training.epochs, longest) if spec.training.patience and longest else spec.training.epochs


def _watch(report: Report, progress: Progress, done: int, expected: int, after: int) -> Watch:
    """Passes on every epoch of a run, which cancels it where the report raises. The other numbers are epochs before, in and after it."""
    spec = progress.spec

    def watch(epoch: int, rows: list[list[float]]) -> None:
        message = f"Run {progress.index + 1} of {progress.count} · epoch {epoch} of {spec.training.epochs}"
        report(done + epoch, done + max(expected, epoch) + after, message, lambda: replace(progress, epoch=epoch, history=np.array(rows)))

    return watch


def _with_stored(store: Store, spec: RunSpec, probes: Sequence[str]) -> tuple[str, ...]:
    """The probes, and those of the stored run: training again takes nothing away."""
    try:
        entry = store.entry(spec.key)
    except ValueError:  # damaged
        entry = None
    return tuple(name for name in PROBES if name in {*probes, *(entry.probes if entry else ())})


def _is_there(store: Store, spec: RunSpec, probes: Sequence[str], again: bool) -> bool:
    """Whether a run need not be trained. A damaged one must: that mends the store."""
    try:
        entry = store.entry(spec.key)
        if entry is None or not set(probes) <= set(entry.probes) or (again and not is_current(entry)):
            return False
        return store.get(spec.key, weights=True, probes=bool(probes)) is not None
    except ValueError:
        return False
