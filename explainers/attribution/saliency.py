"""Saliency (Simonyan et al. 2014): how strongly the logit answers to a small change."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.typing import ArrayLike

from explainers.attribution.contract import Attribution, Method, Prepared


def attribute(state: Prepared, nodes: Sequence[int], *, target: ArrayLike | None = None) -> list[Attribution]:
    """Sizes of the gradients of the logit for edges and for each node's features, ≥ 0."""
    from captum.attr import Saliency

    from explainers.attribution.through_captum.gradients import by_captum

    return by_captum(Saliency, state, nodes, target)


ATTRIBUTION = Method(
    name="saliency",
    title="Saliency",
    question="Which edges and features would move the logit most if they changed a little?",
    attribute=attribute,
    source="Simonyan et al., Deep inside convolutional networks, ICLR workshop 2014; for graphs Baldassarre & Azizpour 2019",
    equation=r"s_e = \left|\frac{\partial f_c}{\partial w_e}\right|, \quad s_{vj} = \left|\frac{\partial f_c}{\partial x_{vj}}\right|",
    signed=False,
)
