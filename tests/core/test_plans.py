from dataclasses import replace

import numpy as np
import pytest

from core import plans
from core.errors import UserError
from core.plans import graph_of, is_current, run_plan
from core.progress import Progress
from core.spec import DatasetSpec
from core.store import Store
from core.work import Cancelled, silent


@pytest.fixture
def trained(monkeypatch):
    """Seeds that were truly trained."""
    seeds, real = [], plans.train

    def counted(spec, **options):
        seeds.append(spec.seed)
        return real(spec, **options)

    monkeypatch.setattr(plans, "train", counted)
    return seeds


@pytest.fixture
def specs(make_spec):
    return [make_spec(epochs=4, seed=seed) for seed in range(3)]


def test_stored_runs_are_not_trained_again(trained, specs, tmp_path):
    assert run_plan(silent, specs=specs[:2], root=tmp_path, device="cpu") == [spec.key for spec in specs[:2]]
    assert run_plan(silent, specs=specs, root=tmp_path, device="cpu") == [spec.key for spec in specs]
    assert trained == [0, 1, 2]
    assert len(Store(tmp_path).entries()) == 3


def test_a_spec_given_twice_is_trained_once(trained, specs, tmp_path):
    keys = run_plan(silent, specs=[specs[0], specs[1], specs[0]], root=tmp_path, device="cpu")
    assert trained == [0, 1]
    assert keys[0] == keys[2]


def test_an_empty_plan(tmp_path):
    assert run_plan(silent, specs=[], root=tmp_path) == []


def test_cancel_keeps_what_has_ended(trained, specs, tmp_path):
    def stop(done=0.0, total=0.0, message="", snapshot=None):
        if message.startswith("Run 2 of 3 · epoch 2"):
            raise Cancelled

    with pytest.raises(Cancelled):
        run_plan(stop, specs=specs, root=tmp_path, device="cpu")
    assert [entry.spec.seed for entry in Store(tmp_path).entries()] == [0]
    run_plan(silent, specs=specs, root=tmp_path, device="cpu")
    assert trained == [0, 1, 1, 2]


@pytest.mark.parametrize("file", ["run.json", "arrays.safetensors", "weights.safetensors"])
def test_a_damaged_run_is_trained_again_with_the_same_result(trained, specs, tmp_path, file):
    store = Store(tmp_path)
    (key,) = run_plan(silent, specs=specs[:1], root=tmp_path, device="cpu")
    before = store.get(key)
    (tmp_path / "runs" / key / file).write_bytes(b"{")
    run_plan(silent, specs=specs[:1], root=tmp_path, device="cpu")
    np.testing.assert_array_equal(store.get(key).logits, before.logits)
    assert store.verify() == []
    assert trained == [0, 0]


def test_missing_probes_are_added_without_changing_the_result(trained, specs, tmp_path):
    store = Store(tmp_path)
    (key,) = run_plan(silent, specs=specs[:1], root=tmp_path, device="cpu")
    before = store.get(key, weights=True)
    for _ in range(2):
        run_plan(silent, specs=specs[:1], root=tmp_path, device="cpu", probes=("embedding",))
    after = store.get(key, weights=True, probes=True)
    np.testing.assert_array_equal(after.logits, before.logits)
    assert "embedding.states" in after.probes
    assert trained == [0, 0]
    run_plan(silent, specs=specs[:1], root=tmp_path, device="cpu")
    assert trained == [0, 0], "a run with more than was asked for is good enough"


def test_trained_again_a_run_keeps_its_recordings(trained, specs, tmp_path):
    store = Store(tmp_path)
    (key,) = run_plan(silent, specs=specs[:1], root=tmp_path, device="cpu", probes=("embedding",))
    store.put(replace(store.get(key, weights=True, probes=True), code={"model": "older"}))
    run_plan(silent, specs=specs[:1], root=tmp_path, device="cpu", again=True)
    assert trained == [0, 0]
    assert store.entry(key).probes == ("embedding",)


