"""Small specs and graphs that the engine's tests train on."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix

from core.data import GraphData, Split
from core.models.contract import model
from core.parameters import resolve
from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec, settings

torch.set_num_threads(1)  # on graphs of a dozen nodes threads cost more than they bring

MakeSpec = Callable[..., RunSpec]
MakeGraph = Callable[..., GraphData]


@pytest.fixture
def sparse_products(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sparse products on the smallest graph, too, where dense ones are quicker."""
    monkeypatch.setattr("core.sparse.SMALL", -1)


@pytest.fixture(scope="session")
def make_spec() -> MakeSpec:
    """Karate club unless said otherwise; keyword arguments are settings of the training."""

    def make(name="gcn", given: Mapping[str, object] | None = None, *, dataset="karate", split="public", seed=0, **training) -> RunSpec:
        values = settings(resolve(model(name).parameters, given or {}, name))
        return RunSpec(DatasetSpec(dataset, split=split), ModelSpec(name, values), TrainingSpec.of(training), seed)

    return make


@pytest.fixture(scope="session")
def make_graph() -> MakeGraph:
    """A random directed graph with self-loops, repeated edges and isolated nodes (the last two)."""

    def make(seed=0, num_nodes=12, num_edges=40, num_features=7, classes=3, sparse=False, **changes) -> GraphData:
        random = np.random.default_rng(seed)
        edges = random.integers(0, num_nodes - 2, (2, num_edges))
        edges[:, :3] = edges[:, 3:6]  # repeated
        edges[1, 6:8] = edges[0, 6:8]  # self-loops
        x = (random.random((num_nodes, num_features)) * (random.random((num_nodes, num_features)) < 0.5)).astype(np.float32)
        part = np.arange(num_nodes) % 3
        labels = random.permutation(np.arange(num_nodes) % classes)
        split = Split(part == 0, part == 1, part == 2)
        data = {
            "name": "random",
            "features": csr_matrix(x) if sparse else x,
            "edge_index": edges,
            "labels": labels,
            "class_names": tuple("abcdefgh"[:classes]),
            "splits": {"public": split},
            "directed": True,
        }
        return GraphData(**data | changes)

    return make
