"""What a model says of a node where only some edges are there: the question behind fidelity, occlusion and what-if.

*Deleted*: an edge that is cut is absent, and every normalisation is computed anew. *Masked*: its message counts 0, and degrees
stay those of the whole graph. The two often disagree, so every number says which it is. Self-loops always stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from types import MethodType
from typing import Literal, TypeAlias

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix, issparse, vstack
from torch import Tensor, nn
from torch_geometric.explain.algorithm.utils import clear_masks, set_masks
from torch_geometric.nn import MessagePassing, PairNorm

from core.computation_graph import ComputationGraph
from core.data import Bools
from core.sparse import Edges, Features, dense, features_from_scipy

Floats = NDArray[np.float64]
How: TypeAlias = Literal["deleted", "masked"]

WIDTH = 16
"""Numbers that a model may hold for each node or edge, as a guess."""
MOST_NUMBERS = 50_000_000
"""Numbers in one call of the model, copies included: PyG's layers hold the features of every edge's source."""


@contextmanager
def masked(module: nn.Module, weights: Tensor, edge_index: Tensor) -> Iterator[None]:
    """Within, the message along each stored edge is multiplied by its weight [num_stored]; those of added self-loops are not."""
    set_masks(module, weights, edge_index, apply_sigmoid=False)
    for layer in module.modules():
        if isinstance(layer, MessagePassing):
            # PyG takes a class's compiled `propagate` for the original if its base was in use before, and that one knows no masks
            layer.propagate = MethodType(MessagePassing.propagate, layer)
    try:
        yield
    finally:
        clear_masks(module)
        for layer in module.modules():
            layer.__dict__.pop("propagate", None)


class Cuts:
    """A model asked about the first target of a computation graph, again and again. The model is copied and never changed."""

    def __init__(self, module: nn.Module, part: ComputationGraph) -> None:
        self.part = part
        self._module = deepcopy(module).cpu().eval()
        self._edge_index, self._size, self._target = part.graph.edge_index, len(part.nodes), int(part.targets[0])
        self._features: NDArray[np.float32] | csr_matrix = part.graph.features
        self._prepared: tuple[int, Features] | None = None

    def answer(self, kept: ArrayLike, how: How = "deleted") -> Floats:
        """Probabilities [n, num_classes] of the node where only the pairs of each mask [n, num_pairs] are there."""
        masks = np.atleast_2d(np.asarray(kept, dtype=bool))
        if masks.shape[1] != self.part.num_pairs:
            raise ValueError(f"A mask has {masks.shape[1]:,} entries; the computation graph has {self.part.num_pairs:,} edges.")
        # PairNorm measures all nodes at once, those of other copies as well, and some models look at all
        alone = any(isinstance(layer, PairNorm) or getattr(layer, "sees_all", False) for layer in self._module.modules())
        width, stored = max(self._features.shape[1], WIDTH), len(self.part.pair_of)
        numbers = (self._size + stored) * width if how == "masked" else self._size * width + stored * WIDTH
        at_once = 1 if alone else max(1, MOST_NUMBERS // numbers)
        ask = self._deleted if how == "deleted" else self._masked
        found = [ask(masks[start : start + at_once]) for start in range(0, len(masks), at_once)]
        return np.concatenate(found) if found else np.empty((0, 0))

    def falls(self, pairs: NDArray[np.int64], label: int, how: How = "deleted") -> Floats:
        """[len(pairs)] how far the probability of a class falls where one pair is not there; negative where it rises."""
        masks = np.ones((len(pairs) + 1, self.part.num_pairs), dtype=bool)
        masks[np.arange(len(pairs)), pairs] = False
        found = self.answer(masks, how)[:, label]
        return np.asarray(found[-1] - found[:-1])

    @torch.no_grad()
    def _deleted(self, masks: Bools) -> Floats:
        stays = self._stored(masks)
        copy, entry = np.nonzero(stays)
        edge_index = torch.from_numpy(self._edge_index[:, entry] + copy * self._size)
        logits = self._module(self._copies(len(masks)), Edges(edge_index, len(masks) * self._size))
        return self._probabilities(logits, len(masks))

    @torch.no_grad()
    def _masked(self, masks: Bools) -> Floats:
        # all loops behind all others: where a layer adds loops of its own, PyG takes the mask for one of these entries
        copy, entry = np.indices((len(masks), len(self.part.pair_of))).reshape(2, -1)
        order = np.argsort(self.part.pair_of[entry] < 0, kind="stable")
        copy, entry = copy[order], entry[order]
        edge_index = torch.from_numpy(self._edge_index[:, entry] + copy * self._size)
        weights = torch.from_numpy(self._stored(masks)[copy, entry].astype(np.float32))
        with masked(self._module, weights, edge_index):
            logits = self._module(dense(self._copies(len(masks))), edge_index)
        return self._probabilities(logits, len(masks))

    def _stored(self, masks: Bools) -> Bools:
        """[n, num_stored] which stored entries stay."""
        every = np.concatenate([masks, np.ones((len(masks), 1), dtype=bool)], axis=1)
        return np.asarray(every[:, self.part.pair_of])  # −1, the loops, is the last column

    def _copies(self, count: int) -> Features:
        """The features, so many times one below the other; those of the last call are at hand."""
        if self._prepared is None or self._prepared[0] != count:
            if issparse(self._features):
                made: Features = features_from_scipy(csr_matrix(vstack([self._features] * count)), torch.device("cpu"))
            else:
                made = torch.from_numpy(np.tile(np.asarray(self._features, dtype=np.float32), (count, 1)))
            self._prepared = count, made
        return self._prepared[1]

    def _probabilities(self, logits: Tensor, count: int) -> Floats:
        return np.asarray(logits[self._target :: self._size].double().softmax(dim=1).numpy()[:count])
