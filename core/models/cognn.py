"""Co-GNN (Finkelshtein et al. 2024): in every layer each node chooses whether it listens and whether it broadcasts."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch_geometric.nn import SAGEConv

from core.actions import ACTIONS, BROADCASTING, LISTENING
from core.models import options
from core.models.contract import Model, Recipe, Shape
from core.models.linear import FeatureLinear
from core.parameters import Choice, Integer, Real, Value
from core.sparse import Edges, Features, dropout


class Actions(nn.Module):
    """Where a layer's nodes have chosen: whoever wants to know listens here with a forward hook."""

    def forward(self, chosen: Tensor, policy: Tensor) -> Tensor:
        """The chosen actions [num_nodes, 4], one-hot in the order of `core.actions.ACTIONS`, as they are.

        `policy` [num_nodes, 4]: the probabilities that they were chosen by.
        """
        return chosen


class HeardConvolution(SAGEConv):
    """W_r h_i + W_l (what i hears of its in-neighbours) + b, the mean or the sum; with prepared `Edges` it is one sparse product.

    Only what is broadcast is heard, and only by who listens. The mean is over all in-neighbours: the silent ones count as zeros.
    """

    def __init__(self, in_channels: int, out_channels: int, aggregation: str, bias: bool) -> None:
        super().__init__(in_channels, out_channels, aggr=aggregation, bias=bias)
        self.lin_l = FeatureLinear(in_channels, out_channels, bias=bias)
        self.lin_r = FeatureLinear(in_channels, out_channels, bias=False)

    def forward(self, x: Tensor, edges: Edges | Tensor, actions: Tensor | None = None) -> Tensor:
        """`actions` [num_nodes, 4]; without them all nodes listen and broadcast."""
        sent = x if actions is None else x * _does(actions, BROADCASTING)
        if isinstance(edges, Tensor):
            heard = self.lin_l.product(self.propagate(edges, x=(sent, x), size=None))
        else:
            heard = (edges.mean if self.aggr == "mean" else edges.total) @ self.lin_l.product(sent)
        if actions is not None:
            heard = heard * _does(actions, LISTENING)
        out: Tensor = heard + self.lin_r(x)
        return out if self.lin_l.bias is None else out + self.lin_l.bias


def _does(actions: Tensor, columns: tuple[int, int]) -> Tensor:
    """[num_nodes, 1] whether a node does one of two actions."""
    return actions[:, list(columns)].sum(dim=1, keepdim=True)


class ActionNetwork(nn.Module):
    """π: a GNN that every layer asks what its nodes do; they hear everybody in it."""

    def __init__(self, width: int, values: Mapping[str, Value]) -> None:
        super().__init__()
        depth, aggregation, bias = int(values["action_depth"]), str(values["aggregation"]), bool(values["bias"])
        sizes = [width] + [int(values["action_width"])] * (depth - 1) + [len(ACTIONS)]
        self.convolutions = nn.ModuleList(HeardConvolution(size, out, aggregation, bias) for size, out in pairwise(sizes))
        self.activations = nn.ModuleList(options.ACTIVATIONS[str(values["activation"])]() for _ in range(depth - 1))
        self.temperature, self.dropout = float(values["temperature"]), float(values["dropout"])

    def forward(self, x: Tensor, edges: Edges | Tensor) -> tuple[Tensor, Tensor]:
        """Chosen actions, one-hot, and the probabilities of all: [num_nodes, 4] each.

        In training they are drawn by Gumbel's trick, and the gradient is that of its softmax; in evaluation the likeliest is taken, and
        the gradient is that of the probabilities.
        """
        for convolution, activation in zip(self.convolutions[:-1], self.activations, strict=True):
            x = activation(dropout(convolution(x, edges), self.dropout, self.training))
        scores: Tensor = self.convolutions[-1](x, edges)
        policy = scores.softmax(dim=1)
        soft = ((scores + _gumbel(scores)) / self.temperature).softmax(dim=1) if self.training else policy
        hard = functional.one_hot(soft.argmax(dim=1), len(ACTIONS)).to(soft.dtype)
        return hard + (soft - soft.detach()), policy  # the difference is 0, so that who is silent is so to the last bit


def _gumbel(scores: Tensor) -> Tensor:
    """Noise with which the largest of the scores is each with its probability."""
    return -torch.empty_like(scores).exponential_().log()


