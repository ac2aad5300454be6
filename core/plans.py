"""Train a plan: a list of specs, of which the stored ones are not trained again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from core.costs import ask_first
from core.crew import Crew, crew_of
from core.crew.coordinator import Coordinator
from core.crew.refusals import Refusals, about
from core.datasets.contract import Report as Tell
from core.errors import UserError
from core.models.contract import model, nothing_more
from core.open_graphs import graph_of
from core.spec import RunSpec, keys
from core.store import Entry, Store
from core.versions import code_versions
from core.work import Report

__all__ = ["graph_of", "is_current", "run_plan"]


def is_current(entry: Entry, wanted: Sequence[str] = ()) -> bool:
    """Whether a stored run was made by today's code and holds the wanted probes."""
    try:
        today = code_versions(entry.spec)
    except KeyError:  # its model or dataset is gone
        return False
    return dict(entry.code) == today and set(wanted) <= set(entry.probes)


def run_plan(
    report: Report,
    *,
    specs: Sequence[RunSpec],
    root: Path,
    device: str = "auto",
    probes: tuple[str, ...] = (),
    again: bool = False,
    sure: bool = False,
    crew: Callable[[str, Tell], tuple[Crew, str]] = crew_of,
) -> list[str]:
    """Train what is missing and store each run as it ends; returns the keys in the order of `specs`.

    Damaged runs and runs without the wanted probes count as missing; `again` also retrains runs that
    older code made. A run that is trained again keeps the probes that it had. Stopped by the user, it keeps what has ended.
    What is missing is trained here and by the `crew` of the device. Every message begins with what a model builds beside the edges, where
    one says so. A model that cannot be trained on a graph does not stop the others: when they
    are stored, `core.crew.refusals.Refused` says why. Raises `core.costs.TooMuch` for a plan that is very long, unless it is `sure`.
    """
    store, all_keys = Store(root), keys(specs)
    plan: dict[str, RunSpec] = {}
    for key, spec in zip(all_keys, specs, strict=True):
        plan.setdefault(key, spec)
    stored, missing, there = list[str](), list[RunSpec](), store.keys()
    for key, spec in plan.items():
        if key in there and _is_there(store, key, probes, again):
            stored.append(key)
            report(0, 0, f"{len(stored):,} of {len(plan):,} runs are stored")
        else:
            missing.append(spec)
    if not missing:
        return all_keys
    if not sure:
        ask_first(missing, store)
    refused = Refusals()
    announced = _announced(missing, refused, lambda text: report(message=text))
    helpers, note = crew(device, lambda text: report(message=text))
    note = " · ".join(filter(None, [note, *announced]))
    Coordinator(report, store, helpers, missing, stored, refused, device=device, note=note).walk(probes)
    return all_keys


def _announced(missing: Sequence[RunSpec], refused: Refusals, tell: Tell) -> list[str]:
    """What models will build of their graphs, and how large that is, once each. What is too large is `refused`."""
    said = dict[str, None]()
    for spec in dict.fromkeys(map(about, missing)):
        unit = model(spec.model.name)
        if unit.announces is nothing_more:
            continue
        try:
            graph = graph_of(spec.dataset, tell)
        except UserError:  # which its training will meet
            continue
        try:
            said[unit.announces(graph)] = None
        except UserError as reason:
            refused.add(spec, str(reason), opens=True)
    return sorted(said)


def _is_there(store: Store, key: str, probes: Sequence[str], again: bool) -> bool:
    """Whether a run need not be trained. A damaged one must: that mends the store."""
    try:
        entry = store.entry(key)
        if entry is None or not set(probes) <= set(entry.probes) or (again and not is_current(entry)):
            return False
        return store.get(key, weights=True, probes=bool(probes)) is not None
    except ValueError:
        return False
