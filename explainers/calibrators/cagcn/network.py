"""The network of CaGCN and its loss, on the engine's prepared edges."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import Parameter, functional

from core.data import Bools, Ints
from core.device import seeded, threads_for
from core.dropout import thinned
from core.sparse import Edges, Matrix
from core.work import Report
from explainers.calibrators.contract import Floats
from explainers.calibrators.node_temperatures import in_order
from explainers.calibrators.node_temperatures.descent import descend
from explainers.calibrators.temperature import COLDEST, HOTTEST

WIDTH, DROPOUT, DECAY, MARGIN = 16, 0.5, 5e-3, 0.5
"""As in the authors' code: hidden channels, dropout, λ of the L2 penalty, λ of the margin."""


class Weights(NamedTuple):
    """W₁ [num_classes, WIDTH], b₁ [WIDTH], W₂ [WIDTH, 1], b₂ [1]."""

    hidden: Parameter
    hidden_bias: Parameter
    out: Parameter
    out_bias: Parameter


class Network:
    """Two graph convolutions from logits [num_nodes, num_classes] to a temperature for each node of a graph."""

    def __init__(self, edge_index: Ints, num_nodes: int, weights: Weights) -> None:
        matrix = Edges(torch.from_numpy(edge_index), num_nodes).symmetric
        self.matrix, self.weights = matrix.with_values(matrix.forward.values().double()), weights
        self._num_edges = edge_index.shape[1]

    def temperatures(self, matrix: Matrix, smoothed: Tensor, dropout: float = 0.0) -> Tensor:
        """[n, 1] with rows [n, m] of Â, from those rows [m, num_classes] of Â Z: 1 over a softplus with 1.1 for 1.

        So they are below 1 / ln 1.1 ≈ 10.5.
        """
        w = self.weights
        hidden = torch.addmm(w.hidden_bias, smoothed, w.hidden).relu()
        scale = matrix @ ((thinned(hidden, dropout) if dropout else hidden) @ w.out) + w.out_bias
        return torch.logaddexp(scale, scale.new_tensor(math.log(1.1))).reciprocal().clamp(COLDEST, HOTTEST)

    @torch.no_grad()
    def of(self, logits: Floats) -> Floats:
        """[num_nodes] the temperatures of logits [num_nodes, num_classes]."""
        with threads_for(self._num_edges):
            found: Floats = self.temperatures(self.matrix, self.matrix @ torch.from_numpy(logits)).flatten().numpy()
            return found


def learned(logits: Floats, y: Ints, validation: Bools, edge_index: Ints, seed: int, report: Report) -> Weights:
    """The weights fitted to the validation nodes; the same seed gives the same bits."""
    order, edges = in_order(logits, edge_index)
    with seeded(seed, torch.device("cpu")), threads_for(edges.shape[1]):
        network, scores = Network(edges, len(order), drawn(logits.shape[1])), torch.from_numpy(logits[order])
        nodes = torch.from_numpy(np.flatnonzero(validation[order]))
        ranked, rank = by_rank(scores[nodes], torch.from_numpy(y[order])[nodes])
        matrix, heard = rows_of(network.matrix, nodes)
        smoothed = (network.matrix @ scores)[heard]

        def log_likelihood(dropout: float) -> Tensor:
            return (ranked / network.temperatures(matrix, smoothed, dropout)).log_softmax(dim=1)

        def loss() -> Tensor:
            found = log_likelihood(DROPOUT)
            return functional.nll_loss(found, rank) + MARGIN * margin(found, rank)

        def stopping() -> Tensor:
            return functional.nll_loss(log_likelihood(0.0), rank)

        descend(network.weights, loss, stopping, DECAY, report, "Fitting CaGCN")
    return network.weights


def drawn(num_classes: int) -> Weights:
    """Weights and biases from ±1/√channels, with torch's random state as it is."""
    shapes = ((num_classes, WIDTH), (WIDTH,), (WIDTH, 1), (1,))
    bounds = [1 / math.sqrt(shape[-1]) for shape in shapes]
    uniform = (torch.empty(shape, dtype=torch.float64).uniform_(-bound, bound) for shape, bound in zip(shapes, bounds, strict=True))
    return Weights(*map(Parameter, uniform))


def rows_of(matrix: Matrix, nodes: Tensor) -> tuple[Matrix, Tensor]:
    """The rows of some nodes [n], ascending, with the columns that have an entry there: [n, m], and which columns [m] those are."""
    place = torch.full((matrix.shape[0],), -1).index_copy_(0, nodes, torch.arange(len(nodes)))
    row = place[matrix.rows]
    kept = row >= 0
    columns, column = torch.unique(matrix.forward.col_indices()[kept].long(), return_inverse=True)
    return Matrix.from_entries(row[kept], column, matrix.forward.values()[kept], (len(nodes), len(columns))), columns


def by_rank(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Each row's logits [n, num_classes] in descending order, and where its label [n] stands in it: temperatures change neither."""
    ranked, classes = logits.sort(dim=1, descending=True, stable=True)
    return ranked, (classes == labels[:, None]).int().argmax(dim=1)


def margin(ranked: Tensor, rank: Tensor) -> Tensor:
    """Mean of 1 − (p₁ − p₂) where the likeliest class is the label, and of p₁ − p₂ where it is not; 0 … 1.

    `ranked` [n, num_classes]: log-probabilities, that of the likeliest class first; `rank` [n]: where the label's stands.
    """
    likeliest = ranked[:, :2].exp()
    lead = likeliest[:, 0] - likeliest[:, 1]
    return torch.where(rank == 0, 1 - lead, lead).mean()
