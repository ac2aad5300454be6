"""What the nodes of trained runs do: arrays by layer, and the tables made of them. Free of torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.actions import ACTIONS
from core.metrics.actions import taken
from explainers.swaps import moved, over_seeds


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer of one run: `action` [num_nodes], places in `ACTIONS`, and `policy` [num_nodes, 4], the probabilities of all."""

    action: NDArray[np.int8]
    policy: NDArray[np.float32]

    @property
    def chances(self) -> NDArray[np.floating]:
        """[num_nodes, 4] 1 for the action that is taken."""
        return taken(self.action)


@dataclass(frozen=True, eq=False)
class Reading:
    """One run. `messages`: as `core.metrics.actions.messages`, with the layer. `swaps`: columns layer, swap, test_score, probability (mean
    over the test nodes of how far that of the predicted class falls) and changed (share of them that are predicted otherwise);
    "learned" is the run as it is. `tested`: how many test nodes there are."""

    seed: int
    layers: tuple[Layer, ...]
    messages: pd.DataFrame
    swaps: pd.DataFrame = field(default_factory=pd.DataFrame)
    tested: int = 0


@dataclass(frozen=True, eq=False)
class Actions:
    """The runs of one model, and under what conditions they were trained.

    `labels` [num_nodes], negative where there is none; `degree` [num_nodes]: in-edges, its own loop left out; `homophily` [num_nodes]:
    share of in-neighbours of the node's class, NaN where there are none to compare with.
    """

    model: str
    dataset: str
    split: str
    metric: str
    class_names: tuple[str, ...]
    labels: NDArray[np.int64]
    degree: NDArray[np.int64]
    homophily: NDArray[np.float64]
    readings: tuple[Reading, ...]

    @property
    def layers(self) -> range:
        """Numbers of the layers, from 1."""
        return range(1, len(self.readings[0].layers) + 1)

    @property
    def seeds(self) -> int:
        return len(self.readings)

    def each(self) -> Iterator[tuple[int, int, Layer]]:
        """Seed, number and numbers of every layer of every run."""
        for reading in self.readings:
            for number, layer in enumerate(reading.layers, 1):
                yield reading.seed, number, layer


def nodes(found: Actions) -> pd.DataFrame:
    """A row a seed, layer and node: what it does, the probability of each action, its degree and local homophily."""
    names = np.array(ACTIONS, dtype=object)
    frames = [
        pd.DataFrame(
            {"seed": seed, "layer": number, "node": np.arange(len(layer.action)), "action": names[layer.action]}
            | {name: layer.policy[:, place] for place, name in enumerate(ACTIONS)}
            | {"degree": found.degree, "homophily": found.homophily}
        )
        for seed, number, layer in found.each()
    ]
    return pd.concat(frames, ignore_index=True)


def layers(found: Actions) -> pd.DataFrame:
    """A row a seed, layer and action: the share of nodes that do it, and its mean probability."""
    return _by_action(found, np.zeros(len(found.labels), dtype=np.int64)).drop(columns="group")


def by_class(found: Actions) -> pd.DataFrame:
    """A row a seed, layer, class and action, of labelled nodes: the share of the class's nodes that do it, and its mean probability."""
    rows = _by_action(found, found.labels)
    rows.insert(2, "class", [found.class_names[group] for group in rows.pop("group")])
    return rows


def messages(found: Actions) -> pd.DataFrame:
    """Those of all runs: what share of the edges carries a message, of all, within a class and between classes."""
    return _joined(found, "messages", ["seed", "layer", "edges", "number", "carried", "expected"])


def swaps(found: Actions) -> pd.DataFrame:
    """Those of all runs; the layer is a number from 1, or "all"."""
    return _joined(found, "swaps", ["seed", "layer", "swap", "test_score", "probability", "changed"])


def changes(found: Actions) -> pd.DataFrame:
    """How far the test score moves, a row a layer and swap: `explainers.swaps.over_seeds`."""
    return over_seeds(moved(swaps(found), ["layer"]), ["layer"])


def by_group(found: Actions, layer: int, group: NDArray[np.integer]) -> pd.DataFrame:
    """As `layers` of one layer, for each group [num_nodes] of nodes from 0 on (negative: left out), with the number of its nodes."""
    return _by_action(found, group, (layer,))


def _by_action(found: Actions, group: NDArray[np.integer], only: tuple[int, ...] = ()) -> pd.DataFrame:
    known = group >= 0
    size = np.bincount(group[known])
    there = np.flatnonzero(size)
    frames = [
        pd.DataFrame(
            {
                "seed": seed,
                "layer": number,
                "group": np.repeat(there, len(ACTIONS)),
                "action": np.tile(np.array(ACTIONS, dtype=object), len(there)),
                "nodes": _sums(group[known], layer.chances[known])[there].ravel().astype(np.int64),
                "share": (_sums(group[known], layer.chances[known])[there] / size[there, None]).ravel(),
                "probability": (_sums(group[known], layer.policy[known])[there] / size[there, None]).ravel(),
            }
        )
        for seed, number, layer in found.each()
        if not only or number in only
    ]
    return pd.concat(frames, ignore_index=True)


def _sums(group: NDArray[np.integer], values: NDArray[np.floating]) -> NDArray[np.float64]:
    """[groups, 4] sums of values [n, 4] over the nodes of each group [n]."""
    return np.stack([np.bincount(group, weights=column) for column in values.T.astype(np.float64)], axis=1)


def _joined(found: Actions, name: str, columns: list[str]) -> pd.DataFrame:
    return pd.concat([getattr(one, name).assign(seed=one.seed) for one in found.readings], ignore_index=True)[columns]
