"""The parts of the homophily dial: knobs, the graph they draw, and the curve that fills in; edge surgery is in `operating`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from core.data import Split
from core.errors import UserError
from core.home import home
from core.jobs import Job
from core.parameters import Value, resolve
from core.spec import RunSpec
from core.splits import split_of
from core.views import OpenGraph
from explainers import scenes
from explainers.coloring import coloring
from explainers.dial_request import DIAL, HOMOPHILY, MODELS, OFFERED, OPERATOR, SEEDS, STEP, TAB, Request
from explainers.lenses import homophily_dial as lens
from explainers.lenses.homophily_dial import figures
from explainers.lenses.homophily_dial.captions import answers, details
from explainers.lenses.homophily_dial.plan import at, dial_grid, graph_spec
from explainers.lenses.homophily_dial.result import Dial, assembled
from explainers.sweep.grid import Grid
from explainers.wording import count, model_name
from pages._shared import controls, engine, operating, settled, show, state, sweep_controls
from pages._shared.canvas import graph_canvas
from pages._shared.frame import as_text
from pages._shared.live import growing, live

QUESTION = lens.LENS.question
KEY, MODELS_KEY = "dial", "dial.models"
GRAPH = 390
"""Height of the graph's picture."""
TENTHS = tuple(round(tenth / 10, 1) for tenth in range(11))
"""Homophily values of the whole curve; wherever else the dial has stood is drawn as well."""


def page() -> None:
    asked = settled.dial()
    controls.segments(TAB, asked.tab, KEY, lambda name, value: state.dial.change(**{name: value}), label_visibility="collapsed")
    if asked.tab == "surgery":
        operating.part()
    else:
        dial()


def dial() -> None:
    """The answer on top, the curve and its knobs below it, and the graph at the dial's homophily."""
    top = st.container()
    left, right = st.columns([1.9, 1], gap="large")
    with right:
        _knobs(state.dial())
    try:
        grid = _grid(state.dial())
    except UserError as error:
        with top:
            show.question(QUESTION)
        with left:
            st.warning(as_text(str(error)))
            show.empty("Turn the knobs to something that can be drawn; nothing is lost.", figures.SIDE)
        return
    growing(
        lambda: bool(sweep_controls.trainings(grid)),
        (top, lambda: _answer(grid)),
        (right, lambda: sweep_controls.training(grid, KEY)),
        (left, lambda: _evidence(grid)),
    )
    _graph(state.dial())


def _knobs(asked: Request) -> None:
    """The request is the truth; a knob that is turned trains what the dial then stands at."""
    controls.parameter(replace(HOMOPHILY, step=STEP), asked.homophily, KEY, lambda name, value: _turn(**{name: round(float(value), 2)}))
    for pair in ((OFFERED["classes"], OFFERED["degree"]), (OFFERED["signal"], SEEDS)):
        for column, knob in zip(st.columns(2), pair, strict=True):
            with column:
                controls.parameter(knob, getattr(asked, knob.name), KEY, lambda name, value: _turn(**{name: value}))
    controls.parameter(OFFERED["others"], asked.others, KEY, lambda name, value: _turn(**{name: value}))
    st.session_state[MODELS_KEY] = list(asked.models)
    st.multiselect(
        MODELS.title,
        list(engine.catalogue().models),
        key=MODELS_KEY,
        format_func=model_name,
        max_selections=MODELS.most,
        help="With their default settings. The MLP sees no neighbours: it is what the others are held against.",
        on_change=lambda: _turn(models=tuple(st.session_state[MODELS_KEY])),
    )
    st.caption("A knob that is turned trains these models at the homophily where the dial then stands; *Train* below, the whole curve.")
    controls.parameter(OPERATOR, asked.operator, KEY, lambda name, value: state.dial.change(**{name: value}))


