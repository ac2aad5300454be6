"""Controls that add an edit to the list: what to do, and to what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.data import GraphData
from core.edits import Edit, checked, feature_called, parse
from core.errors import UserError
from core.jobs import Job
from core.run import Run
from explainers.what_if.offers import DO, link_of, named, neighbours, node_in
from explainers.what_if.present import Present
from pages._shared import engine, show, state
from pages._shared.frame import as_text

DOING = "what_if.do"
OTHER = "Another feature …"
ERROR = "what_if.error"

Make = Callable[[], list[Edit]]


def controls(graph: GraphData, run: Run, node: int) -> None:
    """What to do, the inputs that it needs, and the button that does it."""
    doing = st.segmented_control(
        f"Edit around node {node}", list(DO), format_func=DO.get, default="remove", required=True, key=DOING, persist_state="session"
    )
    make = INPUTS[doing or "remove"](graph, run, node)
    if make is not None:
        st.button("Add edit", icon=":material/add:", type="primary", on_click=told(_add), args=(make, graph), key="what_if.add")
    if error := st.session_state.pop(ERROR, ""):
        st.warning(as_text(error))


def told(action: Callable[..., None]) -> Callable[..., None]:
    """A callback whose `UserError` is said below the button that adds edits."""

    def careful(*arguments: Any) -> None:
        try:
            action(*arguments)
        except UserError as error:
            st.session_state[ERROR] = str(error)

    return careful


def asked(name: str, work: dict[str, Any], title: str, stamp: object, lane: str = "interactive") -> Any:
    """The result of named work; None while it is waited for, was stopped or cannot be had, which is said in its place.

    `lane` "batch" is for work so long that clicks should not wait behind it.
    """
    try:
        found = engine.ask(name, work, title=title, lane=lane, stamp=stamp)
    except engine.Stopped as stopped:
        st.info(as_text(str(stopped)), icon=":material/stop_circle:")
        st.button("Start again", key=f"{name}.again", on_click=engine.resume, args=(stopped.question,))
        return None
    except UserError as error:
        show.empty(str(error))
        return None
    if isinstance(found, Job):
        show.waiting(found)
        return None
    return found


def repeat(key: str, command: Callable[[], str]) -> None:
    """The command for what is on the screen, in a box that opens."""
    box = st.popover("Command", type="tertiary", icon=":material/terminal:", key=key, on_change="rerun")
    if box.open:
        with box:
            st.code(command(), language="bash", wrap_lines=True)


def _add(make: Make, graph: GraphData) -> None:
    """All edits of a button or none. Raises `UserError` for those that cannot be made."""
    state.change_edits(checked([*state.edits(), *make()], graph))


def _remove(graph: GraphData, run: Run, node: int) -> Make | None:
    other = _neighbour(graph, node, "Edge to")
    return None if other is None else lambda: [link_of(graph, node, other, "remove")]


def _link(graph: GraphData, run: Run, node: int) -> Make:
    _node_input("Edge to")
    return lambda: [link_of(graph, node, _node_given(graph), "add")]


def _swap(graph: GraphData, run: Run, node: int) -> Make | None:
    other = _neighbour(graph, node, "Instead of")
    if other is None:
        return None
    _node_input("Link with")
    return lambda: [link_of(graph, node, other, "remove"), link_of(graph, node, _node_given(graph), "add")]


def _drop(graph: GraphData, run: Run, node: int) -> Make:
    _node_input("Node to drop")
    st.caption("It stays in the picture without edges and features, and leaves all splits.")
    return lambda: [("drop", str(_node_given(graph)))]


def _feature(graph: GraphData, run: Run, node: int) -> Make | None:
    work = {"dataset": run.spec.dataset, "node": node}
    present: Present | None = asked("explainers.what_if.present:present", work, "Reading the features", "")
    if present is None:
        return None
    values = {str(feature): value for feature, value in zip(present.features.tolist(), present.values.tolist(), strict=True)}
    key = f"what_if.feature.{node}"
    chosen = st.selectbox(
        "Feature",
        [*values, OTHER],
        format_func=lambda word: word if word == OTHER else f"{feature_called(int(word), graph)}, now {values[word]:g}",
        key=key,
        help="Those of the node that are not 0.",
    )
    if chosen == OTHER:
        st.number_input("Number of the feature", 0, graph.num_features - 1, key=f"{key}.other")
    st.number_input("Set to", value=0.0, format="%g", key=f"{key}.value", help="0 masks the feature.")
    return lambda: [("feature", str(node), _feature_given(key), repr(float(st.session_state[f"{key}.value"])))]


def _feature_given(key: str) -> str:
    chosen = st.session_state[key]
    return str(st.session_state[f"{key}.other"]) if chosen == OTHER else str(chosen)


def _text(graph: GraphData, run: Run, node: int) -> Make:
    how = "− removes an edge, + adds one, x drops a node, f sets a feature."
    st.text_input("Edits", key="what_if.text", placeholder="-12:40, +3:9, x5, f5:17=0", help=how)
    return lambda: list(parse(st.session_state["what_if.text"]))


def _neighbour(graph: GraphData, node: int, label: str) -> int | None:
    """The chosen neighbour; None where there is none."""
    found = neighbours(graph, node, state.edits())
    if not found:
        show.empty(f"Node {node} has no edges.")
        return None
    chosen: int | None = st.selectbox(label, found, format_func=lambda other: named(graph, other), key=f"what_if.neighbour.{node}")
    return chosen


def _node_input(label: str) -> None:
    st.text_input(label, key="what_if.node", placeholder="number or name of a node")


def _node_given(graph: GraphData) -> int:
    return node_in(graph, st.session_state["what_if.node"])


INPUTS: dict[str, Callable[[GraphData, Run, int], Make | None]] = {
    "remove": _remove,
    "add": _link,
    "swap": _swap,
    "drop": _drop,
    "feature": _feature,
    "text": _text,
}
