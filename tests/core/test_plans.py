from dataclasses import replace

import numpy as np
import pytest

from core import open_graphs
from core.costs import TooMuch
from core.crew import coordinator
from core.crew.local import Local
from core.crew.refusals import Refused, about
from core.errors import UserError
from core.jobs import Job
from core.models import two_hops
from core.plans import graph_of, is_current, run_plan
from core.progress import Progress
from core.seeds import plan as seeds_of
from core.store import Store
from core.work import Cancelled, silent


@pytest.fixture
def trained(monkeypatch):
    """Seeds that were truly trained."""
    seeds, real = [], coordinator.train

    def counted(spec, **options):
        seeds.append(spec.seed)
        return real(spec, **options)

    monkeypatch.setattr(coordinator, "train", counted)
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


def test_a_model_that_will_not_have_the_graph_leaves_the_others(make_spec, tmp_path, monkeypatch):
    monkeypatch.setattr(two_hops, "MOST_PAIRS", 3)
    specs = [make_spec("h2gcn", epochs=2), make_spec(epochs=2), make_spec("h2gcn", epochs=2, seed=1), make_spec(epochs=2, seed=1)]
    with pytest.raises(Refused, match=r"^H2GCN needs a matrix .* The other 2 runs of the plan are stored\.$") as refused:
        run_plan(silent, specs=specs, root=tmp_path, device="cpu")
    assert list(refused.value.reasons) == [about(specs[0])], "said once for all seeds"
    assert sorted((entry.spec.model.name, entry.spec.seed) for entry in Store(tmp_path).entries()) == [("gcn", 0), ("gcn", 1)]


def test_what_fails_in_training_is_tried_once_for_all_seeds(make_spec, tmp_path, monkeypatch):
    tried, real = [], coordinator.train

    def train(spec, **options):
        tried.append((spec.model.name, spec.seed))
        if spec.model.name == "gat":
            raise UserError("GAT takes too much memory here.")
        return real(spec, **options)

    monkeypatch.setattr(coordinator, "train", train)
    specs = [make_spec(name, epochs=2, seed=seed) for seed in range(2) for name in ("gat", "gcn")]
    with pytest.raises(Refused, match=r"^GAT takes too much memory here\. The other 2 runs"):
        run_plan(silent, specs=specs, root=tmp_path, device="cpu")
    assert tried == [("gat", 0), ("gcn", 0), ("gcn", 1)]


def test_a_graph_that_does_not_open_leaves_the_others(make_spec, tmp_path, monkeypatch):
    opened, real = [], coordinator.graph_of

    def graph_of(dataset, tell):
        opened.append(dataset.name)
        if dataset.name == "texas":
            raise UserError("Texas could not be downloaded.")
        return real(dataset, tell)

    monkeypatch.setattr(coordinator, "graph_of", graph_of)
    away = [make_spec(model, dataset="texas", split="0", epochs=2) for model in ("gcn", "mlp")]
    with pytest.raises(Refused, match=r"^Texas could not be downloaded\.$") as refused:
        run_plan(silent, specs=[*away, make_spec(epochs=2)], root=tmp_path, device="cpu")
    assert len(refused.value.reasons) == 2
    assert opened.count("texas") == 1
    assert len(Store(tmp_path).entries()) == 1


def test_cancel_keeps_what_has_ended(trained, specs, tmp_path):
    def stop(done=0.0, total=0.0, message="", snapshot=None):
        if message == "1 of 3 runs · epoch 2 of 4":
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


def told_of(run):
    """What a plan reports: seconds, seconds in all, message, snapshot."""
    told = []

    def report(done=0.0, total=0.0, message="", snapshot=None):
        told.append((done, total, message, snapshot() if callable(snapshot) else snapshot))

    run(report)
    return told


def test_progress_counts_the_runs_of_the_plan_and_shows_the_one_in_training(specs, tmp_path):
    run_plan(silent, specs=specs[:1], root=tmp_path, device="cpu")
    told = told_of(lambda report: run_plan(report, specs=specs, root=tmp_path, device="cpu"))
    assert [message for *_, message, _ in told][:3] == ["1 of 3 runs are stored", "1 of 3 runs", "1 of 3 runs · loading karate"]
    assert told[-1][2] == "3 of 3 runs"
    progress = next(snapshot for *_, message, snapshot in told if message == "2 of 3 runs · epoch 4 of 4")
    assert isinstance(progress, Progress)
    assert (progress.done, progress.total, progress.finished) == (2, 3, (specs[0].key, specs[1].key))
    (training,) = progress.running
    assert (training.spec, training.epoch) == (specs[2], 4)
    np.testing.assert_array_equal(training.history[:, 0], Store(tmp_path).get(specs[2].key).history["train_loss"])


