"""The parts of the explain page: one node, what is behind its prediction, and the ways to look closer."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.data import GraphData
from core.jobs import Job
from core.run import Run
from core.views import OpenGraph
from explainers.attribution.contract import method, methods
from explainers.coloring import coloring
from explainers.contract import Table
from explainers.nodes import NODE_HELP, surely_wrong
from explainers.standalone import standalone
from explainers.trust.metrics import RANDOM
from explainers.why import captions, figures, picture
from explainers.why.request import CUT, KEEP, SEEDS, TAB
from explainers.why.result import Answer
from pages._shared import controls, engine, pictures, show, state, why_arithmetic, why_asking, why_many, why_methods, why_trust, why_what_if
from pages._shared.canvas import CanvasEvent, graph_canvas
from pages._shared.frame import as_text

QUESTION = "Why this prediction?"
HEIGHT = 500
TITLES = dict(TAB.options)
TABS, OF_EDGES = "explain.tabs", ("methods", "trust")
EDGE = "explain.edge"
"""Session key: the explained node, and the ends of the edge that was clicked in its picture."""
COLOURS = {"class": "Class", "prediction": "Predicted", "correctness": "Right?"}
UNEDITED = "Methods explain the graph as it is; your edits count under What if."
MOST_WRONG = 300
"""Wrong nodes that are listed to pick from."""


def page() -> None:
    opened = pictures.opened_graph()
    if opened is None:
        return
    run = engine.run(engine.specs(state.selection())[0].key)
    if run is None:
        show.question(QUESTION)
        show.untrained()
        return
    node = state.selection().node
    if node is None:
        _pick(opened, run)
        return
    _explained(opened, run, node)


def _pick(opened: OpenGraph, run: Run) -> None:
    """No node yet: the whole graph to click, in right and wrong."""
    show.question(QUESTION, ["Pick a node: click it, or search for its number or name. The wrong ones are squares."])
    masks = pictures.split(opened)
    left, right = st.columns([1.6, 1], gap="large")
    with left:
        pictures.graph(opened, "explain.graph", HEIGHT, masks, "correctness", run.predictions, run.confidence)
    with right:
        rows = engine.view(lambda: surely_wrong(opened.graph, masks, run, MOST_WRONG), "explain.wrong", engine.version(run.key))
        if rows.empty:
            show.empty("No labelled node is predicted wrongly.", HEIGHT)
        else:
            st.subheader("Wrong, and surest of it", anchor=False)
            show.table(Table(rows, NODE_HELP, node="node"), "explain.wrong", height=HEIGHT - 30)
    st.subheader("Or many nodes at once", anchor=False)
    why_many.tab(opened, run)


def _explained(opened: OpenGraph, run: Run, node: int) -> None:
    top = st.container()
    _controls(opened.graph)
    answer, failure = why_asking.answered(run, node, state.why().method)
    random = why_asking.baseline(run, node) if isinstance(answer, Answer) and answer.method != RANDOM and len(answer.pairs) else None
    with top:
        if isinstance(answer, Answer):
            keep = why_asking.shown_keep(answer)
            beats = captions.against_random(answer, random, keep) if isinstance(random, Answer) else ""
            said = [captions.prediction(opened.graph, answer), f"{captions.at_cut(opened.graph, answer, keep)} {beats}".strip()]
            said += [captions.neighbours(opened.graph, answer), captions.flat(answer)]
            said += [UNEDITED] if state.edits() else []
            show.question(QUESTION, [sentence for sentence in said if sentence])
        else:
            show.question(QUESTION)
    left, right = st.columns([1.75, 1], gap="large")
    if isinstance(answer, Answer):
        with right:
            _numbers(opened.graph, answer, random)
        with left:
            _canvas(opened, run, answer)
    else:
        with left:
            colors = coloring("class", opened.graph, pictures.split(opened))
            show.legend(colors.legend)
            pictures.neighbourhood(opened, "explain.around", HEIGHT, colors)
        with right:
            if failure:
                st.info(as_text(failure), icon=":material/info:")
            elif answer is not None:
                st.caption(f"{method(state.why().method).title} is at work.")
                show.waiting(answer)
    _tabs(opened, run, node, answer if isinstance(answer, Answer) else None)


def _controls(graph: GraphData) -> None:
    asked = state.why()
    known = methods()
    columns = st.columns([1.4, 1.15, 1.05, 0.75, 0.85], gap="small", vertical_alignment="bottom")
    with columns[0]:
        st.session_state["explain.method"] = asked.method
        st.selectbox(
            "Method",
            list(known),
            key="explain.method",
            format_func=lambda name: known[name].title,
            help=f"**{known[asked.method].title}**: {known[asked.method].question} More of each on the Methods page.",
            on_change=lambda: state.why.change(method=st.session_state["explain.method"]),
        )
    with columns[1]:
        _target(graph)
    with columns[2]:
        st.session_state["explain.cut"] = asked.cut
        st.segmented_control(
            CUT.title,
            [word for word, _ in CUT.options],
            key="explain.cut",
            format_func=dict(CUT.options).__getitem__,
            required=True,
            help=CUT.help,
            on_change=lambda: state.why.change(cut=st.session_state["explain.cut"]),
        )
    with columns[3]:
        controls.parameter(SEEDS, asked.seeds, "explain", lambda _, value: state.why.change(seeds=value))
    with columns[4]:
        st.button("Other node", on_click=state.select, args=(None,), help="To the whole graph, to pick another node")


def _target(graph: GraphData) -> None:
    asked = state.why()
    if asked.target >= graph.num_classes:
        state.say(f"There is no class {asked.target} in this graph; the predicted class is explained.")
        state.why.change(target=-1)
        st.rerun()
    st.session_state["explain.target"] = asked.target
    st.selectbox(
        "Explained class",
        [-1, *range(graph.num_classes)],
        key="explain.target",
        format_func=lambda index: "the predicted one" if index < 0 else graph.class_names[index],
        help="Ask why the model says this class, or how much speaks for another one.",
        on_change=lambda: state.why.change(target=st.session_state["explain.target"]),
    )


def _canvas(opened: OpenGraph, run: Run, answer: Answer) -> None:
    by = st.session_state.get("explain.by") or "class"
    colors = coloring(by, opened.graph, pictures.split(opened), run.predictions, run.confidence)
    show.legend(colors.legend)
    scene, text = picture.explained(opened, colors, answer, why_asking.shown_keep(answer))

    def follow(event: CanvasEvent) -> None:
        if event.find:
            pictures.find(opened.graph, event.find)
        elif event.edge is not None:
            st.session_state[EDGE] = (answer.node, event.edge)
        elif event.node is not None:
            state.select(event.node, ())

    about, ends = st.session_state.get(EDGE, (None, ()))
    graph_canvas(scene, key="explain.why", height=HEIGHT, selected=ends if about == answer.node else None, part=True, on_event=follow)
    st.caption(text)
    _picked_edge(opened.graph, answer)
    title, caption = f"{QUESTION} {captions.named(opened.graph, answer.node)}", f"{_subject(answer)} {text}"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Interactive HTML",
            lambda: standalone(scene, title, caption, colors.legend),  # runs outside of the session
            f"explanation-{answer.node}-{answer.method}.html",
            "text/html",
            icon=":material/download:",
            on_click="ignore",
            help="This picture as one file: open it anywhere, drag the nodes. Nothing is fetched from elsewhere.",
        )
        st.segmented_control(
            "Colour",
            list(COLOURS),
            default="class",
            required=True,
            key="explain.by",
            format_func=COLOURS.__getitem__,
            label_visibility="collapsed",
            persist_state="session",
        )


def _picked_edge(graph: GraphData, answer: Answer) -> None:
    """What the method says of the edge that was clicked, and a way to see the graph without it."""
    node, ends = st.session_state.get(EDGE, (None, ()))
    if node != answer.node or not (said := captions.edge(answer, *ends)):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(as_text(said))
        st.button("What if it were gone?", icon=":material/content_cut:", key="explain.cut_edge", on_click=_cut, args=(graph, *ends))


def _cut(graph: GraphData, u: int, v: int) -> None:
    """Into the list of edits, and to what comes of it."""
    state.why.change(tab="what_if")
    state.guarded(state.add_edit)(("remove", str(u), str(v)), graph)


def _subject(answer: Answer) -> str:
    """What the picture is of, for whoever sees it elsewhere."""
    chosen, catalogue = state.selection(), engine.catalogue()
    return f"{method(answer.method).title} on {catalogue.model(chosen.model).title}, {catalogue.dataset(chosen.dataset).title}."


def _numbers(graph: GraphData, answer: Answer, random: Answer | Job | None) -> None:
    show.chart(figures.probabilities(graph, answer), "explain.probabilities")
    kept = [int(number) for number in answer.curve.kept]
    if len(kept) < 2:
        show.empty("Nothing to cut: no edge is within reach.")
        return
    shown = why_asking.shown_keep(answer)
    st.session_state["explain.keep"] = shown
    st.select_slider(
        KEEP.title,
        kept,
        key="explain.keep",
        help=f"{KEEP.help} The picture, the sentence above and the curve follow.",
        on_change=lambda: state.why.change(keep=st.session_state["explain.keep"]),
    )
    show.chart(figures.fidelity(answer, random if isinstance(random, Answer) else None, shown), "explain.fidelity")
    if isinstance(random, Job):
        show.waiting(random)


def _tabs(opened: OpenGraph, run: Run, node: int, answer: Answer | None) -> None:
    parts: dict[str, Callable[[], None]] = {
        "edges": lambda: _edges_and_features(opened.graph, answer),
        "methods": lambda: why_methods.tab(opened, run, node, why_asking.shown_keep(answer)),
        "trust": lambda: why_trust.tab(run, node, why_asking.shown_keep(answer)),
        "what_if": lambda: why_what_if.tab(opened, run, node),
        "layers": lambda: why_arithmetic.tab(opened, run, node),
        "many": lambda: why_many.tab(opened, run),
    }
    st.session_state[TABS] = TITLES[state.why().tab]
    for name, tab in zip(TITLES, st.tabs(list(TITLES.values()), key=TABS, on_change=_opened_tab), strict=True):
        if tab.open:
            with tab:
                if name in OF_EDGES and answer is not None and not len(answer.pairs):
                    show.empty("No edge is within reach of this node, so there is nothing to compare.")
                else:
                    parts[name]()


def _opened_tab() -> None:
    """Into the link, so that a reload opens it again."""
    state.why.change(tab=next(name for name, title in TITLES.items() if title == st.session_state[TABS]))


def _edges_and_features(graph: GraphData, answer: Answer | None) -> None:
    if answer is None:
        show.empty("The method's edges and features appear here.")
        return
    show.asides(answer.said)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Edges", anchor=False)
        if len(answer.pairs):
            show.chart(figures.edges(answer), "explain.edges")
        else:
            show.empty("No edge is within reach of this node.", 200)
    with right:
        st.subheader("Features", anchor=False)
        chart = figures.features(graph, answer)
        if chart is None:
            show.empty(f"{method(answer.method).title} scores edges only.", 200)
        else:
            show.chart(chart, "explain.features")
