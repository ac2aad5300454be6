"""The engine as the pages see it: jobs, catalogue, graphs and runs. The only file with st.cache_*."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any

import streamlit as st

from core import catalogue as catalogues
from core.catalogue import Catalogue
from core.costs import ask_first
from core.data import GraphData, Split
from core.errors import UserError
from core.home import home
from core.jobs import Job, Jobs
from core.kept import Kept
from core.run import Run
from core.selection import Selection
from core.spec import DatasetSpec, ModelSpec, RunSpec, keys
from core.splits import split_of
from core.store import Entry, Store
from core.views import OpenGraph
from explainers import overview
from explainers.overview import Group
from explainers.runner import lens as unit

WARM = {"interactive": ("core.plans", "explainers.runner"), "batch": ("core.plans",)}
PATIENCE = 2.0
"""Seconds that a page waits for an answer before it shows progress instead."""
GRAPHS, RESULTS, RUNS, VIEWS = 400_000_000, 300_000_000, 200_000_000, 100_000_000
"""Bytes kept of each kind in this process, for all windows together. A graph of 170,000 nodes takes 60 million, a run of it 2 million."""
OPENING = "core.views:open_graph"
TRAINING = "core.plans:run_plan"


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """Both workers, shared by all sessions."""
    return Jobs(WARM)


@st.cache_resource(show_spinner=False)
def store() -> Store:
    return Store.default()


@st.cache_resource(show_spinner="Reading what there is …")
def catalogue() -> Catalogue:
    """The declarations of all datasets and models; built once in a worker after the code changed."""
    found = catalogues.read(home())
    if found is None:
        job = jobs().wait(jobs().submit("core.catalogue:describe", {}, title="Reading the catalogue"))
        if job.state != "done":
            raise RuntimeError(job.error)
        found = catalogues.write(home(), job.result)
    return found


class Stopped(UserError):
    """The user stopped this; `question` is what `resume` takes to start it again."""

    def __init__(self, title: str, question: str) -> None:
        super().__init__(f"{title} was stopped.")
        self.question = question


class _Answers:
    """Results of named work by question; the jobs still at it; what was stopped.

    Graphs are apart, so that no result can push out the graph that it is drawn on.
    """

    def __init__(self) -> None:
        self.lock = Lock()
        self.graphs, self.results = Kept(GRAPHS), Kept(RESULTS)
        self.asked: dict[str, int] = {}
        self.stopped: set[str] = set()


@st.cache_resource(show_spinner=False)
def _answers() -> _Answers:
    return _Answers()


def ask(
    name: str, arguments: Mapping[str, Any], *, title: str, lane: str = "interactive", stamp: object = "", patience: float = PATIENCE
) -> Any:
    """The result of named work, or the `Job` that is still at it.

    `stamp` is whatever else the answer depends on, such as when the runs behind it were made. Waits
    `patience` seconds, so that quick answers never flicker. Raises `UserError` if the work failed, `Stopped` if it was stopped.
    """
    answers = _answers()
    kept = answers.graphs if name == OPENING else answers.results
    question = hashlib.sha256(pickle.dumps((name, sorted(arguments.items()), stamp))).hexdigest()
    with answers.lock:
        if question in answers.stopped:
            raise Stopped(title, question)
        if question in kept:
            return kept.get(question)
        number = answers.asked.get(question)
        if number is None or jobs().job(number) is None:
            number = answers.asked[question] = jobs().submit(name, arguments, title=title, lane=lane)
    job = jobs().wait(number, patience)
    if not job.finished:
        return job
    with answers.lock:
        answers.asked.pop(question, None)
        if job.state == "cancelled":
            answers.stopped.add(question)
            raise Stopped(title, question)
        if job.state == "failed":
            raise UserError(job.error)
        if question in kept:  # another window was faster, and has let go of the job's result
            return kept.get(question)
        kept.put(question, job.result)
        jobs().release(number)
    return job.result


def resume(question: str) -> None:
    """Let a stopped question be asked again."""
    with _answers().lock:
        _answers().stopped.discard(question)


def opened(selection: Selection) -> OpenGraph | Job:
    """The selected graph, or the job that is opening it."""
    dataset = DatasetSpec(selection.dataset, selection.dataset_settings, split="")
    return ask(OPENING, {"dataset": dataset, "home": home()}, title=f"Opening {selection.dataset}")  # type: ignore[no-any-return]


def view(make: Callable[[], Any], *of: Hashable) -> Any:
    """A picture or a table, which `make` makes unless it is at hand. `of` is all that it follows from, its name first."""
    return _views().made(of, make)


def split(graph: GraphData, spec: RunSpec) -> Split:
    """Masks of a run's split."""
    return split_of(graph, spec.dataset)


def specs(selection: Selection) -> tuple[RunSpec, ...]:
    """The planned runs of a selection, one a seed."""
    return selection.specs(catalogue())


