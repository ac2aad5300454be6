"""Guided backpropagation (Springenberg et al. 2015): only positive gradients pass a ReLU that was open."""

from __future__ import annotations

from captum.attr import GuidedBackprop

from explainers.attribution.contract import Method
from explainers.attribution.gradients import by_captum, without_relu

ATTRIBUTION = Method(
    name="guided_backprop",
    title="Guided backpropagation",
    question="Which edges and features drive the logit up along paths of open, positive units?",
    attribute=by_captum(lambda score, inputs: GuidedBackprop(score).attribute(inputs)),
    source="Springenberg et al., Striving for simplicity, ICLR workshop 2015; for graphs Baldassarre & Azizpour 2019",
    equation=r"R^{(l)} = \mathbb 1[h^{(l)} > 0]\,\mathbb 1[R^{(l+1)} > 0]\,R^{(l+1)}",
    unsupported=without_relu,
)
