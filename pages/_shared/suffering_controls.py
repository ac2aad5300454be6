"""The controls of the heterophily page: which models over which seeds and splits, and the button that trains what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import streamlit as st

from core.costs import TooMuch, cost
from core.jobs import Job
from core.spec import RunSpec
from explainers.heterophily_request import ALWAYS, BY, MODELS, MOST_MODELS, SEEDS, SPLITS, Request
from explainers.wording import count, duration, model_name
from pages._shared import controls as widgets
from pages._shared import engine, state
from pages._shared.frame import as_text

Plan: TypeAlias = Mapping[str, tuple[RunSpec, ...]]
"""The runs of each model."""
CONFIRM = "heterophily.confirm"


def controls(asked: Request, splits: int) -> None:
    """Models, seeds, and splits where there are several."""
    key = "heterophily.models"
    st.session_state[key] = [name for name in MODELS.words(asked.models) if name not in ALWAYS]
    st.multiselect(
        f"{MODELS.title} beside {' and '.join(map(model_name, ALWAYS))}",
        [name for name in engine.catalogue().models if name not in ALWAYS],
        key=key,
        format_func=model_name,
        max_selections=MOST_MODELS - len(ALWAYS),
        help=MODELS.help,
        on_change=lambda: state.heterophily.change(models=",".join(st.session_state[key])),
    )
    columns = st.columns(2, vertical_alignment="bottom")
    with columns[0]:
        widgets.parameter(SEEDS, asked.seeds, "heterophily", lambda _, value: state.heterophily.change(seeds=value))
    if splits > 1:
        with columns[1]:
            widgets.parameter(SPLITS, asked.splits, "heterophily", lambda _, value: state.heterophily.change(splits=value))
    st.caption("Each model has its default settings. Dataset, training and device are those of the sidebar; its model plays no part here.")


def tabs(asked: Request) -> None:
    """What the picture is by."""
    key, words = "heterophily.by", dict(BY.options)
    st.session_state[key] = asked.by
    st.segmented_control(
        BY.title,
        list(words),
        key=key,
        required=True,
        format_func=lambda name: words[name].capitalize(),
        label_visibility="collapsed",
        on_change=lambda: state.heterophily.change(by=st.session_state[key]),
    )


def grid_model(models: Sequence[str], model: str) -> None:
    """Whose grid is drawn."""
    key = "heterophily.model"
    st.session_state[key] = model
    st.segmented_control(
        "Model",
        list(models),
        key=key,
        required=True,
        format_func=model_name,
        label_visibility="collapsed",
        on_change=lambda: state.heterophily.change(model=st.session_state[key]),
    )


def trainings(plan: Plan) -> list[Job]:
    """Trainings of its runs that wait or run, in whatever window they were started; from now on this one follows them."""
    runs = {run for some in plan.values() for run in some}
    found = [job for job in engine.trainings() if runs & set(job.arguments["specs"])]
    for job in found:
        state.follow(job.number)
    return found


def training(plan: Plan) -> None:
    """How far the training is, and Stop; or the button that trains what is missing. Each model is a training of its own, so that one that
    refuses the graph does not stop the others."""
    state.catch_up()
    missing = {name: left for name, runs in plan.items() if (left := _missing(runs))}
    total, jobs = sum(map(len, plan.values())), trainings(plan)
    stored = total - sum(map(len, missing.values()))
    if jobs:
        running = next((job for job in jobs if job.state == "running"), jobs[0])
        left = f" · {duration(running.eta)} left of {running.title}" if running.eta is not None else ""
        st.progress(stored / total, f"{stored:,} of {count(total, 'run')}{left}")
        why = "Ends within an epoch; finished runs are kept."
        st.button("Stop", width="stretch", key="heterophily.stop", on_click=_stop, args=(tuple(job.number for job in jobs),), help=why)
        return
    runs = tuple(run for some in missing.values() for run in some)
    question = st.session_state.get(CONFIRM)
    if question and question[0] == runs:
        st.warning(as_text(question[1]))
        st.button("Train them all", type="primary", width="stretch", key="heterophily.train", on_click=_press, args=(missing, True))
    elif runs:
        label = f"Train {count(len(runs), 'run')}"
        st.button(label, type="primary", width="stretch", key="heterophily.train", on_click=_press, args=(missing,))
        st.caption(f"{cost(runs, engine.store())}.{f' {stored:,} of {total:,} are stored already.' if stored else ''}")
    else:
        st.button("Trained", width="stretch", disabled=True, help=f"All {total:,} are stored.")


def _missing(runs: tuple[RunSpec, ...]) -> tuple[RunSpec, ...]:
    return tuple(run for run, entry in zip(runs, engine.entries(runs), strict=True) if entry is None)


def _press(missing: Plan, sure: bool = False) -> None:
    st.session_state.pop(CONFIRM, None)
    for name, runs in missing.items():
        title = f"{model_name(name)} on {engine.catalogue().dataset(runs[0].dataset.name).title}"
        try:
            state.follow(engine.train(runs, st.session_state.get("bench.device", "auto"), title, sure=sure, probes=()))
        except TooMuch as question:
            st.session_state[CONFIRM] = (tuple(run for some in missing.values() for run in some), str(question))
            return


def _stop(numbers: tuple[int, ...]) -> None:
    for number in numbers:
        engine.jobs().cancel(number)
