"""What a model works out from a graph's edges alone: once for each graph, not in every layer and epoch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from torch import Tensor
from torch.utils.weak import WeakIdKeyDictionary

Found = TypeVar("Found")


class OncePerGraph(Generic[Found]):
    """`make(edge_index, num_nodes, setting)`, kept for a setting as long as the tensor of edges lives.

    Prepared edges that differ in their weights alone share that tensor, and so what was found.
    """

    def __init__(self, make: Callable[[Tensor, int, int], Found]) -> None:
        self._make = make
        self._found = WeakIdKeyDictionary()

    def __call__(self, edge_index: Tensor, num_nodes: int, setting: int) -> Found:
        known: dict[tuple[int, int], Found] = self._found.setdefault(edge_index, {})
        key = num_nodes, setting
        if key not in known:
            known[key] = self._make(edge_index, num_nodes, setting)
        return known[key]
