"""The gates of GraphMask: what they read, how they learn, what they say of edges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn
from torch.nn import functional

from core import device as devices
from core.data import GraphData, Ints
from core.explained import Block, Subject
from core.parameters import Value
from core.rebuilt import CPU
from core.run import Run
from explainers.attribution.amortised import NODES, batches, numbers_of, said_of, training_nodes, with_numbers
from explainers.attribution.contract import Arrays, Attribution, Prepared, attributions
from explainers.attribution.graph_mask.messages import Messages

BATCH = 16
"""Nodes that are passed at once: PyG's layers hold a message for every link."""
HIDDEN = 32
SLOPE, LOW, HIGH, OPEN = 1 / 3, -0.2, 1.2, 3.0
"""β, γ and ζ of the hard concrete distribution, as in PyG's code, and the logit that gates start near: open."""
LAMBDA_START, LAMBDA_RATE, LAMBDA_RANGE = 0.55, 0.01, (-2.0, 30.0)


def prepared(run: Run, data: GraphData, seed: int, avoid: Sequence[int], values: Mapping[str, Value]) -> Prepared:
    """Learns the gates on training and validation nodes of the run's split, drawn by the seed. Test nodes are never learned on."""
    subject = Subject(run, data)
    nodes = training_nodes(run, subject, seed, int(values["nodes"]), avoid, dense=True)
    with devices.seeded(seed, CPU), devices.threads_for(data.num_stored_edges):
        passed = [Messages(subject, block) for block in batches(subject, nodes, BATCH)]
        gates = Gates(passed[0])
        learn(gates, [one for one in passed if sum(map(len, one.used))], values)
    return Prepared(subject, seed, values, Learned(gates.requires_grad_(False), nodes))


def recalled(run: Run, data: GraphData, arrays: Arrays, seed: int, values: Mapping[str, Value]) -> Prepared:
    """As `prepared`, of what `Learned.arrays` gave."""
    subject, nodes = Subject(run, data), arrays[NODES]
    passed = Messages(subject, batches(subject, nodes[:1], 1)[0])
    with torch.device("meta"):
        gates = Gates(passed)
    return Prepared(subject, seed, values, Learned(with_numbers(gates, arrays), nodes))


def explained(state: Prepared, nodes: Sequence[int], target: ArrayLike | None) -> list[Attribution]:
    """What `attribute` says."""
    learned: Learned = state.learned

    def score(block: Block, _: Ints) -> list[tuple[object, ...]]:
        passed, found = Messages(state.subject, block), block.whole().zero_()
        with torch.no_grad():
            for used, logits in zip(passed.used, learned.gates(passed), strict=True):
                found = found.scatter_reduce(0, passed.pair_of[used], is_open(logits), "amax")
        said = said_of(block.asked, learned.nodes)
        return [(own, None, sentence) for own, sentence in zip(block.by_pair(found), said, strict=True)]

    targets, size = state.subject.targets(nodes, target), BATCH
    some = [slice(start, start + size) for start in range(0, len(nodes), size)]
    with devices.threads_for(state.subject.graph.num_stored_edges):
        return [one for few in some for one in attributions(state, nodes[few], targets[few], score)]


