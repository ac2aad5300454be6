"""Deconvolution (Zeiler & Fergus 2014): positive gradients pass a ReLU, whether it was open or not."""

from __future__ import annotations

from captum.attr import Deconvolution

from explainers.attribution.contract import Method
from explainers.attribution.gradients import by_captum, without_relu

ATTRIBUTION = Method(
    name="deconvolution",
    title="Deconvolution",
    question="Which edges and features drive the logit up along positive gradients?",
    attribute=by_captum(lambda score, inputs: Deconvolution(score).attribute(inputs)),
    source="Zeiler & Fergus, Visualizing and understanding convolutional networks, ECCV 2014",
    equation=r"R^{(l)} = \mathbb 1[R^{(l+1)} > 0]\,R^{(l+1)}",
    unsupported=without_relu,
)
