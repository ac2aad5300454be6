"""The parts of the sweep page: the question and its answer, the figure that fills in, what a click offers, and the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.errors import UserError
from core.jobs import Job
from explainers import sweep_figures
from explainers.declared import shown
from explainers.sweep import PARTS, Grid, Response, answers, details, measure, repeat, request, tables
from explainers.sweep.measure import Shares
from explainers.wording import count, metric_name, model_name
from pages._shared import engine, settled, show, state, sweep_controls
from pages._shared.frame import as_text
from pages._shared.live import growing, live

QUESTION = "What does one setting do?"
ROW = 56
"""Height of the line above the figure, so that what a click brings into it moves nothing."""
POINT, PART, TABS = "sweep.point", "sweep.part", "sweep.tabs"


def page() -> None:
    """Controls to the right; the rest reads the store, on its own beat while runs of the sweep train."""
    found = settled.sweep()
    top = st.container()
    left, right = st.columns([2, 1], gap="large")
    with right:
        sweep_controls.controls(found)
    with top:
        try:
            grid = request.planned(found, state.selection(), engine.catalogue())
        except UserError as error:
            show.question(QUESTION, [str(error)])
            return
    if any(engine.entries(grid.runs)):
        _largest(grid, engine.PATIENCE)
    growing(lambda: _waits(grid), (top, lambda: _answer(grid)), (right, lambda: _side(grid)), (left, lambda: _evidence(grid)))


def _waits(grid: Grid) -> bool:
    """Whether something trains, or is still counted that the figure needs."""
    return bool(sweep_controls.trainings(grid)) or (any(engine.entries(grid.runs)) and _largest(grid) is None)


def _answer(grid: Grid) -> None:
    show.question(QUESTION, answers(_response(grid), model_name(state.selection().model)))


def _side(grid: Grid) -> None:
    sweep_controls.training(grid)
    response = _response(grid)
    if response.done:
        st.space("small")
        show.asides(details(response, model_name(state.selection().model)))


def _evidence(grid: Grid) -> None:
    response = _response(grid)
    if not response.done:
        sweep_controls.nothing_yet(grid, sweep_figures.HEIGHT)
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", height=ROW, border=False):
        part = sweep_controls.part(PART)
        _offer(grid, "figure")
    alt = f"{PARTS[part]} {metric_name(response.metric)} against {response.setting.parameter.title}; the numbers are in the table"
    live("sweep.figure", alt, lambda: sweep_figures.chart(response, part), (part, _identity(grid, response)), _clicked(grid))
    _numbers(grid, response)


def _identity(grid: Grid, response: Response) -> tuple[object, ...]:
    """All that the figure follows from, so that it is made once and not at every beat."""
    stored = tuple((run.key, engine.version(run.key)) for point in response.points for run in point.runs)
    return grid.setting.qualified, grid.setting.values, response.names, response.planned, response.split, stored, bool(response.largest)


def _pick(grid: Grid, row: int) -> None:
    """Pick the point of a row: the rows are in the order of the cells."""
    st.session_state[POINT] = (grid.setting.qualified, grid.cells[row].name, grid.cells[row].value, "table")


def _clicked(grid: Grid) -> Any:
    """What a click on a mark does: its `customdata` is a name and the place of a value."""

    def pick(point: Any) -> None:
        if isinstance(point, Sequence) and len(point) == 2 and isinstance(point[1], int) and 0 <= point[1] < len(grid.setting.values):
            st.session_state[POINT] = (grid.setting.qualified, point[0], grid.setting.values[point[1]], "figure")

    return pick


def _offer(grid: Grid, where: str) -> None:
    """The picked point, where it was picked, and to make its setting the selection of every page."""
    setting, name, value, picked = st.session_state.get(POINT, ("", "", "", ""))
    cell = grid.cell(name, value)
    if cell is None or (setting, picked) != (grid.setting.qualified, where):
        return
    what = as_text(f"{cell.name}, {grid.setting.parameter.title.lower()} {shown(grid.setting.parameter, cell.value)}")
    with st.container(horizontal=True, vertical_alignment="center", width="content"):
        if (cell.spec, len(cell.runs)) == (state.selection().spec, state.selection().seeds):
            st.markdown(f"**{what}** is selected", width="content")
        else:
            st.markdown(f"**{what}**", width="content")
            why = f"Its model and settings, with {count(len(cell.runs), 'seed')}, become the selection of every page."
            st.button("Open", icon=":material/open_in_browser:", help=why, on_click=state.open_spec, args=(cell.spec, len(cell.runs)))


def _numbers(grid: Grid, response: Response) -> None:
    """The numbers behind the figure, run by run if wanted, and how to have them without the dashboard."""
    asked = (state.sweep(), state.selection(), engine.catalogue())
    points, runs, command, python = st.tabs(["Points", "Runs", "Command", "Python"], key=TABS, on_change="rerun")
    if points.open:
        with points:
            show.table(tables.points_table(response), "sweep.points", height=300, on_row=lambda row: _pick(grid, row))
            _offer(grid, "table")
    if runs.open:
        with runs:
            rows = tables.by_run(response)
            st.dataframe(rows, hide_index=True, height=300)
            st.download_button("Download as CSV", rows.to_csv(index=False), "sweep.runs.csv", "text/csv", on_click="ignore")
    if command.open:
        with command:
            st.code(repeat.commands(*asked), language="bash", wrap_lines=True)
            st.caption("Trains what the store lacks, and prints both tables.")
    if python.open:
        with python:
            st.code(repeat.python(*asked), language="python", wrap_lines=True)


def _response(grid: Grid) -> Response:
    """What the store has of the sweep now."""
    found = engine.entries(grid.runs)
    return measure(grid, found, (_largest(grid) or ()) if any(found) else ())


def _largest(grid: Grid, patience: float = 0.0) -> Sequence[Shares] | None:
    """What the largest class would score at each value; None while a worker counts, () where that cannot be counted."""
    values = grid.setting.values if grid.setting.owner == "dataset" else grid.setting.values[:1]
    datasets = [tuple({run.dataset: None for cell in grid.cells if cell.value == value for run in cell.runs}) for value in values]
    try:
        work = "explainers.sweep.largest:largest_classes"
        counted = engine.ask(work, {"values": datasets}, title="Counting the classes", patience=patience)
    except UserError:  # it was stopped
        return ()
    if isinstance(counted, Job):
        return None
    return tuple(counted) if grid.setting.owner == "dataset" else tuple(counted) * len(grid.setting.values)
