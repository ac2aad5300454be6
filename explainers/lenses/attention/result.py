"""What the attention of trained runs is like: arrays by layer, and the tables made of them. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.metrics.attention import UNIFORM, uniform_share
from core.seeds import interval
from explainers.swaps import ALL as ALL
from explainers.swaps import LEARNED as LEARNED
from explainers.swaps import moved, over_seeds

Floats = NDArray[np.floating]

PLACE = ["layer", "head"]
"""Where a swap is made: a number each, counted from 1, or `ALL`."""
ONE = "one"
"""In the place of a head's number: the mean over a layer's heads, each by itself: head 3 of one seed is not head 3 of another."""
FEWEST, MOST, KEEP = 10, 600, 5
"""Edges within reach of a node that attention is asked to explain: with fewer the best are nearly all, and with more it takes minutes to
delete each; and how many of the best are cut."""


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer of one run; NaN where a quantity is not defined (`core.metrics.attention`).

    `degree` [num_nodes]; `entropy`, `normalized`, `own` (self-attention), `same` and `other` (mass on neighbours of the node's class,
    and of others) and `among` (`same` as a share of what goes to neighbours) [num_nodes, heads]; `expected` and `expected_among`
    [num_nodes]: `same` and `among` if attention were uniform; `similarity` [heads, heads]. `loops`: whether nodes attend to themselves
    as well.
    """

    degree: NDArray[np.int64]
    entropy: Floats
    normalized: Floats
    own: Floats
    same: Floats
    other: Floats
    expected: Floats
    similarity: Floats
    loops: bool
    among: Floats
    expected_among: Floats

    @property
    def heads(self) -> int:
        return int(self.entropy.shape[1])

    @property
    def uniform(self) -> Floats:
        """[heads] share of nodes that attend practically uniformly."""
        return uniform_share(self.normalized, self.degree)


@dataclass(frozen=True, eq=False)
class Reading:
    """One run. `swaps`: columns layer, head, swap, test_score, probability (mean over the test nodes of how far that of the predicted
    class falls) and changed (share of them that are predicted otherwise); `learned` is the run as it is. `screening`: rows of
    `screening.rows`, without any for a model that does not weigh by distance. `constant`: the test score of the most frequent class for
    every node; `tested`: how many test nodes there are."""

    seed: int
    layers: tuple[Layer, ...]
    swaps: pd.DataFrame
    screening: pd.DataFrame = field(default_factory=pd.DataFrame)
    constant: float = field(default=float("nan"), kw_only=True)
    tested: int = field(default=0, kw_only=True)


@dataclass(frozen=True, eq=False)
class Attention:
    """The runs of one model, and under what conditions they were trained."""

    model: str
    dataset: str
    split: str
    metric: str
    readings: tuple[Reading, ...]
    explains: pd.DataFrame = field(default_factory=pd.DataFrame)
    """From `explains`, of the first seed; empty where it was not asked for."""

    @property
    def layers(self) -> range:
        """Numbers of the layers, from 1."""
        return range(1, len(self.readings[0].layers) + 1)

    @property
    def seeds(self) -> int:
        return len(self.readings)


def nodes(found: Attention) -> pd.DataFrame:
    """A row a seed, layer, head and node."""
    frames = []
    for reading in found.readings:
        for number, layer in enumerate(reading.layers, 1):
            size, heads = layer.entropy.shape
            frames.append(
                pd.DataFrame(
                    {
                        "seed": reading.seed,
                        "layer": number,
                        "head": np.repeat(np.arange(1, heads + 1), size),
                        "node": np.tile(np.arange(size), heads),
                        "degree": np.tile(layer.degree, heads),
                        "entropy": layer.entropy.T.ravel(),
                        "normalized_entropy": layer.normalized.T.ravel(),
                        "self_attention": layer.own.T.ravel(),
                        "same_class_mass": layer.same.T.ravel(),
                        "same_class_among_neighbours": layer.among.T.ravel(),
                    }
                )
            )
    return pd.concat(frames, ignore_index=True)


