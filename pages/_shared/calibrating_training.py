"""Two closer looks of the calibration page that train runs of their own: calibration over the epochs, and against other recipes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.errors import UserError
from core.home import home
from core.jobs import Job
from core.parameters import Several
from core.views import OpenGraph
from explainers.calibration_request import EPOCHS, SETTING, VALUES, WEIGHT_DECAYS
from explainers.contract import Unsupported
from explainers.lenses import calibration_course, calibration_recipes
from explainers.lenses.calibration_course import figures as course_figures
from explainers.lenses.calibration_course import readings as course_readings
from explainers.lenses.calibration_course import result as courses
from explainers.lenses.calibration_recipes import figures as recipe_figures
from explainers.lenses.calibration_recipes import readings as recipe_readings
from explainers.lenses.calibration_recipes import result as recipe_results
from explainers.nodes import part_mask
from explainers.sweep.grid import Grid
from explainers.sweep.request import values_text
from pages._shared import engine, pictures, show, state, sweep_controls
from pages._shared.frame import as_text
from pages._shared.live import growing, live

MOST_SEEDS = 20
"""Trainings of each point; the headless command takes more."""
AT_A_TIME = 4
"""Runs that the worker is asked to read at once: clicks wait for no more than that."""
COURSE, RECIPES = "calibration.course", "calibration.recipes"
WORK = "explainers.lenses.calibration_"


def course(opened: OpenGraph) -> None:
    """Accuracy, confidence and ECE by epoch, at some weight decays."""
    if not _can_be_judged(opened):
        return
    left, right = st.columns([2, 1], gap="large")
    with right:
        key = f"{COURSE}.epochs"
        st.session_state[key] = state.calibration().epochs
        st.number_input(
            EPOCHS.title,
            EPOCHS.low,
            EPOCHS.high,
            step=EPOCHS.step,
            key=key,
            help=EPOCHS.help,
            on_change=lambda: state.calibration.change(epochs=st.session_state[key]),
        )
        epochs = state.calibration().epochs

        def planned(text: str) -> Grid:
            values = {"weight_decays": WEIGHT_DECAYS.check(text or WEIGHT_DECAYS.default), "epochs": epochs}
            return course_readings.course_grid(state.selection().spec, _seeds(), values, _fixed_splits())

        st.caption(
            "Here every training goes on to its end. With the best epoch kept, as in *Other recipes* and above, a weight decay may be on "
            "the other side."
        )
        grid = _typed(WEIGHT_DECAYS, f"{WEIGHT_DECAYS.help} Empty: the suggested ones.", planned)
    _filling(grid, course_readings.PROBES, COURSE, _draw_course, left, right)


def recipes(opened: OpenGraph) -> None:
    """The gap against one setting of the recipe, as it is and after temperature scaling."""
    if not _can_be_judged(opened):
        return
    selection, catalogue = state.selection(), engine.catalogue()
    declared = catalogue.model(selection.model).parameters
    names, words = recipe_readings.offered(selection.spec, declared), dict(SETTING.options)
    asked = state.calibration().setting
    setting = asked if asked in names else SETTING.default
    key = f"{RECIPES}.setting"
    st.session_state[key] = setting
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            SETTING.title,
            list(names),
            required=True,
            key=key,
            format_func=lambda one: words[one],
            help=SETTING.help,
            on_change=lambda: _other_setting(st.session_state[key]),
        )

    def planned(text: str) -> Grid:
        values = {"setting": setting, "values": VALUES.check(text)}
        return recipe_readings.recipe_grid(selection.spec, _seeds(), values, _fixed_splits(), declared)

    left, right = st.columns([2, 1], gap="large")
    with right:
        st.caption("What a longer training does, without keeping its best epoch, is in *During training*.")
        grid = _typed(VALUES, VALUES.help, planned)
    _filling(grid, (), RECIPES, _draw_recipes, left, right)


def _other_setting(name: str) -> None:
    """Values are of one setting: another one begins with those that are suggested."""
    st.session_state.pop(f"calibration.{VALUES.name}.refused", None)
    state.calibration.change(setting=name, values="")


def _can_be_judged(opened: OpenGraph) -> bool:
    """Whether there are test nodes; says so if not."""
    try:
        part_mask(opened.graph, pictures.split(opened), "test")
    except Unsupported as reason:
        show.empty(str(reason))
        return False
    return True


def _typed(declared: Several, help_: str, planned: Callable[[str], Grid]) -> Grid:
    """A text, and the runs that it asks for; of one that cannot be read, those of the last that could, and a sentence. Empty or as
    declared: the suggested values, which the field shows."""
    key, asked = f"calibration.{declared.name}", str(getattr(state.calibration(), declared.name))
    refused: tuple[str, str] | None = st.session_state.get(f"{key}.refused")
    st.session_state[key] = refused[0] if refused else "" if asked == declared.default else asked

    def changed() -> None:
        text = st.session_state[key].strip()
        try:
            planned(text)
        except UserError as error:
            st.session_state[f"{key}.refused"] = text, str(error)
            return
        st.session_state.pop(f"{key}.refused", None)
        state.calibration.change(**{declared.name: declared.check(text or declared.default)})

    suggested = values_text(planned("").setting.values).replace(",", ", ")
    st.text_input(declared.title, key=key, help=help_, placeholder=suggested, on_change=changed)
    if refused:
        st.warning(as_text(f"{refused[1]} The figure keeps the values it had."))
    try:
        return planned(asked)
    except UserError:  # the selection has changed under them
        return planned("")


def _filling(grid: Grid, probes: tuple[str, ...], key: str, draw: Callable[[Grid, Mapping[str, Any]], None], left: Any, right: Any) -> None:
    """The button that trains what is missing, and what there is so far, while something is to be waited for."""

    def waits() -> bool:
        return bool(sweep_controls.trainings(grid)) or _read(grid, probes, key).pending

    def side() -> None:
        sweep_controls.training(grid, key, probes)

    def evidence() -> None:
        read = _read(grid, probes, key)
        for sentence in read.failures:
            st.warning(as_text(sentence))
        if read.found:
            draw(grid, read.found)
        elif read.pending:
            show.empty("Reading the runs …", recipe_figures.HEIGHT)
        elif not read.failures:
            sweep_controls.nothing_yet(grid, recipe_figures.HEIGHT)

    growing(waits, (right, side), (left, evidence))


@dataclass(frozen=True)
class _Read:
    """What the worker has read of the stored runs, by their keys (`found`); whether it is still at some (`pending`); and why it could not
    read others, each reason once (`failures`)."""

    found: dict[str, Any]
    pending: bool
    failures: tuple[str, ...]


def _read(grid: Grid, probes: tuple[str, ...], key: str) -> _Read:
    """Asks the worker for what it has not read. A reading that fails is not asked for again until its run is trained again."""
    failed: dict[Hashable, str] = st.session_state.setdefault(f"{key}.failed", {})
    found, pending, failures = dict[str, Any](), 0, dict[str, None]()
    for run, entry in sweep_controls.stored_with(grid, probes).items():
        version = engine.version(run.key)
        if version in failed:
            failures[failed[version]] = None
            continue
        if entry is None or pending == AT_A_TIME:
            continue
        try:
            answer = engine.ask(
                f"{WORK}{key.partition('.')[2]}.readings:read_runs",
                {"keys": (run.key,), "root": home()},
                title=f"Reading {run.model.name}, seed {run.seed}",
                stamp=version,
                patience=0.0,
            )
        except UserError as error:
            if not isinstance(error, engine.Stopped):  # which the engine remembers, until it is resumed
                failed[version] = str(error)
            failures[str(error)] = None
            continue
        if isinstance(answer, Job):
            pending += 1
        else:
            found |= answer
    return _Read(found, bool(pending), tuple(failures))


def _draw_course(grid: Grid, found: Mapping[str, Any]) -> None:
    result = courses.assembled(grid, found)
    part = _part(result.parts)
    show.asides(calibration_course.captions(result, part))
    of = (grid.setting.values, len(grid.runs), grid.cells[0].spec, part, tuple(engine.version(key) for key in found))
    live(
        f"{COURSE}.chart",
        "Accuracy and mean confidence by epoch; the numbers are in the table",
        lambda: course_figures.course(result, part),
        of,
    )
    live(f"{COURSE}.errors", "ECE by epoch; the numbers are in the table", lambda: course_figures.errors(result, part), of)


def _draw_recipes(grid: Grid, found: Mapping[str, Any]) -> None:
    result = recipe_results.assembled(grid, engine.entries(grid.runs), found)
    part = _part(result.parts)
    show.asides(calibration_recipes.captions(result, part))
    of = (
        grid.setting.qualified,
        grid.setting.values,
        len(grid.runs),
        grid.cells[0].spec,
        part,
        tuple(engine.version(key) for key in found),
    )
    alt = f"Accuracy less confidence against {grid.setting.parameter.title}; the numbers are in the table"
    live(f"{RECIPES}.chart", alt, lambda: recipe_figures.gaps(result, part), of)


def _part(parts: tuple[str, ...]) -> str:
    """The page's part of the split where these runs have it, else the test nodes."""
    asked = state.calibration().part
    return asked if asked in parts else "test"


def _seeds() -> int:
    """As many as are selected, within what a figure takes."""
    return min(state.selection().seeds, MOST_SEEDS)


def _fixed_splits() -> int:
    return sum(name.isdigit() for name in engine.catalogue().dataset(state.selection().dataset).splits)