class Gate(nn.Module):
    """Logit of one call's gates, from the states of both ends and the message."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.inner = nn.ModuleList(nn.Sequential(nn.Linear(width, HIDDEN, bias=False), nn.LayerNorm(HIDDEN)) for width in widths)
        self.last = nn.Linear(HIDDEN, 1)
        nn.init.constant_(self.last.bias, OPEN)

    def forward(self, inputs: Sequence[Tensor]) -> Tensor:
        mixed = torch.stack([inner(one) for inner, one in zip(self.inner, inputs, strict=True)]).mean(dim=0)
        found: Tensor = self.last(mixed.relu())[:, 0]
        return found


class Gates(nn.Module):
    """For each call a gate, and the message that stands for all whose gate is shut."""

    def __init__(self, passed: Messages) -> None:
        super().__init__()
        self.gates = nn.ModuleList(Gate([one.shape[1] for one in inputs]) for inputs in passed.inputs)
        self.baselines = nn.ParameterList(torch.zeros(shape) for shape in passed.shapes)

    def forward(self, passed: Messages, first: int = 0) -> list[Tensor]:
        """Logits [num_used] of each call, from the given one on."""
        return [gate(inputs) for gate, inputs in zip(self.gates[first:], passed.inputs[first:], strict=True)]

    def log_probabilities(self, passed: Messages, shares: Sequence[Tensor], first: int) -> Tensor:
        """[num_nodes_asked, num_classes] where a message m is z m + (1 − z) b; z [num_used] of each call from `first` on."""

        def change(call: int, _source: Tensor, _target: Tensor, messages: Tensor) -> Tensor:
            if call < first:
                return messages
            every = messages.new_ones(len(messages)).index_copy(0, passed.used[call], shares[call - first])
            z = every.view(-1, *[1] * (messages.dim() - 1))
            mixed: Tensor = z * messages + (1 - z) * self.baselines[call]
            return mixed

        return passed.logits(change).log_softmax(dim=1)


@dataclass(frozen=True, eq=False)
class Learned:
    """The gates, and the nodes that they were learned on."""

    gates: Gates
    nodes: Ints

    def arrays(self) -> dict[str, np.ndarray]:
        """Plain."""
        return numbers_of(self.gates) | {NODES: self.nodes}


def learn(gates: Gates, passed: Sequence[Messages], values: Mapping[str, Value]) -> None:
    """max over λ, min over the gates of the open gates' share + softplus(λ) · max(0, KL − allowance), layers from the last on."""
    if not passed:
        return
    calls, epochs, allowance = len(gates.gates), int(values["epochs"]), float(values["allowance"])
    optimizer = torch.optim.Adam(gates.parameters(), lr=float(values["lr"]))
    multiplier = nn.Parameter(torch.tensor(LAMBDA_START))
    ascent = torch.optim.RMSprop([multiplier], lr=LAMBDA_RATE, centered=True, maximize=True)
    for epoch in range(epochs):
        first = max(0, calls - 1 - calls * epoch // epochs)
        for one in passed:
            optimizer.zero_grad()
            ascent.zero_grad()
            share, divergence = cost(gates, one, first)
            loss = share + functional.softplus(multiplier) * (divergence - allowance).relu().mean()
            loss.backward()
            optimizer.step()
            ascent.step()
            multiplier.data.clamp_(*LAMBDA_RANGE)


def cost(gates: Gates, passed: Messages, first: int) -> tuple[Tensor, Tensor]:
    """Share of gates that are open, the mean over nodes summed over calls; and the nodes' KL [num_nodes_asked] to the whole answer."""
    logits = gates(passed, first)
    found = gates.log_probabilities(passed, [hard_concrete(one) for one in logits], first)
    divergence = functional.kl_div(found, passed.expected, log_target=True, reduction="none").sum(dim=1)
    shares = [per_node(is_open(one), passed, used) for one, used in zip(logits, passed.used[first:], strict=True)]
    return torch.stack(shares).mean(dim=1).sum(), divergence


def per_node(values: Tensor, passed: Messages, used: Tensor) -> Tensor:
    """[num_nodes_asked] means of values [num_used]; 0 for nodes without any."""
    owner, empty = passed.owner[used], values.new_zeros(passed.num_nodes)
    return empty.index_add(0, owner, values) / empty.index_add(0, owner, torch.ones_like(values)).clamp(min=1)


def hard_concrete(logits: Tensor) -> Tensor:
    """Draws in 0 … 1, of which many are exactly 0 or 1 (Louizos et al. 2018)."""
    noise = torch.rand_like(logits).clamp(1e-6, 1 - 1e-6).logit()
    return (((noise + logits) / SLOPE).sigmoid() * (HIGH - LOW) + LOW).clamp(0, 1)


def is_open(logits: Tensor) -> Tensor:
    """Probability that such a draw is above 0."""
    return (logits - SLOPE * log(-LOW / HIGH)).sigmoid()
