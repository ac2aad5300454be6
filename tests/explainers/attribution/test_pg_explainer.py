"""PGExplainer: its network by hand, what it learns, and what it must not learn on."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch_geometric.nn import MessagePassing

from core.explained import Subject
from core.models.contract import model
from core.open_graphs import graph_of
from core.parameters import resolve
from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec, settings
from core.splits import split_of
from core.training import train
from explainers.attribution.amortised import batches, training_nodes
from explainers.attribution.contract import method, ready
from explainers.attribution.pg_explainer.network import Candidates, EdgeNetwork, concrete


@pytest.fixture(scope="module")
def karate():
    return graph_of(DatasetSpec("karate"))


def trained(graph, name="gcn", **values):
    spec = RunSpec(
        DatasetSpec("karate", split="public"),
        ModelSpec(name, settings(resolve(model(name).parameters, values, name))),
        TrainingSpec.of({"epochs": 20}),
        0,
    )
    return train(spec, graph=graph, device="cpu")


def test_it_finds_the_houses(houses):
    assert houses.auc("pg_explainer", nodes=100) > 0.9
    assert abs(houses.auc("random") - 0.5) < 0.1


@pytest.mark.parametrize("name", ["pg_explainer", "graph_mask"])
def test_test_nodes_are_not_learned_on(name, karate):
    """Other answers for all test nodes leave the scores as they are, other answers for the others do not."""
    run = trained(karate)
    test = split_of(karate, run.spec.dataset).test
    swapped = [np.where(which[:, None], -run.logits, run.logits) for which in (test, ~test)]
    first, same, other = (
        method(name).attribute(ready(name, replace(run, logits=logits), karate, given={"epochs": 3}), [5, 0, 33])
        for logits in (run.logits, *swapped)
    )
    assert all((one.pair_scores == two.pair_scores).all() for one, two in zip(first, same, strict=True))
    if name == "pg_explainer":  # GraphMask keeps the probabilities that the model gives, and reads no logits of the run
        assert not all((one.pair_scores == two.pair_scores).all() for one, two in zip(first, other, strict=True))
    state = ready(name, run, karate, given={"epochs": 1})
    assert not test[state.learned.nodes].any()


def test_a_node_that_was_learned_on_is_said_to_be(karate):
    run = trained(karate)
    state = ready("pg_explainer", run, karate, given={"epochs": 1})
    known, test = int(state.learned.nodes[0]), int(np.flatnonzero(split_of(karate, run.spec.dataset).test)[0])
    said = [one.said for one in method("pg_explainer").attribute(state, [known, test])]
    assert "learned on this" in said[0]
    assert said[1] == ""


def test_nodes_are_drawn_by_the_seed(karate):
    run = trained(karate)
    subject = Subject(run, karate)
    split = split_of(karate, run.spec.dataset)
    every = np.flatnonzero(split.train | split.validation)
    assert sorted(training_nodes(run, subject, 0, 500)) == every.tolist()
    drawn = {tuple(training_nodes(run, subject, seed, 3)) for seed in range(10)}
    assert len(drawn) > 1
    assert {len(one) for one in drawn} == {3}


def test_the_network_is_a_perceptron_on_three_states(karate):
    subject = Subject(trained(karate), karate)
    states = torch.randn(karate.num_nodes, 4, generator=torch.Generator().manual_seed(0))
    (block,) = batches(subject, np.array([5, 0]), 2)
    edges, network = Candidates(block, states), EdgeNetwork(4)
    with torch.no_grad():
        found = network(edges)
        asked = [block.asked[owner] for owner in edges.owner]
        for logit, (u, v), node in zip(found, block.joined.pairs[edges.place], asked, strict=True):
            both = [network.last(network.first(torch.cat([states[a], states[b], states[node]])).relu()) for a, b in ((u, v), (v, u))]
            assert float(logit) == pytest.approx(float(sum(both)) / 2, abs=1e-5)


def test_edges_that_cannot_matter_are_those_without_a_gradient(karate):
    subject = Subject(trained(karate, activation="elu"), karate)
    (block,) = batches(subject, np.array([16, 9]), 2)
    weights = block.whole().requires_grad_()
    block.logits(block.values, weights).abs().sum().backward()
    assert (weights.grad.numpy() != 0).tolist() == (block.messages.numpy() > 0).tolist()


def test_draws_are_sharper_the_colder():
    torch.manual_seed(0)
    warm, cold = (concrete(torch.zeros(2000), temperature) for temperature in (5.0, 0.1))
    assert warm.mean() == pytest.approx(0.5, abs=0.02)
    assert cold.mean() == pytest.approx(0.5, abs=0.05)
    assert ((cold < 0.1) | (cold > 0.9)).float().mean() > 0.8
    assert ((warm > 0.25) & (warm < 0.75)).all()


@pytest.mark.parametrize("name", ["pg_explainer", "graph_mask"])
@pytest.mark.parametrize("case", ["gat", "sage", "appnp", "deeper_gcn", "dgmlp"])
def test_other_models_and_a_copy_that_stays_clean(name, case, karate):
    run = trained(karate, case)
    state = ready(name, run, karate, given={"epochs": 1, "nodes": 3})
    for one in method(name).attribute(state, [5, 33]):
        assert np.isfinite(one.pair_scores).all()
        assert np.ptp(one.pair_scores) > 0
    for weight, value in state.subject.module.state_dict().items():
        assert np.array_equal(value, run.weights[weight])
    for layer in state.subject.module.modules():
        assert not layer._forward_hooks
        if isinstance(layer, MessagePassing):
            assert not layer._message_forward_hooks
            assert not layer._propagate_forward_pre_hooks
            assert not layer.explain
            assert "propagate" not in vars(layer)


def test_a_model_without_hidden_states(karate):
    run = trained(karate, depth=1)
    (one,) = method("pg_explainer").attribute(ready("pg_explainer", run, karate, given={"epochs": 1}), [5])
    assert np.ptp(one.pair_scores[one.part.within]) > 0
