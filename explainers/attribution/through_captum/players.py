"""What captum's perturbing methods share: edges and features of one node as players, each there or not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import ArrayLike

from core import device as devices
from core.data import Ints
from core.explained import Block
from core.rebuilt import CPU
from explainers.attribution.contract import Attribution, Prepared, attributions
from explainers.attribution.through_captum.gradients import ClassScore, Inputs, inputs_of

Explain: TypeAlias = Callable[[ClassScore, Inputs, Inputs, int], Inputs]
"""(score, inputs, the player of each of their entries, how many copies at once) → scores of the inputs' shapes."""


def by_players(explain: Explain, state: Prepared, nodes: Sequence[int], target: ArrayLike | None) -> list[Attribution]:
    """Scores by taking players out one by one, or in random orders. A player is an edge, or a feature on all nodes."""

    def score(block: Block, targets: Ints) -> list[tuple[object, ...]]:
        (node,) = block.asked
        with devices.seeded(int(np.random.default_rng([state.seed, node]).integers(2**31)), CPU), torch.no_grad():
            values, weights = explain(ClassScore(block, targets), _plain(inputs_of(block)), _players(block), block.room)
        return [(block.by_pair(weights[0])[0], block.per_feature(values[0])[0].numpy())]

    # one node at a time: what is left of a logit tells nothing of whose player has gone
    classes = state.subject.targets(nodes, target)
    return [one for node, label in zip(nodes, classes, strict=True) for one in attributions(state, [node], label, score)]


def _plain(inputs: Inputs) -> Inputs:
    return inputs[0].detach(), inputs[1].detach()


def _players(block: Block) -> Inputs:
    """Numbers from 0 without gaps: of each feature that is there, then of each edge within reach; edges without a say share one."""
    features = torch.unique(block.columns, return_inverse=True)[1].view(block.values.shape)
    within = torch.from_numpy(block.joined.within)
    first = int(features.max()) + 1 if features.numel() else 0
    edges = torch.where(within, first + within.cumsum(0) - 1, first + int(within.sum()))
    return features[None], edges[None]
