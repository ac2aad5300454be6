"""Shapley value sampling (Štrumbelj & Kononenko 2010): what each edge and feature adds, over random orders of all of them."""

from __future__ import annotations

from captum.attr import ShapleyValueSampling

from core.parameters import Integer
from explainers.attribution.contract import Method, Prepared
from explainers.attribution.gradients import ClassScore, Inputs
from explainers.attribution.players import by_players


def _explain(state: Prepared, score: ClassScore, inputs: Inputs, players: Inputs, room: int) -> Inputs:
    found: Inputs = ShapleyValueSampling(score).attribute(
        inputs, feature_mask=players, n_samples=int(state.values["samples"]), perturbations_per_eval=room
    )
    return found


ATTRIBUTION = Method(
    name="shapley",
    title="Shapley value sampling",
    question="How much does each edge and feature add on average, whichever of the others are there already?",
    attribute=by_players(_explain),
    parameters=(Integer("samples", "Orders", 25, 1, 1000, help="Random orders in which edges and features come in."),),
    source="Štrumbelj & Kononenko, An efficient explanation of individual classifications using game theory, JMLR 2010",
    equation=r"s_i = \mathbb E_\pi\left[f_c\left(x_{\pi_{<i} \cup i}\right) - f_c\left(x_{\pi_{<i}}\right)\right]",
    drawn=True,
)
