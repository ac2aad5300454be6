"""GNNExplainer (Ying et al. 2019): a mask on edges and features, learned to keep the prediction with little of both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from core.parameters import Integer, Real
from explainers.attribution.contract import Attribution, Method, Prepared, attributions

if TYPE_CHECKING:
    from core.data import Ints
    from core.explained import Block


def attribute(state: Prepared, nodes: Sequence[int], *, target: ArrayLike | None = None) -> list[Attribution]:
    """Masks in 0 … 1; 0 for edges and features without any influence on the prediction.

    PyG's `GNNExplainer` with a mask on features common to all nodes, as in the paper (section 4.2), and one mask for both
    directions of an edge. Every node's masks are drawn from the seed and its own number, so they do not depend on which
    others are explained with it.
    """
    from explainers.attribution.gnn_explainer.masks import Masks

    epochs, lr = int(state.values["epochs"]), float(state.values["lr"])

    def score(block: Block, targets: Ints) -> list[tuple[object, ...]]:
        masks = Masks(block, state.seed)
        masks.learn(targets, epochs, lr)
        return list(zip(block.by_pair(masks.edges), masks.features.numpy(), strict=True))

    return attributions(state, nodes, target, score)


ATTRIBUTION = Method(
    name="gnn_explainer",
    title="GNNExplainer",
    question="With which few edges and features would the model say the same?",
    attribute=attribute,
    parameters=(
        Integer("epochs", "Epochs", 100, 1, 2000, help="Steps of Adam on the masks."),
        Real("lr", "Learning rate", 0.01, 1e-4, 1.0, help="Of Adam.", common=False),
    ),
    source="Ying et al., GNNExplainer, NeurIPS 2019, eq. 6 and section 4.2; penalties and their weights as in PyG's code",
    equation=r"\min_{M, F} -\log P\left(c \mid A \odot \sigma(M),\, X \odot \sigma(F)\right) + \text{size} + \text{entropy of the masks}",
    signed=False,
    drawn=True,
)
