"""The network of PGExplainer: what it reads, how it learns, what it says of edges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn
from torch.nn import functional

from core import device as devices
from core.data import GraphData, Ints
from core.explained import Block, Subject
from core.parameters import Value
from core.rebuilt import CPU, batch_of, states_of
from core.run import Run
from explainers.attribution.amortised import NODES, batches, numbers_of, said_of, training_nodes, with_numbers
from explainers.attribution.contract import Arrays, Attribution, Prepared, attributions

HIDDEN = 64
BATCH = 8
"""Nodes of one step of Adam."""
OPEN = 3.0
"""Logit that all edges start near. From 0, half of every message is gone, and models are so wrong that all edges are given up."""
NOISE_EDGE = 0.01
"""How far the noise stays from 0 and 1."""


def prepared(run: Run, data: GraphData, seed: int, avoid: Sequence[int], values: Mapping[str, Value]) -> Prepared:
    """Learns the network on training and validation nodes of the run's split, drawn by the seed. Test nodes are never learned on."""
    subject = Subject(run, data)
    nodes = training_nodes(run, subject, seed, int(values["nodes"]), avoid)
    states = node_states(run, subject)
    with devices.seeded(seed, CPU), devices.threads_for(data.num_stored_edges):
        network = EdgeNetwork(states.shape[1])
        learn(network, subject, nodes, states, values)
    return Prepared(subject, seed, values, Learned(network.requires_grad_(False), states, nodes))


def recalled(run: Run, data: GraphData, arrays: Arrays, seed: int, values: Mapping[str, Value]) -> Prepared:
    """As `prepared`, of what `Learned.arrays` gave."""
    subject = Subject(run, data)
    states = node_states(run, subject)
    with torch.device("meta"):
        network = EdgeNetwork(states.shape[1])
    return Prepared(subject, seed, values, Learned(with_numbers(network, arrays), states, arrays[NODES]))


def explained(state: Prepared, nodes: Sequence[int], target: ArrayLike | None) -> list[Attribution]:
    """What `attribute` says."""
    learned: Learned = state.learned

    def score(block: Block, _: Ints) -> list[tuple[object, ...]]:
        edges = Candidates(block, learned.states)
        with torch.no_grad():
            scores = block.whole().zero_().index_copy(0, edges.place, learned.network(edges).sigmoid())
        said = said_of(block.asked, learned.nodes)
        return [(own, None, sentence) for own, sentence in zip(block.by_pair(scores), said, strict=True)]

    with devices.threads_for(state.subject.graph.num_stored_edges):
        return attributions(state, nodes, target, score)


def node_states(run: Run, subject: Subject) -> Tensor:
    """[num_nodes, width] the last hidden state, or the logits of models without any; each column with mean 0 and variance 1.

    The paper takes them as they are; of another scale in each model, they would want another learning rate in each.
    """
    found = states_of(subject.module, batch_of(run.spec, subject.graph), last_only=True)
    z = torch.from_numpy(np.asarray(found[-1] if found else run.logits, dtype=np.float32))
    z = z.flatten(1)
    return (z - z.mean(dim=0)) / z.std(dim=0, unbiased=False).clamp(min=1e-6)


class Candidates:
    """The edges of a block that can matter, and the states of their ends and of the nodes they are asked for."""

    def __init__(self, block: Block, states: Tensor) -> None:
        joined = block.joined
        kept = np.flatnonzero(block.messages.numpy())
        owner = np.repeat(np.arange(len(block.parts)), [part.num_pairs for part in block.parts])[kept]
        nodes, row = np.unique(np.column_stack([joined.pairs[kept], joined.nodes[joined.targets[owner]]]), return_inverse=True)
        self.place, self.owner = torch.from_numpy(kept), torch.from_numpy(owner)
        """[n] where they are among the block's edges, and which of its nodes each belongs to."""
        self.states = states[torch.from_numpy(nodes)]
        self.source, self.target, self.asked = torch.from_numpy(row.reshape(-1, 3)).unbind(dim=1)
        """[n] rows of the states."""
        self.directed = joined.graph.directed
        stored = np.bincount(joined.pair_of[joined.pair_of >= 0], minlength=block.num_pairs)[kept]
        self.stored = torch.from_numpy(stored).float()
        """How often each is stored: penalties count stored edges, as PyG's do."""
        self._count = len(block.parts)

    def per_node(self, values: Tensor) -> Tensor:
        """Values [n] summed for each node that is asked about."""
        return values.new_zeros(self._count).index_add(0, self.owner, values)


