"""Deconvolution (Zeiler & Fergus 2014): positive gradients pass a ReLU, whether it was open or not."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.typing import ArrayLike

from core.spec import RunSpec
from explainers.attribution.contract import Attribution, Method, Prepared


def attribute(state: Prepared, nodes: Sequence[int], *, target: ArrayLike | None = None) -> list[Attribution]:
    """Gradients of the logit through ReLUs that pass only what is positive."""
    from captum.attr import Deconvolution

    from explainers.attribution.through_captum.gradients import by_captum

    return by_captum(Deconvolution, state, nodes, target)


def _unsupported(spec: RunSpec) -> str:
    from explainers.attribution.through_captum.gradients import without_relu

    return without_relu(spec)


ATTRIBUTION = Method(
    name="deconvolution",
    title="Deconvolution",
    question="Which edges and features drive the logit up along positive gradients?",
    attribute=attribute,
    source="Zeiler & Fergus, Visualizing and understanding convolutional networks, ECCV 2014",
    equation=r"R^{(l)} = \mathbb 1[R^{(l+1)} > 0]\,R^{(l+1)}",
    unsupported=_unsupported,
)
