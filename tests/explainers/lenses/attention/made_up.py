"""Runs and readings that the tests of the attention lens share."""

from dataclasses import replace

import numpy as np
import pandas as pd

from core.models.contract import model
from core.parameters import resolve
from core.run import Run
from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec, settings
from explainers.lenses.attention.result import Attention, Layer, Reading


def spec_of(name: str, **given: object) -> RunSpec:
    chosen = settings(resolve(model(name).parameters, given, name))
    return RunSpec(DatasetSpec("karate", split="public"), ModelSpec(name, chosen), TrainingSpec.of({"epochs": 20}), 0)


def flat(run: Run) -> dict[str, np.ndarray]:
    """Its weights with those that attention is scored by set to 0: it attends uniformly."""
    return {name: np.zeros_like(value) if name.split(".")[-1].startswith("att") else value for name, value in run.weights.items()}


def layer(normalized, same=0.5, expected=0.25, degree=3) -> Layer:
    size, heads = np.shape(normalized)
    full = np.full((size, heads), same)
    return Layer(
        *(np.full(size, degree), full, np.array(normalized), full / 2, full, 1 - full, np.full(size, expected), np.eye(heads)),
        loops=True,
        among=full,
        expected_among=np.full(size, expected),
    )


def reading(seed: int, learned: float, uniform: float, entropy: float = 0.99) -> Reading:
    scores = {"learned": learned, "uniform": uniform, "permuted": uniform, "removed": 0.1}
    rows = [{"layer": 1, "head": 1, "swap": swap, "test_score": score, "probability": 0, "changed": 0} for swap, score in scores.items()]
    return Reading(seed, (layer([[entropy], [0.2]]),), pd.DataFrame(rows))


def made_up(*readings: Reading) -> Attention:
    return Attention("gat", "karate", "public split", "accuracy", readings)


def by_head(seed: int, removed: list[float], learned: float = 0.8) -> Reading:
    """A layer of so many heads, whose removal leaves these scores, and one of a single head."""
    places = [(1, "all", 0.2), *((1, head, score) for head, score in enumerate(removed, 1)), (2, 1, 0.1)]
    scores = [(layer, head, swap, score) for layer, head, gone in places for swap, score in (("learned", learned), ("removed", gone))]
    rows = [dict(zip(("layer", "head", "swap", "test_score"), one, strict=True)) | {"probability": 0.0, "changed": 0.0} for one in scores]
    rows = [row | {"changed": 0.24} if (row["head"], row["swap"]) == (2, "removed") else row for row in rows]
    return Reading(seed, (layer([[0.5] * len(removed)]), layer([[0.5]])), pd.DataFrame(rows), tested=50)


def of_two_heads(seed: int, uniform: tuple[float, float], same: tuple[float, float], learned: float = 0.8) -> Reading:
    """A layer of two heads that leave these scores with uniform weights, and give this share to neighbours of the class."""
    places = [("all", 0.5), *enumerate(uniform, 1)]
    rows = [
        {"layer": 1, "head": head, "swap": swap, "test_score": value, "probability": 0.0, "changed": 0.0}
        for head, score in places
        for swap, value in (("learned", learned), ("uniform", score), ("permuted", score), ("removed", score))
    ]
    return Reading(seed, (replace(layer([[0.5, 0.5]]), among=np.array([same])),), pd.DataFrame(rows))
