"""The parts of the page on static and dynamic attention: a problem of its own, trained on a click; sizes gather over visits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from core.home import home
from core.jobs import Job
from core.spec import DatasetSpec, ModelSpec, RunSpec
from explainers.contract import Table, View
from explainers.lenses import dictionary_lookup as lens
from explainers.lenses.dictionary_lookup import figures
from explainers.lenses.dictionary_lookup.result import Live, Lookups, joined
from explainers.lookup_request import COMPARED, HEADS, KEYS, MODELS, OFFERED_HEADS, OFFERED_KEYS, SEEDS, TAB, Request
from explainers.wording import duration, model_name
from pages._shared import controls, engine, show, state

QUESTION = lens.LENS.question
SIZE, HEADS_KEY, COMPARED_KEY, TABS = (f"lookup.{name}" for name in ("size", "heads", "models", "tabs"))
JOBS = "lookup.jobs"
"""Session key: the trainings that this window follows, by what is asked."""
WORK, BEAT = "explainers.runner:run_lens", 0.5
TITLES = dict(TAB.options)
NOBODY = RunSpec(DatasetSpec(""), ModelSpec(""))
"""The lens makes its own data; what is selected in the sidebar does not matter."""


def page() -> None:
    top = st.container()
    left, right = st.columns([2, 1], gap="large")
    with right:
        _controls(state.lookup())
        found = _answer(state.lookup())
        _train(state.lookup(), found)
    with top:
        if isinstance(found, Lookups):
            said, cells = lens.captions(found), len(found.variants)
            show.question(QUESTION, said[:cells])
        else:
            show.question(QUESTION)
    with left:
        if found is None:
            show.empty(
                "A node for every key holds a value, and every query has to find the value of its own key among them. Press Train: "
                "one head of GAT ranks the keys alike for every query, whatever it learns.",
                320,
            )
        elif isinstance(found, Job):
            st.fragment(_live, run_every=BEAT)(found.number)
        else:
            views = lens.draw(found)
            show.chart(views["alpha" if "alpha" in views else "curves"], "lookup.main")
    if isinstance(found, Lookups):
        show.asides(said[cells:])
        _closer(found, views)


def _controls(asked: Request) -> None:
    """What is asked: settings of the lens, and seeds. The request is the truth; widgets show it and report changes."""
    _widget(SIZE, asked.keys, "keys", int, lambda key: st.slider(KEYS.title, OFFERED_KEYS.low, OFFERED_KEYS.high, help=KEYS.help, **key))
    several: dict[str, Any] = {"selection_mode": "multi"}
    _widget(
        COMPARED_KEY,
        asked.models,
        "models",
        lambda chosen: tuple(name for name in MODELS if name in chosen),
        lambda key: st.pills(COMPARED.title, MODELS, format_func=model_name, help=COMPARED.help, **several, **key),
    )
    _widget(
        HEADS_KEY,
        asked.heads,
        "heads",
        lambda chosen: tuple(sorted(chosen)),
        lambda key: st.pills(HEADS.title, OFFERED_HEADS, help=HEADS.help, **several, **key),
    )
    controls.parameter(SEEDS, asked.seeds, "lookup", lambda _, value: state.lookup.change(seeds=value))


def _widget(key: str, value: object, name: str, read: Callable[[Any], object], draw: Callable[[dict[str, Any]], object]) -> None:
    st.session_state[key] = value
    draw({"key": key, "on_change": lambda: state.lookup.change(**{name: read(st.session_state[key])})})


def _train(asked: Request, found: Lookups | Job | None) -> None:
    if not asked.complete:
        st.caption("Pick at least one model and one number of heads.")
        return
    label = "Train" if found is None else "Trained" if isinstance(found, Lookups) else "Training …"
    st.button(label, key="lookup.train", type="primary", disabled=found is not None, width="stretch", on_click=_ask, args=(asked,))
    st.caption("Trains on the CPU of this machine; the dataset and the model of the sidebar play no part here.")


def _work(asked: Request) -> dict[str, Any]:
    return {"lens": lens.LENS.name, "spec": NOBODY, "seeds": asked.seeds, "values": asked.values, "root": home()}


def _ask(asked: Request) -> None:
    """Train what is missing of it, once for all windows."""
    work = _work(asked)
    job = _at_work(work)
    number = job.number if job else engine.jobs().submit(WORK, work, title=lens.LENS.title, lane="batch")
    st.session_state.setdefault(JOBS, {})[str(work)] = number


def _at_work(work: dict[str, Any]) -> Job | None:
    """The job that trains it for whatever window: a page that was loaded anew finds its training again."""
    return next((job for job in engine.jobs().active() if job.name == WORK and job.arguments == work), None)


def _answer(asked: Request) -> Lookups | Job | None:
    """What was trained here or elsewhere, the job that trains it, or None where nobody asked for it so far."""
    if not asked.complete:
        return None
    work, mine = _work(asked), st.session_state.setdefault(JOBS, {})
    if (kept := _stored(asked)) is not None:
        if number := mine.pop(str(work), 0):
            engine.jobs().release(number)
        return kept
    job = engine.jobs().job(mine.get(str(work), 0)) or _at_work(work)
    if job is None or not job.finished:
        return job
    if job.state == "done":  # and was not kept: the disk is full
        return job.result  # type: ignore[no-any-return]
    del mine[str(work)]
    if job.state == "failed":
        state.say(job.error)
        st.rerun()
    return None


def _stored(asked: Request) -> Lookups | None:
    """What was trained before, read once for all windows; None where something of it is missing, which is asked anew at every look."""
    return engine.view(lambda: lens.stored(home(), asked.seeds, asked.values), "lookup", str(_work(asked)))  # type: ignore[no-any-return]


def _live(number: int) -> None:
    """The curves while it trains; the page draws itself again when that has ended."""
    state.catch_up()
    job = engine.jobs().job(number)
    if job is None or job.finished:
        st.rerun()
    left = f" · {duration(job.eta)} left" if job.eta is not None else ""
    st.progress(job.share, f"{job.message or 'waiting for the worker …'}{left}")
    if isinstance(job.snapshot, Live):
        st.plotly_chart(figures.live_figure(job.snapshot), key="lookup.live", config={"displayModeBar": False})
        st.caption("Share of the queries that are answered. Full lines: combinations that were not trained on; dotted: those that were.")
    st.button("Stop", key="lookup.stop", on_click=lambda: engine.jobs().cancel(number))


def _closer(found: Lookups, views: Mapping[str, View]) -> None:
    parts: dict[str, Callable[[], None]] = {
        "sizes": lambda: _sizes(found, state.lookup()),
        "curves": lambda: show.chart(views["curves"], "lookup.curves"),
        "scores": lambda: _scores(views),
        "rankings": lambda: _rankings(views),
    }
    st.session_state[TABS] = TITLES[state.lookup().tab]
    for name, tab in zip(TITLES, st.tabs(list(TITLES.values()), key=TABS, on_change=_opened_tab), strict=True):
        if tab.open:
            with tab:
                parts[name]()


def _opened_tab() -> None:
    """Into the link, so that a reload opens it again."""
    state.lookup.change(tab=next(name for name, title in TITLES.items() if title == st.session_state[TABS]))


def _sizes(found: Lookups, asked: Request) -> None:
    """Every size that was trained with the same models, heads and seeds, in one figure."""
    others = [_stored(replace(asked, keys=keys)) for keys in range(KEYS.low, KEYS.high + 1) if keys != asked.keys]
    together = joined([*filter(None, others), found])
    left, right = st.columns(2, gap="large")
    with left:
        show.chart(figures.accuracy(together), "lookup.accuracy")
    if len(together.attention):
        with right:
            show.chart(figures.attention_to_own(together), "lookup.own_key")
    st.caption("Train with another number of keys, and its marks are added here.")


def _scores(views: Mapping[str, View]) -> None:
    if "score" in views:
        show.chart(views["score"], "lookup.score")
    else:
        show.empty("None of these models attends: there are no scores.")


def _rankings(views: Mapping[str, View]) -> None:
    if isinstance(views.get("rankings"), Table):
        show.table(views["rankings"], "lookup.rankings", height=300)
        show.download(views["rankings"].data, "lookup.rankings")
    show.table(views["problems"], "lookup.problems", height="content")
