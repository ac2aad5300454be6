"""What methods share that learn before they are asked: the nodes they learn on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from core.data import Ints
from core.run import Run
from core.splits import split_of
from explainers.attribution.contract import Arrays, NothingToLearnFrom

if TYPE_CHECKING:
    from torch.nn import Module

    from core.explained import Block, Subject

    Network = TypeVar("Network", bound=Module)

NOTHING_LEFT = "All nodes that this method may learn from are asked about. Ask about fewer, or take another method, such as saliency."
MOST_PAIRS = 50_000
"""Edges of all computation graphs that are learned on; each is passed once an epoch."""
MOST_NUMBERS = 50_000_000
"""Features of their nodes, where they are held as dense ones."""


NODES, NETWORK = "nodes", "network."
"""Names of what is stored: the nodes that were learned on, and before each of a network's weights."""


def numbers_of(network: Module) -> dict[str, np.ndarray]:
    """The weights of a network as plain arrays."""
    return {NETWORK + name: weight.numpy() for name, weight in network.state_dict().items()}


def with_numbers(network: Network, arrays: Arrays) -> Network:
    """A network with the weights that `numbers_of` gave, and at rest."""
    import torch

    own = {name.removeprefix(NETWORK): torch.from_numpy(weight) for name, weight in arrays.items() if name.startswith(NETWORK)}
    network.load_state_dict(own, assign=True)  # it may be on the device "meta": nothing drawn that would be replaced at once
    return network.requires_grad_(False)


def training_nodes(run: Run, subject: Subject, seed: int, most: int, avoid: Sequence[int] = (), *, dense: bool = False) -> Ints:
    """[n ≤ most] nodes of the run's training and validation sets, drawn by the seed; never test nodes or those to `avoid`.

    Fewer where their computation graphs, or their `dense` features, are so large that learning on them would take minutes.
    """
    split = split_of(subject.graph, run.spec.dataset)
    allowed = np.setdiff1d(np.flatnonzero(split.train | split.validation), np.asarray(avoid, dtype=np.int64))
    if not len(allowed):
        raise NothingToLearnFrom(NOTHING_LEFT)
    drawn = np.random.default_rng(seed).permutation(allowed)[:most]
    chosen: list[int] = []
    load = 0.0
    for node in drawn.tolist():
        part = subject.part(node)
        load += max(part.num_pairs / MOST_PAIRS, dense * int(np.prod(part.graph.features.shape)) / MOST_NUMBERS)
        if chosen and load > 1:
            break
        chosen.append(node)
    return np.asarray(chosen, dtype=np.int64)


def batches(subject: Subject, nodes: Ints, size: int) -> list[Block]:
    """Blocks of at most so many nodes, in the nodes' order."""
    few = [nodes[start : start + size].tolist() for start in range(0, len(nodes), size)]
    return [block for some in few for _, block in subject.blocks(some)]


def said_of(nodes: Sequence[int], learned_on: Ints) -> list[str]:
    """For each node, a sentence if the method learned on it."""
    known = set(learned_on.tolist())
    return ["The method learned on this very node." if node in known else "" for node in nodes]