def entries(planned: tuple[RunSpec, ...]) -> list[Entry | None]:
    """What the store has of each planned run; a damaged one counts as missing, training mends it."""
    return [_entry(key, stamp) if (stamp := _stamp(key)) else None for key in keys(planned)]


def run(key: str) -> Run | None:
    """A stored run with its history and what it says of every node, without its logits."""
    stamp = _stamp(key)
    return _runs().made((key, stamp), lambda: _read(key)) if stamp else None  # type: ignore[no-any-return]


def version(key: str) -> Hashable:
    """Tells a stored run from what it was before it was trained again."""
    return key, _stamp(key)


def groups() -> list[Group]:
    """All stored runs, the seeds of a setting together; read again when the store has changed."""
    return _listed(_store_stamp())[0]


def unreadable() -> int:
    """How many stored runs are damaged and therefore left out of every list."""
    return _listed(_store_stamp())[1]


def trash() -> tuple[int, int]:
    """How many deleted runs lie in the trash, and their bytes."""
    return _trashed(_changed(home() / "trash"))


def is_current(group: Group) -> bool:
    """Whether today's code made all runs of a group."""
    return all(catalogue().is_current(entry) for entry in group.entries)


def train(
    planned: tuple[RunSpec, ...],
    device: str,
    title: str,
    again: bool = False,
    sure: bool = False,
    probes: tuple[str, ...] = ("embedding",),
) -> int:
    """Queue the training of what is missing, with the recordings `probes`; returns the job's number, of the one that is
    at it already if there is.

    Raises `TooMuch` for a plan that is very long, unless it is `sure`.
    """
    for job in trainings():
        if set(planned) <= set(job.arguments["specs"]) and not job.stopping:
            return job.number
    if not sure:
        found = zip(planned, entries(planned), strict=True)
        ask_first([spec for spec, entry in found if entry is None or (again and not catalogue().is_current(entry))], store())
    work = {"specs": planned, "root": home(), "device": device, "probes": probes, "again": again, "sure": True}
    return jobs().submit(TRAINING, work, title=title, lane="batch")


def trainings() -> list[Job]:
    """Trainings that wait or run, in whatever window they were started."""
    return [job for job in jobs().active() if job.name == TRAINING]


def lens(name: str, selection: Selection, values: Mapping[str, Any], seeds: int | None = None) -> Any:
    """The result of a lens on the selected runs (or the first `seeds` of them), or on the selected graph, or the `Job` that works on it."""
    chosen = selection if seeds is None else replace(selection, seeds=seeds)
    if unit(name).asks_model:
        spec, planned = chosen.spec, specs(chosen)
    else:  # the model and the training that are selected do not matter
        spec, planned = RunSpec(chosen.spec.dataset, ModelSpec("")), ()
    stamps = tuple(_stamp(one.key) for one in planned)
    trains = name in TRAINING_LENSES or not all(entry and set(unit(name).probes) <= set(entry.probes) for entry in entries(planned))
    arguments = {
        "lens": name,
        "spec": spec,
        "seeds": chosen.seeds if planned else 1,
        "values": dict(values),
        "root": home(),
        "device": st.session_state.get("bench.device", "auto"),
    }
    return ask("explainers.runner:run_lens", arguments, title=unit(name).title, lane="batch" if trains else "interactive", stamp=stamps)


TRAINING_LENSES = ("errors", "calibration")
"""Lenses that train something of their own, other models or calibrators: they go where trainings go."""


def _stamp(key: str) -> float:
    """When a run was stored, 0 if it was not."""
    try:
        return (home() / "runs" / key / "run.json").stat().st_mtime
    except OSError:
        return 0.0


@st.cache_resource(show_spinner=False)
def _runs() -> Kept:
    return Kept(RUNS)


@st.cache_resource(show_spinner=False)
def _views() -> Kept:
    return Kept(VIEWS)


def _read(key: str) -> Run | None:
    found = store().get(key)
    return found.without_logits() if found else None


def _store_stamp() -> tuple[int, ...]:
    return tuple(_changed(path) for path in (home() / "runs", home() / "labels"))


def _changed(folder: Path) -> int:
    """When something was last put into a folder or taken out of it; 0 without the folder."""
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return 0


@st.cache_resource(max_entries=2, show_spinner=False)
def _trashed(changed: int) -> tuple[int, int]:
    return store().trash() if changed else (0, 0)


@st.cache_resource(max_entries=2, show_spinner=False)
def _listed(stamp: tuple[int, ...]) -> tuple[list[Group], int]:
    """All groups, and how many stored runs could not be read."""
    readable = store().entries()
    folder = home() / "runs"
    stored = sum(path.is_dir() for path in folder.iterdir()) if folder.exists() else 0
    return overview.groups(readable, catalogue()), max(0, stored - len(readable))


@st.cache_resource(max_entries=10_000, show_spinner=False)  # some kB each; a sweep of 1,000 runs looks at all of them at every beat
def _entry(key: str, stamp: float) -> Entry | None:
    try:
        return store().entry(key) if store().get(key) else None
    except UserError:
        return None
