"""What is known of an edited graph, as plain arrays. Free of torch."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.edits import Edits
from core.spec import RunSpec

KINDS = {"deletion": "delete edges", "addition": "add edges", "feature": "set features to 0"}
"""What the search for the smallest edit may do."""
LIMIT = 20_000
"""Evaluations of one size of sets that the search makes at most."""


def trained_on(spec: RunSpec, edits: Edits) -> RunSpec:
    """The same training on the edited graph."""
    return replace(spec, dataset=replace(spec.dataset, edits=edits))


@dataclass(frozen=True, eq=False)
class Changed:
    """Nodes whose predicted class is another one, nearest to the target first, without dropped ones; each array is [num_changed].

    `hops`: links from the target in the graph without edits, −1 without a path. `before`, `after`: classes, with their probabilities.
    """

    nodes: NDArray[np.int64]
    hops: NDArray[np.int64]
    before: NDArray[np.int64]
    after: NDArray[np.int64]
    before_probability: NDArray[np.float64]
    after_probability: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Moved:
    """How the target's state moves, and where to in one plane.

    `state`: what was compared, "last hidden state" or, of models without one, "logits". `distance` |h′ − h| / |h|, NaN of a zero state;
    `cosine` of both, NaN if one is zero. `aligned`: whether the states after were turned onto those before, as two trainings need.
    The plane is that of the two first principal components of all nodes before. `sample` [n] nodes, at most 1,500, drawn at random, with
    `positions` [n, 2] and `labels` [n]; `explained` [2] share of the spread; `before` and `after` [2].
    """

    state: str
    distance: float
    cosine: float
    aligned: bool
    sample: NDArray[np.int64]
    labels: NDArray[np.int64]
    positions: NDArray[np.float32]
    explained: NDArray[np.float64]
    before: NDArray[np.float32]
    after: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a model says before and after some edits.

    `label`: the target's class in the original graph, −1 if unknown. `before`, `after` [num_classes] probabilities. `reach`: hops that
    the target sees, None for all. `retrained`: whether a model trained on the edited graph was asked, else the same weights.
    `seconds`: of the whole answer, what was at hand before not counted.
    """

    node: int
    edits: Edits
    retrained: bool
    class_names: tuple[str, ...]
    label: int
    reach: int | None
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    changed: Changed
    moved: Moved
    seconds: float

    @property
    def flips(self) -> bool:
        """Whether the target's predicted class is another one."""
        return bool(self.before.argmax() != self.after.argmax())


@dataclass(frozen=True)
class Planned:
    """What a search would try. `candidates`: single edits of each kind; `tried` of them are within the `limit` on evaluations.

    `sizes`: evaluations that all sets of 1, 2, … of the candidates take. `notes`: what cannot be tried, and why.
    """

    candidates: dict[str, int]
    tried: int
    limit: int
    sizes: tuple[int, ...]
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        return sum(self.candidates.values())


@dataclass(frozen=True, eq=False)
class Found:
    """The smallest set of edits that was found to flip a prediction; no `edits` if none was.

    `proven`: every set of up to so many candidates was tried, of all candidates, and flips nothing smaller than what was found.
    `greedy`: edits up to which the greedy search went.
    """

    node: int
    class_names: tuple[str, ...]
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    edits: Edits
    planned: Planned
    proven: int
    greedy: int
    evaluations: int
    seconds: float

    @property
    def is_minimal(self) -> bool:
        """Whether no smaller set of the candidates flips it."""
        return bool(self.edits) and len(self.edits) <= self.proven + 1
