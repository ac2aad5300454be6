"""The smallest edit that flips a prediction: what may be edited, what that costs, and what was found."""

from __future__ import annotations

import streamlit as st

from core.data import GraphData
from core.home import home
from core.run import Run
from explainers.what_if import offers, readings
from explainers.what_if.result import KINDS, Found, Planned
from pages._shared import engine, show, state, why_edit

ASKED = "what_if.asked"
WORK = "explainers.what_if.search"


def find(graph: GraphData, run: Run, node: int) -> None:
    st.subheader("The smallest edit that flips it", anchor=False)
    kinds, most = _controls()
    if not kinds:
        show.empty("Choose what may be edited.")
        return
    work = {"spec": run.spec, "node": node, "kinds": kinds, "most": most, "root": home()}
    asked = (engine.version(run.key), node, kinds, most)
    stamp = engine.version(run.key)
    planned: Planned | None = why_edit.asked(f"{WORK}:plan", work, "Counting the candidates", stamp)
    if planned is None:
        return
    own = "It starts from the graph as it is, without the edits of your list." if state.edits() else ""
    st.caption(" ".join(filter(None, [own, readings.cost(planned), *planned.notes])))
    if st.session_state.get(ASKED) != asked:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button("Find the smallest edit that flips it", icon=":material/search:", type="primary", on_click=_start, args=(asked,))
            _repeat(node, kinds, most)
        return
    found: Found | None = why_edit.asked(f"{WORK}:search", work, f"Looking for edits that flip node {node}", stamp, lane="batch")
    if found is not None:
        _show(found, graph)
        _repeat(node, kinds, most)


def _repeat(node: int, kinds: tuple[str, ...], most: int) -> None:
    why_edit.repeat("what_if.search.command", lambda: offers.search_command(state.selection(), engine.catalogue(), node, kinds, most))


def _controls() -> tuple[tuple[str, ...], int]:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        chosen = st.pills(
            "It may",
            list(KINDS),
            format_func=KINDS.get,
            selection_mode="multi",
            default=["deletion", "feature"],
            key="what_if.kinds",
            persist_state="session",
            help="Delete edges within the model's reach; add edges between the node and any other; set features of the node to 0.",
        )
        most = st.segmented_control(
            "Try all sets of up to",
            [1, 2, 3],
            format_func=lambda size: f"{size} edit{'s' if size > 1 else ''}",
            default=2,
            required=True,
            key="what_if.most",
            persist_state="session",
            help="Exhaustively, as long as there are not too many: what is found is then proven minimal. A greedy search goes further.",
        )
    return tuple(kind for kind in KINDS if kind in chosen), int(most or 2)


def _start(asked: object) -> None:
    st.session_state[ASKED] = asked


def _show(found: Found, graph: GraphData) -> None:
    show.asides(readings.finding(found, graph))
    if found.edits:
        st.button(
            "Apply",
            icon=":material/check:",
            on_click=state.change_edits,
            args=(found.edits,),
            help="Takes the place of your list; Undo brings that back.",
        )
