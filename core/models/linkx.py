"""LINKX (Lim et al. 2021): the row of the adjacency matrix and the features are read apart, each by a perceptron, then joined.

A node's row says which nodes it is linked with, so that the first weights on it have a row of their own for every node. What follows:
numbers of nodes mean something, a trained model knows no other graph, a node that is new has no weights, and a part of the graph is no
graph to ask it about. No message is passed: of a neighbour it is known who that is, and nothing of its features.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import torch
from torch import Tensor, nn

from core.errors import UserError
from core.models import options
from core.models.contract import Model, Recipe, Shape
from core.models.linear import FeatureLinear
from core.models.propagation import Propagation
from core.parameters import Integer, Value
from core.sparse import Edges, Features, dropout


class AdjacencyLinear(FeatureLinear):
    """A W + b [num_nodes, out_channels]: row i adds up W_j over the edges j → i, an edge as often as it is stored.

    Raises `UserError` for a graph with another number of nodes than there are rows of W.
    """

    def __init__(self, num_nodes: int, out_channels: int) -> None:
        super().__init__(num_nodes, out_channels)
        self.propagation = Propagation()

    def rows(self, edges: Edges | Tensor, num_nodes: int) -> Tensor:
        if num_nodes != self.in_channels:
            raise UserError(
                f"LINKX has weights of their own for each of the {self.in_channels:,} nodes that it was made for, and this graph has "
                f"{num_nodes:,}. It cannot be asked about other graphs, or where nodes come or go; train it on this one."
            )
        if isinstance(edges, Edges):
            out: Tensor = self(edges.total)
        else:
            out = self.propagation.propagate(edges, x=self.weight.t(), edge_weight=self.weight.new_ones(edges.shape[1])) + self.bias
        return out


class Perceptron(nn.Module):
    """Linear layers with norm(σ(·)) and dropout in between; hidden states pass its `states`, the last layer's outputs do not."""

    def __init__(self, sizes: Sequence[int], values: Mapping[str, Value], rate: float = 0.0) -> None:
        super().__init__()
        hidden = sizes[1:-1]
        self.linears = nn.ModuleList(FeatureLinear(size, out) for size, out in pairwise(sizes))
        self.between = nn.ModuleList(_between(size, values) for size in hidden)
        self.states = nn.ModuleList(nn.Identity() for _ in hidden)
        self.rate = rate

    def forward(self, x: Features) -> Tensor:
        for linear, between, state in zip(self.linears[:-1], self.between, self.states, strict=True):
            x = dropout(state(between(linear(x))), self.rate, self.training)
        out: Tensor = self.linears[-1](x)
        return out


class LinkAndFeatures(nn.Module):
    """f(σ(W [h_A ‖ h_X] + h_A + h_X)). States: what f is given, then its hidden ones."""

    sees_all = True
    """Its weights belong to the nodes of one graph: graphs side by side are another."""

    def __init__(self, shape: Shape, values: Mapping[str, Value]) -> None:
        super().__init__()
        depth, width = int(values["depth"]), int(values["width"])
        edge_layers, node_layers = int(values["edge_layers"]), int(values["node_layers"])
        self.adjacency = AdjacencyLinear(shape.num_nodes, width)
        more = nn.Sequential(_between(width, values), Perceptron([width] * edge_layers, values)) if edge_layers > 1 else nn.Identity()
        self.of_edges, self.of_features = more, Perceptron([shape.num_features] + [width] * node_layers, values)
        self.joined = FeatureLinear(2 * width, width)
        self.activation = options.ACTIVATIONS[str(values["activation"])]()
        self.last = Perceptron([width] * depth + [shape.num_classes], values, float(values["dropout"]))
        self.joint = nn.Identity()

    @property
    def states(self) -> nn.ModuleList:
        return nn.ModuleList([self.joint, *self.last.states])

    @property
    def first_layer(self) -> nn.Module:
        return self.of_features.linears[0]

    def forward(self, x: Features, edges: Edges | Tensor) -> Tensor:
        linked = self.of_edges(self.adjacency.rows(edges, x.shape[0]))
        described = self.of_features(x)
        mixed = self.joined(torch.cat([linked, described], dim=1)) + linked + described
        logits: Tensor = self.last(self.joint(self.activation(mixed)))
        return logits


def _between(width: int, values: Mapping[str, Value]) -> nn.Sequential:
    """What follows a hidden layer: the activation, and then the normalisation, as in the authors' code."""
    return nn.Sequential(options.ACTIVATIONS[str(values["activation"])](), options.make_norm(str(values["normalization"]), width))


MODEL = Model(
    name="linkx",
    title="LINKX",
    question="What can be said by whom a node is linked with, beside what it is like?",
    build=LinkAndFeatures,
    parameters=(
        options.depth(meaning="Layers of the last perceptron. No message is passed at any depth."),
        options.width(32),
        replace(options.dropout(), help="Share of the last perceptron's hidden states set to zero in training; it has none at depth 1."),
        Integer("edge_layers", "Layers on the links", 1, 1, 8, help="Of the perceptron that reads a node's row of the adjacency matrix."),
        Integer("node_layers", "Layers on the features", 1, 1, 8, help="Of the perceptron that reads a node's features."),
        replace(options.NORMALIZATION, help="Of each perceptron's hidden states, after the activation."),
        options.activation(),
    ),
    recipe=Recipe(
        "Lim et al. 2021, the defaults of their code's parse.py (32 channels, two layers at the end, one on links and features each, "
        "BatchNorm, 500 epochs, best validation score; Adam's weight decay for AdamW's). Their linkx_exp.sh tunes channels and layers for "
        "each dataset; the paper itself was not at hand",
        model={"depth": 2, "width": 32, "dropout": 0.5, "edge_layers": 1, "node_layers": 1, "normalization": "batch"},
        training={"lr": 0.01, "weight_decay": 1e-3, "epochs": 500, "keep": "score"},
    ),
    source="Lim, Hohne, Li, Huang, Gupta, Bhalerao & Lim, Large scale learning on non-homophilous graphs: new benchmarks and strong simple "
    "methods, NeurIPS 2021, as in PyG's `LINKX`. W_A has a row for every node: it is trained on one graph and knows no other",
    equation=(
        r"h_A = \mathrm{MLP}_A(A),\; h_X = \mathrm{MLP}_X(X),"
        r"\; \hat Y = \mathrm{softmax}\big(\mathrm{MLP}_f(\sigma(W [h_A \Vert h_X] + h_A + h_X))\big)"
    ),
    depth_counts="layers of the last perceptron",
    # its weights are those of the nodes of the whole graph, by their numbers
    reach=lambda values: None,
)
