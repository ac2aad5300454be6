"""Shapley value sampling (Štrumbelj & Kononenko 2010): what each edge and feature adds, over random orders of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from core.parameters import Integer
from explainers.attribution.contract import Attribution, Method, Prepared

if TYPE_CHECKING:
    from explainers.attribution.through_captum.gradients import ClassScore, Inputs


def attribute(state: Prepared, nodes: Sequence[int], *, target: ArrayLike | None = None) -> list[Attribution]:
    """Shares of the logit less that of nothing, to which they sum; masked edges, features set to 0."""
    from captum.attr import ShapleyValueSampling

    from explainers.attribution.through_captum.players import by_players

    samples = int(state.values["samples"])

    def explain(score: ClassScore, inputs: Inputs, players: Inputs, room: int) -> Inputs:
        found: Inputs = ShapleyValueSampling(score).attribute(inputs, feature_mask=players, n_samples=samples, perturbations_per_eval=room)
        return found

    return by_players(explain, state, nodes, target)


ATTRIBUTION = Method(
    name="shapley",
    title="Shapley value sampling",
    question="How much does each edge and feature add on average, whichever of the others are there already?",
    attribute=attribute,
    parameters=(Integer("samples", "Orders", 25, 1, 1000, help="Random orders in which edges and features come in."),),
    source="Štrumbelj & Kononenko, An efficient explanation of individual classifications using game theory, JMLR 2010",
    equation=r"s_i = \mathbb E_\pi\left[f_c\left(x_{\pi_{<i} \cup i}\right) - f_c\left(x_{\pi_{<i}}\right)\right]",
    drawn=True,
    slow=True,
)
