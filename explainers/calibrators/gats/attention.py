"""The attention of GATS, on the engine's attention patterns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import Parameter, functional
from torch.nn.init import xavier_uniform_

from core.attention import Heads
from core.data import Bools, Ints
from core.device import seeded, threads_for
from core.sparse import Edges
from core.work import Report
from explainers.calibrators.contract import Floats
from explainers.calibrators.node_temperatures import in_order
from explainers.calibrators.node_temperatures.descent import descend
from explainers.calibrators.temperature import COLDEST, HOTTEST

HEADS, SLOPE, DECAY, START = 8, 0.2, 5e-3, 1.0
"""As in the authors' settings for a GCN on Cora: heads, slope of the LeakyReLU, λ of the L2 penalty, T₀ before the fit."""


class Weights(NamedTuple):
    """θ [HEADS, num_classes], ω [1], T₀ [1], and γ [2] of training nodes and of those beside one."""

    theta: Parameter
    omega: Parameter
    base: Parameter
    gamma: Parameter


@dataclass(frozen=True)
class Readings:
    """What the temperatures of some nodes [n] follow from, as long as the logits stay; entries are those of the pattern.

    `products` [num_entries] z_i · z_j; `pair` [num_entries] 3 · zone of i + zone of j; `zone` [num_nodes, 3] one-hot; `stretched`
    [num_nodes, num_classes] each node's logits in ascending order, stretched to 0 … 1; `relative` [n, 1] δc, the confidence
    minus the mean over the node and its in-neighbours.
    """

    nodes: Tensor
    pattern: Heads
    products: Tensor
    pair: Tensor
    zone: Tensor
    stretched: Tensor
    relative: Tensor


class Attention:
    """A temperature for each node of a graph whose training nodes are marked in `train` [num_nodes]."""

    def __init__(self, edge_index: Ints, train: Bools, weights: Weights) -> None:
        self._edges, self._zone = Edges(torch.from_numpy(edge_index), len(train)).with_loops, torch.from_numpy(zones(train, edge_index))
        self.weights, self._num_edges = weights, edge_index.shape[1]

    def readings(self, logits: Tensor, chosen: Bools) -> Readings:
        """Of logits [num_nodes, num_classes], for the nodes of a mask [num_nodes]."""
        source, target = self._edges
        nodes, confidence = torch.from_numpy(np.flatnonzero(chosen)), logits.softmax(dim=1).amax(dim=1)
        around = torch.zeros_like(confidence).index_add_(0, target, confidence[source]) / torch.bincount(target)
        pattern = Heads(self._edges[:, torch.from_numpy(chosen)[target]], len(chosen), heads=1)
        return Readings(
            nodes=nodes,
            pattern=pattern,
            products=pattern.products(logits, logits),
            pair=3 * self._zone[pattern.row] + self._zone[pattern.column],
            zone=functional.one_hot(self._zone, 3).double(),
            stretched=stretched(logits),
            relative=(confidence - around)[nodes, None],
        )

    def temperatures(self, read: Readings) -> Tensor:
        """[n, 1]"""
        w = self.weights
        gamma = torch.cat([w.gamma, w.gamma.new_ones(1)])
        scores = functional.leaky_relu(read.products / torch.outer(gamma, gamma).flatten().index_select(0, read.pair), SLOPE)
        states = (read.zone @ gamma)[:, None] * (read.stretched @ w.theta.t())
        seen = read.pattern.attend(scores, states[:, None]).flatten(1).index_select(0, read.nodes)
        spread = functional.softplus(torch.addcmul(seen, w.omega, read.relative)).mean(dim=1, keepdim=True)
        return (spread + w.base).clamp(COLDEST, HOTTEST)

    @torch.no_grad()
    def of(self, logits: Floats) -> Floats:
        """[num_nodes] the temperatures of logits [num_nodes, num_classes]."""
        with threads_for(self._num_edges):
            read = self.readings(torch.from_numpy(logits), np.ones(len(logits), dtype=bool))
            found: Floats = self.temperatures(read).flatten().numpy()
            return found


def learned(
    logits: Floats, y: Ints, validation: Bools, train: Bools, stopping: Bools, edge_index: Ints, seed: int, report: Report
) -> Weights:
    """The weights fitted to the validation nodes and stopped by those of `stopping`; the same seed gives the same bits."""
    order, edges = in_order(logits, edge_index)
    with seeded(seed, torch.device("cpu")), threads_for(edges.shape[1]):
        attention = Attention(edges, train[order], drawn(logits.shape[1]))
        scores, labels = torch.from_numpy(logits[order]), torch.from_numpy(y[order])

        def mean_nll(chosen: Bools) -> Callable[[], Tensor]:
            read = attention.readings(scores, chosen[order])
            own, known = scores[read.nodes], labels[read.nodes]
            return lambda: functional.cross_entropy(own / attention.temperatures(read), known)

        descend(attention.weights, mean_nll(validation), mean_nll(stopping), DECAY, report, "Fitting GATS")
    return attention.weights


def drawn(num_classes: int) -> Weights:
    """θ is drawn after Glorot with torch's random state as it is; ω = 0, T₀ = START and γ = 1."""
    theta = xavier_uniform_(torch.empty(HEADS, num_classes, dtype=torch.float64))
    others = (torch.full((size,), value, dtype=torch.float64) for size, value in ((1, 0.0), (1, START), (2, 1.0)))
    return Weights(*map(Parameter, (theta, *others)))


def zones(train: Bools, edge_index: Ints) -> Ints:
    """[num_nodes] 0 for training nodes, 1 for nodes that get a message from one, 2 for all others."""
    source, target = edge_index
    beside = np.zeros(len(train), dtype=bool)
    beside[target[train[source]]] = True
    return np.where(train, 0, np.where(beside, 1, 2)).astype(np.int64)


def stretched(logits: Tensor) -> Tensor:
    """Each row of logits [num_nodes, num_classes] in ascending order, stretched to 0 … 1; rows of equal numbers are 0."""
    ascending = logits.sort(dim=1).values
    low, span = ascending[:, :1], ascending[:, -1:] - ascending[:, :1]
    return (ascending - low) / torch.where(span > 0, span, 1.0)
