"""The session: what is selected, and which trainings this browser window follows. Keys of widgets are with the widgets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import streamlit as st

from core.data import GraphData
from core.edits import checked, parse, written
from core.errors import UserError
from core.jobs import Job
from core.parameters import resolve
from core.selection import Selection, decode, encode, start
from core.spec import RunSpec, settings
from explainers.overview import Group
from explainers.sweep.repeat import selected
from explainers.why import request as whys
from pages._shared import engine
from pages._shared.edit_list import add_edit as add_edit
from pages._shared.edit_list import can_undo_edits as can_undo_edits
from pages._shared.edit_list import change_edits as change_edits
from pages._shared.edit_list import edits as edits
from pages._shared.edit_list import start_edits as start_edits
from pages._shared.edit_list import undo_edits as undo_edits
from pages._shared.engine import catalogue
from pages._shared.questions import acting as acting
from pages._shared.questions import asked_questions, open_questions, questions_link
from pages._shared.questions import calibration as calibration
from pages._shared.questions import deep as deep
from pages._shared.questions import designing as designing
from pages._shared.questions import dial as dial
from pages._shared.questions import heterophily as heterophily
from pages._shared.questions import homophily as homophily
from pages._shared.questions import look as look
from pages._shared.questions import lookup as lookup
from pages._shared.questions import sweep as sweep
from pages._shared.questions import why as why

T = TypeVar("T")

SELECTION, MESSAGES = "selection", "messages"
NODES, TRAINING, REMEMBERED, DRAWN, TURNS = "nodes", "training", "remembered", "drawn", "turns"


def selection() -> Selection:
    """What is on the screen in this window."""
    found: Selection = st.session_state[SELECTION]
    return found


def open_link() -> None:
    """Take the selection, and what the pages are asked, from the address bar, once a window: editing it there loads the page anew.

    Later the window's own selection rules, because a rerun may still carry the link of a moment ago.
    """
    if SELECTION in st.session_state:
        return
    query = {name: value for name, value in st.query_params.items() if not name.startswith("embed")}
    found, messages = decode(query, catalogue()) if query else (start(catalogue()), [])
    st.session_state[SELECTION] = found
    st.session_state[MESSAGES] = [*messages, *open_questions(query, found)]
    st.session_state[NODES] = ()
    start_edits(())
    guarded(lambda: start_edits(parse(query.get("edits", "").replace(" ", "+"))))()  # a plus in an address is a space


def link() -> dict[str, str]:
    """Query parameters that give the same screen."""
    edited = {"edits": written(edits())} if edits() else {}
    return encode(selection(), catalogue()) | edited | questions_link()


def write_link() -> None:
    """Put them into the address bar, for reload, bookmark and copy."""
    query = link()
    if dict(st.query_params) != query:
        st.query_params.from_dict(query)


def change(**changes: object) -> None:
    """Change parts of the selection. A new dataset drops the selected nodes, and edits of the old one."""
    _put(replace(selection(), **changes))  # type: ignore[arg-type]


def _put(chosen: Selection) -> None:
    old = selection()
    st.session_state[SELECTION] = chosen
    if (old.dataset, old.dataset_settings) != (chosen.dataset, chosen.dataset_settings):
        start_edits(())


def check_edits(graph: GraphData) -> None:
    """Leaves out the edits, and says so, if they do not fit the graph that is open: they may come from a link."""
    try:
        found = checked(edits(), graph)
    except UserError as error:
        say(f"{error} All what-if edits were left out.")
        found = ()
    if found != edits():
        start_edits(found)
        st.rerun()


def change_dataset(name: str) -> None:
    """Another dataset, with the settings it last had in this window; model and training stay."""
    old, kept = selection(), _remembered()
    if old.dataset == name:
        return
    kept["dataset", old.dataset] = (old.dataset_settings, old.split, old.split_seed)
    fresh = start(catalogue(), dataset=name)
    found, split, seed = kept.get(("dataset", name), (fresh.dataset_settings, fresh.split, 0))
    change(dataset=name, dataset_settings=found, split=split, split_seed=seed, node=None)
    why.change(target=whys.TARGET.default)
    st.session_state[NODES] = ()


def change_model(name: str) -> None:
    """Another model, with the settings it last had in this window."""
    kept = _remembered()
    kept["model", selection().model] = selection().model_settings
    change(model=name, model_settings=kept.get(("model", name), start(catalogue(), model=name).model_settings))


def open_runs(group: Group) -> None:
    """Select what a group of stored runs was trained on, with as many seeds as it has.

    Settings that the unit has gained since take their defaults. Says so if a unit is gone or refuses a value.
    """
    spec = group.spec
    try:
        dataset, model = catalogue().dataset(spec.dataset.name), catalogue().model(spec.model.name)
        dataset_settings = settings(resolve(dataset.parameters, dict(spec.dataset.parameters), f"dataset {dataset.name}"))
        model_settings = settings(resolve(model.parameters, dict(spec.model.parameters), f"model {model.name}"))
    except UserError as error:
        say(f"These runs cannot be opened: {error}")
        return
    change(
        dataset=dataset.name,
        dataset_settings=dataset_settings,
        split=spec.dataset.split,
        split_seed=spec.dataset.split_seed,
        model=model.name,
        model_settings=model_settings,
        training=spec.training,
        seeds=max(entry.spec.seed for entry in group.entries) + 1,
        node=None,
    )
    start_edits(spec.dataset.edits)
    if spec.dataset.edits:
        say("These runs saw an edited graph. Its edits are listed on Explain, below a node, under What if: choose Retrain there.")
    st.session_state[NODES] = ()


def open_spec(spec: RunSpec, seeds: int) -> None:
    """Select the runs of a spec; the selected nodes stay where the graph does."""
    _put(selected(spec, selection(), seeds))
    if selection().node is None:
        st.session_state[NODES] = ()


def select(node: int | None, nodes: Iterable[int] | None = None, by: str = "") -> None:
    """Select one node, and the set that a lasso or a matrix cell picked. `by` is the widget it was picked in."""
    change(node=node)
    if nodes is not None:
        st.session_state[NODES] = tuple(sorted(set(nodes)))
    for name in st.session_state.get(TURNS, {}):
        st.session_state[TURNS][name] += name != by


def fresh(name: str) -> str:
    """Key of a widget that marks what was picked in it: a new one as soon as something was picked elsewhere."""
    turns: dict[str, int] = st.session_state.setdefault(TURNS, {})
    return f"{name}.{turns.setdefault(name, 0)}"


def select_points(points: Sequence[Mapping[str, Any]]) -> None:
    """Follow a click or a lasso in a chart whose points carry their node as `customdata`."""
    found = [int(data[0] if isinstance(data, (list, tuple)) else data) for point in points if (data := point.get("customdata")) is not None]
    if len(found) == 1:
        select(found[0], ())
    else:
        select(selection().node, found)


def settle() -> None:
    """Remember what the whole page is drawn for. Called once in each run of the script."""
    st.session_state[DRAWN] = _drawn()


def catch_up() -> None:
    """Run the whole script again if a part of the page, which runs on its own, has changed what the rest shows."""
    if st.session_state.get(DRAWN) != _drawn():
        st.rerun()


def _drawn() -> tuple[object, ...]:
    return (selection(), *asked_questions(), nodes(), edits(), [job.number for job in watched()])


def nodes() -> tuple[int, ...]:
    """The selected set of nodes; empty for all."""
    found: tuple[int, ...] = st.session_state.get(NODES, ())
    return found


def messages() -> list[str]:
    """Sentences to show once."""
    found: list[str] = st.session_state.pop(MESSAGES, [])
    return found


def say(message: str) -> None:
    """Show a sentence on top of the page at the next run."""
    st.session_state.setdefault(MESSAGES, []).append(message)


def follow(job: int) -> None:
    """Remember a training that this window started."""
    st.session_state.setdefault(TRAINING, set()).add(job)


def outcomes() -> None:
    """Forget the trainings of this window that have ended; say why one failed."""
    for number in tuple(st.session_state.get(TRAINING, ())):
        job = engine.jobs().job(number)
        if job is None or job.finished:
            st.session_state[TRAINING].discard(number)
            if job and job.state == "failed":
                say(f"{job.title}: {job.error}")


def watched() -> list[Job]:
    """Trainings that concern this window: those it started, and those of runs that are selected in it."""
    planned, mine = set(engine.specs(selection())), st.session_state.get(TRAINING, ())
    return [job for job in engine.trainings() if job.number in mine or planned & set(job.arguments["specs"])]


def guarded(action: Callable[..., None]) -> Callable[..., None]:
    """A callback whose `UserError` is said on the page instead of replacing it."""

    def careful(*arguments: Any, **named: Any) -> None:
        try:
            action(*arguments, **named)
        except UserError as error:
            say(str(error))

    return careful


def _remembered() -> dict[tuple[str, str], Any]:
    """Settings of the datasets and models that were selected before."""
    kept: dict[tuple[str, str], Any] = st.session_state.setdefault(REMEMBERED, {})
    return kept
