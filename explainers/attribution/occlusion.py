"""Edge occlusion: take each edge away by itself, and see. Exact for one edge; blind to edges that stand in for each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import ArrayLike

from core.parameters import Choice
from explainers.attribution.contract import Attribution, Floats, Method, Prepared

if TYPE_CHECKING:
    from core.cuts import How

MOST_MASKED = 20_000_000
"""Entries of the masks of one call."""
CUT = Choice(
    "cut",
    "A cut edge is",
    "deleted",
    (("deleted", "deleted: degrees computed anew"), ("masked", "masked: its message counts 0")),
    help="The two often disagree, even in sign.",
)


def attribute(state: Prepared, nodes: Sequence[int], *, target: ArrayLike | None = None) -> list[Attribution]:
    """How far the probability of the class falls without the edge, −1 … 1."""
    subject, how = state.subject, cast("How", state.values["cut"])
    return [
        Attribution(int(node), int(label), subject.part(node), _falls(state, int(node), int(label), how))
        for node, label in zip(nodes, subject.targets(nodes, target), strict=True)
    ]


def _falls(state: Prepared, node: int, label: int, how: How) -> Floats:
    cuts, part = state.subject.cuts(node), state.subject.part(node)
    falls = np.zeros(part.num_pairs, dtype=np.float32)
    # beyond the model's reach an edge counts in degrees only, which a masked one leaves as they are
    asked = np.flatnonzero(part.within if how == "masked" else np.ones(part.num_pairs, dtype=bool))
    if not state.subject.uses_edges or not len(asked):
        return falls
    for some in np.array_split(asked, -(-len(asked) * part.num_pairs // MOST_MASKED)):
        falls[some] = cuts.falls(some, label, how)
    return falls


ATTRIBUTION = Method(
    name="occlusion",
    title="Edge occlusion",
    question="How far does the probability fall if this one edge is gone?",
    attribute=attribute,
    parameters=(CUT,),
    source="leave-one-out; Zeiler & Fergus, Visualizing and understanding convolutional networks, ECCV 2014, section 4.2",
    equation=r"s_e = p_c(G) - p_c(G \setminus e)",
    scores_features=False,
)
