"""When does a model become too sure? Accuracy, confidence and calibration error by epoch, at some weight decays."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from core.parameters import Value
from core.spec import RunSpec
from explainers.calibration_request import COURSE
from explainers.contract import Context, Lens, View
from explainers.lenses.calibration_course import figures
from explainers.lenses.calibration_course.captions import captions
from explainers.lenses.calibration_course.readings import PROBES, course_grid, read
from explainers.lenses.calibration_course.result import Course, assembled, summary
from explainers.planning import fixed_splits
from explainers.sweep.grid import Grid

__all__ = ["LENS", "Course", "captions", "draw", "measure", "plan", "tables"]


def plan(spec: RunSpec, seeds: int, values: Mapping[str, Value]) -> tuple[RunSpec, ...]:
    """The selected training without an early end, at each weight decay. Loads torch."""
    return _grid(spec, seeds, values).runs


def measure(context: Context, values: Mapping[str, Value]) -> Course:
    """Reads what was recorded while the runs trained."""
    return assembled(_grid(context.spec, context.seeds, values), {run.key: read(run, context.graph) for run in context.runs})


def draw(result: Course) -> Mapping[str, View]:
    return {"course": figures.course(result), "errors": figures.errors(result)}


def tables(result: Course) -> dict[str, pd.DataFrame]:
    """The numbers by name, as the command writes them."""
    return {"summary": summary(result), "course": result.rows}


def _grid(spec: RunSpec, seeds: int, values: Mapping[str, Value]) -> Grid:
    return course_grid(spec, seeds, values, fixed_splits(spec.dataset.name))


LENS = Lens(
    name="calibration_course",
    title="Calibration during training",
    question="When does a model become too sure?",
    plan=plan,
    measure=measure,
    draw=draw,
    captions=captions,
    tables=tables,
    parameters=COURSE,
    probes=PROBES,
    source="Guo et al. 2017; Wang et al. 2021 (GNNs are under-confident); Hsu et al. 2022; recorded while training",
)
