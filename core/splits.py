"""Who is trained on, who chooses the epoch, who is the judge: fixed splits by name, and random ones by seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from core.data import GraphData, Ints, Split
from core.errors import unknown
from core.spec import DatasetSpec

if TYPE_CHECKING:
    from core.datasets.contract import Dataset

Cut = Callable[[int], tuple[int, int]]
"""How many of the n nodes of a class go to training and to validation."""


def split_of(graph: GraphData, spec: DatasetSpec) -> Split:
    """The split that a spec names; masks [num_nodes] without unlabelled nodes.

    A fixed one of the graph, "random" (60/20/20 of each class) or "per_class" (20 and 30 of each class),
    the last two drawn with `spec.split_seed`. Raises `UserError` for any other name.
    """
    if spec.split in graph.splits:
        fixed, known = graph.splits[spec.split], graph.labels >= 0
        return Split(fixed.train & known, fixed.validation & known, fixed.test & known)
    if spec.split not in DRAWN:
        raise unknown(f"split of {spec.name}", spec.split, [*graph.splits, *DRAWN])
    drawn = drawn_split(graph.labels, DRAWN[spec.split], spec.split_seed)
    return drawn if graph.dropped is None else drawn.without(graph.dropped)  # after the draw: the others keep their parts


def available_splits(dataset: Dataset) -> tuple[str, ...]:
    """Names that `split_of` takes for a dataset: its fixed splits, then the drawn ones."""
    return (*dataset.splits, *DRAWN)


def drawn_split(labels: Ints, cut: Cut, seed: int) -> Split:
    """A split drawn class by class, so that every part has the classes' shares up to rounding.

    `labels`: [num_nodes], −1 is in no part. Same labels and seed, same split; no global random state is
    used or changed.
    """
    random = np.random.default_rng(seed)
    part = np.full(len(labels), -1)
    for label in np.unique(labels[labels >= 0]):
        nodes = random.permutation(np.flatnonzero(labels == label))
        train, validation = cut(len(nodes))
        part[nodes] = 2
        part[nodes[:train]] = 0
        part[nodes[train : train + validation]] = 1
    return Split(part == 0, part == 1, part == 2)


def shares(size: int) -> tuple[int, int]:
    """60 % and 20 % of a class, the cuts rounded; the rest (about 20 %) is for testing.

    A class of one node is trained on only, a class of two has none for testing.
    """
    first, second = round(0.6 * size), round(0.8 * size)
    return first, second - first


def twenty_and_thirty(size: int) -> tuple[int, int]:
    """20 nodes for training and 30 for validation, the rest for testing (Shchur et al. 2018).

    Of a class with fewer than 100 nodes, where that would leave less than half for testing, 20 % and
    30 % are taken, rounded down, but at least one for training.
    """
    if size >= 100:
        return 20, 30
    return max(1, size // 5), size * 3 // 10


DRAWN: dict[str, Cut] = {"random": shares, "per_class": twenty_and_thirty}
"""Splits that every dataset has."""
