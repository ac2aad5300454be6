"""FastDnX (Pereira et al. 2023): a linear surrogate's logit, node by node, in closed form."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from core.data import Floats
from explainers.attribution.contract import Attribution, Method, Prepared
from explainers.attribution.surrogate import PARAMETERS, Surrogate, prepare, recall, row_of_power, unsupported


def attribute(state: Prepared, nodes: Sequence[int], *, target: ArrayLike | None = None) -> list[Attribution]:
    """What each node's features add to the surrogate's logit of the class, against the mean of all classes; edges get their ends' mean.

    The contributions of all nodes, and so the scores of all features, sum to that logit without its bias. The authors' code
    projects the contributions on the logits of all classes at once, and raises the asked node's own to the sum of all; here
    it is the class that is asked about, and every node counts as it is.
    """
    return [_explained(state, int(node), int(label)) for node, label in zip(nodes, state.subject.targets(nodes, target), strict=True)]


def _explained(state: Prepared, node: int, label: int) -> Attribution:
    surrogate: Surrogate = state.learned
    part = state.subject.part(node)
    row = row_of_power(part, surrogate.hops)
    edges = surrogate.pair_scores(part, row * surrogate.messages[part.nodes, label])
    features: Floats = np.asarray((part.graph.features.T @ row) * surrogate.weights[:, label], dtype=np.float32)
    return Attribution(node, label, part, edges, features, surrogate.said(node, state.subject.predicted))


ATTRIBUTION = Method(
    name="fast_dnx",
    title="FastDnX",
    question="In a linear imitation of the model, what does each node add to the class? Edges get their nodes' mean.",
    attribute=attribute,
    prepare=prepare,
    recall=recall,
    parameters=PARAMETERS,
    source="Pereira et al., Distill n' Explain: explaining graph neural networks using simple surrogates, AISTATS 2023, section 3",
    equation=r"s_j = \left[\hat A^L\right]_{ij} x_j \Theta_c, \quad \mathrm{softmax}(\hat A^L X \Theta + b) \approx f(X, A), \quad "
    r"s_{uv} = \tfrac12 (s_u + s_v)",
    unsupported=unsupported,
)
