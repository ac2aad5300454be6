"""ACM-GCN (Luan et al. 2022): each node mixes what is alike around it, what differs, and its own state."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

import torch
from torch import Tensor, nn

from core.models import options
from core.models.contract import Model, Recipe, Shape
from core.models.linear import FeatureLinear
from core.models.propagation import Propagation
from core.models.stack import Stack
from core.parameters import Value
from core.sparse import Edges, Features, dense

CHANNELS = 3
"""Low-pass, high-pass, and the node alone."""


class ChannelMixing(nn.Module):
    """3 (α_L H_L + α_H H_H + α_I H_I) with H_L = σ(Â H W_L), H_H = σ((I − Â) H W_H) and H_I = σ(H W_I).

    A node's own shares: [α_L, α_H, α_I] = softmax(sigmoid([H_L w_L, H_H w_H, H_I w_I]) W / 3). No biases, as in their code. `vectors`
    [3, out_channels] are the w, `mixing` [3, 3] is W.
    """

    def __init__(self, in_channels: int, out_channels: int, activation: str) -> None:
        super().__init__()
        self.lin = FeatureLinear(in_channels, CHANNELS * out_channels, bias=False)
        self.vectors = nn.Parameter(torch.empty(CHANNELS, out_channels).uniform_(-1, 1))
        self.mixing = nn.Parameter(torch.empty(CHANNELS, CHANNELS).uniform_(-1 / sqrt(CHANNELS), 1 / sqrt(CHANNELS)))
        self.activation, self.propagation = options.ACTIVATIONS[activation](), Propagation()
        nn.init.uniform_(self.lin.weight, -1 / sqrt(out_channels), 1 / sqrt(out_channels))

    def forward(self, x: Features, edges: Edges | Tensor) -> Tensor:
        channels = self.channels(x, edges)
        mixed: Tensor = CHANNELS * (self.shares(channels)[:, :, None] * channels).sum(dim=1)
        return mixed

    def channels(self, x: Features, edges: Edges | Tensor) -> Tensor:
        """[num_nodes, 3, out_channels] H_L, H_H and H_I."""
        both, alone = self.lin(dense(x) if isinstance(edges, Tensor) else x).tensor_split([2 * self.vectors.shape[1]], dim=1)
        low, high = self.propagation.over(edges, len(both))(both).chunk(2, dim=1)
        found: Tensor = self.activation(torch.stack([low, both.chunk(2, dim=1)[1] - high, alone], dim=1))
        return found

    def shares(self, channels: Tensor) -> Tensor:
        """[num_nodes, 3] α, which sum to 1."""
        return ((channels * self.vectors).sum(dim=2).sigmoid() @ self.mixing / CHANNELS).softmax(dim=1)


def build(shape: Shape, values: Mapping[str, Value]) -> Stack:
    # the layer has its activation in its channels
    return Stack(shape, {**values, "activation": "identity"}, lambda size, out, _: ChannelMixing(size, out, str(values["activation"])))


MODEL = Model(
    name="acm_gcn",
    title="ACM-GCN",
    question="Should a node be like its neighbours, unlike them, or itself?",
    build=build,
    parameters=(
        options.depth(),
        options.width(64),
        options.dropout(),
        options.RESIDUAL,
        options.normalization(meaning="Of each hidden state."),
        options.activation(),
    ),
    recipe=Recipe(
        "Luan et al. 2022, the defaults of their code (64 channels, no dropout, stops after 200 epochs without a lower validation loss). "
        "The paper and its settings for each dataset were not at hand",
        model={"depth": 2, "width": 64, "dropout": 0.0},
        training={"lr": 0.05, "weight_decay": 1e-3, "epochs": 5000, "patience": 200, "keep": "loss"},
    ),
    source="Luan et al., Revisiting heterophily for graph neural networks, NeurIPS 2022, as in their code, with the symmetric Â of GCN. "
    "The last layer has the activation in its channels, too, so that with ReLU no logit is negative",
    equation=(
        r"\begin{gathered} H' = 3\left(\alpha_L H_L + \alpha_H H_H + \alpha_I H_I\right), \\"
        r" H_L = \sigma(\hat A H W_L),\; H_H = \sigma((I - \hat A) H W_H),\; H_I = \sigma(H W_I), \\"
        r" \alpha = \mathrm{softmax}\left(\tfrac13\,\mathrm{sigmoid}([H_L w_L, H_H w_H, H_I w_I])\, W\right) \end{gathered}"
    ),
    depth_counts="message-passing layers",
    weighs_messages=True,
)