class CooperativeNetwork(nn.Module):
    """A linear layer in, `depth` layers of the environment network, each after a choice of actions, and a linear layer to the classes.

    States: that of the linear layer in, then those after each layer. `actions`: a tap for each layer.
    """

    def __init__(self, shape: Shape, values: Mapping[str, Value]) -> None:
        super().__init__()
        depth, width, bias = int(values["depth"]), int(values["width"]), bool(values["bias"])
        self.encoder = FeatureLinear(shape.num_features, width, bias=bias)
        self.policy = ActionNetwork(width, values)
        self.actions = nn.ModuleList(Actions() for _ in range(depth))
        self.convolutions = nn.ModuleList(HeardConvolution(width, width, str(values["aggregation"]), bias) for _ in range(depth))
        self.activations = nn.ModuleList(options.ACTIVATIONS[str(values["activation"])]() for _ in range(depth + 1))
        self.states = nn.ModuleList(nn.Identity() for _ in range(depth + 1))
        self.classifier = FeatureLinear(width, shape.num_classes, bias=bias)
        self.dropout, self.residual = float(values["dropout"]), bool(values["residual"])

    @property
    def first_layer(self) -> nn.Module:
        return self.encoder

    def forward(self, x: Features, edges: Edges | Tensor) -> Tensor:
        first, *rest = self.activations
        hidden = self.states[0](first(self.encoder(dropout(x, self.dropout, self.training))))
        for convolution, tap, activation, state in zip(self.convolutions, self.actions, rest, self.states[1:], strict=True):
            actions = tap(*self.policy(hidden, edges))
            out = activation(convolution(dropout(hidden, self.dropout, self.training), edges, actions))
            hidden = state(out + hidden if self.residual else out)
        logits: Tensor = self.classifier(dropout(hidden, self.dropout, self.training))
        return logits


MODEL = Model(
    name="cognn",
    title="Co-GNN",
    question="What if each node chooses whether it listens and whether it broadcasts?",
    build=CooperativeNetwork,
    parameters=(
        options.depth(),
        options.width(64),
        options.dropout(),
        Choice(
            "aggregation",
            "Aggregation",
            "mean",
            (("mean", "mean"), ("sum", "sum")),
            help="Of what a node hears, in both networks: Co-GNN(μ, μ) or Co-GNN(Σ, Σ).",
        ),
        Integer("action_depth", "Layers of the action network", 1, 1, 16, help="How many hops a node sees before it chooses."),
        Integer("action_width", "Width of the action network", 16, 1, 1024, step=8, help="From two layers on.", common=False),
        Real("temperature", "Temperature", 0.5, 0.01, 10.0, step=0.01, help="Of the draw in training: low is nearer to a choice."),
        options.RESIDUAL,
        options.BIAS,
        options.activation(),
    ),
    recipe=Recipe(
        "The example in the README of their code (roman-empire: Co-GNN(μ, μ) of 3 layers and 64 channels, an action network of one layer), "
        "the defaults of the code for all else, GELU as there for heterophilic graphs. They give no recipe for citation graphs",
        model={"depth": 3, "width": 64, "dropout": 0.2, "action_depth": 1, "temperature": 0.01, "activation": "gelu"},
        training={"epochs": 3000, "lr": 0.001, "weight_decay": 0.0, "keep": "score"},
    ),
    source="Finkelshtein, Huang, Bronstein & Ceylan, Cooperative graph neural networks, ICML 2024. As in the paper one draw picks one of "
    "four actions, where their code draws listening and broadcasting apart; as in their code the mean divides by all in-neighbours and one "
    "action network serves all layers. Dropout is on the inputs of layers, the features among them; there on their outputs. The "
    "temperature is fixed, as their code has it by default, not learned",
    equation=(
        r"a_i \sim \pi\big(h_i, \{h_j\}_{j \in N(i)}\big),\; h_i' = \sigma\Big(W_r h_i + [a_i\ \mathrm{listens}]\; W_l\,"
        r"\frac{1}{d_i}\sum_{j \in N(i)} [a_j\ \mathrm{broadcasts}]\; h_j\Big)"
    ),
    depth_counts="message-passing layers",
    # a message is sent or not by what its source sees
    reach=lambda values: int(values["depth"]) * (1 + int(values["action_depth"])),
    weighs_messages=True,
    has_actions=True,
)
