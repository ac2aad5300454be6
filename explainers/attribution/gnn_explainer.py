"""GNNExplainer (Ying et al. 2019): a mask on edges and features, learned to keep the prediction with little of both."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor
from torch.nn import functional

from core.data import Ints
from core.explained import Block
from core.parameters import Integer, Real
from explainers.attribution.contract import Attribution, Method, Prepared, attributions

EDGE_SIZE, EDGE_ENTROPY, FEATURE_SIZE, FEATURE_ENTROPY = 0.005, 1.0, 1.0, 0.1
"""Weights of the penalties, as in PyG and the authors' code."""
TINY = 1e-15


def attribute(state: Prepared, nodes: Sequence[int], *, target: ArrayLike | None = None) -> list[Attribution]:
    """Masks in 0 … 1; 0 for edges and features without any influence on the prediction.

    PyG's `GNNExplainer` with a mask on features common to all nodes, as in the paper (section 4.2), and one mask for both
    directions of an edge. Every node's masks are drawn from the seed and its own number, so they do not depend on which
    others are explained with it.
    """

    epochs, lr = int(state.values["epochs"]), float(state.values["lr"])

    def score(block: Block, targets: Ints) -> list[tuple[object, object]]:
        masks = _Masks(block, [np.random.default_rng([state.seed, node]) for node in block.asked])
        masks.learn(torch.from_numpy(targets), epochs, lr)
        return list(zip(block.by_pair(masks.edges), masks.features.numpy(), strict=True))

    return attributions(state, nodes, target, score)


class _Masks:
    """Masks of all nodes of a block, learned together. No loss mixes two nodes, so each is learned as if alone."""

    def __init__(self, block: Block, random: Sequence[np.random.Generator]) -> None:
        self._block, parts = block, block.parts
        drawn = [
            (draw.standard_normal(block.joined.graph.num_features), draw.standard_normal(part.num_pairs))
            for draw, part in zip(random, parts, strict=True)
        ]
        scale = [torch.nn.init.calculate_gain("relu") * sqrt(1 / len(part.nodes)) for part in parts]
        features, edges = np.stack([one for one, _ in drawn]) * 0.1, [one * std for (_, one), std in zip(drawn, scale, strict=True)]
        self._raw_features = torch.from_numpy(features).float().requires_grad_()
        self._raw_edges = torch.from_numpy(np.concatenate(edges)).float().requires_grad_()
        self._some_features, self._some_edges = (torch.ones_like(one, dtype=torch.bool) for one in (self._raw_features, self._raw_edges))
        self._pairs_of = torch.repeat_interleave(torch.tensor([part.num_pairs for part in parts]))
        pair_of = block.joined.pair_of
        self._stored = torch.from_numpy(np.bincount(pair_of[pair_of >= 0], minlength=block.num_pairs)).float()
        """How often each pair is stored: penalties count stored edges, as PyG's do."""

    @property
    def edges(self) -> Tensor:
        """[num_pairs]"""
        return (self._raw_edges.sigmoid() * self._some_edges).detach()

    @property
    def features(self) -> Tensor:
        """[num_nodes_asked, num_features]"""
        return (self._raw_features.sigmoid() * self._some_features).detach()

    def learn(self, targets: Tensor, epochs: int, lr: float) -> None:
        optimizer = torch.optim.Adam([self._raw_edges, self._raw_features], lr=lr)
        for epoch in range(epochs):
            optimizer.zero_grad()
            features, edges = self._raw_features.sigmoid(), self._raw_edges.sigmoid()
            logits = self._block.logits(self._block.scaled(features), edges)
            idle = 0 * (features.sum() + edges.sum())  # for models that ignore the one or the other
            loss = functional.cross_entropy(logits, targets, reduction="sum") + idle
            (loss + self._penalty(features, edges) if epoch else loss).backward()
            if epoch == 0:  # what has no influence takes no part, nor counts in the penalties
                self._some_features, self._some_edges = (one.grad.ne(0) for one in (self._raw_features, self._raw_edges))  # type: ignore[union-attr]
            optimizer.step()

    def _penalty(self, features: Tensor, edges: Tensor) -> Tensor:
        counted, some = self._stored * self._some_edges, self._some_features.float()
        entropy = self._per_node(counted * _entropy(edges)) / self._per_node(counted).clamp(min=1)
        of_edges = EDGE_SIZE * (counted * edges).sum() + EDGE_ENTROPY * entropy.sum()
        cost = FEATURE_SIZE * features + FEATURE_ENTROPY * _entropy(features)
        return of_edges + ((some * cost).sum(dim=1) / some.sum(dim=1).clamp(min=1)).sum()

    def _per_node(self, values: Tensor) -> Tensor:
        """Values [num_pairs] summed for each node that is asked about."""
        return values.new_zeros(len(self._block.parts)).index_add(0, self._pairs_of, values)


def _entropy(mask: Tensor) -> Tensor:
    return -mask * torch.log(mask + TINY) - (1 - mask) * torch.log(1 - mask + TINY)


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
