"""H2GCN (Zhu et al. 2020): a node, its neighbours and those two hops away are kept apart, side by side."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch_geometric.nn import MessagePassing

from core.data import GraphData
from core.models import options
from core.models.contract import Model, Recipe, Shape
from core.models.linear import FeatureLinear
from core.models.propagation import Propagation
from core.models.two_hops import checked_size, neighbours, ways
from core.parameters import Integer, Value
from core.sparse import Edges, Features, dropout

MOST_ROUNDS = 8
"""With every round the states are twice as wide: after eight, 256 times as wide as before the first."""


class Round(Propagation):
    """[num_nodes, 2 · width]: the sums over neighbours and over nodes exactly two hops away, side by side, without weights.

    Where PyG's masks weigh the stored edges, a neighbour's message is weighed by its own, and one from two hops away by the ways that it
    goes: in equal parts along all of them, each weighed by both of its edges.
    """

    def forward(self, x: Tensor, edges: Edges | Tensor) -> Tensor:
        if isinstance(edges, Edges):
            found = neighbours(edges.edge_index, edges.num_nodes, 0)
            return torch.cat([found.near @ x, found.far @ x], dim=1)
        along = ways(edges, len(x), 0)
        weights, coefficient = mask_of(self), along.far.to(x.dtype)
        if weights is not None:
            coefficient = coefficient * along.shares(weights)
        near = self.propagate(edges, x=x, edge_weight=along.near.to(x.dtype))
        far = torch.zeros_like(x).index_add(0, along.to, coefficient[:, None] * x.index_select(0, along.of))
        return torch.cat([near, far], dim=1)


def mask_of(layer: MessagePassing) -> Tensor | None:
    """[num_stored] by what PyG's masks weigh the messages of a layer, None where there are none."""
    if not layer.explain:
        return None
    mask: Tensor = layer._edge_mask
    return mask.sigmoid() if layer._apply_sigmoid else mask


class SeparatedNeighbours(nn.Module):
    """H⁰ = σ(X W), Hᵏ = [Ā₁ Hᵏ⁻¹ ‖ Ā₂ Hᵏ⁻¹], and a linear layer on [H⁰ ‖ … ‖ Hᴷ]. States: H⁰ … Hᴷ, each twice as wide as the one before.

    Raises `UserError` on its first call for a graph with too many nodes two hops apart.
    """

    def __init__(self, shape: Shape, values: Mapping[str, Value]) -> None:
        super().__init__()
        depth, width, bias = int(values["depth"]), int(values["width"]), bool(values["bias"])
        self.embedding = FeatureLinear(shape.num_features, width, bias=bias, weight_initializer="glorot")
        self.activation = options.ACTIVATIONS[str(values["activation"])]()
        self.rounds = nn.ModuleList(Round() for _ in range(depth))
        self.states = nn.ModuleList(nn.Identity() for _ in range(depth + 1))
        self.joined = width * ((2 << depth) - 1)
        self.classifier = FeatureLinear(self.joined, shape.num_classes, bias=bias, weight_initializer="glorot")
        self.dropout = float(values["dropout"])

    @property
    def first_layer(self) -> nn.Module:
        return self.embedding

    @property
    def held(self) -> int:
        """All states, joined, and with what dropout makes of them."""
        return 4 * self.joined

    def pairs_of(self, graph: GraphData) -> int:
        """Pairs of nodes exactly two hops apart. Raises `UserError` where they are too many."""
        return checked_size(graph.edge_index, graph.num_nodes).pairs

    def forward(self, x: Features, edges: Edges | Tensor) -> Tensor:
        states = [self.states[0](self.activation(self.embedding(x)))]
        for gather, state in zip(self.rounds, self.states[1:], strict=True):
            states.append(state(gather(states[-1], edges)))
        logits: Tensor = self.classifier(dropout(torch.cat(states, dim=1), self.dropout, self.training))
        return logits


MODEL = Model(
    name="h2gcn",
    title="H2GCN",
    question="What if a node, its neighbours and those two hops away are never mixed?",
    build=SeparatedNeighbours,
    parameters=(
        Integer("depth", "Depth", 2, 1, MOST_ROUNDS, help="Rounds K; each reaches two hops and makes the states twice as wide."),
        Integer("width", "Width", 64, 1, 1024, step=8, help="Channels of the embedding; after round k a state has 2ᵏ times as many."),
        options.dropout(),
        options.BIAS,
        options.activation(),
    ),
    recipe=Recipe(
        "Zhu et al. 2020, read from their code: H2GCN-2, the default of models/H2GCN.py (64 channels, ReLU, no biases, dropout before the "
        "classifier, 2,000 epochs, best validation score; its L2 of 5e-4, whose gradient is that of a weight decay of 1e-3). For each "
        "dataset they try it with one round, without ReLU, without dropout and with an L2 of 1e-5, too",
        model={"depth": 2, "width": 64, "dropout": 0.5, "bias": False},
        training={"lr": 0.01, "weight_decay": 1e-3, "epochs": 2000, "keep": "score"},
    ),
    source="Zhu, Yan, Zhao, Heimann, Akoglu & Koutra, Beyond homophily in graph neural networks: current limitations and effective "
    "designs, NeurIPS 2020, as in the authors' code; the paper itself was not at hand. In a directed graph, the nodes that reach a node "
    "in one step, or in two and not in one",
    equation=(
        r"\begin{gathered} H^{(0)} = \sigma(X W_e),\; H^{(k)} = \big[\hat A_1 H^{(k-1)} \,\Vert\, \hat A_2 H^{(k-1)}\big],"
        r"\; \hat A_i = D_i^{-1/2} A_i D_i^{-1/2},\\"
        r" \hat Y = \mathrm{softmax}\big([H^{(0)} \Vert \dots \Vert H^{(K)}]\, W_c\big) \end{gathered}"
    ),
    depth_counts="rounds of two hops",
    # one more, for how many nodes are two hops from the farthest
    reach=lambda values: 2 * int(values["depth"]) + 1,
    announces=lambda graph: checked_size(graph.edge_index, graph.num_nodes).brief,
)
