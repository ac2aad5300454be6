"""The parts of the page on static and dynamic attention: a problem of its own, trained on a click; sizes gather over visits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.home import home
from core.jobs import Job
from core.spec import DatasetSpec, ModelSpec, RunSpec
from explainers.contract import Table, View
from explainers.lenses import dictionary_lookup as lens
from explainers.lenses.dictionary_lookup import figures
from explainers.lenses.dictionary_lookup.result import ATTENTION, MODELS, Live, Lookups, joined
from explainers.wording import duration, model_name
from pages._shared import engine, show, state

QUESTION = lens.LENS.question
SIZE, HEADS, COMPARED, SEEDS = (f"lookup.{name}" for name in ("size", "heads", "models", "seeds"))
ASKED, FOUND = "lookup.asked", "lookup.found"
"""Session keys: the questions that were asked, and the answers by question."""
MOST, BEAT = 12, 0.5
NOBODY = RunSpec(DatasetSpec(""), ModelSpec(""))
"""The lens makes its own data; what is selected in the sidebar does not matter."""


def page() -> None:
    top = st.container()
    left, right = st.columns([2, 1], gap="large")
    with right:
        question = _controls()
        found = _answer(question)
        _train(question, found)
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
                "one head of GAT ranks the keys alike for every query, and cannot answer them all.",
                320,
            )
        elif isinstance(found, Job):
            st.fragment(_live, run_every=BEAT)(found.number)
        else:
            views = lens.draw(found)
            show.chart(views["alpha" if "alpha" in views else "curves"], "lookup.main")
    if isinstance(found, Lookups):
        show.asides(said[cells:])
        _closer(views, question)


def _controls() -> dict[str, str]:
    """What is asked: settings of the lens, and seeds."""
    size = st.slider("Keys", 3, MOST, 5, key=SIZE, persist_state="session", help="As many queries; time grows with the square.")
    models = st.pills(
        "Models",
        MODELS,
        default=ATTENTION,
        selection_mode="multi",
        key=COMPARED,
        format_func=model_name,
        persist_state="session",
        help="GCN and GIN do not attend: they show what a fixed rule can do.",
    )
    heads = st.pills(
        "Heads",
        (1, 2, 4, 8, 16),
        default=(1, 8),
        selection_mode="multi",
        key=HEADS,
        persist_state="session",
        help="They share 128 channels.",
    )
    seeds = st.number_input("Seeds", 1, 20, 1, key=SEEDS, persist_state="session", help="Each draws its own permutations and weights.")
    return {
        "sizes": str(size),
        "models": ",".join(name for name in MODELS if name in models),
        "heads": ",".join(map(str, sorted(heads))),
        "seeds": str(seeds),
    }


def _train(asked: dict[str, str], found: Lookups | Job | None) -> None:
    if not (asked["models"] and asked["heads"]):
        st.caption("Pick at least one model and one number of heads.")
        return
    label = "Train" if found is None else "Trained" if isinstance(found, Lookups) else "Training …"
    st.button(label, key="lookup.train", type="primary", disabled=found is not None, width="stretch", on_click=_ask, args=(asked,))
    st.caption("Trains on the CPU of this machine; the dataset and the model of the sidebar play no part here.")


def _ask(asked: dict[str, str]) -> None:
    st.session_state.setdefault(ASKED, []).append(tuple(asked.items()))


def _answer(asked: dict[str, str]) -> Lookups | Job | None:
    """The result, the job that trains, or None where it was not asked for."""
    question = tuple(asked.items())
    if question not in st.session_state.get(ASKED, ()):
        return None
    values = {name: value for name, value in asked.items() if name != "seeds"}
    arguments = {"lens": lens.LENS.name, "spec": NOBODY, "seeds": int(asked["seeds"]), "values": values, "root": home()}
    try:
        found: Any = engine.ask("explainers.runner:run_lens", arguments, title=lens.LENS.title, lane="batch", patience=0.0)
    except engine.Stopped as stopped:
        engine.resume(stopped.question)
        st.session_state[ASKED].remove(question)
        st.rerun()
    if isinstance(found, Lookups):
        st.session_state.setdefault(FOUND, {})[question] = found
    return found  # type: ignore[no-any-return]


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


def _closer(views: Mapping[str, View], asked: dict[str, str]) -> None:
    tabs = st.tabs(["Against the number of keys", "Curves", "Scores", "Rankings"], key="lookup.tabs", on_change="rerun")
    for tab, draw in zip(
        tabs, (lambda: _sizes(asked), lambda: _curves(views), lambda: _scores(views), lambda: _rankings(views)), strict=True
    ):
        if tab.open:
            with tab:
                draw()


def _sizes(asked: dict[str, str]) -> None:
    """Every size that was trained with the same models, heads and seeds, in one figure."""
    same = [result for question, result in st.session_state[FOUND].items() if {**dict(question), "sizes": ""} == {**asked, "sizes": ""}]
    show.chart(figures.accuracy(joined(same)), "lookup.accuracy")
    st.caption("Train with another number of keys, and its marks are added here.")


def _curves(views: Mapping[str, View]) -> None:
    show.chart(views["curves"], "lookup.curves")


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
