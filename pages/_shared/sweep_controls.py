"""The controls of the sweep page: what is varied over what, and the button that trains it."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import streamlit as st

from core.costs import TooMuch, cost
from core.errors import UserError
from core.jobs import Job
from core.spec import RunSpec
from core.store import Entry
from explainers.declared import assignments
from explainers.settings import Setting
from explainers.sweep import PARTS, Grid, request
from explainers.sweep.request import Request
from explainers.wording import count, duration, model_name
from pages._shared import controls as widgets
from pages._shared import engine, show, state
from pages._shared.frame import as_text


class Planned(Protocol):
    """What is trained: a sweep, or another comparison. `queue`: the runs in the order of their training; `what`: they are about."""

    @property
    def runs(self) -> tuple[RunSpec, ...]: ...
    @property
    def queue(self) -> tuple[RunSpec, ...]: ...
    @property
    def what(self) -> str: ...


PROBLEM, CONFIRM = "sweep.problem", "sweep.confirm"
OWNERS = {"model": "model", "dataset": "graph", "training": "training"}


def controls(asked: Request) -> None:
    """Setting, values, models, seeds."""
    chosen, catalogue = state.selection(), engine.catalogue()
    offered = request.offered(chosen, catalogue)
    setting = request.asked(asked, chosen, catalogue)
    key = "sweep.setting"
    st.session_state[key] = setting.qualified
    st.selectbox(
        "Setting",
        list(offered),
        key=key,
        format_func=lambda name: f"{offered[name].parameter.title} · {OWNERS[offered[name].owner]}",
        on_change=_set_setting,
        args=(key,),
        help=setting.parameter.help or "Everything else stays as it is in the sidebar.",
    )
    _values(setting, offered[setting.qualified])
    _models(asked, setting)
    widgets.parameter(request.SEEDS, asked.seeds, "sweep", lambda _, value: state.sweep.change(seeds=value))


def part(key: str) -> str:
    """On which nodes the scores are looked at: training, validation or test."""
    chosen = st.segmented_control(
        "Score on the nodes of",
        list(PARTS),
        default="test",
        required=True,
        key=key,
        persist_state="session",
        format_func=lambda name: PARTS[name].capitalize(),
        label_visibility="collapsed",
    )
    return chosen or "test"


def nothing_yet(grid: Planned, height: int) -> None:
    """In the place of a figure of which no point is there."""
    press = "A point appears here" if trainings(grid) else f"Press “Train {count(len(grid.runs), 'run')}”: a point appears here"
    show.empty(f"{press} as soon as its first run has ended.", height)


def _values(setting: Setting, suggestion: Setting) -> None:
    """The values as text; what cannot be read stays in the box, with a sentence below it."""
    key = f"sweep.values.{setting.qualified}"
    name, text, sentence = st.session_state.get(PROBLEM, ("", "", ""))
    wrong = name == setting.qualified
    st.session_state[key] = text if wrong else request.values_text(setting.values).replace(",", ", ")
    st.text_input(
        "Values",
        key=key,
        on_change=_set_values,
        args=(key, suggestion),
        help="A list 2, 4, 8 or a range first:end:step; whole numbers leave out the end, others include it. Empty: the suggested ones.",
    )
    if wrong:
        st.warning(as_text(f"{sentence} The figure keeps the values it had."))


def _models(asked: Request, setting: Setting) -> None:
    chosen, catalogue = state.selection(), engine.catalogue()
    key = "sweep.models"
    st.session_state[key] = list(request.models(asked, chosen))
    changed = {name: value for name, value in request.changed(chosen, catalogue).items() if name != setting.parameter.name}
    same = f" Those that have it share what you changed: {assignments(changed)}." if changed else ""
    st.multiselect(
        "Models",
        request.models_with(setting, catalogue),
        key=key,
        format_func=model_name,
        max_selections=request.MOST_MODELS,
        on_change=lambda: state.sweep.change(models=tuple(st.session_state[key])),
        help=f"The selected one is always among them; the others have their defaults.{same}",
    )


def training(grid: Planned, key: str = "sweep", probes: tuple[str, ...] = ()) -> None:
    """How far the training of the sweep is, and Stop; or the button that trains what is missing. `key`: of the widgets; `probes`:
    recordings without which a run counts as missing."""
    state.catch_up()
    found = stored_with(grid, probes)
    stored, total = len(found) - list(found.values()).count(None), count(len(found), "run")
    busy: set[RunSpec] = set()
    for job in trainings(grid):
        busy |= set(job.arguments["specs"])
        st.progress(job.share, (job.message or "waiting …") if job.eta is None else f"{stored:,} of {total} · {duration(job.eta)} left")
        why = "Ends within an epoch; finished runs are kept."
        st.button("Stop", width="stretch", key=f"{key}.stop.{job.number}", on_click=engine.jobs().cancel, args=(job.number,), help=why)
    missing = tuple(run for run in grid.queue if found[run] is None and run not in busy)
    older = tuple(run for run in grid.queue if (entry := found[run]) and not engine.catalogue().is_current(entry) and run not in busy)
    question = st.session_state.get(CONFIRM)
    if isinstance(grid, Grid) and key == "sweep" and st.session_state.get(PROBLEM, ("",))[0] == grid.setting.qualified:
        st.button("Train", width="stretch", disabled=True, help="The values above cannot be read; mend or empty them first.")
    elif question and question[0] == (missing or older):
        st.warning(as_text(question[1]))
        _button("Train them all", missing or older, grid, key, probes, sure=True)
    elif missing:
        _button(f"Train {count(len(missing), 'run')}", missing, grid, key, probes)
        st.caption(f"{cost(missing, engine.store())}.{f' {stored:,} of {total} are stored already.' if stored else ''}")
    elif older:
        _button(f"Train {count(len(older), 'run')} again", older, grid, key, probes)
        st.caption("They are stored, but the code of the model, the dataset or the training has changed since.")
    elif not busy:
        st.button("Trained", width="stretch", disabled=True, help=f"All {total} are stored.")


def stored_with(grid: Planned, probes: tuple[str, ...] = ()) -> dict[RunSpec, Entry | None]:
    """What the store has of each run of a sweep, None for those that are not trained or hold other recordings only."""
    entries = zip(grid.runs, engine.entries(grid.runs), strict=True)
    return {run: entry if entry and set(probes) <= set(entry.probes) else None for run, entry in entries}


def trainings(grid: Planned) -> list[Job]:
    """Trainings of runs of the sweep that wait or run, in whatever window they were started; from now on this one follows them."""
    runs = set(grid.runs)
    found = [job for job in engine.trainings() if runs & set(job.arguments["specs"])]
    for job in found:
        state.follow(job.number)
    return found


def press_train(runs: tuple[RunSpec, ...], grid: Planned, sure: bool = False, probes: tuple[str, ...] = ()) -> None:
    """Start the training of some runs of a sweep; something very long is asked about first, unless it is `sure`.

    Without recordings unless some are wanted: a sweep has many runs, and only those that somebody opens need them.
    """
    title = f"{grid.what} on {engine.catalogue().dataset(runs[0].dataset.name).title}"
    st.session_state.pop(CONFIRM, None)
    try:
        state.follow(engine.train(runs, st.session_state.get("bench.device", "auto"), title, again=True, sure=sure, probes=probes))
    except TooMuch as question:
        st.session_state[CONFIRM] = (runs, str(question))


def press_train_all() -> None:
    """Start the training of whatever the sweep of this window lacks."""
    grid = request.planned(state.sweep(), state.selection(), engine.catalogue())
    found = dict(zip(grid.runs, engine.entries(grid.runs), strict=True))
    if missing := tuple(run for run in grid.queue if found[run] is None):
        press_train(missing, grid)


def _button(label: str, runs: tuple[RunSpec, ...], grid: Planned, key: str, probes: tuple[str, ...], sure: bool = False) -> None:
    st.button(label, type="primary", width="stretch", key=f"{key}.train", on_click=press_train, args=(runs, grid, sure, probes))


def _set_setting(key: str) -> None:
    st.session_state.pop(PROBLEM, None)
    state.sweep.change(setting=st.session_state[key], values="")


def _set_values(key: str, suggestion: Setting) -> None:
    text = st.session_state[key].strip()
    st.session_state.pop(PROBLEM, None)
    try:
        found = replace(suggestion, values=request.parsed(suggestion.parameter, text)) if text else suggestion
    except UserError as error:
        st.session_state[PROBLEM] = (suggestion.qualified, text, str(error))
        return
    state.sweep.change(values="" if found == suggestion else text.replace(" ", ""))
