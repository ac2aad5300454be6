"""The parts of the actions page: what the nodes of a cooperative GNN do, on the graph and in numbers."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.parameters import Value
from core.scene import Scene
from core.views import OpenGraph
from explainers.actions_request import BY, COUNT, LAYER, RUN, TAB, Request
from explainers.contract import View
from explainers.lenses import actions as lens
from explainers.lenses.actions import figures, groups, marks, node_figures, picture
from explainers.lenses.actions import result as results
from explainers.lenses.actions.captions import alike, does, matters, otherwise, passes, sure
from explainers.lenses.actions.result import Actions
from explainers.wording import model_name
from pages._shared import controls, engine, pictures, settled, show, state
from pages._shared.lens_page import measured
from pages._shared.transport import transport

QUESTION = lens.LENS.question
HEIGHT = 400
KEY, TABS = "actions", "actions.tabs"
TITLES = dict(TAB.options)


def page() -> None:
    selection, models = state.selection(), engine.catalogue().models
    if reason := lens.unsupported(models[selection.model], models):
        show.question(QUESTION, [reason])
        with st.container(horizontal=True):
            for name, card in models.items():
                if card.has_actions:
                    st.button(f"Take {model_name(name)}", key=f"actions.take.{name}", on_click=state.change_model, args=(name,))
        return
    if (there := measured("actions", QUESTION)) is None:
        return
    opened, found = there
    asked = settled.acting(len(found.layers), found.seeds)
    show.question(QUESTION, [sentence for sentence in (does(found), matters(found), otherwise(found)) if sentence])
    left, right = st.columns([1.15, 1], gap="large")
    with left:
        _picture(opened, found, asked)
    with right:
        show.chart(figures.shares(found), "actions.shares")
        show.asides([sentence for sentence in (sure(found), alike(found)) if sentence])
    _closer(opened, found, asked)


def way_there(name: str) -> None:
    """The way from the attention page to this one, for a model that has actions in the place of attention."""
    if engine.catalogue().models[name].has_actions and st.button("See what its nodes do", key="attention.actions", type="primary"):
        st.switch_page(pictures.page_file("actions"))


def _picture(opened: OpenGraph, found: Actions, asked: Request) -> None:
    """One layer of one run on the graph."""
    by, run = asked.by, found.readings[asked.run]
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        controls.segments(BY, by, KEY, _change, label_visibility="collapsed")
        if found.seeds > 1:
            _runs(found, asked.run)

    def draw(step: int) -> None:
        layer, node, picked = run.layers[step], state.selection().node, state.nodes()
        show.legend(picture.coloring(layer, by).legend)

        def make() -> tuple[Scene, str]:
            scene, said = picture.scene(opened, layer, by, node, picked)
            return scene.ready(), said

        about = (tuple(spec.key for spec in engine.specs(state.selection())), run.seed, step, by, node, picked)
        scene, said = engine.view(make, "actions", *about)
        pictures.drawn(scene, "actions.graph", HEIGHT, part_of=opened.graph if len(scene.node_ids) < opened.graph.num_nodes else None)
        st.caption(f"Layer {step + 1}, seed {run.seed}. {said}")

    if len(found.layers) > 1:
        transport(
            list(found.layers), "layer", "actions.layer", draw, start=0, about=tuple(spec.key for spec in engine.specs(state.selection()))
        )
    else:
        draw(0)
    pictures.why("actions.why")


def _runs(found: Actions, run: int) -> None:
    """Which of the runs is drawn."""
    key = "actions.run"
    st.session_state[key] = run
    st.selectbox(
        RUN.title,
        range(found.seeds),
        key=key,
        width=130,
        help=RUN.help,
        label_visibility="collapsed",
        format_func=lambda place: f"seed {found.readings[place].seed}",
        on_change=lambda: state.acting.change(run=st.session_state[key]),
    )


def _change(name: str, value: Value) -> None:
    state.acting.change(**{name: value})


def _closer(opened: OpenGraph, found: Actions, asked: Request) -> None:
    parts: dict[str, Callable[[], None]] = {
        "node": lambda: _node(opened, found, asked.run),
        "messages": lambda: _messages(found),
        "groups": lambda: _groups(found, asked),
        "numbers": lambda: _numbers(found),
    }
    st.session_state[TABS] = TITLES[asked.tab]
    for name, tab in zip(TITLES, st.tabs(list(TITLES.values()), key=TABS, on_change=_opened_tab), strict=True):
        if tab.open:
            with tab:
                parts[name]()


def _opened_tab() -> None:
    """Into the link, so that a reload opens it again."""
    state.acting.change(tab=next(name for name, title in TITLES.items() if title == st.session_state[TABS]))


def _node(opened: OpenGraph, found: Actions, run: int) -> None:
    node = state.selection().node
    if node is None:
        show.empty("Click a node in the picture, or search for one there: what it does in each layer is shown here.")
        return
    left, right = st.columns([1, 1.2], gap="large")
    with left:
        show.chart(node_figures.probabilities(found, node, run), "actions.probabilities")
    with right:
        show.asides([node_figures.said(opened.graph, found, node, run)])
        show.table(node_figures.table(opened.graph, found, node, run), "actions.node", height="content")


def _messages(found: Actions) -> None:
    """What passes, and what the score is if it is another."""
    left, right = st.columns(2, gap="large")
    for column, name, view, said in (
        (left, "messages", figures.messages(found), passes(found)),
        (right, "swaps", figures.swaps(found), otherwise(found)),
    ):
        with column:
            show.asides([said] if said else [])
            show.chart(view, f"actions.{name}")


def _groups(found: Actions, asked: Request) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        controls.segments(LAYER, asked.layer, KEY, _change, list(found.layers))
        controls.segments(COUNT, asked.count, KEY, _change)
    show.legend({marks.NAMES[action]: (color, "square") for action, color in marks.COLORS.items()})
    charts = {kind: figures.stacked(found, asked.layer, kind, drawn=asked.drawn, legend=False) for kind in groups.GROUPS}
    _side_by_side(*charts.items())


def _side_by_side(*views: tuple[str, View]) -> None:
    for column, (name, view) in zip(st.columns(len(views), gap="large"), views, strict=True):
        with column:
            show.chart(view, f"actions.{name}")


def _numbers(found: Actions) -> None:
    left, right = st.columns(2, gap="large")
    for column, name, rows in ((left, "layers", results.layers(found)), (right, "messages", results.messages(found))):
        with column:
            st.dataframe(rows, hide_index=True, height=360)
            show.download(rows, f"actions.{name}", f"{name.capitalize()} as CSV")
    show.download(results.nodes(found), "actions.nodes", "All nodes as CSV")
