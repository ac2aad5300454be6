"""Multiplication by Â, over and over, for architectures whose propagation has no weights."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torch_geometric.nn import APPNP
from torch_geometric.nn.conv.gcn_conv import gcn_norm

from core.sparse import Edges


class Propagation(APPNP):
    """The message passing of PyG's `APPNP`, one step at a time, so that the states between the steps can be passed."""

    def __init__(self) -> None:
        super().__init__(K=1, alpha=0.0)

    def over(self, edges: Edges | Tensor, num_nodes: int) -> Callable[[Tensor], Tensor]:
        """h ↦ Â h for h [num_nodes, width]."""
        if isinstance(edges, Edges):
            return lambda out: edges.symmetric @ out
        # its message passing is what explainers mask
        index, weight = gcn_norm(edges, None, num_nodes, False, True)
        return lambda out: self.propagate(index, x=out, edge_weight=weight)
