"""What is trained: specs by name, and both ways of training them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch_geometric.data import Data

from benchmarks import reference
from benchmarks.measure import Pairs, Sample
from core.data import GraphData
from core.datasets.contract import dataset
from core.models.contract import model
from core.spec import RunSpec
from core.splits import split_of
from core.training import open_graph, train
from explainers.cli.training.plan import declared, groups
from explainers.settings import parse


def specs(name: str, architecture: str, settings: Sequence[str], seeds: int) -> list[RunSpec]:
    """The runs of `hopscope train --dataset name --model architecture --set … --seeds …`."""
    data, unit = dataset(name), model(architecture)
    chosen = groups(data, unit, parse(list(settings), declared(data, unit)), recipe="common", split=None, seeds=seeds)
    return [spec for group in chosen for spec in group.runs]


def graph_and_data(spec: RunSpec, device: str) -> tuple[GraphData, Data]:
    """The graph of a spec as we hold it, and as PyG does."""
    graph = open_graph(spec.dataset)
    return graph, reference.data_of(graph, split_of(graph, spec.dataset), torch.device(device))


def ours(spec: RunSpec, graph: GraphData, device: str) -> Sample:
    run = train(spec, graph=graph, device=device)
    return Sample(run.seconds, run.scores["test_score"])


def theirs(spec: RunSpec, data: Data) -> Sample:
    outcome = reference.train(spec, data)
    return Sample(outcome.seconds, outcome.score)


def alternating(label: str, runs: Sequence[RunSpec], device: str) -> Pairs:
    """Every run trained by us and by the reference, who begin in turns; both have trained for a moment before."""
    graph, data = graph_and_data(runs[0], device)
    pairs = Pairs(label if graph.metric == "accuracy" else f"{label} ({graph.metric})")
    warm = specs(runs[0].dataset.name, runs[0].model.name, [*_dataset_settings(runs[0]), "epochs=3"], 1)[0]
    ours(warm, graph, device), theirs(warm, data)
    for number, spec in enumerate(runs):
        pairs.add(partial(ours, spec, graph, device), partial(theirs, spec, data), ours_first=number % 2 == 0)
    return pairs


def _dataset_settings(spec: RunSpec) -> list[str]:
    return [f"dataset.{name}={value}" for name, value in spec.dataset.parameters]
