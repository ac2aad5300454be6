"""A model that has learned where the houses of BA-Shapes are, and what attributions find of them."""

from dataclasses import dataclass

import numpy as np
import pytest

from core.data import GraphData
from core.metrics.explanation import explanation_auc
from core.models.contract import model
from core.open_graphs import graph_of
from core.parameters import resolve
from core.run import Run
from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec, settings
from core.splits import split_of
from core.training import train
from explainers.attribution.contract import method, ready


@dataclass(frozen=True)
class Houses:
    graph: GraphData
    run: Run
    asked: list[int]
    """Test nodes in houses."""

    def auc(self, name, **given):
        """Pooled, of the edges within reach, against those of the node's own house."""
        state = ready(name, self.run, self.graph, given=given)
        scores, truth = [], []
        for one in method(name).attribute(state, self.asked):
            part, known = one.part, np.zeros(one.part.num_pairs, dtype=bool)
            known[part.pair_of[self.graph.truth_edges[part.stored] == self.graph.motif_of_node[one.node]]] = True
            scores.append(one.pair_scores[part.within])
            truth.append(known[part.within])
        return explanation_auc(scores, truth)


@pytest.fixture(scope="session")
def houses():
    graph = graph_of(DatasetSpec("ba_shapes"))
    values = resolve(model("gcn").parameters, {"depth": 3, "width": 32, "dropout": 0.0}, "gcn")
    spec = RunSpec(
        DatasetSpec("ba_shapes", split="random"),
        ModelSpec("gcn", settings(values)),
        TrainingSpec.of({"epochs": 800, "lr": 0.01}),
        0,
    )
    run = train(spec, graph=graph, device="cpu")
    assert run.scores["test_score"] >= 0.95
    asked = np.flatnonzero(split_of(graph, spec.dataset).test & (graph.motif_of_node >= 0))[:30]
    return Houses(graph, run, asked.tolist())
