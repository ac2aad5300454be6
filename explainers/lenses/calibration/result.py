"""What calibrated and uncalibrated runs say of their nodes: arrays by run, and the tables made of them. Free of torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.data import Bools, Ints
from core.metrics.calibration import ReliabilityBins, confidence_bins
from core.proportions import Z
from core.seeds import Interval, interval, paired_difference
from explainers.calibration_request import ECE_BINS, RAW, WORDS
from explainers.calibration_scores import SCORES
from explainers.calibrators.contract import calibrators
from explainers.lenses.calibration.sets import Sets
from explainers.nodes import PARTS as EVERY_PART

PARTS = EVERY_PART[:3]
BRIER_PARTS = ("brier_reliability", "brier_resolution", "brier_uncertainty", "brier_within_bins")
ABSTENTION = ("aurc", "excess_aurc")


@dataclass(frozen=True, eq=False)
class Answer:
    """What one calibrator makes of one run, of its labelled nodes [n] that are in some part of the split.

    `confidence` and `correct` [n] of the predicted class; `changed`: share of all nodes whose class is another one than before;
    `parameters` fitted to so many `nodes`, in so many `seconds`; `temperatures` [num_nodes] or None; `said`: what was out of the ordinary.
    """

    calibrator: str
    confidence: NDArray[np.float64]
    correct: Bools
    changed: float
    parameters: int
    nodes: int
    seconds: float
    temperatures: NDArray[np.float64] | None
    said: str


@dataclass(frozen=True, eq=False)
class Reading:
    """One run: `nodes` [n] with their `part` [n], a place in `PARTS`. `scores`: columns calibrator, split, metric, value; `factors` and
    `conformal` as the command writes them, without the seed."""

    seed: int
    nodes: Ints
    part: NDArray[np.int8]
    answers: tuple[Answer, ...]
    scores: pd.DataFrame
    factors: pd.DataFrame
    conformal: pd.DataFrame

    def answer(self, calibrator: str) -> Answer:
        return next(one for one in self.answers if one.calibrator == calibrator)

    def of_part(self, part: str) -> Bools:
        """[n] which of the nodes are in a part."""
        return np.asarray(self.part == PARTS.index(part))


@dataclass(frozen=True, eq=False)
class Calibration:
    """The runs of one model, and under what conditions they were trained. `refused`: calibrators that do not apply, and why; `bins` and
    `equal_mass`: of the diagram that was asked for; `splits`: how many the seeds have; `notes`: what happened while they trained; `sets`:
    the conformal ones of the runs as they are, None where nobody can be drawn.
    """

    model: str
    dataset: str
    split: str
    alpha: float
    readings: tuple[Reading, ...]
    refused: Mapping[str, str] = field(default_factory=dict)
    bins: int = ECE_BINS
    equal_mass: bool = False
    splits: int = 1
    notes: tuple[str, ...] = ()
    sets: Sets | None = None

    @property
    def judged(self) -> str:
        """The part that answers speak of: the test nodes, where there are any."""
        return self.parts[-1]

    @property
    def seeds(self) -> int:
        return len(self.readings)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The calibrators that every run has, "uncalibrated" first."""
        there = [{one.calibrator for one in reading.answers} for reading in self.readings]
        return tuple(one.calibrator for one in self.readings[0].answers if all(one.calibrator in names for names in there))

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """The parts of the split that hold labelled nodes in every run."""
        return tuple(part for part in PARTS if all(reading.of_part(part).any() for reading in self.readings))

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Columns seed, calibrator, split, metric, value."""
        return _over_seeds(self, "scores")

    @cached_property
    def _values(self) -> Mapping[tuple[str, str, str], list[float]]:
        """A value a seed by calibrator, part and metric: looked up often while a page is drawn."""
        return {key: values.tolist() for key, values in self.scores.groupby(["calibrator", "split", "metric"], sort=False)["value"]}

    def values(self, calibrator: str, part: str, metric: str) -> list[float]:
        """One value a seed."""
        return self._values.get((calibrator, part, metric), [])

    def score(self, calibrator: str, part: str, metric: str) -> Interval:
        """Mean over seeds with its interval."""
        return interval(self.values(calibrator, part, metric))

    def change(self, calibrator: str, part: str, metric: str, against: str = RAW) -> Interval:
        """The paired difference to another calibrator, below 0 where this one's value is lower."""
        return paired_difference(self.values(calibrator, part, metric), self.values(against, part, metric))

    def sampling(self, calibrator: str, part: str) -> float:
        """Half-width of the 95 % interval of the gap that comes of there being so few nodes: 1.96 sd(c − correct)/√n, mean over seeds."""
        widths = []
        for reading in self.readings:
            there, one = reading.of_part(part), reading.answer(calibrator)
            apart = one.confidence[there] - one.correct[there]
            widths.append(Z * apart.std() / np.sqrt(len(apart)))
        return float(np.mean(widths))

    def gap(self, calibrator: str, part: str) -> Interval:
        """Accuracy − mean confidence: above 0 under-confident, below 0 over-confident."""
        return paired_difference(self.values(calibrator, part, "accuracy"), self.values(calibrator, part, "mean_confidence"))


