"""GraphMask: its gates by hand, and what it learns."""

import numpy as np
import pytest
import torch

from core.explained import Subject
from core.models.contract import model
from core.open_graphs import graph_of
from core.parameters import resolve
from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec, settings
from core.training import train
from explainers.attribution.amortised import batches
from explainers.attribution.graph_mask import messages
from explainers.attribution.graph_mask.gates import Gates, hard_concrete, is_open
from explainers.attribution.graph_mask.messages import Messages, without_messages


def spec_of(name, **values):
    return RunSpec(
        DatasetSpec("karate", split="public"),
        ModelSpec(name, settings(resolve(model(name).parameters, values, name))),
        TrainingSpec.of({"epochs": 5}),
        0,
    )


@pytest.fixture(scope="module")
def karate():
    return graph_of(DatasetSpec("karate"))


def passed_of(graph, nodes, name="gcn", **values):
    subject = Subject(train(spec_of(name, **values), graph=graph, device="cpu"), graph)
    (block,) = batches(subject, np.asarray(nodes), len(nodes))
    return subject, block, Messages(subject, block)


def test_it_finds_the_houses(houses):
    assert houses.auc("graph_mask", nodes=40, epochs=40) > 0.9


@pytest.mark.parametrize("name", ["gcn", "gat", "sage", "gin", "appnp", "chebnet"])
def test_open_gates_change_nothing_and_shut_ones_are_masks(name, karate):
    """With 0 as every message instead, a shut gate is PyG's mask of 0."""
    subject, block, passed = passed_of(karate, [5, 9], name)
    expected = torch.from_numpy(np.stack([subject.module(*_inputs(karate, name))[node].detach().numpy() for node in (5, 9)]))
    torch.testing.assert_close(passed.expected, expected.log_softmax(dim=1), atol=1e-5, rtol=0)
    gates = Gates(passed)
    with torch.no_grad():
        shut = gates.log_probabilities(passed, [torch.zeros(len(used)) for used in passed.used], 0)
        masked = block.logits(block.values, torch.zeros(block.num_pairs)).log_softmax(dim=1)
    torch.testing.assert_close(shut, masked, atol=1e-5, rtol=0)


def _inputs(graph, name):
    from scipy.sparse import issparse

    x = graph.features.toarray() if issparse(graph.features) else graph.features
    return torch.from_numpy(np.asarray(x, dtype=np.float32)), torch.from_numpy(graph.edge_index)


def test_messages_that_come_too_late_have_no_gate(karate):
    """In the last of two layers only messages to the node itself count, in the first those to its neighbours as well."""
    _, _, passed = passed_of(karate, [11])
    assert len(passed.used) == 2
    assert len(passed.used[1]) == 1, "node 11 has one neighbour"
    assert len(passed.used[0]) == 1 + 16, "which has 16"


def test_a_draw_is_above_zero_as_often_as_said():
    torch.manual_seed(0)
    for logit in (-3.0, 0.0, 2.0):
        logits = torch.full((20_000,), logit)
        assert (hard_concrete(logits) > 0).float().mean() == pytest.approx(float(is_open(logits)[0]), abs=0.01)


def test_what_has_no_messages_is_refused(monkeypatch):
    assert without_messages(spec_of("gcn")) == ""
    assert without_messages(spec_of("mlp")) == "", "it has no edge to score, which is an answer"
    monkeypatch.setattr(messages, "MessagePassing", torch.nn.Conv1d)
    assert "GCN has none. Take" in without_messages(spec_of("gcn"))
