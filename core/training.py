"""Train a spec. The same spec gives bit-identical results on a CPU, in this process or another."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from core import device as devices
from core.capture import hidden_states
from core.data import GraphData
from core.datasets.contract import load
from core.models.contract import Shape, build, model
from core.probes import EmbeddingProbe
from core.run import COLUMNS, Run
from core.spec import RunSpec, TrainingSpec
from core.splits import split_of
from core.tasks import node_classification as task
from core.versions import code_versions

Watch: TypeAlias = Callable[[int, list[list[float]]], None]
"""Told after every epoch: the epoch, and the rows of the history so far. May raise to stop."""


def train(
    spec: RunSpec,
    *,
    graph: GraphData | None = None,
    device: str = "auto",
    probes: tuple[str, ...] = (),
    watch: Watch | None = None,
) -> Run:
    """Train `spec` from scratch.

    `graph`: the dataset, if it is at hand already. `probes`: recordings wanted; there is "embedding".
    Loss and scores are measured after every epoch in evaluation mode. The weights kept are those of
    the epoch that `spec.training.keep` names. A training that diverges ends there and says so in `note`.
    """
    if graph is None:
        graph = load(spec.dataset.name, dict(spec.dataset.parameters))
    target = devices.pick(device)
    unit = model(spec.model.name)
    batch = task.prepare(graph, split_of(graph, spec.dataset), target, uses_features=unit.uses_features)
    with torch.random.fork_rng(devices=[target] if target.type == "cuda" else []), devices.threads_for(graph.num_stored_edges):
        torch.manual_seed(spec.seed)
        shape = Shape(batch.num_features, graph.num_classes, graph.num_nodes)
        module = build(spec.model.name, shape, dict(spec.model.parameters)).to(target)
        probe = EmbeddingProbe(graph.num_nodes, spec.training.epochs, spec.seed) if "embedding" in probes else None
        started = time.perf_counter()
        rows, best, note = _descend(module, batch, spec.training, probe, watch)
        seconds = time.perf_counter() - started
    history = np.array(rows, dtype=float)
    return Run(
        spec=spec,
        metric=graph.metric,
        history=dict(zip(COLUMNS, history.T, strict=True)),
        logits=best.logits.float().cpu().numpy(),
        best_epoch=best.epoch,
        scores=dict(zip(COLUMNS, rows[best.epoch - 1], strict=True)),
        seconds=seconds,
        device=str(target),
        code=code_versions(spec),
        weights={name: value.cpu().numpy() for name, value in best.weights.items()},
        probes=probe.arrays() if probe else {},
        note=note,
    )


class _Best:
    """The epoch worth keeping so far, and for how long validation has not improved."""

    def __init__(self, training: TrainingSpec) -> None:
        self._keep = training.keep
        self._lowest = math.inf
        self.improved = 0
        self.epoch = 0
        self.logits = torch.empty(0)
        self.weights: dict[str, Tensor] = {}

    def see(self, epoch: int, row: list[float], module: nn.Module, logits: Tensor) -> None:
        _, validation_loss, _, validation_score, _ = row
        cost = -validation_score if self._keep == "score" else validation_loss
        better = cost < self._lowest
        if better:
            self._lowest, self.improved = cost, epoch
        # without validation nodes the cost is NaN and never better: the last epoch stays
        if better or not self.epoch or self._keep == "last" or math.isnan(cost):
            self.epoch, self.logits = epoch, logits
            self.weights = {name: value.detach().clone() for name, value in module.state_dict().items()}


def _descend(
    module: nn.Module, batch: task.Batch, training: TrainingSpec, probe: EmbeddingProbe | None, watch: Watch | None
) -> tuple[list[list[float]], _Best, str]:
    """History rows, what to keep, and a sentence if something went wrong."""
    optimizer, best = _optimizer(module, training), _Best(training)
    rows: list[list[float]] = []
    if probe:
        _evaluate(module, batch, probe, 0)
    for epoch in range(1, training.epochs + 1):
        module.train()
        optimizer.zero_grad(set_to_none=True)
        task.loss(module(batch.x, batch.edges), batch).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        logits = _evaluate(module, batch, probe, epoch)
        rows.append(task.evaluate(logits, batch))
        if not math.isfinite(rows[-1][0]):
            if not best.epoch:
                best.see(epoch, rows[-1], module, torch.zeros_like(logits))
            remedy = "A lower learning rate or a normalisation usually helps."
            return rows, best, f"The training diverged in epoch {epoch}: the loss is no longer a number. {remedy}"
        best.see(epoch, rows[-1], module, logits)
        if watch:
            watch(epoch, rows)
        if training.patience and epoch - best.improved >= training.patience:
            break
    return rows, best, ""


def _optimizer(module: nn.Module, training: TrainingSpec) -> torch.optim.Optimizer:
    decayed = set(module.first_layer.parameters()) if training.decay_scope == "first" else set(module.parameters())  # type: ignore[union-attr]
    free = [weight for weight in module.parameters() if weight not in decayed]
    groups = [{"params": [w for w in module.parameters() if w in decayed], "weight_decay": training.weight_decay}]
    if free:
        groups.append({"params": free, "weight_decay": 0.0})
    # one kernel for all weights: a third of an epoch's time on small graphs
    return torch.optim.Adam(groups, lr=training.lr, fused=True)


@torch.no_grad()
def _evaluate(module: nn.Module, batch: task.Batch, probe: EmbeddingProbe | None, epoch: int) -> Tensor:
    module.eval()
    if not (probe and probe.wants(epoch)):
        logits: Tensor = module(batch.x, batch.edges)
        return logits
    with hidden_states(module) as states:
        logits = module(batch.x, batch.edges)
    probe.record(epoch, states, logits)
    return logits
