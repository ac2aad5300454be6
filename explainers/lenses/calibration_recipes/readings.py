"""Which runs show calibration against one setting, and what is read of each, before and after temperature scaling. Free of torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from core.data import Bools, GraphData, Ints
from core.parameters import Parameter, Value
from core.run import Run
from core.spec import TRAINING, RunSpec
from core.splits import split_of
from core.store import Store
from core.work import Report
from explainers.calibration_request import SETTING
from explainers.contract import Unsupported
from explainers.lenses.calibration.calibrated import Calibrated, calibrated
from explainers.lenses.calibration.gap import measures
from explainers.lenses.calibration.result import PARTS
from explainers.nodes import part_mask
from explainers.runner import load_runs
from explainers.settings import Setting
from explainers.sweep.grid import Grid, grid, value_of
from explainers.sweep.request import parsed
from explainers.sweep.suggestions import suggested
from explainers.wording import model_name

TEMPERATURE = "temperature"


@dataclass(frozen=True, eq=False)
class Reading:
    """Of one run. `rows`: split, calibrator, metric, score_value; `said`: why temperature scaling is missing, or what was odd with it."""

    rows: pd.DataFrame
    said: str = ""


def offered(spec: RunSpec, declared: Sequence[Parameter]) -> dict[str, Setting]:
    """The settings of `SETTING` that a model and its training have, each with its suggested values. `declared`: those of the model."""
    found = {}
    for name, _ in SETTING.options:
        for owner, parameters in (("training", TRAINING), ("model", declared)):
            for parameter in parameters:
                if parameter.name == name:
                    found[name] = Setting(owner, parameter, suggested(parameter, value_of(spec, owner, name)))
    return found


def recipe_grid(spec: RunSpec, seeds: int, chosen: Mapping[str, Value], splits: int, declared: Sequence[Parameter]) -> Grid:
    """The selected training at each value of a setting. Where that is the epochs, the last one is kept: else they would decide nothing.

    `splits` as in `core.seeds.plan`. Raises `Unsupported` for a setting that the model lacks, `UserError` for values it does not take.
    """
    choices, name = offered(spec, declared), str(chosen["setting"])
    who = model_name(spec.model.name)
    if name not in choices:
        raise Unsupported(f"{who} has no {dict(SETTING.options)[name]} to vary; setting takes {', '.join(choices)} here.")
    setting = choices[name]
    if chosen["values"]:
        setting = replace(setting, values=parsed(setting.parameter, str(chosen["values"])))
    if name == "epochs":
        spec = replace(spec, training=replace(spec.training, patience=0, keep="last"))
    return grid({who: spec}, setting, seeds, splits)


def read_runs(report: Report, *, keys: Sequence[str], root: Path) -> dict[str, Reading]:
    """Named work: the readings of stored runs by key; `UserError` if one is gone."""
    from core.open_graphs import graph_of

    return {run.key: read(report, run, graph_of(run.spec.dataset), root) for run in load_runs(Store(root), keys)}


def read(report: Report, run: Run, graph: GraphData, root: Path) -> Reading:
    """Confidence against accuracy on the parts that have nodes, as the run is and after temperature scaling; `Unsupported` without
    test nodes. NaN where a training diverged at once, since its logits stand for nothing."""
    split = split_of(graph, run.spec.dataset)
    part_mask(graph, split, "test")
    answers, refused = calibrated(report, run, graph, (TEMPERATURE,), root)
    there = float("nan") if run.failed else 1.0
    rows = [
        (part, one.name, metric, value * there)
        for one in answers
        for part in PARTS
        if (nodes := getattr(split, part)).any()
        for metric, value in _measured(one, nodes, graph.labels[nodes]).items()
    ]
    said = refused.get(TEMPERATURE, "") or answers[-1].said
    return Reading(pd.DataFrame(rows, columns=["split", "calibrator", "metric", "score_value"]), said)


def _measured(one: Calibrated, nodes: Bools, labels: Ints) -> dict[str, float]:
    prob = one.probabilities[nodes]
    nll = -one.log_probabilities[nodes][np.arange(len(labels)), labels].mean()
    return measures(prob.max(axis=1), prob.argmax(axis=1) == labels, float(nll))