def heads(found: Attention) -> pd.DataFrame:
    """A row a seed, layer and head: means over the nodes for which a quantity is defined."""
    rows = [
        {
            "seed": reading.seed,
            "layer": number,
            "head": head + 1,
            "mean_normalized_entropy": mean(layer.normalized[:, head]),
            "uniform_share": float(layer.uniform[head]),
            "self_attention": mean(layer.own[layer.degree > 0, head]),
            "same_class_mass": mean(layer.same[:, head]),
            "expected_same_class_mass": mean(layer.expected),
            "same_class_among_neighbours": mean(layer.among[:, head]),
            "expected_among_neighbours": mean(layer.expected_among),
        }
        for reading in found.readings
        for number, layer in enumerate(reading.layers, 1)
        for head in range(layer.heads)
    ]
    return pd.DataFrame(rows)


def similarities(found: Attention) -> pd.DataFrame:
    """A row a seed, layer and two heads of it."""
    rows = [
        {"seed": reading.seed, "layer": number, "head": one + 1, "other_head": two + 1, "similarity": float(layer.similarity[one, two])}
        for reading in found.readings
        for number, layer in enumerate(reading.layers, 1)
        for one in range(layer.heads)
        for two in range(one + 1, layer.heads)
    ]
    return pd.DataFrame(rows, columns=["seed", "layer", "head", "other_head", "similarity"])


def swaps(found: Attention) -> pd.DataFrame:
    """Those of all runs; layer and head are numbers from 1, or "all"."""
    return pd.concat([one.swaps.assign(seed=one.seed) for one in found.readings], ignore_index=True)[
        ["seed", "layer", "head", "swap", "test_score", "probability", "changed"]
    ]


def single_changes(found: Attention) -> pd.DataFrame:
    """The swaps but for the learned ones, each with its `change`: swapped less learned test score."""
    return moved(swaps(found), PLACE)


def changes(found: Attention) -> pd.DataFrame:
    """A row a layer, head and swap: `change` of the test score, mean of the paired differences over seeds, with its 95 % t-interval
    `low` … `high` (NaN of one seed); means of `test_score`, `probability` and `changed`. Of several seeds single heads are `ONE`: of each
    seed the mean over its heads."""
    rows = single_changes(found)
    if found.seeds > 1:
        rows["head"] = rows["head"].where(rows["head"] == ALL, ONE)
    return over_seeds(rows, PLACE)


def place_name(layer: object, head: object) -> str:
    """ "all heads", "layer 1, all heads", "layer 1, one head", "layer 1, head 3"."""
    if layer == ALL:
        return "all heads"
    return f"layer {layer}, {head} head{'s' if head == ALL else ''}" if head in (ALL, ONE) else f"layer {layer}, head {head}"


def same_class(found: Attention) -> pd.DataFrame:
    """A row a layer and head, of several seeds a layer (`ONE`: the mean over a seed's heads): `share` of the attention to neighbours that
    goes to the own class, mean over seeds with its 95 % t-interval `low` … `high` (NaN of one seed), and what uniform weights would give,
    `uniform`."""
    rows = heads(found)
    if found.seeds > 1:
        rows["head"] = ONE
    by_seed = rows.groupby(["layer", "head", "seed"])[["same_class_among_neighbours", "expected_among_neighbours"]].mean()
    found_rows = []
    for (layer, head), mine in by_seed.groupby(["layer", "head"]):
        share, uniform = (interval(mine[column]) for column in mine)
        place = {"layer": layer, "head": head, "seeds": found.seeds}
        found_rows.append(place | {"share": share.mean, "low": share.low, "high": share.high, "uniform": uniform.mean})
    return pd.DataFrame(found_rows)


def mean(values: Floats) -> float:
    """Over what is defined; NaN if nothing is."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def uniform_heads(readings: Sequence[Reading]) -> tuple[int, int]:
    """Heads whose mean normalised entropy is `UNIFORM` or more, and all for which it is defined, over all runs."""
    means = [mean(layer.normalized[:, head]) for one in readings for layer in one.layers for head in range(layer.heads)]
    return sum(value >= UNIFORM for value in means), sum(not np.isnan(value) for value in means)
