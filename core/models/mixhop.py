"""MixHop (Abu-El-Haija et al. 2019): powers of the adjacency side by side in each layer, each with weights of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn
from torch_geometric.nn import MixHopConv

from core.footprint import PASSING
from core.models import options
from core.models.contract import Model, Recipe, Shape
from core.models.linear import FeatureLinear
from core.models.stack import Stack
from core.parameters import Integer, Value
from core.sparse import Edges, Features, dense


class PowersConvolution(MixHopConv):
    """PyG's `MixHopConv`, [X W₀ ‖ Â X W₁ ‖ … ‖ Âᴷ X W_K] + b [num_nodes, (K + 1) · out_channels].

    No power of Â is ever built: with prepared `Edges` it multiplies what the weights have made narrow, all higher powers at once.
    """

    def __init__(self, in_channels: int, out_channels: int, order: int, bias: bool) -> None:
        super().__init__(in_channels, out_channels, powers=list(range(order + 1)), bias=bias)
        self.lins = nn.ModuleList(
            FeatureLinear(in_channels, out_channels, bias=False, weight_initializer="glorot") for _ in range(order + 1)
        )

    def forward(self, x: Features, edges: Edges | Tensor) -> Tensor:
        if isinstance(edges, Tensor):
            return super().forward(dense(x), edges)  # type: ignore[no-any-return]
        parts, rest = [], self.products(x)
        while rest.shape[1] > self.out_channels:
            parts.append(rest[:, : self.out_channels])
            rest = edges.symmetric @ rest[:, self.out_channels :]
        out = torch.cat([*parts, rest], dim=1)
        return out if self.bias is None else out + self.bias

    def products(self, x: Features) -> Tensor:
        """[num_nodes, (K + 1) · out_channels] X W_k of all powers as one product: sparse features are read once."""
        weights = torch.cat([cast(Tensor, lin.weight) for lin in self.lins])
        return x @ weights.t()


class SummedPowersConvolution(nn.Module):
    """Σ_k softmax(q)_k Âᵏ X W_k + b [num_nodes, out_channels]: the last layer, whose q says how much each power counts."""

    def __init__(self, in_channels: int, out_channels: int, order: int, bias: bool) -> None:
        super().__init__()
        self.powers = PowersConvolution(in_channels, out_channels, order, bias=False)
        self.q = nn.Parameter(torch.zeros(order + 1))
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None

    def forward(self, x: Features, edges: Edges | Tensor) -> Tensor:
        shares, width = self.q.softmax(dim=0), self.powers.out_channels
        if isinstance(edges, Tensor):
            parts = self.powers(x, edges).split(width, dim=1)
            out = torch.stack([share * part for share, part in zip(shares, parts, strict=True)]).sum(dim=0)
        else:
            # Horner's rule: each product has the classes' columns
            *lower, out = (share * part for share, part in zip(shares, self.powers.products(x).split(width, dim=1), strict=True))
            for part in reversed(lower):
                out = part + edges.symmetric @ out
        return out if self.bias is None else out + self.bias


class PowersStack(Stack):
    """The stack, whose states have the columns of all powers side by side."""

    held = 0
    """Numbers a node: those of a state passing through a layer and its gradient, beside the columns of one power."""


def build(shape: Shape, values: Mapping[str, Value]) -> Stack:
    order, width, bias = int(values["order"]), int(values["width"]), bool(values["bias"])

    def convolution(size: int, out: int, last: bool) -> nn.Module:
        return SummedPowersConvolution(size, out, order, bias) if last else PowersConvolution(size, width, order, bias)

    stack = PowersStack(shape, values, convolution, state_width=(order + 1) * width)
    stack.held = PASSING * order * width
    return stack


MODEL = Model(
    name="mixhop",
    title="MixHop",
    question="What if a layer sees several distances apart, each with weights of its own?",
    build=build,
    parameters=(
        options.depth(meaning="Message-passing layers; in each, a node sees K hops."),
        Integer("width", "Width", 16, 1, 1024, step=8, help="Channels of each power; a hidden state has K + 1 times as many."),
        Integer("order", "Highest power K", 2, 1, 16, help="Powers of Â in each layer: Â⁰, which is the node itself, to Âᴷ."),
        options.dropout(),
        options.RESIDUAL,
        options.NORMALIZATION,
        options.BIAS,
        options.activation(),
        options.DROP_EDGE,
    ),
    recipe=Recipe(
        "Abu-El-Haija et al. 2019, after their code's train_cora.sh and mixhop_trainer.py (two layers, 60 channels in the first, "
        "BatchNorm, no biases, 400 steps, best validation score within 200 steps; its L2 of 5e-3, whose gradient is that of a weight decay "
        "of 1e-2). Not theirs: Adam at 0.01 for gradient descent at a falling rate from 1, one dropout of 0.5 (there 0.5 on the features "
        "and 0.9 on states), equally many channels for each power, no L2 on q of its own. The paper was not at hand",
        model={"depth": 2, "width": 20, "order": 2, "dropout": 0.5, "normalization": "batch", "bias": False},
        training={"lr": 0.01, "weight_decay": 1e-2, "epochs": 400, "patience": 200, "keep": "score"},
    ),
    source="Abu-El-Haija et al., MixHop: higher-order graph convolutional architectures via sparsified neighborhood mixing, ICML 2019, as "
    "in PyG's `MixHopConv`, and in the authors' code for the last layer (a softmax over q weighs the powers)",
    equation=(
        r"\begin{gathered} H^{(l+1)} = \sigma\Big(\big\Vert_{k=0}^{K}\, \hat A^k H^{(l)} W_k^{(l)}\Big),\\"
        r" \hat Y = \mathrm{softmax}\Big(\sum_{k=0}^{K} \mathrm{softmax}(q)_k\, \hat A^k H^{(L-1)} W_k^{(L-1)}\Big) \end{gathered}"
    ),
    depth_counts="message-passing layers",
    weighs_messages=True,
    reach=lambda values: int(values["depth"]) * int(values["order"]),
)