def test_runs_of_older_code_stay_until_asked(trained, specs, tmp_path):
    store = Store(tmp_path)
    (key,) = run_plan(silent, specs=specs[:1], root=tmp_path, device="cpu")
    assert is_current(store.entry(key))
    store.put(replace(store.get(key, weights=True), code={"model": "older"}))
    assert not is_current(store.entry(key))
    run_plan(silent, specs=specs[:1], root=tmp_path, device="cpu")
    assert trained == [0]
    run_plan(silent, specs=specs[:1], root=tmp_path, device="cpu", again=True)
    assert trained == [0, 0]
    assert is_current(store.entry(key))


def test_a_run_of_a_model_that_is_gone_is_not_current(specs, tmp_path):
    (key,) = run_plan(silent, specs=specs[:1], root=tmp_path, device="cpu")
    entry = Store(tmp_path).entry(key)
    gone = replace(entry, spec=replace(entry.spec, model=replace(entry.spec.model, name="gone")))
    assert not is_current(gone)
    assert not is_current(entry, wanted=("embedding",))


def test_progress_counts_the_epochs_that_are_missing(specs, tmp_path):
    run_plan(silent, specs=specs[:1], root=tmp_path, device="cpu")
    told = []

    def report(done=0.0, total=0.0, message="", snapshot=None):
        told.append((done, total, message, snapshot() if callable(snapshot) else snapshot))

    run_plan(report, specs=specs, root=tmp_path, device="cpu")
    assert {total for _, total, _, _ in told} == {8}, "two runs of four epochs; the stored one took no time"
    assert [done for done, *_ in told] == sorted(done for done, *_ in told)
    assert told[-1][0] == 8
    (progress,) = [snapshot for *_, message, snapshot in told if message == "Run 3 of 3 · epoch 4 of 4"]
    assert isinstance(progress, Progress)
    assert (progress.index, progress.count, progress.epoch, progress.spec) == (2, 3, 4, specs[2])
    np.testing.assert_array_equal(progress.history[:, 0], Store(tmp_path).get(specs[2].key).history["train_loss"])


def test_with_patience_the_time_left_follows_the_runs_that_have_ended(make_spec, tmp_path):
    specs = [make_spec("gcn", {"dropout": 0.0}, epochs=5000, lr=0.1, patience=5, seed=seed) for seed in range(3)]
    told = []
    run_plan(lambda done, total, message="", snapshot=None: told.append((done, total, message)), specs=specs, root=tmp_path, device="cpu")
    taken = [Store(tmp_path).entry(spec.key).epochs for spec in specs]
    assert max(taken) < 1000
    assert told[0][:2] == (0, 15_000)
    assert next(total for _, total, message in told if message.startswith("Run 2 of 3: loading")) == 3 * taken[0]
    assert told[-1][:2] == (sum(taken), sum(taken))
    assert all(done <= total for done, total, _ in told)


def test_what_a_download_tells_keeps_the_numbers_of_the_plan(specs, tmp_path, monkeypatch):
    told = []
    karate = graph_of(specs[0].dataset)

    def slow(dataset, tell):
        tell("Downloading karate: 1.0 MB so far")
        return karate

    monkeypatch.setattr(plans, "_graphs", {})
    monkeypatch.setattr(plans, "open_graph", slow)
    report = lambda done=0.0, total=0.0, message="", snapshot=None: told.append((done, total, message))  # noqa: E731
    run_plan(report, specs=specs[:2], root=tmp_path, device="cpu")
    assert (0, 8, "Downloading karate: 1.0 MB so far") in told


def test_graphs_are_shared_between_splits_and_few_are_kept():
    karate = graph_of(DatasetSpec("karate", split="public"))
    assert graph_of(DatasetSpec("karate", split="random", split_seed=3)) is karate
    for seed in range(4):
        graph_of(DatasetSpec("csbm", (("nodes", 50), ("seed", seed))))
    assert len(plans._graphs) == plans.KEPT_GRAPHS
    assert graph_of(DatasetSpec("karate")) is not karate
    with pytest.raises(UserError, match="edited or uploaded"):
        graph_of(DatasetSpec("karate", edits=(("remove", "0", "1"),)))
