"""Feature ablation: take each feature, and each edge's messages, away by itself."""

from __future__ import annotations

from captum.attr import FeatureAblation

from explainers.attribution.contract import Method, Prepared
from explainers.attribution.gradients import ClassScore, Inputs
from explainers.attribution.players import by_players


def _explain(_: Prepared, score: ClassScore, inputs: Inputs, players: Inputs, room: int) -> Inputs:
    found: Inputs = FeatureAblation(score).attribute(inputs, feature_mask=players, perturbations_per_eval=room)
    return found


ATTRIBUTION = Method(
    name="feature_ablation",
    title="Feature ablation",
    question="How far does the logit fall if this one feature, or this one edge's message, is gone?",
    attribute=by_players(_explain),
    source="captum's FeatureAblation; a feature is set to 0 on all nodes at once, an edge is masked",
    equation=r"s_i = f_c(x) - f_c(x \setminus i)",
)
