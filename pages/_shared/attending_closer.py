"""Closer looks of the attention page: one node, its rollout, classes and degrees, likeness of heads, does it explain, numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from core.home import home
from core.jobs import Job
from core.views import OpenGraph
from explainers.attention_request import EXPLAINED, TAB
from explainers.coloring import coloring
from explainers.contract import View
from explainers.lenses import attention_course
from explainers.lenses.attention import explains_figures, node_figures
from explainers.lenses.attention import result as results
from explainers.lenses.attention.around import NodeAttention
from explainers.lenses.attention.result import Attention
from pages._shared import engine, pictures, settled, show, state
from pages._shared.transport import transport

TABS, LAYER, HEAD, FIND = "attention.tabs", "attention.layer", "attention.head", "attention.find"
TITLES = dict(TAB.options)
ASKED = "attention.asked"
"""Session key: the trained runs of which the comparison was asked for."""
WORK = "explainers.lenses.attention"


def tabs(opened: OpenGraph, result: Attention, views: Mapping[str, View]) -> None:
    parts: dict[str, Callable[[], None]] = {
        "node": lambda: _node(opened, result),
        "across": lambda: _across(opened),
        "classes": lambda: _side_by_side(views, "by_class", "by_degree"),
        "alike": lambda: _side_by_side(views, *(name for name in views if name.startswith("similar_"))),
        **({"screening": lambda: _side_by_side(views, "screening", "screening_shares")} if "screening" in views else {}),
        "course": _course,
        "explains": _explains,
        "numbers": lambda: _numbers(result),
    }
    titles = [TITLES[name] for name in parts]
    st.session_state[TABS] = TITLES[state.look().tab] if state.look().tab in parts else titles[0]
    for draw, tab in zip(parts.values(), st.tabs(titles, key=TABS, on_change=_opened_tab), strict=True):
        if tab.open:
            with tab:
                draw()


def _opened_tab() -> None:
    """Into the link, so that a reload opens it again."""
    state.look.change(tab=next(name for name, title in TITLES.items() if title == st.session_state[TABS]))


def _node(opened: OpenGraph, result: Attention) -> None:
    seen = _seen(opened)
    if seen is None:
        return
    layer, head = _place(result)
    left, right = st.columns([1.15, 1], gap="large")
    with left:
        colors = coloring("class", opened.graph, pictures.split(opened))
        show.legend(colors.legend)
        scene, said = node_figures.scene(opened, colors, seen, layer, head)
        pictures.drawn(scene, "attention.around", 430, part_of=opened.graph)
        st.caption(said)
        pictures.why("attention.why")
    with right:
        said = [node_figures.sums(seen, layer, head), node_figures.without_the_first(opened.graph, seen, layer, head)]
        show.asides([sentence for sentence in said if sentence])
        show.chart(node_figures.bars(opened.graph, seen, layer, head), "attention.bars")
    rows = node_figures.table(opened.graph, seen, layer, head)
    if len(rows.data):
        show.table(rows, "attention.neighbours", height=show.height(len(rows.data)))


def _across(opened: OpenGraph) -> None:
    seen = _seen(opened)
    if seen is None:
        return
    left, right = st.columns(2, gap="large")
    with left:
        show.chart(node_figures.by_hop(seen), "attention.by_hop")
    with right:
        show.table(node_figures.farthest(opened.graph, seen), "attention.farthest")


def _seen(opened: OpenGraph) -> NodeAttention | None:
    """What the selected node attends to in the first seed; None while it is looked at, or without a node."""
    node = state.selection().node
    if node is None:
        show.empty("Find a node here, or select one on Explore or on Errors: whom it attends to is shown in its place.")
        _find(opened)
        return None
    spec = engine.specs(state.selection())[0]
    work = {"spec": spec, "node": node, "root": home()}
    seen = engine.ask(f"{WORK}.node:read_node", work, title=f"Looking at node {node}", stamp=engine.version(spec.key))
    if isinstance(seen, Job):
        show.waiting(seen)
        return None
    return seen  # type: ignore[no-any-return]


def _find(opened: OpenGraph) -> None:
    def find() -> None:
        if text := st.session_state[FIND]:
            pictures.find(opened.graph, text)

    # by a callback, since the text of a node that is not there stays in the box
    st.text_input("Node", key=FIND, placeholder="number or name", width=220, on_change=find)


def _place(result: Attention) -> tuple[int, int | None]:
    """The chosen layer, and the head or None for their mean; both count from 1."""
    heads = tuple(layer.heads for layer in result.readings[0].layers)
    asked = settled.look(heads)
    st.session_state[LAYER], st.session_state[HEAD] = asked.layer, asked.head
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            "Layer",
            list(result.layers),
            key=LAYER,
            required=True,
            on_change=lambda: state.look.change(layer=st.session_state[LAYER], head=0),
        )
        if heads[asked.layer - 1] == 1:
            return asked.layer, 1
        st.selectbox(
            "Head",
            range(heads[asked.layer - 1] + 1),
            key=HEAD,
            width=180,
            format_func=lambda one: f"head {one}" if one else "mean of all",
            on_change=lambda: state.look.change(head=st.session_state[HEAD]),
        )
    return asked.layer, asked.head or None


def _course() -> None:
    """Entropy and same-class mass by epoch, from a recording that is made on demand."""
    planned = engine.specs(state.selection())
    if not all(entry and "attention" in entry.probes for entry in engine.entries(planned)):
        if jobs := [job for job in engine.trainings() if set(planned) & set(job.arguments["specs"])]:
            show.waiting(jobs[0])
            return
        show.empty(
            "These runs were trained without recording their attention. Train them again to record it; today's code on the same device "
            "gives the same weights."
        )
        st.button("Train again and record", key="attention.record", type="primary", on_click=state.guarded(_record))
        return
    found = engine.lens("attention_course", state.selection(), {})
    if isinstance(found, Job):
        show.waiting(found)
        return
    show.asides(attention_course.captions(found))
    epochs = found.first["epoch"].unique().tolist()
    kept = min(range(len(epochs)), key=lambda step: abs(epochs[step] - found.best))

    def draw(step: int) -> None:
        show.chart(attention_course.chart(found, epochs[step]), "attention.course")
        show.asides([attention_course.at(found, epochs[step])])

    transport(epochs, "epoch", "attention.epoch", draw, start=kept, about=tuple(spec.key for spec in planned))


def _record() -> None:
    planned = engine.specs(state.selection())
    device = st.session_state.get("bench.device", "auto")
    state.follow(engine.train(planned, device, "Recording attention", probes=("embedding", "attention")))


def _explains() -> None:
    """Attention beside edge deletion and other methods; asked for by a button, since it takes a while."""
    spec = engine.specs(state.selection())[0]
    asked = engine.version(spec.key)
    if asked not in st.session_state.setdefault(ASKED, []):
        show.empty(
            f"Attention is held against deleting every edge, against gradients and against random edges, on {EXPLAINED} test nodes of "
            "the first seed. That takes about half a minute on a graph like Cora."
        )
        st.button("Compare", key="attention.compare", type="primary", on_click=st.session_state[ASKED].append, args=(asked,))
        return
    work = {"spec": spec, "most": EXPLAINED, "root": home()}
    found = engine.ask(f"{WORK}.explains:read_explains", work, title="Comparing explanations", lane="batch", stamp=asked, patience=0.0)
    if isinstance(found, Job):
        show.waiting(found)
        return
    show.asides(explains_figures.sentences(found))
    if len(found):
        _side_by_side({name: view(found) for name, view in explains_figures.VIEWS.items()}, *explains_figures.VIEWS)


def _side_by_side(views: Mapping[str, View], *names: str) -> None:
    if not names:
        show.empty("Every layer of this model has one head: there are no two to compare.")
        return
    for column, name in zip(st.columns(max(len(names), 2), gap="large"), names, strict=False):
        with column:
            show.chart(views[name], f"attention.{name}")


def _numbers(result: Attention) -> None:
    left, right = st.columns(2, gap="large")
    swaps = results.swaps(result).astype({"layer": str, "head": str})
    for column, name, rows in ((left, "heads", results.heads(result)), (right, "swaps", swaps)):
        with column:
            st.dataframe(rows, hide_index=True, height=360)
            show.download(rows, f"attention.{name}", f"{name.capitalize()} as CSV")
    show.download(results.nodes(result), "attention.nodes", "All nodes as CSV")
