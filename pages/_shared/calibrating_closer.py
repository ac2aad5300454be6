"""Closer looks of the calibration page: calibrators, factors, conformal sets, abstention, temperatures, training, recipes, numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.errors import UserError
from core.home import home
from core.jobs import Job
from core.views import OpenGraph
from explainers import calibration_request
from explainers.calibration_request import ALPHA, BY, DRAWS, RAW, SCORE, TAB, WANTED, Request
from explainers.calibrators.contract import calibrators
from explainers.coloring import shaded
from explainers.lenses import calibration as lens
from explainers.lenses.calibration import abstention, factor_figures, figures, set_figures, temperatures
from explainers.lenses.calibration.captions import on_calibrators, rank
from explainers.lenses.calibration.result import Calibration, title
from pages._shared import calibrating_training, engine, pictures, show, state

TABS, COVERAGE, OF = "calibration.tabs", "calibration.coverage", "calibration.of"
DRAWN = (20, 50, 100, 200, 500)
"""Numbers of redraws that are offered."""
TITLES = dict(TAB.options)
FACTOR_ROWS = ((0.75, 1.1, 1, 1.1), (1, 1, 1))
"""Widths of the factors' charts, row by row."""
USUAL = "temperature"
"""The calibrator that is set against the raw model where none is picked."""


def tabs(opened: OpenGraph, found: Calibration, asked: Request) -> None:
    parts: dict[str, Callable[[], None]] = {
        "calibrators": lambda: _calibrators(found, asked),
        "factors": lambda: _factors(found, asked),
        "conformal": lambda: _conformal(opened, asked),
        "abstain": lambda: _abstain(found, asked),
        "graph": lambda: _graph(opened, found, asked),
        "course": lambda: calibrating_training.course(opened),
        "recipes": lambda: calibrating_training.recipes(opened),
        "numbers": lambda: _numbers(found, asked),
    }
    st.session_state[TABS] = TITLES[asked.tab]
    for name, tab in zip(parts, st.tabs([TITLES[name] for name in parts], key=TABS, on_change=_opened), strict=True):
        if tab.open:
            with tab:
                parts[name]()


def _opened() -> None:
    names = {words: name for name, words in TITLES.items()}
    state.calibration.change(tab=names[st.session_state[TABS]])


def _after(found: Calibration, asked: Request) -> str:
    """The calibrator that is set against the raw model."""
    return asked.calibrator if asked.calibrator != RAW else USUAL if USUAL in found.names else found.names[-1]


def _calibrators(found: Calibration, asked: Request) -> None:
    words = dict(SCORE.options)
    show.asides(on_calibrators(found, asked.part))
    show.table(lens.scores_view(found, asked.part), "calibration.table", height="content")
    show.asides(lens.refused(found))
    left, right = st.columns(2, gap="large")
    with left:
        st.selectbox("Score", list(words), format_func=words.get, label_visibility="collapsed", **_bound("score", asked.score))
        show.chart(figures.scores(found, asked.part, asked.score), "calibration.scores")
    with right:
        show.chart(figures.brier_parts(found, asked.part), "calibration.brier")


def _bound(name: str, value: object) -> dict[str, Any]:
    """What makes a widget show a part of what is asked, and change it."""
    key = f"calibration.{name}"
    st.session_state[key] = value
    return {"key": key, "on_change": lambda: state.calibration.change(**{name: st.session_state[key]})}


def _factors(found: Calibration, asked: Request) -> None:
    after = _after(found, asked)
    if said := factor_figures.factor_sentence(found, asked.part, after):
        show.asides([said])
    show.legend(factor_figures.marks(after))
    st.caption("Accuracy − confidence: above 0 the model is under-confident, below over-confident. Bars count nodes, as a mean over seeds.")
    charts = list(factor_figures.factor_charts(found, asked.part, after).items())
    for widths in FACTOR_ROWS:
        for column in st.columns(widths, gap="medium"):
            name, view = charts.pop(0)
            with column:
                show.chart(view, f"calibration.{name}")


