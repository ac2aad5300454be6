"""The numbers of the lens: by depth, by layer, the causes, the limit without training. Free of torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.seeds import Interval, interval
from explainers.depth.plan import CONTROL
from explainers.lenses.over_smoothing.causes import Evidence, evidence
from explainers.lenses.over_smoothing.measures import BY_NAME
from explainers.lenses.over_smoothing.planes import Planes
from explainers.sweep.measure import Point, Response
from explainers.wording import model_name, split_name

MLP = model_name(CONTROL)

DECIDING = ("linear_probe", "relative_energy", "distance_constant")
"""Quantities that the controls look at."""

Readings = Mapping[str, Mapping[str, float]]
"""Every quantity of the last hidden state by the key of a run."""


@dataclass(frozen=True, eq=False)
class ByDepth:
    """Scores and states against depth, as far as they are known: `readings` may lack runs, `probes` depths.

    `probes`: linear probe on Âᵏ X for each split of the plan, by k = depth.
    """

    response: Response
    readings: Readings
    probes: Mapping[int, Sequence[float]]
    features_energy: float
    recipe: str
    blind: tuple[str, ...] = ()
    """Names of the models that do not see the features."""
    counts: Mapping[str, str] = field(default_factory=dict)
    """What each model's depth counts, whatever its remedies; of the MLP, layers."""

    @property
    def evidence(self) -> list[Evidence]:
        states = {(point.name, int(point.value)): self.means(point, DECIDING) for point in self.response.points}
        smoothed = {k: interval(values).mean for k, values in self.probes.items()}
        return evidence(self.response, states, smoothed, self.features_energy, MLP, self.blind)

    def spread(self, point: Point, quantity: str) -> Interval:
        """Of a quantity over the seeds of a point; infinite and undefined values are left out."""
        read = [self.readings[run.spec.key] for run in point.runs if run.spec.key in self.readings]
        return interval([reading[quantity] for reading in read])

    def means(self, point: Point, names: Sequence[str] = tuple(BY_NAME)) -> dict[str, float]:
        return {name: self.spread(point, name).mean for name in names}


@dataclass(frozen=True, eq=False)
class Layers:
    """One run, layer by layer. Layer 0 is the input.

    `measures`: columns layer, trained, measure, value, reason. `gradients`: place (first layer first), weight, trained, gradient
    (norm of the training loss's, in evaluation mode), decay (norm of weight decay · weight), size (norm of the weight).
    `trained` and `initial`: pictures of the states of some `nodes`, a layer each; None for a model without hidden states.
    """

    model: str
    depth: int
    seed: int
    measures: pd.DataFrame
    gradients: pd.DataFrame
    nodes: NDArray[np.int64]
    trained: Planes | None
    initial: Planes | None
    omega: pd.DataFrame
    """Learned smoothing: columns layer, channel, omega; empty for models that have none."""


def by_depth(found: ByDepth) -> pd.DataFrame:
    """A row a run: scores, those of the MLP of equal depth and seed, the probe on Âᵏ X, and every quantity of the last hidden state."""
    response = found.response
    mlp = {(point.value, run.spec.seed): run.scores["test_score"] for point in response.of(MLP) for run in point.runs}
    shares = dict(zip(response.setting.values, response.largest, strict=False))
    rows = []
    for point in response.points:
        for run in point.runs:
            probe = found.probes.get(int(point.value), ())
            reading = found.readings.get(run.spec.key, {})
            rows.append(
                {
                    "model": run.spec.model.name,
                    "variant": point.name,
                    "depth": point.value,
                    "seed": run.spec.seed,
                    "split": split_name(run.spec.dataset),
                    "recipe": found.recipe,
                    "metric": response.metric,
                    **{f"{part}_score": run.scores[f"{part}_score"] for part in ("train", "validation", "test")},
                    "mlp_test_score": mlp.get((point.value, run.spec.seed), np.nan),
                    "probe_test_score": probe[run.spec.seed % len(probe)] if probe else np.nan,
                    "majority_share": shares[point.value]["test"] if point.value in shares else np.nan,
                    **{name: float(reading.get(name, np.nan)) for name in (*BY_NAME, "zero_rows")},
                }
            )
    return pd.DataFrame(rows)


def causes(found: ByDepth) -> pd.DataFrame:
    """A row a model, depth and cause that holds, with its numbers and the sentence."""
    slugs = {point.name: run.spec.model.name for point in found.response.points for run in point.runs}
    return pd.DataFrame(
        [
            {
                "model": slugs[one.model],
                "variant": one.model,
                "depth": one.depth,
                "cause": cause,
                "test": one.test,
                "train": one.train,
                "mlp_test": one.mlp,
                "probe_on_smoothed_features": one.smoothed,
                "probe_on_last_state": one.state,
                "relative_energy": one.energy,
                "evidence": one.sentence,
            }
            for one in found.evidence
            for cause in one.causes
        ]
    )
