"""Guided backpropagation (Springenberg et al. 2015): only positive gradients pass a ReLU that was open."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.typing import ArrayLike

from core.spec import RunSpec
from explainers.attribution.contract import Attribution, Method, Prepared


def attribute(state: Prepared, nodes: Sequence[int], *, target: ArrayLike | None = None) -> list[Attribution]:
    """Gradients of the logit through ReLUs that pass only what is positive and was open."""
    from captum.attr import GuidedBackprop

    from explainers.attribution.through_captum.gradients import by_captum

    return by_captum(GuidedBackprop, state, nodes, target)


def _unsupported(spec: RunSpec) -> str:
    from explainers.attribution.through_captum.gradients import without_relu

    return without_relu(spec)


ATTRIBUTION = Method(
    name="guided_backprop",
    title="Guided backpropagation",
    question="Which edges and features drive the logit up along paths of open, positive units?",
    attribute=attribute,
    source="Springenberg et al., Striving for simplicity, ICLR workshop 2015; for graphs Baldassarre & Azizpour 2019",
    equation=r"R^{(l)} = \mathbb 1[h^{(l)} > 0]\,\mathbb 1[R^{(l+1)} > 0]\,R^{(l+1)}",
    unsupported=_unsupported,
)
