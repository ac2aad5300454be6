"""Feature ablation: take each feature, and each edge's messages, away by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from explainers.attribution.contract import Attribution, Method, Prepared

if TYPE_CHECKING:
    from explainers.attribution.through_captum.gradients import ClassScore, Inputs


def attribute(state: Prepared, nodes: Sequence[int], *, target: ArrayLike | None = None) -> list[Attribution]:
    """How far the logit falls without the edge's messages, or without the feature on all nodes."""
    from captum.attr import FeatureAblation

    from explainers.attribution.through_captum.players import by_players

    def explain(score: ClassScore, inputs: Inputs, players: Inputs, room: int) -> Inputs:
        found: Inputs = FeatureAblation(score).attribute(inputs, feature_mask=players, perturbations_per_eval=room)
        return found

    return by_players(explain, state, nodes, target)


ATTRIBUTION = Method(
    name="feature_ablation",
    title="Feature ablation",
    question="How far does the logit fall if this one feature, or this one edge's message, is gone?",
    attribute=attribute,
    source="captum's FeatureAblation; a feature is set to 0 on all nodes at once, an edge is masked",
    equation=r"s_i = f_c(x) - f_c(x \setminus i)",
    slow=True,
)
