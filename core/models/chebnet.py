"""ChebNet (Defferrard et al. 2016): each layer is a polynomial of the Laplacian."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor
from torch_geometric.nn import ChebConv

from core.models import options
from core.models.contract import Model, Recipe, Shape
from core.models.linear import FeatureLinear
from core.models.stack import Stack
from core.parameters import Integer, Value
from core.sparse import Edges, Features, dense


class ChebyshevConvolution(ChebConv):
    """PyG's `ChebConv`; with prepared `Edges` Clenshaw's recurrence runs on the outputs: Σ T_k(L̂) (X Θ_k)."""

    def __init__(self, in_channels: int, out_channels: int, order: int, bias: bool) -> None:
        super().__init__(in_channels, out_channels, K=order, bias=bias)
        self.lins = torch.nn.ModuleList(
            FeatureLinear(in_channels, out_channels, bias=False, weight_initializer="glorot") for _ in range(order)
        )

    def forward(self, x: Features, edges: Edges | Tensor, edge_weight: Tensor | None = None) -> Tensor:
        if isinstance(edges, Tensor):
            return super().forward(dense(x), edges, edge_weight)  # type: ignore[no-any-return]
        # all orders as one product: sparse features are read once
        weights = torch.cat([cast(Tensor, lin.weight) for lin in self.lins])
        first, *others = (x @ weights.t()).split(self.out_channels, dim=1)
        near, far = torch.zeros_like(first), torch.zeros_like(first)
        for term in reversed(others):
            near, far = term + 2 * (edges.chebyshev @ near) - far, near
        out: Tensor = first + edges.chebyshev @ near - far
        return out if self.bias is None else out + self.bias


def build(shape: Shape, values: Mapping[str, Value]) -> Stack:
    order, bias = int(values["order"]), bool(values["bias"])
    return Stack(shape, values, lambda size, out, _: ChebyshevConvolution(size, out, order, bias))


MODEL = Model(
    name="chebnet",
    title="ChebNet",
    question="What if one layer may filter several hops at once?",
    build=build,
    parameters=(
        options.depth(meaning="Message-passing layers; in each, a node sees K − 1 hops."),
        options.width(),
        Integer("order", "Polynomials K", 3, 1, 16, help="Chebyshev polynomials T₀ … T_{K−1} in each layer."),
        options.dropout(),
        options.RESIDUAL,
        options.NORMALIZATION,
        options.BIAS,
        options.activation(),
    ),
    recipe=Recipe(
        "Defferrard et al. 2016 have no recipe for citation graphs; the Chebyshev filter of degree 2 of Kipf & Welling 2017, table 3, "
        "with the settings of their section 5.2, no biases as in their code",
        model={"depth": 2, "width": 16, "order": 3, "dropout": 0.5, "bias": False},
        training={"epochs": 200, "lr": 0.01, "weight_decay": 5e-4, "decay_scope": "first", "keep": "last"},
    ),
    source="Defferrard, Bresson & Vandergheynst, Convolutional neural networks on graphs with fast localized spectral filtering, "
    "NeurIPS 2016, eq. 4 and 5, with λ_max = 2 as in PyG",
    equation=(
        r"H^{(l+1)} = \sigma\Big(\sum_{k=0}^{K-1} T_k(\hat L)\,H^{(l)} \Theta_k^{(l)}\Big),\quad"
        r"\hat L = \tfrac{2}{\lambda_{\max}} L - I,\; T_k(x) = 2x\,T_{k-1}(x) - T_{k-2}(x)"
    ),
    depth_counts="message-passing layers",
    weighs_messages=True,
    reach=lambda values: int(values["depth"]) * (int(values["order"]) - 1),
)