def _turn(**changes: object) -> None:
    """Train what is missing where the dial now stands; whatever of dials was still to be trained, in any window, goes on after it."""
    before = _trainings()
    state.dial.change(**changes)
    try:
        grid = _grid(state.dial())
    except UserError:  # which the page says
        return
    first = _missing(at(grid, state.dial().homophily).runs)
    if not first:
        return
    for job in before:
        engine.jobs().cancel(job.number)
    mine, known = set(grid.runs), set(first)
    waiting = [run for run in _missing(tuple(dict.fromkeys(run for job in before for run in job.arguments["specs"]))) if run not in known]
    _train((*first, *(run for run in waiting if run in mine)))
    _train(tuple(run for run in waiting if run not in mine))


def _train(runs: tuple[RunSpec, ...]) -> None:
    if runs:
        title = f"Homophily dial: {count(len(runs), 'run')}"
        state.follow(engine.train(runs, st.session_state.get("bench.device", "auto"), title, sure=True, probes=()))


def _trainings() -> list[Job]:
    """Those of the dial as it stands, which wait for what it is turned to."""
    try:
        found = sweep_controls.trainings(_grid(state.dial()))
    except UserError:
        return []
    return [job for job in found if not job.stopping]


def _missing(runs: tuple[RunSpec, ...]) -> tuple[RunSpec, ...]:
    return tuple(run for run, entry in zip(runs, engine.entries(runs), strict=True) if entry is None)


def _values(asked: Request) -> dict[str, Value]:
    return resolve(DIAL, asked.dial, f"lens {lens.LENS.name}")


def _grid(asked: Request) -> Grid:
    """The curve's homophily values, where the dial stands, and where it has stood. Raises `UserError` for knobs that cannot be."""
    everywhere = dial_grid(_values(asked) | {"homophily": f"0:1:{STEP}"}, asked.seeds, engine.catalogue().model)
    found = dict(zip(everywhere.runs, engine.entries(everywhere.runs), strict=True))
    stood = {cell.value for cell in everywhere.cells if any(found[run] for run in cell.runs)}
    kept = tuple(value for value in everywhere.setting.values if value in stood or value in TENTHS or value == asked.homophily)
    return replace(
        everywhere,
        setting=replace(everywhere.setting, values=kept),
        cells=tuple(cell for cell in everywhere.cells if cell.value in kept),
    )


def _found(grid: Grid) -> Dial:
    return assembled(grid, engine.entries(grid.runs), _values(state.dial()))


def _answer(grid: Grid) -> None:
    show.question(QUESTION, answers(_found(grid)))


def _evidence(grid: Grid) -> None:
    found = _found(grid)
    if not found.response.done:
        sweep_controls.nothing_yet(grid, figures.SIDE)
    else:
        live(
            f"{KEY}.curve", "Test accuracy against homophily; the numbers are in the table", lambda: figures.curve(found), _identity(found)
        )
    show.asides(details(found))


def _identity(found: Dial) -> tuple[Any, ...]:
    response = found.response
    stored = tuple((run.spec.key, engine.version(run.spec.key)) for point in response.points for run in point.runs)
    return response.names, response.setting.values, response.planned, found.operator, tuple(sorted(found.values.items())), stored


def _graph(asked: Request) -> None:
    """The first seed's graph where the dial stands, and its adjacency matrix."""
    spec = replace(graph_spec(_values(asked), asked.homophily), split="")
    opened = engine.ask("core.views:open_graph", {"dataset": spec, "home": home()}, title="Drawing the graph")
    if isinstance(opened, Job):
        show.waiting(opened)
        return
    st.subheader(f"The graph at homophily {asked.homophily:g}", anchor=False)
    left, right = st.columns([1.5, 1], gap="large")
    with left:
        _picture(opened, split_of(opened.graph, graph_spec(_values(asked), asked.homophily)))
    with right:
        show.chart(engine.view(lambda: figures.matrix(opened.graph), f"{KEY}.matrix", spec), f"{KEY}.matrix")


def _picture(opened: OpenGraph, masks: Split) -> None:
    colors = coloring("class", opened.graph, masks)
    show.legend(colors.legend)
    if scenes.fits_canvas(opened):
        scene = scenes.whole(opened, colors, None)
    else:
        scene, said = scenes.some(opened, colors, ())
        st.caption(said)
    graph_canvas(scene, key=f"{KEY}.graph", height=GRAPH)
