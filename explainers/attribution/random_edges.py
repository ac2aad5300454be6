"""Random edges: what any method has to beat."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from explainers.attribution.contract import Attribution, Method, Prepared


def attribute(state: Prepared, nodes: Sequence[int], *, target: ArrayLike | None = None) -> list[Attribution]:
    """A number in 0 … 1 for every edge, drawn anew for each node and seed; 0 for those beyond reach."""
    subject = state.subject
    found = []
    for node, label in zip(nodes, subject.targets(nodes, target), strict=True):
        part = subject.part(node)
        drawn = np.random.default_rng([state.seed, node]).random(part.num_pairs, dtype=np.float32)
        found.append(Attribution(int(node), int(label), part, drawn * part.within))
    return found


ATTRIBUTION = Method(
    name="random",
    title="Random edges",
    question="How would an explanation do that knows nothing?",
    attribute=attribute,
    equation=r"s_e \sim U(0, 1)",
    source="the baseline of every comparison here",
    signed=False,
    drawn=True,
    scores_features=False,
)
