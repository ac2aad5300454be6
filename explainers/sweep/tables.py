"""The numbers of a sweep as tables: for a download, and for people. Free of torch."""

from __future__ import annotations

import numpy as np
import pandas as pd

from explainers.contract import Table
from explainers.declared import shown
from explainers.settings import Setting
from explainers.sweep.measure import PARTS, Response
from explainers.wording import split_name, spread


def by_value(response: Response) -> pd.DataFrame:
    """A row a point that has runs: mean scores, 0 … 1, with the bounds of their 95 % t-intervals, and seconds a run."""
    column, rows = _column(response.setting), []
    for point in response.points:
        if point.runs:
            row: dict[str, object] = {"model": point.name, column: point.value, "runs": len(point.runs), "planned": point.planned}
            row["scored"] = point.interval().n
            for part in PARTS:
                found = point.interval(part)
                row |= {part: found.mean, f"{part}_low": found.low, f"{part}_high": found.high}
            seconds = float(np.mean([run.seconds for run in point.runs]))
            rows.append(row | {"seconds": seconds, "diverged": len(point.diverged)})
    return pd.DataFrame(rows)


def by_run(response: Response) -> pd.DataFrame:
    """A row a run."""
    column = _column(response.setting)
    return pd.DataFrame(
        [
            {
                "model": point.name,
                column: point.value,
                "seed": run.spec.seed,
                "split": split_name(run.spec.dataset),
                **{part: run.scores[f"{part}_score"] for part in PARTS},
                "seconds": run.seconds,
                "note": run.note,
                "key": run.spec.key,
            }
            for point in response.points
            for run in point.runs
        ]
    )


def _column(setting: Setting) -> str:
    """The setting's name; the graph's seed is not the training's."""
    return setting.qualified if setting.parameter.name == "seed" else setting.parameter.name


def points_table(response: Response) -> Table:
    """A row a point, also those without runs yet, in the order of `response.points`."""
    parameter = response.setting.parameter
    rows = [
        {
            "model": point.name,
            parameter.title: shown(parameter, point.value),
            "runs": f"{len(point.runs)} of {point.planned}",
            **{PARTS[part]: spread(point.interval(part)) if point.runs else "" for part in PARTS},
            "seconds": f"{np.mean([run.seconds for run in point.runs]):.2f}" if point.runs else "",
            "diverged": ", ".join(map(str, point.diverged)),
        }
        for point in response.points
    ]
    data = pd.DataFrame(rows)
    help_ = {
        parameter.title: parameter.help,
        "runs": "Trained ones, one a seed.",
        "test": "Mean test score and its 95 % t-interval.",
        "validation": "Mean validation score and its 95 % t-interval; it chooses the best value.",
        "training": "Mean training score and its 95 % t-interval.",
        "seconds": "Training of one run.",
        "diverged": "Seeds whose training diverged; the score is that of the best epoch before.",
    }
    return Table(data if any(data["diverged"]) else data.drop(columns="diverged"), help_)
