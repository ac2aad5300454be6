"""Dir-GNN (Rossi et al. 2023): what points at a node and what it points to are summed apart, each with weights of its own."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch_geometric.nn import JumpingKnowledge

from core.models import options
from core.models.contract import Model, Recipe, Shape
from core.models.linear import FeatureLinear
from core.models.propagation import Propagation
from core.parameters import Choice, Flag, Real, Value
from core.sparse import Edges, Features, dense, directed_weights, dropout


class DirectedConvolution(nn.Module):
    """(1 − α) S_in H W_in + α S_out H W_out + H W_self + b; with prepared `Edges` its sums are sparse products.

    "mean": S_in takes the mean over the in-neighbours, S_out that over the out-neighbours (Dir-SAGE, PyG's `DirGNNConv` of `SAGEConv`).
    "degrees": S_in = D_in^-½ A D_out^-½, S_out is its transpose, and there is no W_self (Dir-GCN as in their code; PyG's `DirGNNConv` of
    `GCNConv` divides by the in-degrees of both ends). One bias stands for those of all parts.
    """

    def __init__(self, in_channels: int, out_channels: int, aggregation: str, alpha: float, bias: bool) -> None:
        super().__init__()
        self.aggregation, self.alpha = aggregation, alpha
        self.lin_in = FeatureLinear(in_channels, out_channels, bias=False)
        self.lin_out = FeatureLinear(in_channels, out_channels, bias=False)
        self.lin_self = FeatureLinear(in_channels, out_channels, bias=False) if aggregation == "mean" else None
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None
        self.passing = Propagation()

    @property
    def summed_away(self) -> int:
        """Numbers a node that the parts give and nothing keeps: the layer goes on with their sum."""
        return int(self.lin_in.out_channels) * (1 if self.lin_self is None else 2)

    def forward(self, x: Features, edges: Edges | Tensor) -> Tensor:
        if isinstance(edges, Tensor):
            x = dense(x)
        inward = self._gathered(edges, self.lin_in(x))
        outward = self._gathered(edges.reversed if isinstance(edges, Edges) else edges.flip(0), self.lin_out(x))
        out = torch.lerp(inward, outward, self.alpha)
        if self.lin_self is not None:
            out = out + self.lin_self(x)
        return out if self.bias is None else out + self.bias

    def _gathered(self, edges: Edges | Tensor, states: Tensor) -> Tensor:
        if isinstance(edges, Edges):
            return (edges.mean if self.aggregation == "mean" else edges.directed) @ states
        # its message passing is what explainers mask
        weights = _mean_weights(edges, len(states)) if self.aggregation == "mean" else directed_weights(edges, len(states))
        return cast(Tensor, self.passing.propagate(edges, x=states, edge_weight=weights.to(states.dtype)))


def _mean_weights(edge_index: Tensor, num_nodes: int) -> Tensor:
    return torch.bincount(edge_index[1], minlength=num_nodes).float()[edge_index[1]].reciprocal()


class DirectedNetwork(nn.Module):
    """Layers in both directions; the last gives the logits, or a linear layer does from what PyG's `JumpingKnowledge` makes of all.

    States: those of the layers after the activation, with `jump` the jumped one after them.
    """

    def __init__(self, shape: Shape, values: Mapping[str, Value]) -> None:
        super().__init__()
        depth, width, bias, jump = int(values["depth"]), int(values["width"]), bool(values["bias"]), str(values["jump"])
        jumps = jump != "none"
        sizes = [shape.num_features] + [width] * (depth - 1) + [width if jumps else shape.num_classes]
        aggregation, alpha = str(values["aggregation"]), float(values["alpha"])
        self.convolutions = nn.ModuleList(DirectedConvolution(size, out, aggregation, alpha, bias) for size, out in pairwise(sizes))
        self.activation = options.ACTIVATIONS[str(values["activation"])]()
        self.jump = JumpingKnowledge(jump, width, depth) if jumps else None
        self.jumped = width * depth if jump == "cat" else width
        self.classifier = FeatureLinear(self.jumped, shape.num_classes, bias=bias) if jumps else None
        self.states = nn.ModuleList(nn.Identity() for _ in range(depth + 1 if jumps else depth - 1))
        self.dropout, self.unit_length = float(values["dropout"]), bool(values["unit_length"])

    @property
    def first_layer(self) -> nn.Module:
        return self.convolutions[0]

    @property
    def held(self) -> int:
        """The jumped state, with what dropout makes of it, and what it was chosen from."""
        return 0 if self.jump is None else 5 * self.jumped + (0 if self.jump.mode == "cat" else 2 * self.jumped * len(self.convolutions))

    def forward(self, x: Features, edges: Edges | Tensor) -> Tensor:
        passed = []
        hidden = self.convolutions if self.jump else self.convolutions[:-1]
        for convolution, state in zip(hidden, self.states, strict=False):
            x = self.activation(convolution(dropout(x, self.dropout, self.training), edges))
            x = state(functional.normalize(cast(Tensor, x), dim=1) if self.unit_length else x)
            passed.append(x)
        if self.jump is None:
            return cast(Tensor, self.convolutions[-1](dropout(x, self.dropout, self.training), edges))
        jumped = self.states[-1](self.jump(passed))
        assert self.classifier is not None
        return cast(Tensor, self.classifier(dropout(jumped, self.dropout, self.training)))


MODEL = Model(
    name="dir_gnn",
    title="Dir-GNN",
    question="What if it matters who points at whom?",
    build=DirectedNetwork,
    parameters=(
        options.depth(meaning="Message-passing layers: how many hops a node sees, along and against the edges."),
        options.width(64),
        options.dropout(),
        Real(
            "alpha",
            "Outward share α",
            0.5,
            0.0,
            1.0,
            step=0.1,
            help="Of what a node points to; the rest is of what points at it. On an undirected graph both are the same sum.",
        ),
        Choice(
            "aggregation",
            "Aggregation",
            "mean",
            (("mean", "means, and the own state (Dir-SAGE)"), ("degrees", "by both ends' degrees (Dir-GCN)")),
            help="Of the neighbours in either direction.",
        ),
        Choice(
            "jump",
            "Jumping knowledge",
            "none",
            (("none", "none"), ("max", "maximum"), ("cat", "concatenation")),
            help="What the classifier reads of the layers' states; none: the last layer gives the logits.",
            common=False,
        ),
        Flag("unit_length", "Unit length", False, help="Scales each hidden state to the length 1.", common=False),
        options.BIAS,
        options.activation(),
    ),
    recipe=Recipe(
        "Rossi et al. 2023, their code's best settings for directed Roman-empire (Dir-SAGE, 5 layers of 256, concatenated, dropout 0.2; "
        "stops after 200 epochs without a better validation score). Roman-empire has directions there, and none where it is loaded here",
        model={"depth": 5, "width": 256, "dropout": 0.2, "alpha": 0.5, "aggregation": "mean", "jump": "cat"},
        training={"lr": 0.01, "weight_decay": 0.0, "epochs": 10_000, "patience": 200, "keep": "score"},
    ),
    source="Rossi et al., Edge directionality improves learning on heterophilic graphs, LoG 2023, section 4. Dropout is on the inputs of "
    "layers, the features among them; there on the outputs of hidden ones. On an undirected graph both directions hold the same "
    "neighbours: two matrices of weights on the same sum, which says no more than one",
    equation=(
        r"h_i' = \sigma\Big(W_{self} h_i + (1-\alpha)\, W_{in} \frac{1}{d_i^{in}}\sum_{j \to i} h_j"
        r" + \alpha\, W_{out} \frac{1}{d_i^{out}}\sum_{i \to j} h_j\Big)"
    ),
    depth_counts="message-passing layers",
    both_ways=True,
)
