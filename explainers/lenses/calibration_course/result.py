"""Calibration over the epochs of a training, at some weight decays: the numbers, seed by seed and as intervals. Free of torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.seeds import Interval, interval
from explainers.lenses.calibration.result import PARTS
from explainers.lenses.calibration_course.readings import Reading
from explainers.sweep.grid import Grid
from explainers.wording import split_names

GOOD = 0.95
"""Share of its best mean accuracy from which on a training counts as one that has learned: before, being unsure is no merit."""


@dataclass(frozen=True, eq=False)
class Course:
    """`rows`: seed, weight_decay, epoch, split, metric, value, of the recorded epochs from 0, which is before training. `best`: seed,
    weight_decay, epoch of the lowest validation loss. `seeds`: runs planned at each weight decay; `done`: runs of all `planned` ones that
    have been read."""

    model: str
    split: str
    epochs: int
    seeds: int
    done: int
    planned: int
    rows: pd.DataFrame
    best: pd.DataFrame
    notes: tuple[str, ...] = ()

    @cached_property
    def weight_decays(self) -> tuple[float, ...]:
        """Those with a run, the selected one first."""
        return tuple(float(value) for value in self.rows["weight_decay"].unique())

    @cached_property
    def parts(self) -> tuple[str, ...]:
        return tuple(part for part in PARTS if (self.rows["split"] == part).any())

    @cached_property
    def _values(self) -> pd.DataFrame:
        return self.rows.pivot_table(index=["weight_decay", "split", "metric", "epoch"], columns="seed", values="value", dropna=False)

    def values(self, weight_decay: float, part: str, metric: str) -> pd.DataFrame:
        """Recorded epochs × seeds; NaN where a training ended before."""
        return self._values.loc[(weight_decay, part, metric)].dropna(how="all")

    def intervals(self, weight_decay: float, part: str, metric: str) -> dict[int, Interval]:
        """Mean and 95 % t-interval by epoch."""
        return {int(epoch): interval(values) for epoch, values in self.values(weight_decay, part, metric).iterrows()}

    def last(self, weight_decay: float, part: str) -> int:
        """The last epoch that was recorded."""
        return int(self.values(weight_decay, part, "gap").index[-1])

    def learned(self, weight_decay: float, part: str) -> tuple[int, ...]:
        """The recorded epochs whose mean accuracy is near its best (`GOOD`)."""
        right = self.values(weight_decay, part, "accuracy").mean(axis=1)
        return tuple(int(epoch) for epoch in right.index[right >= GOOD * right.max()])

    def lowest(self, weight_decay: float, part: str) -> int:
        """The epoch of the lowest mean ECE, of those in which it has learned."""
        return int(self.values(weight_decay, part, "ece").mean(axis=1)[list(self.learned(weight_decay, part))].idxmin())

    def kept(self, weight_decay: float, part: str) -> pd.DataFrame:
        """A row a seed: `best`, its epoch of the lowest validation loss, and the nearest recorded `epoch` with its `gap` and `ece`."""
        found = []
        for row in self.best[self.best["weight_decay"] == weight_decay].itertuples():
            gap, error = (self.values(weight_decay, part, metric)[row.seed].dropna() for metric in ("gap", "ece"))
            recorded = gap.index.to_numpy()
            epoch = int(recorded[np.abs(recorded - row.epoch).argmin()])
            found.append((row.seed, row.epoch, epoch, gap[epoch], error[epoch]))
        return pd.DataFrame(found, columns=["seed", "best", "epoch", "gap", "ece"])


def assembled(grid: Grid, readings: Mapping[str, Reading]) -> Course:
    """The course of all runs of a grid that have been read."""
    frames, best, notes = [], [], []
    for cell in grid.cells:
        for run in cell.runs:
            reading = readings.get(run.key)
            if reading is None:
                continue
            frames.append(reading.rows.assign(seed=run.seed, weight_decay=float(cell.value)))
            if reading.best is not None:
                best.append((run.seed, float(cell.value), reading.best))
            if reading.note:
                notes.append(f"Weight decay {cell.value:g}, seed {run.seed}: {reading.note}")
    columns = ["seed", "weight_decay", "epoch", "split", "metric", "value"]
    first = grid.cells[0]
    return Course(
        model=first.name,
        split=split_names([run.dataset for run in grid.runs]),
        epochs=first.spec.training.epochs,
        seeds=len(first.runs),
        done=len(frames),
        planned=len(grid.runs),
        rows=pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns),
        best=pd.DataFrame(best, columns=["seed", "weight_decay", "epoch"]),
        notes=tuple(notes),
    )


def summary(found: Course) -> pd.DataFrame:
    """A row a weight decay, part and epoch: gap and ECE, means over seeds with the bounds of their 95 % t-intervals."""
    rows = []
    for decay in found.weight_decays:
        for part in found.parts:
            errors = found.intervals(decay, part, "ece")
            for epoch, gap in found.intervals(decay, part, "gap").items():
                row: dict[str, object] = {"weight_decay": decay, "split": part, "epoch": epoch, "seeds": gap.n}
                for name, value in (("gap", gap), ("ece", errors[epoch])):
                    row |= {name: value.mean, f"{name}_low": value.low, f"{name}_high": value.high}
                rows.append(row)
    return pd.DataFrame(rows)


def epochs_of(values: pd.DataFrame) -> NDArray[np.int64]:
    """The epochs from 1 on, which have a place on a logarithmic axis."""
    epochs = values.index.to_numpy()
    return np.asarray(epochs[epochs > 0], dtype=np.int64)
