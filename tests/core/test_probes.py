import numpy as np
import pytest
import torch

from core.probes import MAX_NODES, MAX_STEPS, EmbeddingProbe, probe_epochs
from core.training import train


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
    probes = [EmbeddingProbe(MAX_NODES + 500, 2, seed=3) for _ in range(2)]
    for probe in probes:
        probe.record(0, [torch.full((MAX_NODES + 500, 2), 1e9)], torch.zeros(MAX_NODES + 500, 3))
    first, second = (probe.arrays() for probe in probes)
    assert len(first["embedding.nodes"]) == MAX_NODES
    np.testing.assert_array_equal(first["embedding.nodes"], second["embedding.nodes"])
    assert (np.diff(first["embedding.nodes"]) > 0).all()
    assert np.isfinite(first["embedding.states"]).all(), "what float16 cannot hold is drawn at its border"
    assert first["embedding.predictions"].shape == (1, MAX_NODES + 500)


def test_an_epoch_asked_for_later():
    probe = EmbeddingProbe(5, 10_000, 0)
    assert not probe.wants(7777)
    probe.want(7777)
    assert probe.wants(7777)
