"""What dense references of layers share."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def moved(module: nn.Module) -> nn.Module:
    """The module in evaluation mode with other weights: no bias or norm stays trivial."""
    torch.manual_seed(0)
    with torch.no_grad():
        for weight in module.parameters():
            weight.add_(0.3 * torch.randn_like(weight))
    return module.eval()


def adjacency(edge_index: Tensor, num_nodes: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """A[i, j] counts the edges j → i."""
    a = torch.zeros(num_nodes, num_nodes, dtype=dtype)
    return a.index_put((edge_index[1], edge_index[0]), torch.ones(edge_index.shape[1], dtype=dtype), accumulate=True)