def _conformal(opened: OpenGraph, asked: Request) -> None:
    top = st.container()
    columns = st.columns([1, 1, 1.7], gap="large", vertical_alignment="bottom")
    with columns[0]:
        st.session_state[COVERAGE] = round(1 - asked.alpha, 2)
        st.slider("Target coverage", 0.5, 0.99, step=0.01, format="percent", key=COVERAGE, help=ALPHA.help, on_change=_covered)
    with columns[1]:
        offered = sorted({*DRAWN, asked.draws})
        st.select_slider(DRAWS.title, offered, help=DRAWS.help, **_bound("draws", asked.draws))
    with columns[2]:
        st.segmented_control(BY.title, list(dict(BY.options)), required=True, **_bound("by", asked.by))
    specs = engine.specs(state.selection())
    work = {"specs": specs, "calibrator": asked.calibrator, "alpha": asked.alpha, "draws": asked.draws, "root": home()}
    stamp = tuple(engine.version(spec.key) for spec in specs)
    try:
        found = engine.ask("explainers.lenses.calibration.drawing:read_sets", work, title="Drawing calibration nodes", stamp=stamp)
    except engine.Stopped:
        raise
    except UserError as reason:
        show.empty(str(reason))
        return
    if isinstance(found, Job):
        show.waiting(found)
        return
    with top:
        show.asides(set_figures.said(found))
        st.caption(set_figures.MEANING)
    left, right = st.columns(2, gap="large")
    with left:
        show.chart(set_figures.coverages(found), "calibration.coverages")
    with right:
        show.chart(set_figures.groups(found, dict(BY.options)[asked.by]), "calibration.groups")
    left, right = st.columns(2, gap="large")
    with left:
        show.chart(set_figures.sizes(found), "calibration.sizes")
    with right:
        node = state.selection().node
        if node is None:
            show.empty("Click a node in Temperatures, on Explore or on Errors, and its sets are listed here.")
        else:
            st.markdown(f"**Sets of node {node}** (first seed, first draw)")
            show.asides(set_figures.of_node(found, opened.graph, node))


def _covered() -> None:
    state.calibration.change(alpha=round(1 - st.session_state[COVERAGE], 2))


def _abstain(found: Calibration, asked: Request) -> None:
    after = _after(found, asked)
    left, right = st.columns([1.9, 1], gap="large")
    with right:
        options = {"step": WANTED.step, "format": "percent", "help": WANTED.help}
        st.slider(WANTED.title, WANTED.low, WANTED.high, **options, **_bound("wanted", asked.wanted))
        said = [*abstention.sentences(found, after, asked.part, asked.wanted), rank(found, asked.part)]
        show.asides(list(filter(None, said)))
    with left:
        show.chart(abstention.chart(found, after, asked.part, asked.wanted), "calibration.abstain")


def _graph(opened: OpenGraph, found: Calibration, asked: Request) -> None:
    own = [name for name in found.names if name != RAW and calibrators()[name].graph_aware]
    if not own:
        show.empty("No calibrator that gives each node a temperature of its own could be fitted here.")
        return
    left, right = st.columns([1.6, 1], gap="large")
    with right:
        default = asked.calibrator if asked.calibrator in own else own[0]
        picked = str(st.segmented_control("Temperatures of", own, default=default, required=True, key=OF, format_func=title))
        show.asides(temperatures.said(found, picked, state.selection().node))
        show.chart(temperatures.histogram(found, picked), "calibration.temperatures")
    with left:
        values, low, high = temperatures.scale(found, picked)
        colors = shaded(values, low, high, "T = {:.2f}")
        show.legend(colors.legend)
        pictures.colored(opened, colors, "calibration.graph", 470)


def _numbers(found: Calibration, asked: Request) -> None:
    """All tables, as the command of the share box writes them."""
    if given := calibration_request.values(asked):
        measured = engine.lens("calibration", state.selection(), given)
        if isinstance(measured, Job):
            show.waiting(measured)
            return
        found = measured
    tables = lens.tables(found)
    names = list(tables)
    for row in range(0, len(names), 2):
        for column, name in zip(st.columns(2, gap="large"), names[row : row + 2], strict=False):
            with column:
                st.markdown(f"**{name.capitalize()}**")
                st.dataframe(tables[name].iloc[: show.MOST_ROWS], hide_index=True, height=300)
                show.download(tables[name], f"calibration.{name}", f"{name.capitalize()} as CSV")
