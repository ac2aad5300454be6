"""What the nodes of a stored run do, and what becomes of it if they are told otherwise. Needs torch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from core import device as devices
from core.actions import DEALT
from core.capture import actions
from core.data import GraphData
from core.metrics.actions import messages
from core.rebuilt import logits_of, module_of
from core.run import Run
from core.splits import split_of
from core.swaps import told
from core.tasks import node_classification as task
from core.work import Report, silent
from explainers.lenses.actions.result import Layer, Reading
from explainers.swapped import DRAWS, Scored, asked_batch, one_by_one
from explainers.swaps import ALL, LEARNED

TOLD = ("standard", "isolate", DEALT)
"""What nodes are told in the place of what they chose."""
COLUMNS = ["layer", "swap", "test_score", "probability", "changed"]


def read(run: Run, graph: GraphData, report: Report = silent) -> Reading:
    """What a run's nodes do, layer by layer, and its scores if they are told otherwise.

    Raises `UserError` for weights that do not fit today's model.
    """
    module, batch = module_of(run.spec, graph, run.weights), asked_batch(run.spec, graph)
    layers = chosen(module, batch)
    passed = [messages(graph.edge_index, layer.action, layer.policy, graph.labels) for layer in layers]
    frames = [frame.assign(layer=number) for number, frame in enumerate(passed, 1)]
    test = split_of(graph, run.spec.dataset).test
    swapped = _swaps(module, batch, test, len(layers), report)
    return Reading(run.spec.seed, layers, pd.concat(frames, ignore_index=True), swapped, int(test.sum()))


@torch.no_grad()
def chosen(module: nn.Module, batch: task.Batch) -> tuple[Layer, ...]:
    """What the nodes of a module in evaluation mode do, first layer first."""
    edges: Any = batch.edges
    with actions(module) as found, devices.threads_for(edges.edge_index.shape[1]):
        module(batch.x, batch.edges)
    return tuple(Layer(one.taken.argmax(dim=1).numpy().astype(np.int8), one.policy.float().numpy()) for one in found)


def _swaps(module: nn.Module, batch: task.Batch, test: Any, layers: int, report: Report) -> pd.DataFrame:
    whole = logits_of(module, batch)
    score, rows = Scored(batch, whole, test), []
    learned, places = score.of([whole]), list(_places(layers, batch))
    for number, layer in enumerate(places):
        report(number, len(places), "Telling the nodes what to do")
        named = {"layer": ALL if layer is None else layer + 1}
        rows.append(named | {"swap": LEARNED} | learned)
        for action in TOLD:
            rows.append(named | {"swap": action} | score.of([*_answers(module, batch, action, layer)]))
    return pd.DataFrame(rows, columns=COLUMNS)


def _places(layers: int, batch: task.Batch) -> Iterator[int | None]:
    """All layers at once, and each alone where there is more than one and asking about each does not take minutes."""
    yield None
    edges: Any = batch.edges
    if layers > 1 and one_by_one(edges.edge_index.shape[1], layers):
        yield from range(layers)


def _answers(module: nn.Module, batch: task.Batch, action: str, layer: int | None) -> Iterator[Any]:
    for seed in range(DRAWS if action == DEALT else 1):
        with told(module, action, layer, seed=seed):
            yield logits_of(module, batch)
