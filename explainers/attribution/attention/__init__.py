"""Attention as an explanation: the weights that an attention model gives its edges, averaged over layers and heads."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.typing import ArrayLike

from core.models.contract import model, models, why_unread, with_read_attention
from core.spec import RunSpec
from explainers.attribution.contract import Attribution, Method, Prepared, attributions


def attribute(state: Prepared, nodes: Sequence[int], *, target: ArrayLike | None = None) -> list[Attribution]:
    """Mean α over layers, heads and both directions of each edge, 0 … 1. It is the same whatever the class."""
    from explainers.attribution.attention.weights import mean_attention

    return attributions(state, nodes, target, lambda block, _: [(own,) for own in mean_attention(block)])


def _unsupported(spec: RunSpec) -> str:
    unit = model(spec.model.name)
    why = why_unread(unit)
    return f"{unit.title} {why}. Take another method, or {with_read_attention(models())}." if why else ""


ATTRIBUTION = Method(
    name="attention",
    title="Attention weights",
    question="To which neighbours does the model pay attention?",
    attribute=attribute,
    source="Veličković et al., Graph attention networks, ICLR 2018, eq. 3; whether it explains is a question of its own",
    equation=r"s_e = \frac{1}{LK} \sum_{l, k} \alpha^{(l, k)}_e",
    signed=False,
    scores_features=False,
    unsupported=_unsupported,
)
