"""Integrated gradients (Sundararajan et al. 2017): the gradient summed on the way from nothing to the graph as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from core.parameters import Integer
from explainers.attribution.contract import Attribution, Method, Prepared, attributions

if TYPE_CHECKING:
    from core.data import Ints
    from core.explained import Block


def attribute(state: Prepared, nodes: Sequence[int], *, target: ArrayLike | None = None) -> list[Attribution]:
    """Scores of edges and features together sum to the logit minus the logit without any of both, as `said` checks."""
    import torch
    from captum.attr import IntegratedGradients

    from explainers.attribution.through_captum.gradients import ClassScore, inputs_of

    steps = int(state.values["steps"])

    def score(block: Block, targets: Ints) -> list[tuple[object, ...]]:
        inputs, explained = inputs_of(block), ClassScore(block, targets)
        values, weights = IntegratedGradients(explained).attribute(inputs, n_steps=steps, internal_batch_size=block.room)
        with torch.no_grad():
            whole = block.scores(block.values, block.whole(), targets).tolist()
            nothing = block.scores(torch.zeros_like(block.values), torch.zeros_like(block.whole()), targets).tolist()
        by_pair, by_feature = block.by_pair(weights[0]), block.by_feature(values[0])
        said = [
            f"Scores sum to {edges.sum() + features.sum():.3f}; the logit is {all_there:.3f}, and {bare:.3f} without edges and "
            f"features: a difference of {all_there - bare:.3f}."
            for edges, features, all_there, bare in zip(by_pair, by_feature, whole, nothing, strict=True)
        ]
        return list(zip(by_pair, by_feature, said, strict=True))

    return attributions(state, nodes, target, score)


ATTRIBUTION = Method(
    name="integrated_gradients",
    title="Integrated gradients",
    question="How does the difference between nothing and this graph divide among its edges and features?",
    attribute=attribute,
    parameters=(Integer("steps", "Steps", 50, 2, 1000, help="Points on the way at which the gradient is taken.", common=False),),
    source="Sundararajan et al., Axiomatic attribution for deep networks, ICML 2017, eq. 1 and 3; baseline 0 for edges and features alike",
    equation=r"s_i = x_i \int_0^1 \frac{\partial f_c(t\,x)}{\partial x_i}\,dt, \quad \sum_i s_i = f_c(x) - f_c(0)",
)
