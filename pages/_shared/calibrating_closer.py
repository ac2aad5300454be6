"""Closer looks of the calibration page: calibrators, factors, conformal sets, abstention, temperatures, training, recipes, numbers."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.home import home
from core.jobs import Job
from core.views import OpenGraph
from explainers.calibration_request import ALPHA, RAW, TAB, Request
from explainers.calibrators.contract import calibrators
from explainers.coloring import shaded
from explainers.lenses import calibration as lens
from explainers.lenses.calibration import DRAWS, abstention, factor_figures, figures, set_figures, temperatures
from explainers.lenses.calibration import result as results
from explainers.lenses.calibration.result import Calibration, title
from explainers.lenses.calibration.words import SCORES
from pages._shared import calibrating_training, engine, pictures, show, state

TABS, METRIC, BY, WANTED, DRAWN, COVERAGE = (f"calibration.{name}" for name in ("tabs", "metric", "by", "wanted", "drawn", "coverage"))
GROUPS = {"class": "class", "degree": "degree", "hops": "hops to a training node", "homophily": "local homophily"}
"""Ways to group nodes by coverage, as a button says them and as the lens does."""
TITLES = dict(TAB.options)
FACTOR_ROWS = ((0.6, 1.1, 1, 1.1), (1, 1, 1))
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
    state.change_calibration(tab=names[st.session_state[TABS]])


def _after(found: Calibration, asked: Request) -> str:
    """The calibrator that is set against the raw model."""
    return asked.calibrator if asked.calibrator != RAW else USUAL if USUAL in found.names else found.names[-1]


def _calibrators(found: Calibration, asked: Request) -> None:
    words = {score.name: score.title for score in SCORES}
    show.table(lens.scores_view(found, asked.part), "calibration.table", height="content")
    left, right = st.columns(2, gap="large")
    with left:
        metric = st.selectbox(
            "Score", list(words), key=METRIC, format_func=lambda name: words[name], label_visibility="collapsed", persist_state="session"
        )
        show.chart(figures.scores(found, asked.part, str(metric)), "calibration.scores")
    with right:
        show.chart(figures.brier_parts(found, asked.part), "calibration.brier")


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
        draws = st.select_slider(DRAWS.title, (20, 50, 100, 200, 500), DRAWS.default, key=DRAWN, help=DRAWS.help, persist_state="session")
    with columns[2]:
        by = st.segmented_control("Groups by", list(GROUPS), default="class", required=True, key=BY, persist_state="session")
    specs = engine.specs(state.selection())
    work = {"specs": specs, "calibrator": asked.calibrator, "alpha": asked.alpha, "draws": int(draws), "root": home()}
    stamp = tuple(engine.version(spec.key) for spec in specs)
    found = engine.ask("explainers.lenses.calibration.drawing:read_sets", work, title="Drawing calibration nodes", stamp=stamp)
    if isinstance(found, Job):
        show.waiting(found)
        return
    with top:
        show.asides(set_figures.said(found))
    left, right = st.columns(2, gap="large")
    with left:
        show.chart(set_figures.coverages(found), "calibration.coverages")
    with right:
        show.chart(set_figures.groups(found, GROUPS[str(by)]), "calibration.groups")
    left, right = st.columns(2, gap="large")
    with left:
        show.chart(set_figures.sizes(found), "calibration.sizes")
    with right:
        node = state.selection().node
        if node is None:
            show.empty("Select a node on Explore or on Errors, and its sets are listed here.")
        else:
            st.markdown(f"**Sets of node {node}** (first seed, first draw)")
            show.asides(set_figures.of_node(found, opened.graph, node))


def _covered() -> None:
    state.change_calibration(alpha=round(1 - st.session_state[COVERAGE], 2))


def _abstain(found: Calibration, asked: Request) -> None:
    after = _after(found, asked)
    left, right = st.columns([1.9, 1], gap="large")
    with right:
        wanted = st.slider(
            "Accuracy wanted",
            0.5,
            0.99,
            0.9,
            0.01,
            format="percent",
            key=WANTED,
            persist_state="session",
            help="On the nodes that are answered.",
        )
        show.asides(abstention.sentences(found, after, asked.part, wanted))
    with left:
        show.chart(abstention.chart(found, after, asked.part, wanted), "calibration.abstain")


def _graph(opened: OpenGraph, found: Calibration, asked: Request) -> None:
    own = [name for name in found.names if name != RAW and calibrators()[name].graph_aware]
    if not own:
        show.empty("No calibrator that gives each node a temperature of its own could be fitted here.")
        return
    left, right = st.columns([1.6, 1], gap="large")
    with right:
        picked = str(st.segmented_control("Temperatures of", own, default=own[0], required=True, key=f"{TABS}.of", format_func=title))
        show.asides(temperatures.said(found, picked, state.selection().node))
        show.chart(temperatures.histogram(found, picked), "calibration.temperatures")
    with left:
        values, low, high = temperatures.scale(found, picked)
        colors = shaded(values, low, high, "{:.2f}")
        show.legend(colors.legend)
        pictures.colored(opened, colors, "calibration.graph", 470)


def _numbers(found: Calibration, asked: Request) -> None:
    tables = {"scores": found.scores, "bins": results.bins_table(found, asked.bins, equal_mass=asked.equal_mass)}
    tables |= {"factors": results.factors_table(found), "conformal": results.conformal_table(found), "fits": results.fits_table(found)}
    names = list(tables)
    for row in range(0, len(names), 2):
        for column, name in zip(st.columns(2, gap="large"), names[row : row + 2], strict=False):
            with column:
                st.markdown(f"**{name.capitalize()}**")
                st.dataframe(tables[name].iloc[: show.MOST_ROWS], hide_index=True, height=300)
                show.download(tables[name], f"calibration.{name}", f"{name.capitalize()} as CSV")
