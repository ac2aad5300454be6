"""Who is trained on, who chooses the epoch, who is the judge: fixed splits by name, and random ones by seed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
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

    A fixed one of the graph, or one drawn with `spec.split_seed`: "random" (60/20/20 of each class), "per_class" (20 and 30 of
    each class) or "gats" (10/5/85 of each class, in folds). Raises `UserError` for any other name.
    """
    if spec.split in graph.splits:
        fixed, known = graph.splits[spec.split], graph.labels >= 0
        return Split(fixed.train & known, fixed.validation & known, fixed.test & known)
    if spec.split not in DRAWN:
        raise unknown(f"split of {spec.name}", spec.split, [*graph.splits, *DRAWN])
    drawn = DRAWN[spec.split](graph.labels, spec.split_seed)
    return drawn if graph.dropped is None else drawn.without(graph.dropped)  # after the draw: the others keep their parts


def available_splits(dataset: Dataset) -> tuple[str, ...]:
    """Names that `split_of` takes for a dataset: its fixed splits, then the drawn ones."""
    return (*dataset.splits, *DRAWN)


def drawn_split(labels: Ints, seed: int, cut: Cut) -> Split:
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


FOLDS = 3
"""Of the GATS protocol."""


def folded_split(labels: Ints, seed: int) -> Split:
    """The protocol of GATS (Hsu et al. 2022, appendix A): three folds of 5 % of each class, two to train on, one to validate.

    Split seed s is draw s // 3 with fold s mod 3 for validation, so that seeds 0, 1 and 2 share their 15 % of nodes with labels;
    the other 85 % test. Folds are dealt in turn over all classes, as in the authors' code, so that their sizes differ by 1 at
    most. Of a class with fewer than 20 nodes three are dealt, one to each fold, and of a class of two both; the only node of a
    class is trained on whatever the fold, so that no class lacks training nodes.
    """
    draw, validating = divmod(seed, FOLDS)
    random = np.random.default_rng(draw)
    classes = [random.permutation(np.flatnonzero(labels == label)) for label in np.unique(labels[labels >= 0])]
    part = np.where(labels >= 0, 2, -1)
    dealt = np.array([node for nodes in classes if len(nodes) > 1 for node in nodes[: max(15 * len(nodes) // 100, FOLDS)]], dtype=np.int64)
    part[dealt] = np.arange(len(dealt)) % FOLDS == validating
    part[[nodes[0] for nodes in classes if len(nodes) == 1]] = 0
    return Split(part == 0, part == 1, part == 2)


Draw = Callable[[Ints, int], Split]
"""A split from labels [num_nodes] and a split seed."""

DRAWN: dict[str, Draw] = {
    "random": partial(drawn_split, cut=shares),
    "per_class": partial(drawn_split, cut=twenty_and_thirty),
    "gats": folded_split,
}
"""Splits that every dataset has."""
