"""Node classification, on one graph or on a disjoint union of graphs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.sparse import issparse
from torch import Tensor
from torch.nn import functional

from core.data import GraphData, Split
from core.errors import UserError
from core.metrics import roc_auc
from core.sparse import Edges, Features, features_from_scipy, identity


@dataclass(frozen=True, eq=False)
class Batch:
    """A graph on a device, ready to train on.

    `x` [num_nodes, num_features]; `y` [num_nodes]; `train` [num_train] node ids; `share`
    [3, num_nodes]: a row for train, validation, test, 1/size at its nodes, so that one product
    averages anything over all three.
    """

    x: Features
    edges: Edges | Tensor
    y: Tensor
    train: Tensor
    masks: tuple[Tensor, Tensor, Tensor]
    share: Tensor
    sizes: tuple[int, int, int]
    metric: str

    @property
    def num_features(self) -> int:
        return int(self.x.size(1))


def prepare(graph: GraphData, split: Split, device: torch.device, *, uses_features: bool = True) -> Batch:
    """The graph as a model sees it. Raises `UserError` if nothing can be learned from it."""
    masks = (split.train, split.validation, split.test)
    if not split.train.any():
        raise UserError(f"The split of {graph.name} has no training nodes; pick another split.")
    if graph.num_classes < 2:
        raise UserError(f"{graph.name} has {graph.num_classes} class; learning to tell classes apart takes at least two.")
    edge_index = torch.from_numpy(np.ascontiguousarray(graph.edge_index)).to(device)
    plain = device.type == "mps"  # PyTorch has no sparse kernels there: dense features, PyG's own scatter
    x: Features
    if not uses_features:
        x = torch.eye(graph.num_nodes, device=device) if plain else identity(graph.num_nodes, device)
    elif issparse(graph.features):
        x = torch.from_numpy(graph.features.toarray()).to(device) if plain else features_from_scipy(graph.features, device)
    else:
        x = torch.from_numpy(np.ascontiguousarray(graph.features, dtype=np.float32)).to(device)
    share = np.stack([mask / max(mask.sum(), 1) for mask in masks]).astype(np.float32)
    return Batch(
        x=x,
        edges=edge_index if plain else Edges(edge_index, graph.num_nodes),
        y=torch.from_numpy(graph.labels.clip(min=0)).to(device),
        train=torch.from_numpy(np.flatnonzero(split.train)).to(device),
        masks=(
            torch.from_numpy(split.train).to(device),
            torch.from_numpy(split.validation).to(device),
            torch.from_numpy(split.test).to(device),
        ),
        share=torch.from_numpy(share).to(device),
        sizes=(int(split.train.sum()), int(split.validation.sum()), int(split.test.sum())),
        metric=graph.metric,
    )


def loss(logits: Tensor, batch: Batch) -> Tensor:
    """Mean cross-entropy over the training nodes."""
    return functional.cross_entropy(logits[batch.train], batch.y[batch.train])


def evaluate(logits: Tensor, batch: Batch) -> list[float]:
    """Train and validation loss, then train, validation and test score; NaN where there are no nodes."""
    surprise = functional.cross_entropy(logits, batch.y, reduction="none")
    if batch.metric == "roc_auc":
        positive = batch.y == 1
        score = logits[:, 1] - logits[:, 0]
        scores = torch.stack([roc_auc(score[mask], positive[mask]).float() for mask in batch.masks])
    else:
        scores = batch.share @ (logits.argmax(dim=1) == batch.y).float()
    row: list[float] = torch.cat([batch.share[:2] @ surprise, scores]).tolist()
    return [value if nodes else float("nan") for value, nodes in zip(row, _nodes_behind(batch), strict=True)]


def _nodes_behind(batch: Batch) -> tuple[bool, ...]:
    train, validation, test = (bool(row) for row in batch.sizes)
    return (train, validation, train, validation, test)
