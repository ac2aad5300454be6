"""A linear layer that takes sparse features as they are."""

from __future__ import annotations

from torch import Tensor
from torch_geometric.nn.dense import Linear

from core.sparse import Features, Matrix


class FeatureLinear(Linear):
    """PyG's `Linear`, x Wᵀ + b, for dense or sparse x [num_nodes, in_channels]."""

    def forward(self, x: Features) -> Tensor:
        if not isinstance(x, Matrix):
            dense_result: Tensor = super().forward(x)
            return dense_result
        product = x @ self.weight.t()
        result: Tensor = product if self.bias is None else product + self.bias
        return result
