"""GPS (Rampášek et al. 2022): each layer passes messages to neighbours, and lets every node attend to all nodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix, diags
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh
from torch import Tensor, nn
from torch.nn import functional

from core.dropout import thinned
from core.errors import UserError
from core.models import options
from core.models.contract import Model, Recipe, Shape
from core.models.gcn import GraphConvolution
from core.models.linear import FeatureLinear
from core.models.once import OncePerGraph
from core.parameters import Integer, Value
from core.sparse import Edges, Features, dropout

MOST_NODES = 20_000
"""N² scores for each head and layer take minutes an epoch from here on. torch's attention holds a few of them at a time; where it has no
such kernel it would hold all of them."""
FEW = 512
"""Nodes up to which all eigenvectors are found at once, in no time."""
TOLERANCE, ROUNDS = 1e-5, 300
"""Of the eigenvectors, which become float32; and how often they are tried to be bettered."""
EVEN = 1e-6
"""A sum of cubes of a vector of length 1 that is nearer to zero is rounding: the vector looks the same from both sides."""
Array: TypeAlias = NDArray[np.float64]


def eigenvectors(edge_index: Tensor, num_nodes: int, count: int) -> Tensor:
    """[num_nodes, count] eigenvectors of the `count` smallest eigenvalues but zero, times √num_nodes; zeros where there are fewer.

    Of the Laplacian I − D^-½ A D^-½, each link in both directions, once. The eigenvectors of zero say which connected component a node
    is in, and are left out. Signs: the sum of cubes is positive. Where eigenvalues coincide, the vectors depend on the nodes' order.
    """
    source, target = edge_index.cpu().numpy()
    near, trivial = _normalized(source, target, num_nodes)
    found = _largest(near, trivial, min(count, num_nodes - trivial.shape[1]))
    placed = np.zeros((num_nodes, count), dtype=np.float32)
    placed[:, : found.shape[1]] = found * _signs(found) * np.sqrt(num_nodes)
    return torch.from_numpy(placed).to(edge_index.device)


positions = OncePerGraph(eigenvectors)


def _normalized(source: NDArray[np.int64], target: NDArray[np.int64], num_nodes: int) -> tuple[csr_matrix, csr_matrix]:
    """D^-½ A D^-½ without loops, but 1 for a node alone, and its eigenvectors of 1 [num_nodes, num_components]."""
    links, every = source != target, np.arange(num_nodes)
    joined = coo_matrix((np.ones(links.sum()), (source[links], target[links])), shape=(num_nodes, num_nodes))
    near = csr_matrix((joined + joined.T).sign())
    degree = np.asarray(near.sum(axis=1)).ravel()
    near = csr_matrix(near + diags((degree == 0).astype(float)))
    root = np.sqrt(np.maximum(degree, 1))
    components, component = connected_components(near, directed=False)
    length = np.sqrt(np.bincount(component, weights=root**2))
    trivial = csr_matrix((root / length[component], (every, component)), shape=(num_nodes, components))
    return csr_matrix(diags(1 / root) @ near @ diags(1 / root)), trivial


def _largest(near: csr_matrix, trivial: csr_matrix, count: int) -> Array:
    """[num_nodes, count] eigenvectors of the largest eigenvalues, next to the trivial ones."""
    size = near.shape[0]
    if not count:
        return np.empty((size, 0))
    away = 2.5  # the trivial eigenvalue, 1, becomes −1.5, below all others
    if size <= FEW:
        values = np.linalg.eigh(near.toarray() - away * (trivial @ trivial.T).toarray())
        return np.asarray(values.eigenvectors[:, ::-1][:, :count])
    rest = LinearOperator((size, size), lambda x: near @ x - away * (trivial @ (trivial.T @ x)), dtype=np.float64)
    start = np.random.default_rng(0).standard_normal(size)  # the same vectors each time
    try:
        values, vectors = eigsh(rest, k=count, which="LA", v0=start, ncv=max(4 * count, 64), tol=TOLERANCE, maxiter=ROUNDS)
    except ArpackNoConvergence as error:
        raise UserError(
            f"The {count} positions of this graph's nodes cannot be found in reasonable time: it is long and thin. Set Positions to 0."
        ) from error
    return np.asarray(vectors[:, np.argsort(-values)])


def _signs(vectors: Array) -> Array:
    """[count] ±1: what makes the sum of cubes positive, or the largest entry where that says nothing."""
    cubes = (vectors**3).sum(axis=0)
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(axis=0)[None], axis=0)[0]
    return np.where(np.where(np.abs(cubes) > EVEN, cubes, largest) < 0, -1.0, 1.0)


class GlobalAttention(nn.Module):
    """Scaled dot-product attention of every node to all nodes, in `parts` heads of width / parts channels."""

    def __init__(self, width: int, parts: int, bias: bool) -> None:
        super().__init__()
        self.parts = parts
        self.asked = FeatureLinear(width, 3 * width, bias=bias, weight_initializer="glorot")
        self.merged = FeatureLinear(width, width, bias=bias, weight_initializer="glorot")

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = self.asked(x).view(len(x), 3, self.parts, -1).permute(1, 2, 0, 3)[:, None]
        out = functional.scaled_dot_product_attention(query, key, value)  # without dropout, which on a CPU would hold all N² weights
        mixed: Tensor = self.merged(out[0].transpose(0, 1).flatten(1))
        return mixed


class Layer(nn.Module):
    """norm(M + T + MLP(M + T)) of M = norm(x + GCN(x)) and T = norm(x + attention(x)), with dropout on what is added."""

    def __init__(self, width: int, values: Mapping[str, Value]) -> None:
        super().__init__()
        kind, bias, self.dropout = str(values["normalization"]), bool(values["bias"]), float(values["dropout"])
        self.local, self.everywhere = GraphConvolution(width, width, bias), GlobalAttention(width, int(values["heads"]), bias)
        self.wide = FeatureLinear(width, 2 * width, bias=bias, weight_initializer="glorot")
        self.narrow = FeatureLinear(2 * width, width, bias=bias, weight_initializer="glorot")
        self.activation = options.ACTIVATIONS[str(values["activation"])]()
        self.norms = nn.ModuleList(options.make_norm(kind, width) for _ in range(3))

    def forward(self, x: Tensor, edges: Edges | Tensor) -> Tensor:
        near, far, last = self.norms
        both = near(x + self._thinned(self.local(x, edges))) + far(x + self._thinned(self.everywhere(x)))
        out: Tensor = last(both + self._thinned(self.narrow(self._thinned(self.activation(self.wide(both))))))
        return out

    def _thinned(self, x: Tensor) -> Tensor:
        return thinned(x, self.dropout) if self.training and self.dropout else x


class GraphTransformerNetwork(nn.Module):
    """Features and positions through linear layers, `depth` layers, and a linear layer to the classes. States: those after each layer.

    Raises `UserError` for more than `MOST_NODES` nodes, and for heads that do not divide the width.
    """

    sees_all = True
    """Every node looks at all nodes, linked or not: graphs side by side are one graph here."""

    def __init__(self, shape: Shape, values: Mapping[str, Value]) -> None:
        super().__init__()
        width, heads, self.count = int(values["width"]), int(values["heads"]), int(values["positions"])
        if shape.num_nodes > MOST_NODES:
            raise UserError(
                f"In GPS every node attends to all nodes, which takes the square of their number: {shape.num_nodes:,} nodes are more than "
                f"the {MOST_NODES:,} that it is offered for. Take a smaller graph, or a model that attends to neighbours, such as GAT."
            )
        if width % heads:
            raise UserError(f"The width ({width}) is shared by the heads ({heads}) of GPS; take a width that they divide.")
        bias = bool(values["bias"])
        self.encoder = FeatureLinear(shape.num_features, width, bias=bias, weight_initializer="glorot")
        self.position = FeatureLinear(self.count, width, bias=False, weight_initializer="glorot") if self.count else None
        self.layers = nn.ModuleList(Layer(width, values) for _ in range(int(values["depth"])))
        self.states = nn.ModuleList(nn.Identity() for _ in self.layers)
        self.classifier = FeatureLinear(width, shape.num_classes, bias=bias, weight_initializer="glorot")
        self.dropout = float(values["dropout"])

    @property
    def first_layer(self) -> nn.Module:
        return self.encoder

    def forward(self, x: Features, edges: Edges | Tensor) -> Tensor:
        hidden = self.encoder(dropout(x, self.dropout, self.training))
        if self.position is not None:
            found = positions(edges if isinstance(edges, Tensor) else edges.edge_index, len(hidden), self.count)
            hidden = hidden + self.position(found.to(hidden.dtype))
        for layer, state in zip(self.layers, self.states, strict=True):
            hidden = state(layer(hidden, edges))
        logits: Tensor = self.classifier(hidden)
        return logits


MODEL = Model(
    name="gps",
    title="GPS",
    question="What if every node attends to all nodes, and messages still pass along the edges?",
    build=GraphTransformerNetwork,
    parameters=(
        options.depth(meaning="Layers, each of messages to neighbours and attention to all nodes."),
        options.width(64),
        Integer("heads", "Heads", 4, 1, 64, help="Of the attention to all nodes; they share the width."),
        Integer("positions", "Positions", 8, 0, 64, help="Eigenvectors of the graph's Laplacian that say where a node is."),
        options.dropout(),
        replace(options.NORMALIZATION, default="layer", help="Of each sum of a state and what is added to it."),
        options.BIAS,
        options.activation(),
    ),
    recipe=Recipe(
        "configs/GPS/cora-GPS.yaml of their code (GCN+Transformer, three layers of 64 channels, four heads, no normalisation, eight "
        "eigenvectors, 200 epochs, best validation score), on random splits of 80 / 10 / 10. Adam for AdamW with warm-up and cosine, no "
        "attention dropout (there 0.5), one linear layer at the end (there three)",
        model={"depth": 3, "width": 64, "heads": 4, "positions": 8, "dropout": 0.2, "normalization": "none"},
        training={"epochs": 200, "lr": 0.001, "weight_decay": 1e-5, "keep": "score"},
    ),
    source="Rampášek et al., Recipe for a general, powerful, scalable graph transformer, NeurIPS 2022, eq. 2 to 5, with GCN (Kipf & "
    "Welling 2017) and full attention. Positions go through one linear layer, their signs are fixed, and eigenvalues are not read; there, "
    "a DeepSet reads both and signs are flipped at random in training",
    equation=(
        r"X^{(l+1)} = \mathrm{MLP}\big(X_M + X_T\big),\; X_M = X^{(l)} + \hat A X^{(l)} W,"
        r"\; X_T = X^{(l)} + \mathrm{softmax}\left(\frac{Q K^\top}{\sqrt d}\right) V"
    ),
    depth_counts="layers of messages and attention",
    reach=lambda values: None,
    has_attention=True,
)
