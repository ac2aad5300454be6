"""The parts of the over-smoothing page: scores and states against depth, what failed, and the ways to look closer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.errors import UserError
from core.home import home
from core.jobs import Job
from explainers.depth import request
from explainers.depth.plan import depth_counts
from explainers.lenses import over_smoothing as lens
from explainers.lenses.over_smoothing import figures
from explainers.lenses.over_smoothing.causes import Evidence, answer
from explainers.lenses.over_smoothing.result import ByDepth
from explainers.sweep import PARTS, Grid
from explainers.sweep import measure as respond
from explainers.sweep.answer import diverged
from explainers.wording import count, metric_name, model_name
from pages._shared import engine, settled, show, smoothing_closer, smoothing_controls, state, sweep_controls
from pages._shared.live import growing, live
from pages._shared.transport import transport

QUESTION = lens.LENS.question
AT_A_TIME = 4
"""Runs that a worker measures before it answers; clicks wait for no more than that."""
PART, READINGS, BATCH = "smoothing.part", "smoothing.readings", "smoothing.batch"
WORK = "explainers.lenses.over_smoothing"


def page() -> None:
    """Controls to the right; the rest reads the store, on its own beat while there is something to wait for."""
    found = settled.deep()
    top = st.container()
    left, right = st.columns([2, 1], gap="large")
    with right:
        smoothing_controls.controls(found)
    try:
        grid = request.planned(found, state.selection(), engine.catalogue())
    except UserError as error:
        with top:
            show.question(QUESTION, [str(error)])
        return

    def waits() -> bool:
        return bool(sweep_controls.trainings(grid)) or not _settled(grid)

    growing(waits, (top, lambda: _answer(grid)), (right, lambda: _side(grid)), (left, lambda: _evidence(grid, waiting=waits())))
    smoothing_closer.tabs(grid, _by_depth(grid))


def _answer(grid: Grid) -> None:
    found, lead = _by_depth(grid), model_name(state.selection().model)
    if not found.response.done:
        show.question(QUESTION, [f"Nothing of this sweep is trained yet: {count(found.response.planned, 'run')} to go."])
        return
    done, planned = found.response.done, found.response.planned
    so_far = f"{done:,} of {count(planned, 'run')} so far. " if done < planned else ""
    said = [so_far + answer(found.evidence, lead), lens.energy_course(found, lead), lens.smooth_and_well(found, lead)]
    said += lens.remedies(found, lead)
    said += diverged(found.response)
    show.question(QUESTION, [sentence for sentence in said if sentence])


def _side(grid: Grid) -> None:
    sweep_controls.training(grid, "smoothing")


def _evidence(grid: Grid, *, waiting: bool) -> None:
    """The figures; the transport comes when there is nothing to wait for: its frames have a beat of their own."""
    found = _by_depth(grid)
    if not found.response.done:
        sweep_controls.nothing_yet(grid, figures.SCORES)
        return
    part = sweep_controls.part(PART)
    depths = [int(value) for value in grid.setting.values]
    if waiting:
        _figures(grid, found, part, None)
        return

    def draw(step: int) -> None:
        _figures(grid, found, part, depths[step])

    transport(depths, "depth", "smoothing.depth", draw, start=_worth_a_look(found.evidence, depths), about=_identity(grid, found)[:3])


def _figures(grid: Grid, found: ByDepth, part: str, depth: int | None) -> None:
    of = (*_identity(grid, found), part, depth)
    alt = f"{PARTS[part]} {metric_name(found.response.metric)} against depth; the numbers are in the table"
    live("smoothing.scores", alt, lambda: figures.scores(found, part, depth), of)
    show.asides([one.sentence for one in found.evidence if one.depth == depth and one.model == _lead()])
    if found.readings:
        live("smoothing.measures", "Measures of the last hidden states against depth", lambda: figures.measures(found, depth=depth), of)


def _lead() -> str:
    return model_name(state.selection().model)


def _worth_a_look(found: Sequence[Evidence], depths: Sequence[int]) -> int:
    """Where the transport begins: at the first depth beyond the best that fails."""
    mine = [one for one in found if one.model == _lead()]
    best = max(mine, key=lambda one: one.test, default=None)
    failing = [depths.index(one.depth) for one in mine if best and one.falls and one.depth > best.depth]
    return failing[0] if failing else len(depths) - 1


def _by_depth(grid: Grid) -> ByDepth:
    """What is known of the sweep now: scores from the store, states as far as a worker has measured them."""
    entries = engine.entries(grid.runs)
    response = respond(grid, entries, _largest(grid) or ())
    probes, energy = _features(grid) or ({}, float("nan"))
    blind = tuple(dict.fromkeys(cell.name for cell in grid.cells if not engine.catalogue().model(cell.spec.model.name).uses_features))
    counts = depth_counts(grid, engine.catalogue().model)
    return ByDepth(response, _readings(grid, entries), probes, energy, state.deep().recipe, blind, counts)


def _readings(grid: Grid, entries: Sequence[Any]) -> dict[str, Any]:
    """The measures of every stored run that a worker has read so far; asks it for the others."""
    kept: dict[object, Any] = st.session_state.setdefault(READINGS, {})
    stored = _stored(grid, entries)
    # a batch that was asked for is waited for, although other runs may have ended meanwhile: its answer is worth having
    batch = st.session_state.get(BATCH) or tuple((key, version) for key, version in stored.items() if version not in kept)[:AT_A_TIME]
    if batch:
        st.session_state[BATCH] = batch
        work = {"keys": tuple(key for key, _ in batch), "root": home()}
        read = _asked(f"{WORK}.readings:read_runs", work, "Measuring the states", {}, stamp=batch)
        if not isinstance(read, Job):
            kept |= {version: read.get(key, {}) for key, version in batch}
            st.session_state.pop(BATCH)
    return {key: reading for key, version in stored.items() if (reading := kept.get(version))}


def _stored(grid: Grid, entries: Sequence[Any]) -> dict[str, object]:
    """Version by key of the runs that are stored."""
    return {run.key: engine.version(run.key) for run, entry in zip(grid.runs, entries, strict=True) if entry}


def _features(grid: Grid) -> Any:
    """What a linear probe reads from the smoothed features, and their energy; None while a worker is at it."""
    datasets = tuple(dict.fromkeys(run.dataset for run in grid.runs))
    depths = tuple(int(value) for value in grid.setting.values)
    work = {"datasets": datasets, "depths": depths, "root": home()}
    found = _asked(f"{WORK}.untrained:read_features", work, "Reading the smoothed features", ({}, float("nan")))
    return None if isinstance(found, Job) else found


def _largest(grid: Grid) -> Any:
    """What the largest class would score at each depth; None while a worker counts."""
    datasets = tuple(dict.fromkeys(run.dataset for run in grid.runs))
    counted = _asked("explainers.sweep.largest:largest_classes", {"values": [datasets]}, "Counting the classes", ())
    return None if isinstance(counted, Job) else tuple(counted) * len(grid.setting.values)


def _asked(work: str, arguments: dict[str, Any], title: str, otherwise: Any, stamp: object = "") -> Any:
    """What a worker answers, or the job that is at it; `otherwise` where it cannot be known, or somebody stopped it."""
    try:
        return engine.ask(work, arguments, title=title, stamp=stamp, patience=0.0)
    except UserError:
        return otherwise


def _settled(grid: Grid) -> bool:
    """Whether all that can be measured now has been."""
    entries = engine.entries(grid.runs)
    if not any(entries):
        return True
    _readings(grid, entries)
    read = all(version in st.session_state[READINGS] for version in _stored(grid, entries).values())
    return read and _features(grid) is not None and _largest(grid) is not None


def _identity(grid: Grid, found: ByDepth) -> tuple[object, ...]:
    """All that the figures follow from, so that they are made once and not at every beat."""
    stored = tuple((run.key, engine.version(run.key)) for point in found.response.points for run in point.runs)
    extras = (len(found.readings), bool(found.probes), bool(found.response.largest))
    return (grid.setting.values, found.response.names, found.recipe, found.response.split, stored, *extras)
