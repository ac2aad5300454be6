"""The sidebar: pick a dataset, a model and its settings, press Train. The same on every page."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import partial

import streamlit as st

from core.costs import TooMuch
from core.parameters import Value
from core.selection import DRAWN_SPLITS, SEEDS, SPLIT_SEED, splits_of
from core.spec import TRAINING, RunSpec, TrainingSpec, settings
from explainers.wording import duration
from pages._shared import controls, engine, state


def sidebar() -> None:
    """Draw the bench; every change goes to the selection at once."""
    with st.sidebar:
        _dataset()
        _model()
        _training()


def _dataset() -> None:
    chosen, catalogue = state.selection(), engine.catalogue()
    cards = catalogue.datasets
    card = catalogue.dataset(chosen.dataset)
    st.session_state["bench.dataset"] = chosen.dataset
    st.selectbox(
        "Dataset",
        sorted(cards, key=lambda name: (not cards[name].embedded, cards[name].title.lower())),
        key="bench.dataset",
        format_func=lambda name: cards[name].title if cards[name].embedded else f"{cards[name].title} · public",
        on_change=lambda: state.change_dataset(st.session_state["bench.dataset"]),
        help=f"{card.family}. {card.question} {card.size}.",
    )
    words = splits_of(card)
    st.session_state["bench.split"] = chosen.split
    st.selectbox(
        "Split",
        list(words),
        key="bench.split",
        format_func=lambda name: words[name],
        on_change=lambda: state.change(split=st.session_state["bench.split"]),
        help="Which nodes are trained on, which choose the epoch, and which judge.",
    )
    if card.parameters or chosen.split in DRAWN_SPLITS:
        box = st.expander("Graph settings", key="bench.graph", on_change="rerun")
        if not box.open:  # closed, it costs nothing: widgets make up most of a page's first second
            return
        with box:
            controls.parameters(
                card.parameters, dict(chosen.dataset_settings), f"d.{chosen.dataset}", partial(_set_dataset, chosen.dataset)
            )
            if chosen.split in DRAWN_SPLITS:
                controls.parameter(SPLIT_SEED, chosen.split_seed, "bench", lambda _, value: state.change(split_seed=value))


def _model() -> None:
    chosen, catalogue = state.selection(), engine.catalogue()
    cards = catalogue.models
    card = catalogue.model(chosen.model)
    st.session_state["bench.model"] = chosen.model
    st.selectbox(
        "Model",
        list(cards),
        key="bench.model",
        format_func=lambda name: cards[name].title,
        on_change=lambda: state.change_model(st.session_state["bench.model"]),
        help=f"{card.question} {card.source}.",
    )
    values = dict(chosen.model_settings)
    controls.parameters([p for p in card.parameters if p.common], values, f"m.{chosen.model}", partial(_set_model, chosen.model))
    box = st.expander("More", key="bench.more", on_change="rerun")
    if not box.open:
        return
    with box:
        controls.parameters([p for p in card.parameters if not p.common], values, f"m.{chosen.model}", partial(_set_model, chosen.model))
        controls.parameters(TRAINING, asdict(chosen.training), "t", _set_training)
        st.button("Use the paper's recipe", on_click=_paper_recipe, help=card.recipe.source, width="stretch")
        st.button("Back to the common recipe", on_click=_common_recipe, help="The defaults that all models share.", width="stretch")


def _training() -> None:
    chosen = state.selection()
    columns = st.columns(2)
    with columns[0]:
        controls.parameter(SEEDS, chosen.seeds, "bench", lambda _, value: state.change(seeds=value))
    with columns[1]:
        names = ["auto", *engine.catalogue().devices]
        st.selectbox("Device", names, key="bench.device", persist_state="session", help="auto takes the fastest one of this machine.")
    progress()


def press_train(again: bool = False, sure: bool = False) -> None:
    """Start the training of what the selection asks for and the store lacks; `again`: of what older code made, too.

    Something very long is asked about first, unless it is `sure`.
    """
    chosen, planned = state.selection(), engine.specs(state.selection())
    title = f"{engine.catalogue().model(chosen.model).title} on {engine.catalogue().dataset(chosen.dataset).title}"
    st.session_state.pop("bench.asked", None)
    try:
        state.follow(engine.train(planned, st.session_state.get("bench.device", "auto"), title, again, sure))
    except TooMuch as question:
        st.session_state["bench.asked"] = (chosen, again, str(question))


def progress() -> None:
    """What trains, how far it is, Stop; and the button that trains what is selected."""
    st.fragment(_progress, run_every=0.5 if state.watched() else None)()


def _progress() -> None:
    state.outcomes()
    state.catch_up()
    planned = engine.specs(state.selection())
    busy = False
    for job in state.watched():
        busy |= set(planned) <= set(job.arguments["specs"])
        left = f" · {duration(job.eta)} left" if job.eta is not None else ""
        st.progress(job.share, f"{job.title} · {job.message or 'waiting'}{left}")
        why = "Ends within an epoch; finished runs are kept."
        st.button("Stop", width="stretch", on_click=engine.jobs().cancel, args=(job.number,), help=why, key=f"bench.stop.{job.number}")
    if not busy:
        _train_button(planned)


def _train_button(planned: tuple[RunSpec, ...]) -> None:
    found = engine.entries(planned)
    missing = found.count(None)
    asked_for, again, question = st.session_state.get("bench.asked", (None, False, ""))
    if asked_for == state.selection():
        st.warning(question)
        st.button("Train them all", type="primary", width="stretch", on_click=press_train, kwargs={"again": again, "sure": True})
    elif missing:
        label = f"Train {missing} {'run' if missing == 1 else 'runs'}"
        st.button(label, type="primary", width="stretch", on_click=press_train)
    elif all(engine.catalogue().is_current(entry) for entry in found if entry):
        st.button("Trained", width="stretch", disabled=True, help="These runs are stored. Change a setting or add seeds to train more.")
    else:
        why = "These runs are stored, but the code of the model, the dataset or the training has changed since."
        st.button("Train again", width="stretch", on_click=press_train, kwargs={"again": True}, help=why)


def _set_dataset(dataset: str, name: str, value: Value) -> None:
    """A setting of one dataset. A click that selects another can bring this with it, from the widgets that it takes away."""
    if state.selection().dataset != dataset:
        return
    state.change(dataset_settings=settings(dict(state.selection().dataset_settings) | {name: value}), node=None)


def _set_model(model: str, name: str, value: Value) -> None:
    """The same of a model: what was GCN's width must not become GAT's."""
    if state.selection().model != model:
        return
    state.change(model_settings=settings(dict(state.selection().model_settings) | {name: value}))


def _set_training(name: str, value: Value) -> None:
    state.change(training=replace(state.selection().training, **{name: value}))  # type: ignore[arg-type]


def _paper_recipe() -> None:
    recipe = engine.catalogue().model(state.selection().model).recipe
    state.change(model_settings=settings(_model_defaults() | dict(recipe.model)), training=TrainingSpec.of(recipe.training))


def _common_recipe() -> None:
    state.change(model_settings=settings(_model_defaults()), training=TrainingSpec())


def _model_defaults() -> dict[str, Value]:
    return {p.name: p.default for p in engine.catalogue().model(state.selection().model).parameters}