def test_a_plan_of_one_run_does_not_count_runs(specs, tmp_path):
    told = told_of(lambda report: run_plan(report, specs=specs[:1], root=tmp_path, device="cpu"))
    assert [message for *_, message, _ in told if "epoch" in message] == [f"epoch {epoch} of 4" for epoch in range(1, 5)]


def test_the_time_left_is_that_of_the_measured_speed(specs, tmp_path, monkeypatch):
    """On a clock that goes a second an epoch, and half a second for everything else that is timed."""
    clock = Clock()
    monkeypatch.setattr(coordinator.time, "monotonic", clock)
    real = coordinator.train

    def train(spec, *, watch, **options):
        def watched(epoch, rows):
            clock.now += 1.0
            watch(epoch, rows)

        return replace(real(spec, watch=watched, **options), seconds=4.0)

    monkeypatch.setattr(coordinator, "train", train)
    told = told_of(lambda report: run_plan(report, specs=specs, root=tmp_path, device="cpu", crew=lambda *_: (Local(0), "")))
    left = {message: total - done for done, total, message, _ in told if total}
    assert "0 of 3 runs · epoch 1 of 4" not in left, "one epoch has no speed yet"
    assert [left[f"0 of 3 runs · epoch {epoch} of 4"] for epoch in (2, 3, 4)] == [10, 9, 8]
    assert [left[f"2 of 3 runs · epoch {epoch} of 4"] for epoch in (1, 2, 3, 4)] == [3, 2, 1, 0]
    done, total, *_ = next(found for found in told if found[2] == "1 of 3 runs · epoch 2 of 4")
    monkeypatch.setattr("core.jobs.time.monotonic", lambda: 100 + done)
    assert Job(1, "", "batch", "", {}, state="running", done=done, total=total, started=100.0).eta == pytest.approx(6)


class Clock:
    """Seconds that a test lets pass."""

    now = 0.0

    def __call__(self):
        return self.now


def test_what_a_download_tells_is_told(specs, tmp_path, monkeypatch):
    karate = graph_of(specs[0].dataset)

    def slow(dataset, tell):
        tell("Downloading karate: 1.0 MB so far")
        return karate

    monkeypatch.setattr(open_graphs, "_graphs", {})
    monkeypatch.setattr(open_graphs, "open_graph", slow)
    told = told_of(lambda report: run_plan(report, specs=specs[:2], root=tmp_path, device="cpu"))
    assert "0 of 2 runs · Downloading karate: 1.0 MB so far" in [message for *_, message, _ in told]


def test_a_download_can_be_stopped(specs, tmp_path, monkeypatch):
    def slow(dataset, tell):
        tell("Downloading karate: 1.0 MB so far")
        raise AssertionError("went on")

    def stop(done=0.0, total=0.0, message="", snapshot=None):
        if "Downloading" in message:
            raise Cancelled

    monkeypatch.setattr(open_graphs, "_graphs", {})
    monkeypatch.setattr(open_graphs, "open_graph", slow)
    with pytest.raises(Cancelled):
        run_plan(stop, specs=specs, root=tmp_path, device="cpu")


def test_a_very_long_plan_is_asked_about_before_anything_is_trained(trained, make_spec, tmp_path):
    specs = seeds_of(make_spec(epochs=1), 100_000)
    with pytest.raises(TooMuch, match=r"trains 100,000 runs: an unknown time .* --yes") as asked:
        run_plan(silent, specs=specs, root=tmp_path, device="cpu")
    assert trained == []
    assert "nothing like it was measured yet" in str(asked.value)
    assert not Store(tmp_path).entries()


def test_a_long_plan_that_is_sure_begins_and_can_be_stopped(trained, make_spec, tmp_path):
    specs = seeds_of(make_spec(epochs=1), 1001)

    def stop(done=0.0, total=0.0, message="", snapshot=None):
        if message.startswith("2 of 1,001 runs"):
            raise Cancelled

    with pytest.raises(Cancelled):
        run_plan(stop, specs=specs, root=tmp_path, device="cpu", sure=True)
    assert trained == [0, 1]
    assert len(Store(tmp_path).entries()) == 2