class EdgeNetwork(nn.Module):
    """ω = w · ReLU(W [z_u, z_v, z_asked] + b) + c, the mean of both directions where an edge has two."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(3 * width, HIDDEN), nn.Linear(HIDDEN, 1)
        nn.init.constant_(self.last.bias, OPEN)

    def forward(self, edges: Candidates) -> Tensor:
        """[n] logits of the edges."""
        # one product per node instead of one per edge: an edge has three of the same few nodes
        as_source, as_target, as_asked = (edges.states @ own.t() for own in self.first.weight.chunk(3, dim=1))
        asked = as_asked[edges.asked] + self.first.bias
        hidden = (as_source[edges.source] + as_target[edges.target] + asked).relu()
        if not edges.directed:
            hidden = (hidden + (as_source[edges.target] + as_target[edges.source] + asked).relu()) / 2
        found: Tensor = self.last(hidden)[:, 0]
        return found


@dataclass(frozen=True, eq=False)
class Learned:
    """The network, the states [num_nodes, width] that it reads, and the nodes that it learned on."""

    network: EdgeNetwork
    states: Tensor
    nodes: Ints

    def arrays(self) -> dict[str, np.ndarray]:
        """Plain, without the states, which follow from the model."""
        return numbers_of(self.network) | {NODES: self.nodes}


def learn(network: EdgeNetwork, subject: Subject, nodes: Ints, states: Tensor, values: Mapping[str, Value]) -> None:
    """Minimises the expected cross-entropy, with penalties on the masks' size and entropy, at falling temperatures.

    PyG's goes from 5 to 2. On BA-Shapes masks so far from 0 and 1 mislead our GCN more than none: it gives up every edge.
    """
    epochs, first, last = int(values["epochs"]), float(values["first_temperature"]), float(values["last_temperature"])
    questions = [(block, Candidates(block, states)) for block in batches(subject, nodes, BATCH)]
    questions = [(block, edges) for block, edges in questions if len(edges.place)]
    optimizer = torch.optim.Adam(network.parameters(), lr=float(values["lr"]))
    for epoch in range(epochs):
        temperature = first * (last / first) ** (epoch / epochs)
        for block, edges in questions:
            optimizer.zero_grad()
            mask = concrete(network(edges), temperature)
            loss = kept_prediction(subject, block, edges, mask) + penalty(edges, mask, float(values["size"]), float(values["entropy"]))
            (loss / len(block.parts)).backward()
            optimizer.step()


def concrete(logits: Tensor, temperature: float) -> Tensor:
    """A draw of the relaxed Bernoulli variables with these logits, 0 … 1."""
    noise = NOISE_EDGE + (1 - 2 * NOISE_EDGE) * torch.rand_like(logits)
    return ((noise.logit() + logits) / temperature).sigmoid()


def kept_prediction(subject: Subject, block: Block, edges: Candidates, mask: Tensor) -> Tensor:
    """Sum over the nodes of the cross-entropy to the classes that the model predicts on the whole graph."""
    weights = block.whole().index_copy(0, edges.place, mask)
    labels = torch.from_numpy(subject.predicted[block.asked])
    return functional.cross_entropy(block.logits(block.values, weights), labels, reduction="sum")


def penalty(edges: Candidates, mask: Tensor, size: float, entropy: float) -> Tensor:
    """Sum over the nodes of the size of their masks and of the mean entropy in them, as in PyG's code."""
    inner = 0.99 * mask + 0.005
    surprise = -inner * inner.log() - (1 - inner) * (1 - inner).log()
    mean = edges.per_node(edges.stored * surprise) / edges.per_node(edges.stored).clamp(min=1)
    return size * (edges.stored * mask).sum() + entropy * mean.sum()
