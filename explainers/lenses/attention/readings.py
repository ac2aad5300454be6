"""What a stored run attends to, and what becomes of it with other attention in the learned one's place. Needs torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from core import device as devices
from core.capture import Attended, attention
from core.capture import screened as screened_layers
from core.capture import screening as screening_of
from core.data import Bools, GraphData
from core.metrics import attention as measures
from core.rebuilt import logits_of, module_of
from core.run import Run
from core.splits import split_of
from core.swaps import SWAPS, Swap, swapped
from core.tasks import node_classification as task
from core.work import Report, silent
from explainers.lenses.attention import screening
from explainers.lenses.attention.result import ALL, LEARNED, Floats, Layer, Reading
from explainers.swapped import DRAWS, Scored, asked_batch, one_by_one
from explainers.sweep.largest import largest_share

COLUMNS = ["layer", "head", "swap", "test_score", "probability", "changed"]


def read(run: Run, graph: GraphData, report: Report = silent) -> Reading:
    """A run's attention, layer by layer, and its scores under every swap. Raises `UserError` for weights that do not fit today's model."""
    module, batch = module_of(run.spec, graph, run.weights), asked_batch(run.spec, graph)
    layers = tuple(measured(one, graph) for one in attended(module, batch))
    places = list(_places([layer.heads for layer in layers], graph.num_stored_edges + graph.num_nodes))
    test = split_of(graph, run.spec.dataset).test
    constant = 0.5 if graph.metric == "roc_auc" else largest_share(graph.labels[test])
    swaps = _swaps(module, batch, test, places, report)
    return Reading(run.spec.seed, layers, swaps, screened(module, batch), constant=constant, tested=int(test.sum()))


@torch.no_grad()
def screened(module: nn.Module, batch: task.Batch) -> pd.DataFrame:
    """What a module's layers make of distance; without rows where they make nothing of it."""
    edges: Any = batch.edges
    sizes = [layer.surroundings(edges, edges.num_nodes).numpy() for layer in screened_layers(module)]
    return screening.rows([weights.numpy() for weights in screening_of(module)], sizes)


@torch.no_grad()
def attended(module: nn.Module, batch: task.Batch) -> list[Attended]:
    """What a module in evaluation mode attends to, first layer first."""
    edges: Any = batch.edges
    with attention(module) as found, devices.threads_for(edges.edge_index.shape[1]):
        module(batch.x, batch.edges)
    return found


def measured(found: Attended, graph: GraphData) -> Layer:
    """All quantities of one layer, in half the numbers' width: a large graph has many."""
    alpha, links, size = found.alpha.numpy(), found.edge_index.numpy(), found.num_nodes
    mass = measures.class_mass(alpha, links, graph.labels)
    entropy = measures.attention_entropy(alpha, links[1], size)
    return Layer(
        degree=measures.in_degree(links, size, found.loops),
        entropy=entropy.astype(np.float32),
        normalized=measures.normalized_entropy(entropy, links, size, loops=found.loops).astype(np.float32),
        own=measures.self_attention(alpha, links, size).astype(np.float32),
        same=mass.same.astype(np.float32),
        other=mass.other.astype(np.float32),
        expected=mass.expected.astype(np.float32),
        among=mass.among.astype(np.float32),
        expected_among=mass.expected_among.astype(np.float32),
        similarity=measures.head_similarity(alpha, links, size, loops=found.loops),
        loops=found.loops,
    )


Place = tuple[int | None, int | None]
"""A layer and a head, None for all of them."""


def _swaps(module: nn.Module, batch: task.Batch, test: Bools, places: Sequence[Place], report: Report) -> pd.DataFrame:
    whole = logits_of(module, batch)
    score, rows = Scored(batch, whole, test), []
    learned = score.of([whole])
    for number, (layer, head) in enumerate(places):
        report(number, len(places), "Putting other attention in its place")
        named = {"layer": ALL if layer is None else layer + 1, "head": ALL if head is None else head + 1}
        rows.append(named | {"swap": LEARNED} | learned)
        for swap in SWAPS:
            rows.append(named | {"swap": swap} | score.of(_answers(module, batch, swap, layer, head)))
    return pd.DataFrame(rows, columns=COLUMNS)


def _places(heads: Sequence[int], edges: int) -> Iterator[Place]:
    """All heads at once, each layer's, and each one, of layers with so many; what would be another of these is left out.

    So are single heads where asking about each would take minutes.
    """
    single = one_by_one(edges, sum(heads))
    if len(heads) > 1:
        yield None, None
    for layer, number in enumerate(heads):
        if number > 1:
            yield layer, None
        if single or number == 1:
            yield from ((layer, head) for head in range(number))


def _answers(module: nn.Module, batch: task.Batch, swap: Swap, layer: int | None, head: int | None) -> list[Floats]:
    found = []
    for seed in range(DRAWS if swap == "permuted" else 1):
        with swapped(module, swap, layer, head, seed=seed):
            found.append(logits_of(module, batch))
    return found
