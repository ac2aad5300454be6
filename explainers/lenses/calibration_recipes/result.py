"""Calibration against one setting: the numbers, seed by seed and as intervals. Free of torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from core.parameters import Value
from core.seeds import Interval, interval
from core.spec import TRAINING, TrainingSpec
from explainers.calibration_request import RAW
from explainers.declared import shown
from explainers.lenses.calibration.result import PARTS
from explainers.lenses.calibration_recipes.readings import TEMPERATURE, Reading
from explainers.sweep.grid import Grid
from explainers.sweep.measure import Response, Scored
from explainers.sweep.measure import measure as respond

COLUMNS = ["setting", "value", "seed", "split", "metric", "calibrator", "score_value"]


@dataclass(frozen=True, eq=False)
class Recipes:
    """`response`: which of the planned runs have been read; `rows`: `COLUMNS`, of those; `training`: the selected
    one; `remarks`: what is to be said of temperature scaling, and at which values."""

    response: Response
    rows: pd.DataFrame
    training: TrainingSpec
    remarks: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)

    @property
    def model(self) -> str:
        return self.response.names[0]

    @cached_property
    def parts(self) -> tuple[str, ...]:
        return tuple(part for part in PARTS if (self.rows["split"] == part).any())

    @cached_property
    def _by_seed(self) -> Mapping[tuple[object, ...], pd.Series]:
        known = self.rows.dropna(subset="score_value").set_index("seed")
        return {key: group["score_value"] for key, group in known.groupby(["value", "split", "calibrator", "metric"])}

    def by_seed(self, value: Value, metric: str, part: str = "test", calibrator: str = RAW) -> pd.Series:
        """A metric's values by seed; of no runs, empty."""
        return self._by_seed.get((value, part, calibrator, metric), pd.Series(dtype=float))

    def interval(self, value: Value, metric: str, part: str = "test", calibrator: str = RAW) -> Interval:
        """Mean over seeds with its 95 % t-interval."""
        return interval(self.by_seed(value, metric, part, calibrator))

    def change(self, value: Value, against: Value, metric: str, part: str = "test") -> Interval:
        """Interval of the difference between two values, paired over the seeds that both have."""
        return interval((self.by_seed(value, metric, part) - self.by_seed(against, metric, part)).dropna())

    def known(self, part: str = "test", calibrator: str = RAW) -> list[Value]:
        """The values at which something was read, in the setting's order."""
        return [value for value in self.response.setting.values if len(self.by_seed(value, "gap", part, calibrator))]

    @property
    def kept(self) -> str:
        """Which epoch's weights the runs have."""
        if self.response.setting.parameter.name == "epochs" or self.training.keep == "last":
            return "The last epoch of each training is kept."
        keep = next(parameter for parameter in TRAINING if parameter.name == "keep")
        return f"Kept is the epoch with the {shown(keep, self.training.keep)}, of at most {self.training.epochs:,}."


def assembled(grid: Grid, found: Sequence[Scored | None], readings: Mapping[str, Reading]) -> Recipes:
    """All runs of a grid that have been read. `found`: what is known of each of `grid.runs`, in their order."""
    read = [one if run.key in readings else None for run, one in zip(grid.runs, found, strict=True)]
    response = respond(grid, read)
    frames, remarks = [], dict[str, dict[Value, None]]()
    for point in response.points:
        for run in point.runs:
            reading = readings[run.spec.key]
            there = {"setting": grid.setting.parameter.name, "value": point.value, "seed": run.spec.seed}
            frames.append(reading.rows.assign(**there)[COLUMNS])
            if reading.said:
                remarks.setdefault(reading.said, {})[point.value] = None
    rows = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=COLUMNS)
    return Recipes(response, rows, grid.cells[0].spec.training, {said: tuple(where) for said, where in remarks.items()})


def by_value(found: Recipes, part: str = "test") -> pd.DataFrame:
    """A row a value and calibrator: means over seeds, and the bounds of the gap's and the ECE's 95 % t-intervals."""
    rows = []
    for value in found.known(part):
        for calibrator in (RAW, TEMPERATURE):
            gap, error = (found.interval(value, metric, part, calibrator) for metric in ("gap", "ece"))
            if not gap.n:
                continue
            row: dict[str, object] = {found.response.setting.parameter.name: value, "calibrator": calibrator, "seeds": gap.n}
            for name, one in (("gap", gap), ("ece", error)):
                row |= {name: one.mean, f"{name}_low": one.low, f"{name}_high": one.high}
            others = ("accuracy", "mean_confidence", "nll")
            rows.append(row | {name: found.interval(value, name, part, calibrator).mean for name in others})
    return pd.DataFrame(rows)
