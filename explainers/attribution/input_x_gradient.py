"""Input × gradient (Shrikumar et al. 2016): what each edge and feature adds to the logit, to first order."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.typing import ArrayLike

from explainers.attribution.contract import Attribution, Method, Prepared


def attribute(state: Prepared, nodes: Sequence[int], *, target: ArrayLike | None = None) -> list[Attribution]:
    """Each edge's and feature's value times the logit's gradient."""
    from captum.attr import InputXGradient

    from explainers.attribution.through_captum.gradients import by_captum

    return by_captum(InputXGradient, state, nodes, target)


ATTRIBUTION = Method(
    name="input_x_gradient",
    title="Input × gradient",
    question="What does each edge and feature add to the logit, to first order?",
    attribute=attribute,
    source="Shrikumar et al., Not just a black box, 2016",
    equation=r"s_e = w_e\,\frac{\partial f_c}{\partial w_e}\Big|_{w_e = 1}, \quad s_{vj} = x_{vj}\,\frac{\partial f_c}{\partial x_{vj}}",
)
