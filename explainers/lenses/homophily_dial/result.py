"""What came out of the dial: scores at every homophily, and the theory's threshold for the same graphs. Free of torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from core.graph.homophily import Threshold
from core.parameters import Value
from explainers.lenses.homophily_dial.plan import threshold_of
from explainers.sweep.grid import Grid
from explainers.sweep.measure import Response, Scored
from explainers.sweep.measure import measure as respond
from explainers.sweep.tables import by_value

COLUMNS = ["model", "homophily", "seed", "test_score", "threshold_low", "threshold_high"]


@dataclass(frozen=True, eq=False)
class Dial:
    """`response`: scores of the runs that are there; `values`: the lens's settings."""

    response: Response
    values: Mapping[str, Value]

    @property
    def operator(self) -> str:
        return str(self.values["operator"])

    @property
    def threshold(self) -> Threshold:
        """Of the operator that is drawn."""
        return threshold_of(self.values, self.operator)

    def slug(self, name: str) -> str:
        """A model's name as it is asked for; "" while none of its runs is there."""
        return next((run.spec.model.name for point in self.response.of(name) for run in point.runs), "")


def assembled(grid: Grid, found: Sequence[Scored | None], values: Mapping[str, Value]) -> Dial:
    """`found`: what is known of each of `grid.runs`, in their order, None for those that are not trained."""
    return Dial(respond(grid, found), values)


def curve(found: Dial) -> pd.DataFrame:
    """A row a run, as far as they are there; thresholds NaN where averaging hurts nowhere."""
    between = found.threshold
    rows = [
        (run.spec.model.name, float(point.value), run.spec.seed, score, between.low, between.high)
        for point in found.response.points
        for run, score in zip(point.runs, point.scores(), strict=True)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def summary(found: Dial) -> pd.DataFrame:
    """A row a model and homophily: means over seeds with the bounds of their 95 % t-intervals, and the thresholds."""
    rows = by_value(found.response).drop(columns=["planned", "seconds"], errors="ignore")
    return rows.assign(threshold_low=found.threshold.low, threshold_high=found.threshold.high)
