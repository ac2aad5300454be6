"""Train a plan: a list of specs, of which the stored ones are not trained again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.data import GraphData
from core.datasets.contract import load
from core.run import COLUMNS
from core.spec import DatasetSpec, RunSpec
from core.store import Entry, Store
from core.training import train
from core.versions import code_versions
from core.work import Report


@dataclass(frozen=True, eq=False)
class Progress:
    """What a page sees of a training that runs: which run of the plan, and its history so far [epochs, columns]."""

    index: int
    count: int
    spec: RunSpec
    epoch: int
    history: NDArray[np.float64]
    columns: tuple[str, ...] = COLUMNS


@lru_cache(maxsize=3)
def _graph(dataset: DatasetSpec) -> GraphData:
    return load(dataset.name, dict(dataset.parameters))


def graph_of(dataset: DatasetSpec) -> GraphData:
    """The graph of a spec; the last few are kept in memory, whatever their split."""
    return _graph(DatasetSpec(dataset.name, dataset.parameters, split="", edits=dataset.edits, content=dataset.content))


def is_current(entry: Entry, wanted: Sequence[str] = ()) -> bool:
    """Whether a stored run was made by today's code and holds the wanted probes."""
    return dict(entry.code) == code_versions(entry.spec) and set(wanted) <= set(entry.probes)


def run_plan(
    report: Report, *, specs: Sequence[RunSpec], root: Path, device: str = "auto", probes: tuple[str, ...] = (), again: bool = False
) -> list[str]:
    """Train what is missing and store each run as it ends; returns the keys in the order of `specs`.

    `again` retrains runs that older code made. Stopped by the user, it keeps what has ended.
    """
    store = Store(root)
    total = sum(spec.training.epochs for spec in specs)
    done = 0
    for index, spec in enumerate(specs):
        entry = _readable(store, spec.key)
        wanted = entry is None or not set(probes) <= set(entry.probes) or (again and not is_current(entry))
        if wanted:
            report(done, total, f"Run {index + 1} of {len(specs)}: loading {spec.dataset.name}")

            def watch(epoch: int, rows: list[list[float]], index: int = index, spec: RunSpec = spec, done: int = done) -> None:
                message = f"Run {index + 1} of {len(specs)} · epoch {epoch} of {spec.training.epochs}"
                report(done + epoch, total, message, lambda: Progress(index, len(specs), spec, epoch, np.array(rows)))

            store.put(train(spec, graph=graph_of(spec.dataset), device=device, probes=probes, watch=watch))
        done += spec.training.epochs
        report(done, total, f"Run {index + 1} of {len(specs)} done")
    return [spec.key for spec in specs]


def _readable(store: Store, key: str) -> Entry | None:
    """A damaged run counts as missing: training it again mends the store."""
    try:
        run = store.get(key)
        return store.entry(key) if run else None
    except ValueError:
        return None
