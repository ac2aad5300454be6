"""Explain page: many nodes at once: where importance lies, how the scores of trust are spread, and which methods beat chance."""

from __future__ import annotations

from html import escape
from typing import Any

import streamlit as st

from core.errors import UserError
from core.home import home
from core.jobs import Job
from core.parameters import Parameter
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
    first, second, third = st.columns([1.55, 0.8, 2.05], gap="medium")
    with first:
        kind = _kind()
    with second:
        label = _label(opened, kind)
    with third:
        names = _methods(opened)
    found = nodes.chosen(kind, opened.graph, pictures.split(opened), run.predictions, label=label, selected=state.nodes())
    *columns, last = st.columns([1, 1, 1.2, 1.4], gap="medium", vertical_alignment="bottom")
    for column, declared in zip(columns, (KEEP, SEEDS, CUT), strict=True):
        with column:
            _setting(declared)
    request = _request(run, found, names)
    with last:
        _button(request)
    if found:
        st.caption(nodes.cost(len(found), len(names), request["seeds"]))
    else:
        st.info(as_text(nodes.missing(kind, opened.graph.class_names[label])), icon=":material/info:")
    _answer(run)


def _kind() -> str:
    """Which nodes."""
    found = st.segmented_control(
        "Nodes",
        list(nodes.CHOICES),
        default="wrong",
        required=True,
        key="explain.many.nodes",
        persist_state="session",
        format_func=nodes.CHOICES.__getitem__,
        help="A selected set comes from a lasso or an area in any graph or plot, or from a cell of a confusion matrix.",
    )
    return found or "wrong"


def _label(opened: OpenGraph, kind: str) -> int:
    """The class whose nodes are explained, where it is one."""
    names = opened.graph.class_names
    return int(
        st.selectbox(
            "True class",
            range(len(names)),
            key=f"explain.many.class.{opened.graph.name}",
            persist_state="session",
            format_func=names.__getitem__,
            disabled=kind != "class",
            help="Its test nodes, right and wrong.",
        )
    )


def _methods(opened: OpenGraph) -> list[str]:
    known = {name: unit.title for name, unit in methods().items() if name != RANDOM}
    found: list[str] = st.multiselect(
        "Methods",
        list(known),
        default=[*FAST, *(("occlusion",) if opened.card.edges <= SMALL else ())],
        key="explain.many.methods",
        persist_state="session",
        format_func=known.__getitem__,
        help="Random edges are always among them. A method that does not apply to this model is left out, and the answer says why.",
    )
    return found


def _setting(declared: Parameter) -> None:
    """How the explanations are put to the test; the same as for one node."""
    value = getattr(state.why(), declared.name)
    controls.parameter(declared, value, "explain.many", lambda name, chosen: state.why.change(**{name: chosen}))


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


def _button(request: dict[str, Any]) -> None:
    asked = request, engine.version(request["spec"].key)
    again, ready = st.session_state.get(ASKED) == asked, bool(request["nodes"] and request["methods"])
    st.button(
        nodes.button(len(request["nodes"])),
        type="primary",
        width="stretch",
        disabled=again or not ready,
        help="Asked already: the answer is below." if again else None if ready else "Pick at least one node and one method.",
        on_click=lambda: st.session_state.update({ASKED: asked}),
    )


def _answer(run: Run) -> None:
    request, version = st.session_state.get(ASKED, (None, None))
    if request is None or version != engine.version(run.key):
        show.empty("Pick nodes and methods, and press Explain: where their importance lies, and which methods beat random edges.", 200)
        return
    title = f"Explaining {count(len(request['nodes']), 'node')}"
    try:
        found = engine.ask(WORK, request, title=title, lane="batch", stamp=version)
    except engine.Stopped as stopped:
        engine.resume(stopped.question)
        st.session_state.pop(ASKED)
        show.empty("Stopped; nothing of it was kept. Press Explain to start again.", 200)
        return
    except UserError as error:
        st.info(as_text(str(error)), icon=":material/info:")
        return
    if isinstance(found, Job):
        show.waiting(found)
        return
    _draw(found)


def _draw(whole: Whole) -> None:
    first, *rest = answer.captions(whole)
    st.html(f"<p class='answer'>{escape(first)}</p>")
    show.asides(rest)
    show.chart(figures.beats_random(whole), "explain.many.random")
    _places(whole)
    _spread(whole)


def _places(whole: Whole) -> None:
    """Where one method's importance lies."""
    titles = {name: whole.of(name).title for name in [*answer.strongest_first(whole), RANDOM]}
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("Where does the importance lie?", anchor=False, width="content")
        method = st.selectbox(
            "Method", list(titles), key="explain.many.method", format_func=titles.__getitem__, label_visibility="collapsed", width=240
        )
    show.asides(answer.findings(whole, method))
    if not whole.of(method).by_hop.nodes:
        return
    features = figures.features(whole, method)
    left, right = st.columns(2, gap="large")
    with left:
        show.chart(figures.class_pairs(whole, method), "explain.many.classes")
    with left if features else right:
        show.chart(figures.hops(whole, method), "explain.many.hops")
    with right:
        if features:
            show.chart(features, "explain.many.features")
        else:
            st.caption(f"{titles[method]} scores edges only, no features.")


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
