"""Train a spec. The same spec gives bit-identical results on a CPU, in this process or another."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import TypeAlias, cast
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor, nn

from core import device as devices
from core import memory
from core.adam import Adam
from core.data import GraphData
from core.datasets.contract import Report, load
from core.edits import edited
from core.errors import UserError, unknown
from core.footprint import training_bytes
from core.keep import Best
from core.models.contract import Shape, build, model
from core.probes import PROBES, Recorder
from core.run import COLUMNS, Run
from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec
from core.splits import split_of
from core.tasks import node_classification as task
from core.versions import code_versions

Watch: TypeAlias = Callable[[int, list[list[float]]], None]
"""Told after every epoch: the epoch, and the rows of the history so far. May raise to stop."""
AddedLoss: TypeAlias = Callable[[], Tensor] | None
"""The `auxiliary_loss` of a model that has one."""


def train(
    spec: RunSpec,
    *,
    graph: GraphData | None = None,
    device: str = "auto",
    probes: tuple[str, ...] = (),
    watch: Watch | None = None,
) -> Run:
    """Train `spec` from scratch.

    `graph`: the dataset, if it is at hand already. `probes`: recordings wanted, of `PROBES`.
    Loss and scores are measured after every epoch in evaluation mode; the loss is the task's, also where the model adds
    one of its own to what is descended. The weights kept are those of the epoch that `spec.training.keep` names. A
    training that diverges ends there and says so in `note`.
    The caller's random state and number of threads are left as they were.
    """
    for name in probes:
        if name not in PROBES:
            raise unknown("probe", name, PROBES)
    if graph is None:
        graph = open_graph(spec.dataset)
    target = devices.pick(device)
    unit = model(spec.model.name)
    shape = Shape(graph.num_features if unit.uses_features else graph.num_nodes, graph.num_classes, graph.num_nodes)
    with memory.reused(), devices.seeded(spec.seed, target), devices.threads_for(graph.num_stored_edges):
        _check_memory(graph, spec, shape, target)
        module = build(spec.model.name, shape, dict(spec.model.parameters))
        split = split_of(graph, spec.dataset)
        batch = task.prepare(graph, split, target, uses_features=unit.uses_features)
        module = module.to(target)
        probe = Recorder(probes, graph, split, spec.training.epochs, spec.seed) if probes else None
        started = time.perf_counter()
        rows, best, note = _descend(module, batch, spec.training, probe, watch)
        seconds = time.perf_counter() - started
    return Run(
        spec=spec,
        metric=graph.metric,
        history=dict(zip(COLUMNS, np.array(rows, dtype=float).T, strict=True)),
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


def open_graph(dataset: DatasetSpec, report: Report = lambda _: None) -> GraphData:
    """The graph of a spec, read, downloaded or made anew (`core.plans.graph_of` keeps the last few).

    `report` is told of a download, and ends it by raising. Raises `UserError` for edits that cannot be made, and for
    uploads, which nobody can open yet: the plain graph would be the wrong one.
    """
    if dataset.content:
        raise UserError(f"An uploaded version of {dataset.name} cannot be trained on; train on the dataset as it is.")
    return edited(load(dataset.name, dict(dataset.parameters), report), dataset.edits)


_needed: WeakKeyDictionary[GraphData, dict[ModelSpec, float]] = WeakKeyDictionary()
"""What a model's training needs on a graph: the same for every seed, and a deep model is not built in a moment."""


def _check_memory(graph: GraphData, spec: RunSpec, shape: Shape, target: torch.device) -> None:
    """Raises `UserError` for a training that would not fit, before anything of it is allocated."""
    unit, known = model(spec.model.name), _needed.setdefault(graph, {})
    if spec.model not in known:
        with torch.device("meta"):
            sizes = build(spec.model.name, shape, dict(spec.model.parameters))
        known[spec.model] = training_bytes(graph, unit, sizes)
    memory.require(
        known[spec.model],
        f"Training {unit.title} on the {graph.num_nodes:,} nodes and {graph.num_stored_edges:,} stored edges of {graph.name}",
        "A smaller graph or fewer channels, heads or layers take less.",
        devices.free_memory(target),
    )


def _descend(
    module: nn.Module, batch: task.Batch, training: TrainingSpec, probe: Recorder | None, watch: Watch | None
) -> tuple[list[list[float]], Best, str]:
    """History rows, what to keep, and a sentence if something did not go as wished."""
    optimizer, best = _optimizer(module, training), Best(training, module)
    rows: list[list[float]] = []
    modules = list(module.modules())
    added: AddedLoss = getattr(module, "auxiliary_loss", None)
    if probe:
        module.eval()
        _evaluate(module, batch, probe, 0)
    for epoch in range(1, training.epochs + 1):
        _switch(modules, training=True)
        optimizer.forget_gradients()
        _loss(module, batch, added).backward()
        optimizer.step()
        _switch(modules, training=False)
        logits = _evaluate(module, batch, probe, epoch)
        rows.append(task.evaluate(logits, batch))
        if _diverged(rows[-1], batch):
            if not best.epoch:  # no epoch is valid: its scores are no scores
                rows[-1][2:] = [math.nan] * len(rows[-1][2:])
                best.see(epoch, rows[-1], torch.zeros_like(logits))
            remedy = "A lower learning rate or a normalisation usually helps."
            return rows, best, f"The training diverged in epoch {epoch}: the loss is no longer a number. {remedy}"
        best.see(epoch, rows[-1], logits)
        if watch:
            watch(epoch, rows)
        if best.is_stale(epoch):
            if probe and not probe.wants(epoch):
                probe.want(epoch)
                _evaluate(module, batch, probe, epoch)
            break
    return rows, best, best.note


def _loss(module: nn.Module, batch: task.Batch, added: AddedLoss) -> Tensor:
    """What is descended: the task's loss, and the model's own."""
    loss = task.loss(module(batch.x, batch.edges), batch)
    return loss if added is None else loss + added()


def _switch(modules: list[nn.Module], *, training: bool) -> None:
    """`module.train(training)` without its walk through the tree, which on small graphs takes as long as a product."""
    for module in modules:
        module.__dict__["training"] = training


def _diverged(row: list[float], batch: task.Batch) -> bool:
    return any(nodes and not math.isfinite(value) for value, nodes in zip(row[:2], batch.sizes, strict=False))


def _optimizer(module: nn.Module, training: TrainingSpec) -> Adam:
    decayed = set(module.first_layer.parameters()) if training.decay_scope == "first" else set(module.parameters())  # type: ignore[union-attr]
    parts: Sequence[tuple[nn.Module, float]] = getattr(module, "decay_multiples", ())
    multiples = {weight: multiple for part, multiple in parts for weight in part.parameters()}
    groups: dict[float, list[nn.Parameter]] = {}
    for weight in module.parameters():
        decay = training.weight_decay * multiples.get(weight, 1.0) if weight in decayed else 0.0
        groups.setdefault(decay, []).append(weight)
    return Adam([(weights, decay) for decay, weights in groups.items()], training.lr)


@torch.no_grad()
def _evaluate(module: nn.Module, batch: task.Batch, probe: Recorder | None, epoch: int) -> Tensor:
    """Logits [num_nodes, num_classes] in evaluation mode, recorded if the probe wants this epoch."""
    if not (probe and probe.wants(epoch)):
        return cast(Tensor, module(batch.x, batch.edges))
    with probe.watching(module, epoch) as record:
        logits: Tensor = module(batch.x, batch.edges)
        record(logits)
    return logits
