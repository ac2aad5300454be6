"""Input × gradient (Shrikumar et al. 2016): what each edge and feature adds to the logit, to first order."""

from __future__ import annotations

from captum.attr import InputXGradient

from explainers.attribution.contract import Method
from explainers.attribution.gradients import by_captum

ATTRIBUTION = Method(
    name="input_x_gradient",
    title="Input × gradient",
    question="What does each edge and feature add to the logit, to first order?",
    attribute=by_captum(lambda score, inputs: InputXGradient(score).attribute(inputs)),
    source="Shrikumar et al., Not just a black box, 2016",
    equation=r"s_e = w_e\,\frac{\partial f_c}{\partial w_e}\Big|_{w_e = 1}, \quad s_{vj} = x_{vj}\,\frac{\partial f_c}{\partial x_{vj}}",
)
