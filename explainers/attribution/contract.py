"""What an attribution declares, and what it gives. Free of torch, as each declaration is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix

from core.computation_graph import ComputationGraph
from core.data import GraphData
from core.discovery import collect
from core.errors import unknown
from core.parameters import Parameter, Value, resolve
from core.run import Run
from core.spec import RunSpec
from explainers.contract import Unsupported

if TYPE_CHECKING:
    from core.explained import Subject

Floats = NDArray[np.float32]
Arrays = Mapping[str, NDArray[Any]]
"""Plain numbers by name, as they are stored."""


@dataclass(frozen=True, eq=False)
class Attribution:
    """Scores of what is behind one prediction: the higher, the more it speaks for `target`.

    `pair_scores` [num_pairs]: of each edge of the node's computation graph `part`, both directions together. `feature_scores`:
    [num_features], or for each node of the part [n, num_features], in CSR where the graph's features are; None from methods
    that score edges only. `said`: a sentence on how good the scores are by the method's own measure (completeness, agreement
    of a surrogate), if it has one.
    """

    node: int
    target: int
    part: ComputationGraph
    """Without features: many of them are kept at once."""
    pair_scores: Floats
    feature_scores: Floats | csr_matrix | None = None
    said: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "part", self.part.without_features())

    def edge_scores(self, num_stored: int) -> Floats:
        """[num_stored] the scores at the length of the whole graph's `edge_index`, equal in both directions.

        0 for self-loops and for edges that the prediction does not depend on.
        """
        found = np.zeros(num_stored, dtype=np.float32)
        found[self.part.stored] = np.append(self.pair_scores, np.float32(0))[self.part.pair_of]
        return found

    @property
    def features(self) -> Floats | None:
        """[num_features] scores of the features, summed over the nodes."""
        scores = self.feature_scores
        return scores if scores is None or scores.ndim == 1 else np.asarray(scores.sum(axis=0)).ravel()


@dataclass(frozen=True, eq=False)
class Prepared:
    """What `attribute` works with. `learned`: what the method trained for itself before, if it does."""

    subject: Subject
    seed: int
    values: Mapping[str, Value]
    learned: Any = None
    spent: float = 0.0
    """Seconds that learning took on another day, where what was learned comes from the store."""


class NothingToLearnFrom(Unsupported):
    """A method that learns before it is asked, and all of whose nodes are asked about."""


def _supports_all(_: RunSpec) -> str:
    return ""


def prepare(run: Run, data: GraphData, *, seed: int = 0, avoid: Sequence[int] = (), **values: Value) -> Prepared:
    """For methods that learn nothing before they are asked, and have nothing to avoid."""
    from core.explained import Subject

    return Prepared(Subject(run, data), seed, values)


@dataclass(frozen=True)
class Method:
    """One way to score what is behind a prediction.

    `prepare(run, data, *, seed, avoid, **values)` makes a private copy of the model and whatever the method learns once for a model,
    from nodes that are no test nodes and not among those to `avoid`, which it will be asked about. A method that learns also has
    `recall(run, data, arrays, *, seed, **values)`, which makes the same of the plain `arrays()` of what was `learned`;
    `attribute(state, nodes, *, target)` scores many nodes in one call, `target` being the classes to explain (one for all or one
    for each; None: the predicted ones). `unsupported(spec)` says why a model cannot be explained so, or nothing.
    """

    name: str
    title: str
    question: str
    attribute: Callable[..., list[Attribution]]
    prepare: Callable[..., Prepared] = prepare
    recall: Callable[..., Prepared] | None = None
    parameters: tuple[Parameter, ...] = ()
    source: str = ""
    equation: str = ""
    """How a score comes about, as LaTeX."""
    signed: bool = True
    """Whether a negative score speaks against the class; else scores are sizes, or shares."""
    drawn: bool = False
    """Whether the scores depend on the seed."""
    scores_features: bool = True
    slow: bool = False
    """Whether one node can take many seconds although nothing is learned before."""
    unsupported: Callable[[RunSpec], str] = field(default=_supports_all)

    @property
    def learns(self) -> bool:
        """Whether it learns for itself before it can be asked."""
        return self.recall is not None


def methods() -> dict[str, Method]:
    """All attributions by name."""
    return collect("explainers.attribution", "ATTRIBUTION")


def method(name: str) -> Method:
    """The attribution of that name; `UserError` with the nearest name otherwise."""
    known = methods()
    if name not in known:
        raise unknown("attribution", name, known)
    return known[name]


def ready(
    name: str,
    run: Run,
    data: GraphData,
    *,
    seed: int = 0,
    avoid: Sequence[int] = (),
    given: Mapping[str, object] | None = None,
    root: Path | None = None,
) -> Prepared:
    """A method, prepared with checked settings. `root`: the store in which what it learns is kept, and looked for before it learns.

    Raises `Unsupported` before anything is computed.
    """
    unit = method(name)
    values = resolve(unit.parameters, given or {}, f"attribution {name}")
    if reason := unit.unsupported(run.spec):
        raise Unsupported(reason)
    if unit.learns and root:
        from explainers.attribution.learned import learned

        return learned(unit, run, data, seed, avoid, values, root)
    return unit.prepare(run, data, seed=seed, avoid=avoid, **values)


def attributions(state: Prepared, nodes: Sequence[int], target: ArrayLike | None, score: Callable[..., list[Any]]) -> list[Attribution]:
    """Walks the nodes block by block: `score(block, targets)` gives for each node its pair scores, feature scores and sentence."""
    found: list[Attribution] = []
    targets = state.subject.targets(nodes, target)
    for place, block in state.subject.blocks(nodes):
        own = targets[place]
        for node, label, part, scores in zip(nodes[place], own, block.parts, score(block, own), strict=True):
            found.append(Attribution(int(node), int(label), part, *scores))
    return found
