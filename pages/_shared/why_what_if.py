"""What if the graph were another one: edits, what the model then says, and the smallest edit that flips it."""

from __future__ import annotations

from html import escape

import streamlit as st

from core.data import GraphData
from core.edits import Edits, checked, said
from core.home import home
from core.run import Run
from core.views import OpenGraph
from explainers.what_if import figures, offers, readings
from explainers.what_if.result import Outcome, trained_on
from pages._shared import engine, show, state, why_edit, why_search
from pages._shared.frame import as_text

MODEL = "what_if.model"
SAME, RETRAIN = "Same weights", "Retrain"
WORK = "explainers.what_if"


def tab(opened: OpenGraph, run: Run, node: int) -> None:
    """Controls to the left, what comes of them to the right.

    A part of the page of its own: the answer is there before the rest of the page is drawn again.
    """
    st.fragment(_tab)(opened, run, node)


def _tab(opened: OpenGraph, run: Run, node: int) -> None:
    left, right = st.columns([1, 2.3], gap="large")
    with left:
        why_edit.controls(opened.graph, run, node)
        _list(opened.graph)
        retrain = _which_model()
    with right:
        _answer(opened, run, node, retrain)
    st.divider()
    why_search.find(opened.graph, run, node)
    state.catch_up()


def _list(graph: GraphData) -> None:
    """The edits, each with a way to take it back."""
    edits = state.edits()
    for place, edit in enumerate(edits):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(as_text(said(edit, graph)), width="stretch")
            options = {"key": f"what_if.row.{place}", "type": "tertiary", "help": "Take this edit back"}
            st.button("", icon=":material/close:", on_click=why_edit.told(_without), args=(place, graph), **options)
    if not edits:
        st.caption("No edits. The answer to the right is that of the graph as it is.")
    with st.container(horizontal=True):
        st.button("Undo", icon=":material/undo:", disabled=not state.can_undo_edits(), on_click=state.undo_edits)
        st.button("Reset", icon=":material/restart_alt:", disabled=not edits, on_click=state.change_edits, args=((),))


def _without(place: int, graph: GraphData) -> None:
    """The list without one edit. Raises `UserError` where a later one needs it."""
    edits = state.edits()
    state.change_edits(checked([*edits[:place], *edits[place + 1 :]], graph))


def _which_model() -> bool:
    """Whether the model is to be trained again on the edited graph."""
    chosen = st.segmented_control(
        "Model",
        [SAME, RETRAIN],
        default=SAME,
        required=True,
        key=MODEL,
        persist_state="session",
        help="Same weights: what the trained model says of the edited graph. Retrain: what one says that is trained on the edited graph.",
    )
    return bool(chosen == RETRAIN)


def _answer(opened: OpenGraph, run: Run, node: int, retrain: bool) -> None:
    edits = state.edits()
    outcome = _retrained(run, node, edits) if retrain and edits else _asked("evaluate", run, node, edits, engine.version(run.key))
    if outcome is None:
        return
    graph = opened.graph
    sentences = [sentence for sentence in readings.answers(outcome, graph) if sentence]
    st.html(f"<p class='answer'>{escape(sentences[0])}</p>")
    show.asides(sentences[1:])
    first, second = st.columns(2, gap="medium")
    with first:
        show.chart(figures.probabilities(outcome), "what_if.probabilities")
    with second:
        show.legend(figures.legend(outcome))
        show.chart(figures.movement(outcome), "what_if.movement")
    if len(outcome.changed.nodes):
        table = readings.changed_table(outcome, graph)
        show.table(table, "what_if.changed", show.height(len(table.data)))
    if edits:
        why_edit.repeat("what_if.command", lambda: offers.command(state.selection(), engine.catalogue(), node, edits, retrain))


def _asked(name: str, run: Run, node: int, edits: Edits, stamp: object) -> Outcome | None:
    """The answer, None while it is waited for or cannot be had."""
    work = {"spec": run.spec, "node": node, "edits": edits, "root": home()}
    outcome: Outcome | None = why_edit.asked(f"{WORK}.evaluate:{name}", work, "Asking the model about the edited graph", stamp)
    return outcome


def _retrained(run: Run, node: int, edits: Edits) -> Outcome | None:
    """The model that was trained on the edited graph, or the way to train it."""
    spec = trained_on(run.spec, edits)
    if engine.entries((spec,))[0] is not None:
        return _asked("evaluate_retrained", run, node, edits, (engine.version(run.key), engine.version(spec.key)))
    training = next((job for job in engine.trainings() if spec in job.arguments["specs"]), None)
    if training is not None:
        show.waiting(training)
        return None
    show.empty("No model is trained on this edited graph yet.")
    st.button("Train on the edited graph", type="primary", on_click=why_edit.told(_train), args=(run, edits))
    return None


def _train(run: Run, edits: Edits) -> None:
    title = f"Training on {run.spec.dataset.name} with {len(edits)} edits"
    state.follow(engine.train((trained_on(run.spec, edits),), st.session_state.get("bench.device", "auto"), title))