def title(calibrator: str) -> str:
    """The name of a calibrator as the screen has it."""
    return "Uncalibrated" if calibrator == RAW else calibrators()[calibrator].title


def in_sentence(calibrator: str) -> str:
    """The same within a sentence: names that are abbreviations keep their capitals."""
    word = title(calibrator)
    return word if not word[1:2].islower() or any(letter.isupper() for letter in word[1:]) else word[0].lower() + word[1:]


def conditions(found: Calibration, part: str = "") -> str:
    """The split, its part and the seeds, as a figure's source ends."""
    words = (found.split, f"{WORDS[part]} nodes" if part else "", f"{found.seeds} seed{'s' if found.seeds > 1 else ''}")
    return ", ".join(word for word in words if word)


def binned(reading: Reading, calibrator: str, part: str, bins: int, *, equal_mass: bool) -> ReliabilityBins:
    """The reliability bins of one run."""
    there, answer = reading.of_part(part), reading.answer(calibrator)
    return confidence_bins(answer.confidence[there], answer.correct[there], bins, equal_mass)


def bins_table(found: Calibration, bins: int, *, equal_mass: bool, names: Sequence[str] = (), parts: Sequence[str] = ()) -> pd.DataFrame:
    """Columns seed, calibrator, split, bin_low, bin_high, count, accuracy, confidence, of some calibrators and parts or of all.

    Empty bins have a count of 0 and no values.
    """
    frames = []
    for reading in found.readings:
        for name in names or found.names:
            for part in parts or found.parts:
                one = binned(reading, name, part, bins, equal_mass=equal_mass)
                columns = {
                    "bin_low": one.low,
                    "bin_high": one.high,
                    "count": one.count,
                    "accuracy": one.accuracy,
                    "confidence": one.confidence,
                }
                frames.append(pd.DataFrame({"seed": reading.seed, "calibrator": name, "split": part} | columns))
    return pd.concat(frames, ignore_index=True)


def fits_table(found: Calibration) -> pd.DataFrame:
    """A row a seed and calibrator: what was fitted to how many nodes, how long it took, and what it changed."""
    rows = [
        {
            "seed": reading.seed,
            "calibrator": one.calibrator,
            "parameters": one.parameters,
            "nodes": one.nodes,
            "seconds": one.seconds,
            "changed": one.changed,
            "said": one.said,
        }
        for reading in found.readings
        for one in reading.answers
    ]
    return pd.DataFrame(rows)


def summary(found: Calibration) -> pd.DataFrame:
    """A row a calibrator, the lowest ECE first: means over seeds of every score of the nodes that are judged; of the ECE with the bounds
    of its 95 % t-interval."""
    part, rows = found.judged, []
    for name in sorted(found.names, key=lambda name: found.score(name, part, "ece").mean):
        error = found.score(name, part, "ece")
        row: dict[str, object] = {"calibrator": name, "split": part, "seeds": error.n, "ece_low": error.low, "ece_high": error.high}
        rows.append(row | {score.name: found.score(name, part, score.name).mean for score in SCORES})
    return pd.DataFrame(rows)


def factors_table(found: Calibration) -> pd.DataFrame:
    """Columns seed, calibrator, split, factor, label, value_low, value_high, count, gap (accuracy − confidence)."""
    return _over_seeds(found, "factors")


def conformal_table(found: Calibration) -> pd.DataFrame:
    """Columns seed, calibrator, score, alpha, coverage, mean_size; means over redraws of the calibration nodes."""
    return _over_seeds(found, "conformal")


def _over_seeds(found: Calibration, name: str) -> pd.DataFrame:
    frames = [getattr(reading, name).assign(seed=reading.seed) for reading in found.readings]
    joined = pd.concat(frames, ignore_index=True)
    return joined[["seed", *(column for column in joined if column != "seed")]]
