"""Which runs show calibration over the epochs, and what is read of each of their recordings. Free of torch at import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from core.data import GraphData
from core.parameters import Value
from core.run import Run
from core.spec import TRAINING, RunSpec
from core.splits import split_of
from core.store import Store
from core.work import Report
from explainers.calibration_request import MOST_DECAYS
from explainers.lenses.calibration.gap import measures
from explainers.lenses.calibration.result import PARTS
from explainers.nodes import part_mask
from explainers.runner import load_runs
from explainers.settings import Setting, values
from explainers.sweep.grid import Grid, grid
from explainers.wording import model_name

PROBES = ("confidence",)
DECAY = next(parameter for parameter in TRAINING if parameter.name == "weight_decay")


@dataclass(frozen=True, eq=False)
class Reading:
    """Of one run. `rows`: epoch, split, metric, value; `best`: epoch of the lowest validation loss, None without validation nodes."""

    rows: pd.DataFrame
    best: int | None
    note: str


def course_grid(spec: RunSpec, seeds: int, chosen: Mapping[str, Value], splits: int) -> Grid:
    """The selected training without an early end, with its own weight decay and the chosen ones. `splits` as in `core.seeds.plan`.

    Raises `UserError` for a weight decay that is none.
    """
    decays = dict.fromkeys((spec.training.weight_decay, *values(DECAY, str(chosen["weight_decays"]), MOST_DECAYS)))
    training = replace(spec.training, epochs=int(chosen["epochs"]), patience=0, keep="last")
    setting = Setting("training", DECAY, tuple(decays))
    return grid({model_name(spec.model.name): replace(spec, training=training)}, setting, seeds, splits)


def read_runs(report: Report, *, keys: Sequence[str], root: Path) -> dict[str, Reading]:
    """Named work: the readings of stored runs by key; `UserError` if one is gone."""
    from core.open_graphs import graph_of

    return {run.key: read(run, graph_of(run.spec.dataset)) for run in load_runs(Store(root), keys, probes=True)}


def read(run: Run, graph: GraphData) -> Reading:
    """Accuracy, confidence and their errors at each recorded epoch, on the parts that have nodes; `Unsupported` without test nodes."""
    split = split_of(graph, run.spec.dataset)
    part_mask(graph, split, "test")
    recorded = {name: run.probes[f"confidence.{name}"] for name in ("epochs", "confidence", "correct", "loss")}
    nodes = run.probes["confidence.nodes"]
    rows = [
        (int(epoch), part, metric, value)
        for place, part in enumerate(PARTS)
        if (there := getattr(split, part)[nodes]).any()
        for epoch, confidence, correct, loss in zip(*recorded.values(), strict=True)
        for metric, value in measures(confidence[there], correct[there], float(loss[place])).items()
    ]
    return Reading(pd.DataFrame(rows, columns=["epoch", "split", "metric", "value"]), _lowest(run.history["validation_loss"]), run.note)


def _lowest(losses: np.ndarray) -> int | None:
    """The first epoch, from 1, of the lowest loss."""
    return int(np.nanargmin(losses)) + 1 if np.isfinite(losses).any() else None
