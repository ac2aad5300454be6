"""Multiplication by Â, over and over, for architectures whose propagation has no weights."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional
from torch_geometric.nn import APPNP
from torch_geometric.nn.conv.gcn_conv import gcn_norm

from core.sparse import Edges, dropped


class Propagation(APPNP):
    """The message passing of PyG's `APPNP`, one step at a time, so that the states between the steps can be passed."""

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__(K=1, alpha=0.0, dropout=dropout)

    def over(self, edges: Edges | Tensor, num_nodes: int) -> Callable[[Tensor], Tensor]:
        """h ↦ Â h for h [num_nodes, width]; in training some entries of Â are dropped, anew at every call."""
        if isinstance(edges, Edges):
            return lambda out: dropped(edges.symmetric, self.dropout, self.training) @ out
        # its message passing is what explainers mask
        index, weight = gcn_norm(edges, None, num_nodes, False, True)
        return lambda out: self.propagate(index, x=out, edge_weight=functional.dropout(weight, self.dropout, self.training))
