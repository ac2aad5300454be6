"""The masks of GNNExplainer, learned for many nodes at once."""

from __future__ import annotations

from math import sqrt

import numpy as np
import torch
from torch import Tensor
from torch.nn import Parameter, functional

from core.adam import Adam
from core.data import Floats, Ints
from core.explained import Block

EDGE_SIZE, EDGE_ENTROPY, FEATURE_SIZE, FEATURE_ENTROPY = 0.005, 1.0, 1.0, 0.1
"""Weights of the penalties, as in PyG and the authors' code."""


class Masks:
    """Masks of all nodes of a block, learned together. No loss mixes two nodes, so each is learned as if alone.

    They lie in one vector, those of edges [num_pairs] before those of features [num_nodes_asked · num_features]: on a small
    graph the calls count, not the numbers.
    """

    def __init__(self, block: Block, seed: int) -> None:
        self._block, self._raw = block, Parameter(torch.from_numpy(_start(block, seed)))
        self._alive = torch.ones(len(self._raw))

    @property
    def edges(self) -> Tensor:
        """[num_pairs]"""
        return self._split(self._masks())[0]

    @property
    def features(self) -> Tensor:
        """[num_nodes_asked, num_features]"""
        return self._split(self._masks())[1]

    def learn(self, targets: Ints, epochs: int, lr: float) -> None:
        """So many epochs of Adam; `targets`: the class to explain of each node."""
        classes, optimizer = torch.from_numpy(targets), Adam([([self._raw], 0.0)], lr)
        size = entropy = torch.zeros(len(self._raw))
        for epoch in range(epochs):
            raw = self._raw.detach()
            masks = raw.sigmoid()
            edges, features = (one.requires_grad_() for one in self._split(masks))
            logits = self._block.logits(self._block.scaled(features), edges)
            loss = functional.cross_entropy(logits, classes, reduction="sum")
            along = torch.autograd.grad(loss, (edges, features), materialize_grads=True)  # a model may ignore its edges
            found = torch.cat([one.flatten() for one in along])
            if epoch == 0:  # what has no influence takes no part, nor counts in the penalties
                self._alive = (found != 0).float()
            # the entropy of a mask σ(r) has the gradient −r
            self._raw.grad = torch.ops.aten.sigmoid_backward(torch.addcmul(found + size, entropy, raw, value=-1), masks)
            if epoch == 0:
                size, entropy = self._penalties()
            optimizer.step()

    def _masks(self) -> Tensor:
        return (self._raw.sigmoid() * self._alive).detach()

    def _split(self, masks: Tensor) -> tuple[Tensor, Tensor]:
        edges, features = masks.split([self._block.num_pairs, len(masks) - self._block.num_pairs])
        return edges, features.view(len(self._block.parts), -1)

    def _penalties(self) -> tuple[Tensor, Tensor]:
        """What a mask's size and its entropy cost. The sizes of a node's edges are summed, all else is averaged, as in PyG."""
        edges, features = self._split(self._alive)
        owner = self._block.pair_owner
        counted = edges * self._block.messages  # PyG has a mask for each direction
        total = counted.new_zeros(len(self._block.parts)).index_add(0, owner, counted).clamp(min=1)
        share = (features / features.sum(dim=1, keepdim=True).clamp(min=1)).flatten()
        return torch.cat([EDGE_SIZE * counted, FEATURE_SIZE * share]), torch.cat(
            [EDGE_ENTROPY * counted / total[owner], FEATURE_ENTROPY * share]
        )


def _start(block: Block, seed: int) -> Floats:
    """Masks before the sigmoid, drawn for each node on its own, with the spread of PyG's on the whole graph."""
    random = [np.random.default_rng([seed, node]) for node in block.asked]
    features = [draw.standard_normal(block.joined.graph.num_features) * 0.1 for draw in random]
    spread = torch.nn.init.calculate_gain("relu") * sqrt(1 / block.num_nodes)
    edges = [draw.standard_normal(part.num_pairs) * spread for draw, part in zip(random, block.parts, strict=True)]
    return np.concatenate([*edges, *features]).astype(np.float32)
