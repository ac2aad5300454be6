"""Walk a lens: plan → train what is missing → load → measure. Free of torch at import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.data import GraphData, Split
from core.discovery import collect
from core.errors import UserError, unknown
from core.parameters import resolve
from core.run import Run
from core.spec import RunSpec
from core.splits import split_of
from core.store import Store
from core.work import Report
from explainers.contract import Context, Lens, Unsupported
from explainers.planning import over_seeds
from explainers.wording import model_name


def lenses() -> dict[str, Lens]:
    """All lenses by name."""
    return collect("explainers.lenses", "LENS")


def lens(name: str) -> Lens:
    """The lens of that name; `UserError` with the nearest name otherwise."""
    return _unit(name)


def _unit(name: str) -> Lens:
    known = lenses()
    if name not in known:
        raise unknown("lens", name, known)
    return known[name]


def run_lens(
    report: Report,
    *,
    lens: str,
    spec: RunSpec,
    seeds: int,
    values: Mapping[str, object],
    root: Path,
    device: str = "auto",
    sure: bool = False,
) -> Any:
    """Named work: the result of a lens, training whatever it lacks; returns the lens's own frozen result.

    `values`: the lens's parameters, those left out take their defaults. Raises `UserError` for unknown names and values out
    of range, `TooMuch` for a very long plan unless it is `sure`, `Unsupported` where the lens does not apply. A stored run of
    today's code that lacks a recording is trained again, which gives the same run; one of older code is left as it is: looking
    must not replace it.
    """
    from core.crew.refusals import Refused, about
    from core.plans import graph_of, run_plan

    unit = _unit(lens)
    checked = resolve(unit.parameters, values, f"lens {lens}")
    runs = unit.plan(spec, seeds, checked)
    _refuse_older(Store(Path(root)), runs, unit)
    refused: Mapping[RunSpec, str] = {}
    try:
        run_plan(report, specs=runs, root=Path(root), device=device, probes=unit.probes, sure=sure)
    except Refused as said:
        refused = said.reasons
        if not unit.compares or all(about(run) in refused for run in runs):
            raise
    keys = [run.key for run in runs if about(run) not in refused]
    loaded = load_runs(Store(Path(root)), keys, probes=bool(unit.probes))
    if unit.asks_dataset:
        graph = graph_of(spec.dataset, lambda text: report(message=text))
        context = _context(graph, spec, seeds, loaded, report, Path(root), refused)
    else:
        context = _without_dataset(spec, seeds, loaded, report, Path(root), refused)
    report(0, 0, f"Measuring: {unit.title}")
    return unit.measure(context, checked)


def _refuse_older(store: Store, specs: Sequence[RunSpec], unit: Lens) -> None:
    """Raises `Unsupported` for a run that only a training by other code than its own would give the wanted recordings."""
    from core.plans import is_current

    for spec in specs:
        try:
            entry = store.entry(spec.key)
        except UserError:  # damaged: training mends it
            continue
        if entry and not set(unit.probes) <= set(entry.probes) and not is_current(entry):
            raise Unsupported(
                f"The stored run of {model_name(spec.model.name)} on {spec.dataset.name}, seed {spec.seed}, was made by older code "
                "and holds no recorded states; press Train again."
            )


def load_runs(store: Store, keys: Sequence[str], *, probes: bool = False) -> tuple[Run, ...]:
    """Stored runs in the order of their keys; `UserError` if one is gone."""
    runs = tuple(store.get(key, probes=probes) for key in keys)
    gone = [key for key, run in zip(keys, runs, strict=True) if run is None]
    if gone:
        raise UserError(f"The stored run {gone[0]} was deleted meanwhile. Ask again: it is trained anew.")
    return tuple(run for run in runs if run is not None)


def _context(
    graph: GraphData, spec: RunSpec, seeds: int, runs: tuple[Run, ...], report: Report, root: Path, refused: Mapping[RunSpec, str]
) -> Context:
    """The split is that of the first run: with split "all" the selected spec names none."""
    dataset = runs[0].spec.dataset if runs else over_seeds(spec, 1)[0].dataset
    return Context(graph, split_of(graph, dataset), spec, runs, report, root, seeds, refused)


def _without_dataset(
    spec: RunSpec, seeds: int, runs: tuple[Run, ...], report: Report, root: Path, refused: Mapping[RunSpec, str]
) -> Context:
    """For a lens that makes its own data: whatever the spec names may be a download away."""
    nobody = np.zeros(0, dtype=bool)
    graph = GraphData("", np.zeros((0, 0), np.float32), np.zeros((2, 0), np.int64), np.zeros(0, np.int64), ())
    return Context(graph, Split(nobody, nobody, nobody), spec, runs, report, root, seeds, refused)
