import numpy as np
import pytest
import torch

from core.capture import attention
from core.data import Split
from core.metrics.attention import attention_entropy, normalized_entropy
from core.probes import MAX_NODES, MAX_STEPS, PROBES, ConfidenceProbe, EmbeddingProbe, Recorder, probe_epochs
from core.rebuilt import batch_of, module_of
from core.splits import split_of
from core.training import open_graph, train

NOBODY = Split(*(np.zeros(34, dtype=bool) for _ in range(3)))


@pytest.mark.parametrize("epochs", [1, 2, 5, 39, 40, 200, 10_000, 100_000])
def test_epochs_are_few_early_ones_first_and_both_ends_are_there(epochs):
    found = probe_epochs(epochs)
    assert len(found) <= MAX_STEPS
    assert (found[0], found[-1]) == (0, epochs)
    assert list(found) == sorted(set(found))
    gaps = np.diff(found)
    assert gaps[0] == 1
    assert gaps[0] <= gaps[-1]


def test_recording_of_a_run(make_spec):
    run = train(make_spec("gcn", {"depth": 3, "width": 8}, epochs=30, keep="last"), device="cpu", probes=("embedding",))
    probe = {name.partition(".")[2]: array for name, array in run.probes.items()}
    steps = len(probe["epochs"])
    assert probe["states"].shape == (steps, 34, 8)
    assert probe["states"].dtype == np.float16
    assert probe["predictions"].shape == probe["confidence"].shape == (steps, 34)
    assert probe["epochs"].tolist() == list(probe_epochs(30))
    assert probe["nodes"].tolist() == list(range(34))
    assert run.best_epoch == 30
    assert (probe["predictions"][-1] == run.predictions).all()
    assert (probe["confidence"] >= 0.24).all()


def test_a_model_without_hidden_states_records_its_logits(make_spec):
    run = train(make_spec("gcn", {"depth": 1}, epochs=5), device="cpu", probes=("embedding",))
    assert run.probes["embedding.states"].shape[2] == 4


def test_large_graphs_are_sampled_alike_each_time():
    probes = [EmbeddingProbe(MAX_NODES + 500, seed=3) for _ in range(2)]
    for probe in probes:
        probe.record(0, [torch.full((MAX_NODES + 500, 2), 1e9)], torch.zeros(MAX_NODES + 500, 3))
    first, second = (probe.arrays() for probe in probes)
    assert len(first["embedding.nodes"]) == MAX_NODES
    np.testing.assert_array_equal(first["embedding.nodes"], second["embedding.nodes"])
    assert (np.diff(first["embedding.nodes"]) > 0).all()
    assert np.isfinite(first["embedding.states"]).all(), "what float16 cannot hold is drawn at its border"
    assert first["embedding.predictions"].shape == (1, MAX_NODES + 500)


def test_an_epoch_asked_for_later(make_graph):
    probe = Recorder(("embedding",), make_graph(), NOBODY, 10_000, 0)
    assert not probe.wants(7777)
    probe.want(7777)
    assert probe.wants(7777)


def test_attention_over_the_epochs_is_that_of_the_run_in_the_end(make_spec):
    spec = make_spec("gat", {"depth": 2, "heads": 3, "output_heads": 2}, epochs=8, keep="last")
    run = train(spec, device="cpu", probes=("attention",))
    probe = {name.partition(".")[2]: array for name, array in run.probes.items()}
    assert probe["epochs"].tolist() == list(probe_epochs(8))
    assert list(zip(probe["layer"].tolist(), probe["head"].tolist(), strict=True)) == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2)]
    assert probe["entropy"].shape == probe["same_class"].shape == (len(probe["epochs"]), 5)
    graph = open_graph(spec.dataset)
    module, batch = module_of(spec, graph, run.weights), batch_of(spec, graph)
    with attention(module) as found, torch.no_grad():
        module(batch.x, batch.edges)
    pairs = [(one.alpha.numpy(), one.edge_index.numpy()) for one in found]
    whole = [normalized_entropy(attention_entropy(alpha, links[1], 34), links, 34, loops=True) for alpha, links in pairs]
    last = [np.nanmean(one, axis=0) for one in whole]
    np.testing.assert_allclose(probe["entropy"][-1], np.concatenate(last), rtol=1e-5)
    assert (probe["entropy"] > 0).all()
    assert (probe["entropy"] <= 1).all()


def test_recordings_change_no_training_and_may_be_several(make_spec):
    spec = make_spec("gat", epochs=6)
    plain, watched = train(spec, device="cpu"), train(spec, device="cpu", probes=PROBES)
    for name, weight in plain.weights.items():
        np.testing.assert_array_equal(weight, watched.weights[name])
    assert {name.partition(".")[0] for name in watched.probes} == set(PROBES)


def test_a_model_without_attention_records_no_heads(make_spec):
    run = train(make_spec("gcn", epochs=3), device="cpu", probes=("attention",))
    assert run.probes["attention.entropy"].shape == (4, 0)


def test_confidence_over_the_epochs_is_that_of_the_run_in_the_end(make_spec):
    spec = make_spec("gcn", epochs=30, keep="last")
    run = train(spec, device="cpu", probes=("confidence",))
    probe = {name.partition(".")[2]: array for name, array in run.probes.items()}
    assert probe["epochs"].tolist() == list(probe_epochs(30))
    graph = open_graph(spec.dataset)
    split, nodes = split_of(graph, spec.dataset), probe["nodes"]
    np.testing.assert_array_equal(nodes, np.flatnonzero(split.train | split.validation | split.test))
    np.testing.assert_array_equal(probe["correct"][-1], (run.predictions == graph.labels)[nodes])
    np.testing.assert_allclose(probe["confidence"][-1], run.confidence[nodes], rtol=1e-5)
    likely = -np.log(run.probabilities[np.arange(34), graph.labels])
    np.testing.assert_allclose(probe["loss"][-1], [likely[part].mean() for part in (split.train, split.validation, split.test)], rtol=1e-4)
    for epoch, (train_loss, validation_loss, _) in zip(probe["epochs"][1:], probe["loss"][1:], strict=True):
        assert validation_loss == pytest.approx(run.history["validation_loss"][epoch - 1], rel=1e-5)
        assert train_loss == pytest.approx(run.history["train_loss"][epoch - 1], rel=1e-5)


def test_confidence_is_recorded_of_nodes_in_a_part_only():
    """Node 1 has no label, node 3 is in no part."""
    split = Split(*(np.isin(np.arange(5), nodes) for nodes in ([0], [], [2, 4])))
    probe = ConfidenceProbe(np.array([1, -1, 0, 0, 1]), split)
    probe.record(0, torch.log(torch.tensor([[0.2, 0.8], [0.6, 0.4], [0.3, 0.7], [0.5, 0.5], [0.1, 0.9]])))
    found = probe.arrays()
    assert found["confidence.nodes"].tolist() == [0, 2, 4]
    np.testing.assert_allclose(found["confidence.confidence"], [[0.8, 0.7, 0.9]], rtol=1e-6)
    assert found["confidence.correct"].tolist() == [[True, False, True]]
    np.testing.assert_allclose(found["confidence.loss"], [[-np.log(0.8), np.nan, -np.log([0.3, 0.9]).mean()]], rtol=1e-6)
    assert (found["confidence.confidence"].dtype, found["confidence.correct"].dtype) == (np.float32, bool)
