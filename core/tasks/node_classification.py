"""Node classification, on one graph or on a disjoint union of graphs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from scipy.sparse import csr_matrix, issparse
from torch import Tensor
from torch.nn import functional

from core.data import Floats, GraphData, Split
from core.errors import UserError
from core.metrics.roc import roc_auc
from core.sparse import Edges, Features, features_from_scipy, identity


@dataclass(frozen=True, eq=False)
class Batch:
    """A graph on a device, ready to train on.

    `x` [num_nodes, num_features]; `y` [num_nodes]; `train` [num_train] node ids; `scored`: the ids of the
    training nodes, then the validation nodes, then the test nodes, of which there are `sizes`.
    """

    x: Features
    edges: Edges | Tensor
    y: Tensor
    train: Tensor
    scored: Tensor
    sizes: tuple[int, int, int]
    metric: str

    @cached_property
    def train_y(self) -> Tensor:
        """Labels of the `train` nodes."""
        return self.y.index_select(0, self.train)

    @cached_property
    def scored_y(self) -> Tensor:
        """Labels of the `scored` nodes."""
        return self.y.index_select(0, self.scored)

    @property
    def num_features(self) -> int:
        return int(self.x.size(1))


def prepare(graph: GraphData, split: Split, device: torch.device, *, uses_features: bool = True) -> Batch:
    """The graph as a model sees it. Raises `UserError` if nothing can be learned from it."""
    _check(graph, split)
    edge_index = torch.from_numpy(np.ascontiguousarray(graph.edge_index)).to(device)
    plain = device.type == "mps"  # PyTorch has no sparse kernels there: dense features, PyG's own scatter
    ids = [np.flatnonzero(mask) for mask in (split.train, split.validation, split.test)]
    return Batch(
        x=_features(graph.features, device, plain) if uses_features else _no_features(graph.num_nodes, device, plain),
        edges=edge_index if plain else Edges(edge_index, graph.num_nodes),
        y=torch.from_numpy(graph.labels.clip(min=0)).to(device),
        train=torch.from_numpy(ids[0]).to(device),
        scored=torch.from_numpy(np.concatenate(ids)).to(device),
        sizes=(len(ids[0]), len(ids[1]), len(ids[2])),
        metric=graph.metric,
    )


def loss(logits: Tensor, batch: Batch) -> Tensor:
    """Mean cross-entropy over the training nodes."""
    return functional.cross_entropy(logits.index_select(0, batch.train), batch.train_y)


def evaluate(logits: Tensor, batch: Batch) -> list[float]:
    """Train and validation loss, then train, validation and test score; NaN where there are no nodes."""
    # classes as rows: reductions run along the nodes, five times as fast as along a few classes
    seen = logits.index_select(0, batch.scored).t().contiguous()
    likely = seen.log_softmax(dim=0).gather(0, batch.scored_y[None])[0]
    correct = seen.max(dim=0).indices == batch.scored_y
    both = torch.stack([-likely, correct]).cpu().numpy()
    ends = np.cumsum(batch.sizes)[:2]
    sums = np.array([part.sum(axis=1) for part in np.split(both, ends, axis=1)]).T.tolist()
    # divided as Python numbers: 815 of 1,000 is .815 and a tie is a tie, which float32 does not promise
    losses, scores = ([total / size if size else np.nan for total, size in zip(row, batch.sizes, strict=True)] for row in sums)
    if batch.metric == "roc_auc":
        parts = zip((seen[1] - seen[0]).split(batch.sizes), (batch.scored_y == 1).split(batch.sizes), strict=True)
        scores = [float(roc_auc(score, positive)) for score, positive in parts]
    return [*losses[:2], *scores]


def _check(graph: GraphData, split: Split) -> None:
    if not split.train.any():
        raise UserError(f"The split of {graph.name} has no training nodes; pick another split.")
    if graph.num_classes < 2:
        raise UserError(f"{graph.name} has {graph.num_classes} class; learning to tell classes apart takes at least two.")
    if graph.metric == "roc_auc" and graph.num_classes != 2:
        raise UserError(f"{graph.name} has {graph.num_classes} classes; ROC-AUC is for two. Its metric has to be accuracy.")
    if not np.isfinite(graph.features.data if issparse(graph.features) else graph.features).all():
        raise UserError(f"Some features of {graph.name} are not finite numbers; a model cannot learn from them. Fill or remove them.")


def _features(features: Floats | csr_matrix, device: torch.device, plain: bool) -> Features:
    if isinstance(features, np.ndarray):
        return torch.from_numpy(np.ascontiguousarray(features, dtype=np.float32)).to(device)
    if plain:
        return torch.from_numpy(features.toarray().astype(np.float32)).to(device)
    return features_from_scipy(features, device)


def _no_features(num_nodes: int, device: torch.device, plain: bool) -> Features:
    return torch.eye(num_nodes, device=device) if plain else identity(num_nodes, device)
