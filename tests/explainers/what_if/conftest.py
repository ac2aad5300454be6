"""Runs on the karate club, trained once and stored, and what a model says of an edited graph the slow way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.data import GraphData
from core.edits import Edits, edited
from core.kept import Kept
from core.models.contract import model
from core.open_graphs import graph_of
from core.parameters import resolve
from core.plans import run_plan
from core.rebuilt import batch_of, logits_of, module_of
from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec, settings
from core.store import Store
from core.work import silent
from explainers.what_if import known

torch.set_num_threads(1)

Stored = Callable[..., RunSpec]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("what-if")


@pytest.fixture(autouse=True)
def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "_known", Kept(known.KEPT))


@pytest.fixture
def stored(root: Path) -> Stored:
    """A trained run in the store of this module."""

    def make(name: str = "gcn", dataset: str = "karate", epochs: int = 40, parameters=(), edits: Edits = (), **given: object) -> RunSpec:
        unit = settings(resolve(model(name).parameters, given, name))
        spec = RunSpec(DatasetSpec(dataset, parameters, "random", edits=edits), ModelSpec(name, unit), TrainingSpec(epochs=epochs))
        run_plan(silent, specs=[spec], root=root, device="cpu")
        return spec

    return make


@pytest.fixture
def slow(root: Path) -> Callable[[RunSpec, Edits], NDArray[np.float64]]:
    """Probabilities [num_nodes, num_classes] of a stored run on the whole edited graph, built anew."""

    def ask(spec: RunSpec, edits: Edits) -> NDArray[np.float64]:
        run = Store(root).get(spec.key, weights=True)
        assert run is not None
        graph: GraphData = edited(graph_of(spec.dataset), edits)
        module = module_of(spec, graph, run.weights)
        plain = replace(spec, dataset=replace(spec.dataset, split="random"))
        return torch.from_numpy(logits_of(module, batch_of(plain, graph))).double().softmax(dim=1).numpy()

    return ask
