"""What a plan will cost, from runs that were stored with made-up seconds."""

from dataclasses import replace

import pytest

from core import costs
from core.costs import LONG, MANY, Cost, TooMuch, ask_first, cost
from core.seeds import plan
from core.store import Store
from core.training import train


@pytest.fixture
def store(make_spec, tmp_path):
    """Two seeds of a GCN of depth 2, of 10 epochs in 1 and 3 seconds, and an MLP of 5 seconds."""
    store = Store(tmp_path)
    for spec, seconds in (
        (make_spec("gcn", epochs=10), 1.0),
        (make_spec("gcn", epochs=10, seed=1), 3.0),
        (make_spec("mlp", epochs=10), 5.0),
    ):
        store.put(replace(train(spec, device="cpu"), seconds=seconds))
    return store


def bytes_of(store, *positions):
    sizes = [entry.bytes for entry in reversed(store.entries())]
    return sum(sizes[position] for position in positions) / len(positions)


def test_runs_that_differ_in_the_seed_only_cost_the_same(make_spec, store):
    found = cost(plan(make_spec("gcn", epochs=10), 50), store)
    assert found.runs == 50
    assert found.seconds == pytest.approx(50 * 2.0)
    assert found.bytes == pytest.approx(50 * bytes_of(store, 0, 1), abs=1)


def test_trained_otherwise_an_epoch_costs_the_same(make_spec, store):
    assert cost([make_spec("gcn", epochs=100)], store).seconds == pytest.approx(20.0)
    assert cost([make_spec("gcn", {"depth": 8}, epochs=100)], store).seconds == pytest.approx(20.0), "the nearest that is known"


def test_a_run_that_stops_early_costs_what_it_took(make_spec, store):
    spec = make_spec("gcn", {"dropout": 0.0}, epochs=5000, lr=0.1, patience=5)
    store.put(replace(train(spec, device="cpu"), seconds=7.0))
    assert cost([replace(spec, seed=9)], store).seconds == pytest.approx(7.0)


def test_nothing_like_it(make_spec, store, tmp_path):
    assert cost([make_spec("gat", epochs=10)], store) == Cost(1, None, None)
    assert cost([make_spec("gcn", epochs=10)], Store(tmp_path / "empty")) == Cost(1, None, None)


def test_what_is_like_nothing_counts_as_the_rest_of_the_plan(make_spec, store):
    found = cost([make_spec("gcn", epochs=10), make_spec("gat", epochs=30)], store)
    assert found.seconds == pytest.approx(2.0 * 4)


def test_only_the_newest_runs_are_read(make_spec, store, monkeypatch):
    monkeypatch.setattr(costs, "LOOKED_AT", 1)
    assert cost([make_spec("gcn", epochs=10)], store).seconds is None
    assert cost([make_spec("mlp", epochs=10)], store).seconds == pytest.approx(5.0)


def test_many_runs_are_asked_about(make_spec, store):
    ask_first(plan(make_spec("gcn", epochs=1), MANY), store)
    with pytest.raises(TooMuch, match=r"trains 1,001 runs: about 3 min of training and about \d+ MB on disk\. .* --yes"):
        ask_first(plan(make_spec("gcn", epochs=1), MANY + 1), store)


def test_a_long_plan_is_asked_about(make_spec, store):
    epochs = round(LONG / 2.0)
    ask_first(plan(make_spec("gcn", epochs=epochs), 10), store)
    with pytest.raises(TooMuch, match=r"11 runs: about 66 min of training"):
        ask_first(plan(make_spec("gcn", epochs=epochs), 11), store)


def test_few_epochs_are_not_worth_a_look_at_the_store(make_spec, monkeypatch):
    monkeypatch.setattr(costs, "cost", None)
    ask_first(plan(make_spec("gcn", epochs=100), 19), None)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Cost(100_000, None, None), "100,000 runs: an unknown time (nothing like it was measured yet)"),
        (Cost(5, 40.4, 5e5), "5 runs: about 40 s of training and about 1 MB on disk"),
        (Cost(2000, 3 * 3600.0, 2.4e9), "2,000 runs: about 3 h of training and about 2.4 GB on disk"),
    ],
)
def test_words(found, words):
    assert str(found) == words
