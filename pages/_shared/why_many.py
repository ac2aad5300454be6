"""Explain page: many nodes at once: where importance lies, how the scores of trust are spread, and which methods beat chance."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.home import home
from core.jobs import Job
from core.run import Run
from core.views import OpenGraph
from explainers.attribution.contract import methods
from explainers.trust.metrics import RANDOM
from explainers.whole import answer, figures, nodes
from explainers.whole.result import Whole
from explainers.why.request import CUT, KEEP, SEEDS
from explainers.wording import count
from pages._shared import controls, engine, pictures, show, state
from pages._shared.frame import as_text

WORK = "explainers.whole.measure:explain_many"
ASKED = "explain.many.asked"
"""Session key: what was last asked for, and of which version of the run."""
FAST = ("saliency", "gnn_explainer", "integrated_gradients")
SMALL = 20_000
"""Edges of a graph up to which cutting each edge of many computation graphs is quick enough to be asked for unbidden."""


def tab(opened: OpenGraph, run: Run) -> None:
    """Asks on a click only; what was asked for stays on the screen until something else is."""
    left, right = st.columns([1, 2.4], gap="large")
    with left:
        chosen, problem = _nodes(opened, run)
        request = _request(run, chosen, _methods(opened))
        _button(request, problem)
    with right:
        _answer(run)


def _nodes(opened: OpenGraph, run: Run) -> tuple[tuple[int, ...], str]:
    """The nodes to explain, and what to do if there are none."""
    kind = st.segmented_control(
        "Nodes",
        list(nodes.CHOICES),
        default="wrong",
        required=True,
        key="explain.many.nodes",
        persist_state="session",
        format_func=nodes.CHOICES.__getitem__,
        help="A selected set comes from a lasso or an area in any graph or plot, or from a cell of a confusion matrix.",
    )
    names, label = opened.graph.class_names, 0
    if kind == "class":
        label = st.selectbox(
            "True class",
            range(len(names)),
            key=f"explain.many.class.{opened.graph.name}",
            persist_state="session",
            format_func=names.__getitem__,
            help="Its test nodes, right and wrong.",
        )
    masks = pictures.split(opened)
    found = nodes.chosen(kind or "wrong", opened.graph, masks, run.predictions, label=label, selected=state.nodes())
    return found, "" if found else nodes.missing(kind or "wrong", names[label])


def _methods(opened: OpenGraph) -> list[str]:
    known = {name: unit.title for name, unit in methods().items() if name != RANDOM}
    st.multiselect(
        "Methods",
        list(known),
        default=[*FAST, *(("occlusion",) if opened.card.edges <= SMALL else ())],
        key="explain.many.methods",
        persist_state="session",
        format_func=known.__getitem__,
        help="Random edges are always among them. A method that does not apply to this model is left out, and the answer says why.",
    )
    asked = state.why()
    keep, seeds = st.columns(2)
    with keep:
        controls.parameter(KEEP, asked.keep, "explain.many", lambda _, value: state.change_why(keep=value))
    with seeds:
        controls.parameter(SEEDS, asked.seeds, "explain.many", lambda _, value: state.change_why(seeds=value))
    controls.parameter(CUT, asked.cut, "explain.many", lambda _, value: state.change_why(cut=value))
    chosen: list[str] = st.session_state["explain.many.methods"]
    return chosen


def _request(run: Run, chosen: tuple[int, ...], names: list[str]) -> dict[str, Any]:
    asked = state.why()
    return {
        "spec": run.spec,
        "nodes": chosen,
        "methods": tuple(names),
        "seeds": asked.seeds,
        "keep": asked.keep,
        "how": asked.cut,
        "root": home(),
    }


def _button(request: dict[str, Any], problem: str) -> None:
    if problem:
        st.info(as_text(problem), icon=":material/info:")
        return
    if not request["methods"]:
        st.info("Pick at least one method.", icon=":material/info:")
        return
    version = engine.version(request["spec"].key)
    again = st.session_state.get(ASKED) == (request, version)
    st.button(
        nodes.button(len(request["nodes"])),
        type="primary",
        width="stretch",
        disabled=again,
        help="This is what is shown." if again else None,
        on_click=lambda: st.session_state.update({ASKED: (request, version)}),
    )
    st.caption(nodes.cost(len(request["nodes"]), len(request["methods"]), request["seeds"]))


def _answer(run: Run) -> None:
    request, version = st.session_state.get(ASKED, (None, None))
    if request is None or version != engine.version(run.key):
        show.empty("Pick nodes and methods, and press Explain: where their importance lies, and which methods beat random edges.", 300)
        return
    title = f"Explaining {count(len(request['nodes']), 'node')}"
    try:
        found = engine.ask(WORK, request, title=title, lane="batch", stamp=version)
    except engine.Stopped as stopped:
        engine.resume(stopped.question)
        st.session_state.pop(ASKED)
        show.empty("Stopped; nothing of it was kept. Press Explain to start again.", 300)
        return
    if isinstance(found, Job):
        show.waiting(found)
        return
    _draw(found)


def _draw(whole: Whole) -> None:
    first, *rest = answer.captions(whole)
    st.html(f"<p class='answer'>{as_text(first)}</p>")
    show.asides(rest)
    show.chart(figures.beats_random(whole), "explain.many.random")
    _places(whole)
    _spread(whole)


def _places(whole: Whole) -> None:
    """Where one method's importance lies."""
    titles = {one.method: one.title for one in whole.summaries}
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("Where does the importance lie?", anchor=False, width="content")
        method = st.selectbox(
            "Method", list(titles), key="explain.many.method", format_func=titles.__getitem__, label_visibility="collapsed", width=240
        )
    show.asides(answer.findings(whole, method))
    if not whole.of(method).by_hop.nodes:
        return
    left, right = st.columns(2, gap="large")
    with left:
        show.chart(figures.class_pairs(whole, method), "explain.many.classes")
        show.chart(figures.hops(whole, method), "explain.many.hops")
    with right:
        features = figures.features(whole, method)
        if features is None:
            show.empty(f"{titles[method]} scores edges only.", 200)
        else:
            show.chart(features, "explain.many.features")


def _spread(whole: Whole) -> None:
    """One metric of every node; a click or a lasso selects the nodes."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("How is it spread over the nodes?", anchor=False, width="content")
        metric = st.selectbox(
            "Metric",
            list(whole.metrics),
            index=figures.first_metric(whole),
            key="explain.many.metric",
            format_func=whole.metrics.__getitem__,
            label_visibility="collapsed",
            width=280,
        )
    key = state.fresh("explain.many.spread")
    show.chart(figures.distribution(whole, metric), key, lambda: state.select_points(st.session_state[key]["selection"]["points"]))
