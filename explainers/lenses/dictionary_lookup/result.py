"""What a comparison on the dictionary lookup found: tables, and who is compared. Free of torch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explainers.lookup_request import ATTENTION
from explainers.wording import count, model_name

Floats = NDArray[np.float64]

WIDTH = 128
"""Channels of the embeddings and of what the layer gives, heads together, as in the paper's code."""

ACCURACY = ("model", "heads", "size", "seed", "train", "test")
ATTENDED = ("model", "heads", "size", "seed", "head", "query", "key", "score", "alpha")
RANKINGS = ("model", "heads", "size", "seed", "head", "kendall_tau_min", "distinct_argmax")
CURVES = ("model", "heads", "size", "seed", "epoch", "loss", "train", "test")
PROBLEMS = ("size", "seed", "possible", "train", "test", "example")


@dataclass(frozen=True)
class Variant:
    """A model and its number of heads, 0 for one that does not attend."""

    model: str
    heads: int = 0

    @property
    def channels(self) -> int:
        """Of each head."""
        return WIDTH // max(self.heads, 1)

    @property
    def width(self) -> int:
        """Channels that the layer gives: `WIDTH`, or the next number below that the heads divide."""
        return self.channels * max(self.heads, 1)

    @property
    def title(self) -> str:
        """As a legend has it."""
        return f"{model_name(self.model)}, {count(self.heads, 'head')}" if self.heads else model_name(self.model)

    @property
    def phrase(self) -> str:
        """As a sentence has it."""
        return self.title.replace(",", " with")


def variants(models: Iterable[str], heads: Iterable[int]) -> tuple[Variant, ...]:
    """Every attention model with every number of heads; a baseline once."""
    numbers = tuple(heads)
    return tuple(Variant(model, number) for model in models for number in (numbers if model in ATTENTION else (0,)))


@dataclass(frozen=True)
class Cell:
    """One training: a variant on the problem of a size and a seed."""

    variant: Variant
    size: int
    seed: int
    epochs: int

    @property
    def row(self) -> dict[str, Any]:
        """What every row about it begins with."""
        return {"model": self.variant.model, "heads": self.variant.heads, "size": self.size, "seed": self.seed}


def cells(sizes: Iterable[int], compared: Sequence[Variant], seeds: int, epochs: int) -> list[Cell]:
    """Every variant on every problem, size by size and seed by seed."""
    return [Cell(variant, size, seed, epochs) for size in sizes for seed in range(seeds) for variant in compared]


@dataclass(frozen=True, eq=False)
class Trained:
    """What came out of a training. `points` [n, 4]: epoch, loss, training and test share; `scores` and `alpha` [heads, size, size], of
    query and key, `tau` and `first` [heads] as in `rankings`; no heads of a model that does not attend."""

    points: Floats
    scores: Floats
    alpha: Floats
    tau: Floats
    first: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Lookups:
    """Tables with the columns above. Shares 0 … 1 are of queries that are answered, in evaluation mode.

    `accuracy`: after the last epoch. `attention` and `rankings`: of the first test permutation, which `problems` names. `curves`: every
    few epochs. `problems`: how many permutations are possible, trained on and tested.
    """

    accuracy: pd.DataFrame
    attention: pd.DataFrame
    rankings: pd.DataFrame
    curves: pd.DataFrame
    problems: pd.DataFrame
    epochs: int

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(self.problems["size"].unique().tolist())

    @property
    def variants(self) -> tuple[Variant, ...]:
        return variants_of(self.accuracy)


def joined(found: Sequence[Lookups]) -> Lookups:
    """Several results as one, by rising size: those of the same models, heads and seeds."""
    ordered = sorted(found, key=lambda one: one.sizes)
    names = ("accuracy", "attention", "rankings", "curves", "problems")
    return Lookups(
        **{name: pd.concat([getattr(one, name) for one in ordered], ignore_index=True) for name in names}, epochs=ordered[0].epochs
    )


@dataclass(frozen=True, eq=False)
class Live:
    """How far the trainings of one size and seed are: `curves` as above."""

    size: int
    seed: int
    epochs: int
    curves: pd.DataFrame


def variants_of(table: pd.DataFrame) -> tuple[Variant, ...]:
    """Those of a table, in its order."""
    pairs = table[["model", "heads"]].drop_duplicates().itertuples(index=False)
    return tuple(Variant(str(model), int(heads)) for model, heads in pairs)


def of(table: pd.DataFrame, variant: Variant, size: int, seed: int | None = None) -> pd.DataFrame:
    """The rows of one variant and size; of one seed, or of all."""
    mine = (table["model"] == variant.model) & (table["heads"] == variant.heads) & (table["size"] == size)
    return table[mine if seed is None else mine & (table["seed"] == seed)]
