"""The masks of GNNExplainer, learned for many nodes at once."""

from __future__ import annotations

from math import sqrt

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from core.data import Ints
from core.explained import Block

EDGE_SIZE, EDGE_ENTROPY, FEATURE_SIZE, FEATURE_ENTROPY = 0.005, 1.0, 1.0, 0.1
"""Weights of the penalties, as in PyG and the authors' code."""
TINY = 1e-15


class Masks:
    """Masks of all nodes of a block, learned together. No loss mixes two nodes, so each is learned as if alone."""

    def __init__(self, block: Block, seed: int) -> None:
        self._block, parts = block, block.parts
        random = [np.random.default_rng([seed, node]) for node in block.asked]
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

    def learn(self, targets: Ints, epochs: int, lr: float) -> None:
        """So many epochs of Adam; `targets`: the class to explain of each node."""
        classes = torch.from_numpy(targets)
        optimizer = torch.optim.Adam([self._raw_edges, self._raw_features], lr=lr)
        for epoch in range(epochs):
            optimizer.zero_grad()
            features, edges = self._raw_features.sigmoid(), self._raw_edges.sigmoid()
            logits = self._block.logits(self._block.scaled(features), edges)
            idle = 0 * (features.sum() + edges.sum())  # for models that ignore the one or the other
            loss = functional.cross_entropy(logits, classes, reduction="sum") + idle
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
