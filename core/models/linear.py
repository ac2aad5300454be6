"""A linear layer that takes sparse features as they are, and is quick with few columns."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional
from torch_geometric.nn.dense import Linear

from core.sparse import Features, Matrix

FEW, COLUMNS = 3, 16
"""MKL's matrix product does 16 columns in one go; for fewer (7 classes) it takes up to twice as long, but for one or two."""
ENTRIES = 2**12
"""Of a matrix; fewer are copied, or multiplied in any way, in no time."""


class FeatureLinear(Linear):
    """PyG's `Linear`, x Wᵀ + b, for dense or sparse x [num_nodes, in_channels]."""

    def reset_parameters(self) -> None:
        self.weight.data = self.weight.data.contiguous()  # a seed gives the weights that PyG draws
        super().reset_parameters()
        if self.weight.numel() >= ENTRIES:
            # W lies in memory as Wᵀ, row by row: a sparse product reads it so, and else copies it there and back every epoch
            self.weight.data = self.weight.data.t().contiguous().t()

    def forward(self, x: Features) -> Tensor:
        product = self.product(x)
        return product if self.bias is None else product + self.bias

    def product(self, x: Features) -> Tensor:
        """x Wᵀ [num_nodes, out_channels]."""
        if isinstance(x, Matrix):
            sparse: Tensor = x @ self.weight.t()
            return sparse
        few = FEW <= self.out_channels < COLUMNS and x.numel() >= ENTRIES
        if few and x.device.type == "cpu" and not torch.is_grad_enabled():
            return _padded(x, self.weight)
        return functional.linear(x, self.weight)


def _padded(x: Tensor, weight: Tensor) -> Tensor:
    """x Wᵀ as the first columns of a product with `COLUMNS` of them."""
    out = len(weight)
    padded = weight.new_zeros(COLUMNS, weight.shape[1])
    padded[:out] = weight
    return functional.linear(x, padded)[:, :out].contiguous()
