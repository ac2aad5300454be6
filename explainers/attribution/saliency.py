"""Saliency (Simonyan et al. 2014): how strongly the logit answers to a small change."""

from __future__ import annotations

from captum.attr import Saliency

from explainers.attribution.contract import Method
from explainers.attribution.gradients import by_captum

ATTRIBUTION = Method(
    name="saliency",
    title="Saliency",
    question="Which edges and features would move the logit most if they changed a little?",
    attribute=by_captum(lambda score, inputs: Saliency(score).attribute(inputs)),
    source="Simonyan et al., Deep inside convolutional networks, ICLR workshop 2014; for graphs Baldassarre & Azizpour 2019",
    equation=r"s_e = \left|\frac{\partial f_c}{\partial w_e}\right|, \quad s_{vj} = \left|\frac{\partial f_c}{\partial x_{vj}}\right|",
    signed=False,
)
