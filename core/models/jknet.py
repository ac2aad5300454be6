"""Jumping knowledge network (Xu et al. 2018): the classifier reads the states of all layers."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from torch import Tensor, nn
from torch_geometric.nn import JumpingKnowledge

from core.errors import UserError
from core.models import options
from core.models.contract import Model, Recipe, Shape
from core.models.gcn import GraphConvolution
from core.models.linear import FeatureLinear
from core.parameters import Choice, Value
from core.sparse import Edges, Features, dropout


class JumpingKnowledgeNet(nn.Module):
    """GCN layers, PyG's `JumpingKnowledge` over their states, linear layer out. States: those of the layers, then the jumped one."""

    def __init__(self, shape: Shape, values: Mapping[str, Value]) -> None:
        """Raises `UserError` for an LSTM that would have no channel."""
        super().__init__()
        depth, width, jump, bias = int(values["depth"]), int(values["width"]), str(values["jump"]), bool(values["bias"])
        if jump == "lstm" and depth * width < 2:
            raise UserError("The LSTM of jumping knowledge has depth × width / 2 channels; it takes a depth or a width of at least 2.")
        sizes = [shape.num_features] + [width] * depth
        self.convolutions = nn.ModuleList(GraphConvolution(size, out, bias) for size, out in pairwise(sizes))
        self.norms = nn.ModuleList(options.make_norm(str(values["normalization"]), width) for _ in range(depth))
        self.activations = nn.ModuleList(options.ACTIVATIONS[str(values["activation"])]() for _ in range(depth))
        self.jump = JumpingKnowledge(jump, width, depth)
        self.jumped = width * depth if jump == "cat" else width
        self.classifier = FeatureLinear(self.jumped, shape.num_classes, bias=bias, weight_initializer="glorot")
        self.states = nn.ModuleList(nn.Identity() for _ in range(depth + 1))
        self.dropout = float(values["dropout"])

    @property
    def first_layer(self) -> nn.Module:
        return self.convolutions[0]

    @property
    def held(self) -> int:
        """The jumped state, with what dropout makes of it; what it was chosen from; the LSTM's gates, layer after layer."""
        depth = len(self.convolutions)
        together = 0 if self.jump.mode == "cat" else 2 * self.jumped * depth
        gates = 40 * int(self.jump.lstm.hidden_size) * max(depth - 2, 0) if self.jump.lstm else 0
        return 5 * self.jumped + together + gates

    def forward(self, x: Features, edges: Edges | Tensor) -> Tensor:
        passed = []
        for convolution, norm, activation, state in zip(self.convolutions, self.norms, self.activations, self.states[:-1], strict=True):
            x = state(activation(norm(convolution(dropout(x, self.dropout, self.training), edges))))
            passed.append(x)
        jumped = self.states[-1](self.jump(passed))
        logits: Tensor = self.classifier(dropout(jumped, self.dropout, self.training))
        return logits


MODEL = Model(
    name="jknet",
    title="JK-Net",
    question="What if each node chooses how far to look?",
    build=JumpingKnowledgeNet,
    parameters=(
        options.depth(6),
        options.width(32),
        options.dropout(),
        Choice(
            "jump",
            "Jump",
            "cat",
            (("cat", "concatenation"), ("max", "maximum"), ("lstm", "LSTM attention")),
            help="How the states of all layers become the one that the classifier reads.",
        ),
        options.NORMALIZATION,
        options.BIAS,
        options.activation(),
    ),
    recipe=Recipe(
        "Xu et al. 2018, section 6.1 and table 2 (JK-Concat on Cora; their splits are random, 60 % for training; no stop is given, "
        "so 500 epochs and the best validation loss, and the linear layer whose output they jump as well is left out)",
        model={"depth": 6, "width": 32, "dropout": 0.5, "jump": "cat"},
        training={"lr": 0.005, "weight_decay": 5e-4, "epochs": 500, "keep": "loss"},
    ),
    source="Xu et al., Representation learning on graphs with jumping knowledge networks, ICML 2018, section 4",
    equation=(
        r"H^{(l)} = \sigma\left(\hat A H^{(l-1)} W^{(l)}\right),"
        r"\; Y = \mathrm{softmax}\left(\mathrm{jump}\left(H^{(1)}, \dots, H^{(L)}\right) W\right)"
    ),
    depth_counts="message-passing layers",
    weighs_messages=True,
)
