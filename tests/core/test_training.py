import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.capture import hidden_states
from core.data import Split
from core.errors import UserError
from core.models.contract import Shape, build, models
from core.models.stack import Stack
from core.run import COLUMNS
from core.seeds import interval
from core.sparse import Edges
from core.spec import DatasetSpec
from core.store import Store
from core.tasks.node_classification import prepare
from core.training import _optimizer, train
from core.work import Cancelled

ROOT = Path(__file__).parents[2]
SMALL = tuple(models())


def same(one, other):
    return (
        np.array_equal(one.logits, other.logits)
        and all(np.array_equal(one.history[name], other.history[name], equal_nan=True) for name in COLUMNS)
        and one.weights.keys() == other.weights.keys()
        and all(np.array_equal(one.weights[name], other.weights[name]) for name in one.weights)
    )


@pytest.mark.parametrize("name", SMALL)
def test_the_same_seed_gives_the_same_bits_and_another_seed_others(make_spec, name):
    spec = make_spec(name, epochs=12)
    run = train(spec, device="cpu")
    assert same(run, train(spec, device="cpu"))
    assert not np.array_equal(run.logits, train(replace(spec, seed=1), device="cpu").logits)
    assert set(run.history) == set(COLUMNS)
    assert run.epochs == 12
    assert run.logits.shape == (34, 4)


def test_a_new_process_gives_the_same_bits(make_spec, tmp_path):
    specs = [make_spec(name, epochs=8) for name in ("gcn", "gat", "appnp", "supergat")]
    code = """
import json, sys
from pathlib import Path
from core.spec import RunSpec
from core.store import Store
from core.training import train
for line in json.loads(sys.argv[1]):
    Store(Path(sys.argv[2])).put(train(RunSpec.from_dict(line), device="cpu"))
"""
    words = [sys.executable, "-W", "ignore", "-c", code, json.dumps([spec.as_dict() for spec in specs]), str(tmp_path)]
    subprocess.run(words, cwd=ROOT, check=True)
    for spec in specs:
        stored = Store(tmp_path).get(spec.key, weights=True)
        assert stored is not None
        assert same(stored, train(spec, device="cpu"))


def test_probes_do_not_change_the_training(make_spec):
    spec = make_spec("gat", epochs=30)
    assert same(train(spec, device="cpu"), train(spec, device="cpu", probes=("embedding",)))


def test_an_unknown_probe_is_refused(make_spec):
    with pytest.raises(UserError, match="There is no probe 'atention'"):
        train(make_spec(epochs=1), device="cpu", probes=("atention",))


def test_the_callers_random_state_and_threads_are_left_alone(make_spec):
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        torch.manual_seed(5)
        np.random.seed(5)
        before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].copy()
        train(make_spec(epochs=3), device="cpu", probes=("embedding",))
        with pytest.raises(Cancelled):
            train(make_spec(epochs=3), device="cpu", watch=_stop)
        assert torch.equal(torch.get_rng_state(), before)
        assert np.array_equal(np.random.get_state()[1], numpy_before)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)


def _stop(epoch, rows):
    raise Cancelled


def test_the_callers_random_state_does_not_matter(make_spec):
    torch.manual_seed(1)
    first = train(make_spec(epochs=3), device="cpu")
    torch.manual_seed(2)
    assert same(first, train(make_spec(epochs=3), device="cpu"))


def test_watch_is_told_every_epoch_and_may_stop(make_spec):
    seen = []

    def watch(epoch, rows):
        seen.append((epoch, len(rows)))
        if epoch == 4:
            raise Cancelled

    with pytest.raises(Cancelled):
        train(make_spec(epochs=9), device="cpu", watch=watch)
    assert seen == [(1, 1), (2, 2), (3, 3), (4, 4)]


def test_kept_weights_give_the_kept_logits_and_scores(make_spec, make_graph):
    graph = make_graph(sparse=True)
    run = train(make_spec("gcn", epochs=25), graph=graph, device="cpu")
    batch = prepare(graph, graph.splits["public"], torch.device("cpu"))
    module = build("gcn", Shape(7, 3, 12), dict(run.spec.model.parameters)).eval()
    module.load_state_dict({name: torch.from_numpy(value) for name, value in run.weights.items()})
    with torch.no_grad():
        np.testing.assert_array_equal(module(batch.x, batch.edges).numpy(), run.logits)
    test = graph.splits["public"].test
    assert run.scores["test_score"] == (run.predictions == graph.labels)[test].mean()
    assert run.best_epoch == np.argmin(run.history["validation_loss"]) + 1
    assert {name: run.history[name][run.best_epoch - 1] for name in COLUMNS} == run.scores


def test_weights_of_batch_norm_come_back_from_the_store(make_spec, tmp_path):
    run = train(make_spec("gin", {"normalization": "batch", "depth": 2}, epochs=5), device="cpu")
    Store(tmp_path).put(run)
    stored = Store(tmp_path).get(run.key, weights=True)
    module = build("gin", Shape(34, 4, 34), dict(run.spec.model.parameters))
    module.load_state_dict({name: torch.from_numpy(value) for name, value in stored.weights.items()})
    assert not [name for name in run.weights if name.startswith("first_layer")], "stored under one name only"


def test_history_is_what_a_plain_loop_measures(make_spec, make_graph):
    """Plain torch, dense features and no shortcuts give the same first losses."""
    graph, spec = make_graph(), make_spec("mlp", {"dropout": 0.0}, epochs=3, weight_decay=0.01, keep="last")
    run = train(spec, graph=graph, device="cpu")
    torch.manual_seed(0)
    module = build("mlp", Shape(7, 3, 12), dict(spec.model.parameters))
    optimizer = torch.optim.Adam(module.parameters(), lr=0.01, weight_decay=0.01)
    x, y = torch.from_numpy(graph.features), torch.from_numpy(graph.labels)
    train_mask, validation = torch.from_numpy(graph.splits["public"].train), torch.from_numpy(graph.splits["public"].validation)
    losses = []
    for _ in range(3):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(module(x, None)[train_mask], y[train_mask]).backward()
        optimizer.step()
        losses.append(torch.nn.functional.cross_entropy(module(x, None)[validation], y[validation]).item())
    np.testing.assert_allclose(run.history["validation_loss"], losses, rtol=1e-4)


def test_a_loss_of_the_models_own_is_descended_and_not_in_the_history(make_spec, make_graph, monkeypatch):
    """A pull on the weights towards 0, written as a loss, moves them as weight decay does: ∂(λ/2 · W²) = λ W."""
    graph, calls = make_graph(), []

    def pull(module):
        calls.append(module.training)
        return 0.05 * sum(weight.pow(2).sum() for weight in module.parameters())

    plain, decayed = (train(make_spec("mlp", epochs=5, weight_decay=decay), graph=graph, device="cpu") for decay in (0.0, 0.1))
    monkeypatch.setattr(Stack, "auxiliary_loss", pull, raising=False)
    pulled = train(make_spec("mlp", epochs=5, weight_decay=0.0), graph=graph, device="cpu")
    assert calls == [True] * 5, "once an epoch, and never while it is measured"
    for name in COLUMNS:
        np.testing.assert_allclose(pulled.history[name], decayed.history[name], rtol=1e-5)
    assert not np.allclose(pulled.history["train_loss"], plain.history["train_loss"], rtol=1e-5)


@pytest.mark.parametrize("scope", ["all", "first"])
def test_weight_decay_moves_the_weights_of_its_scope_and_no_others(scope):
    module = build("gcn", Shape(5, 3, 9), {"depth": 3})
    with torch.no_grad():
        for weight in module.parameters():
            weight.fill_(1.0)
            weight.grad = torch.zeros_like(weight)  # nothing but the decay can move it
    _optimizer(module, _training(decay_scope=scope)).step()
    moved = {id(weight) for weight in module.parameters() if (weight < 1).all()}
    stayed = {id(weight) for weight in module.parameters() if (weight == 1).all()}
    first = {id(weight) for weight in module.convolutions[0].parameters()}
    every = {id(weight) for weight in module.parameters()}
    assert moved == (every if scope == "all" else first)
    assert moved | stayed == every


def _training(**changes):
    from core.spec import TrainingSpec

    return TrainingSpec(weight_decay=0.1, **changes)


@pytest.mark.parametrize("name", SMALL)
def test_every_model_names_its_first_layer(name):
    module = build(name, Shape(5, 3, 9), {})
    own = {id(weight) for weight in module.first_layer.parameters()}
    assert own
    assert own <= {id(weight) for weight in module.parameters()}


def test_early_stopping_stops_and_keeps_the_best(make_spec, make_graph):
    run = train(make_spec("gcn", epochs=2000, lr=0.1, patience=15), graph=make_graph(), device="cpu", probes=("embedding",))
    assert run.epochs < 2000
    assert run.epochs - run.best_epoch == 15
    assert run.probes["embedding.epochs"][-1] == run.epochs, "the last epoch is recorded, though nobody knew that it was"


def test_what_a_training_needs_is_worked_out_once_a_model_and_graph(make_spec, make_graph, monkeypatch):
    asked = []
    monkeypatch.setattr("core.training.training_bytes", lambda *_: asked.append(1) or 1e30 * (len(asked) == 3))
    one, other = make_graph(1), make_graph(2)
    for seed in range(3):
        train(make_spec(epochs=1, seed=seed), graph=one)
    assert len(asked) == 1
    train(make_spec(epochs=1), graph=other)
    assert len(asked) == 2
    for _ in range(2):  # what does not fit is refused every time
        with pytest.raises(UserError, match="memory"):
            train(make_spec(given={"depth": 3}, epochs=1), graph=one)
    assert len(asked) == 3


def test_divergence_is_a_stored_run_with_a_note(make_spec, make_graph, tmp_path):
    wild = make_graph(features=np.full((12, 7), 3e37, dtype=np.float32) * np.arange(12, dtype=np.float32)[:, None] / 11)
    run = train(make_spec("sage", {"depth": 8}, epochs=50, lr=10.0), graph=wild, device="cpu", probes=("embedding",))
    assert "diverged in epoch" in run.note
    assert run.epochs < 50
    assert np.isfinite(run.logits).all()
    store = Store(tmp_path)
    store.put(run)
    assert same(store.get(run.key, weights=True), run)
    assert store.entries()[0].note == run.note
    assert not store.verify()

    def refuse(word):
        raise AssertionError(f"{word} is not JSON")

    folder = tmp_path / "runs" / run.key
    json.loads((folder / "run.json").read_text(), parse_constant=refuse)


def test_a_run_without_any_valid_epoch_has_no_scores(make_spec, make_graph, tmp_path):
    wild = make_graph(features=np.full((12, 7), 3e38, dtype=np.float32))
    run = train(make_spec("sage", {"depth": 2}, epochs=5), graph=wild, device="cpu")
    assert "diverged in epoch 1:" in run.note
    assert all(math.isnan(score) for name, score in run.scores.items() if name.endswith("_score"))
    store = Store(tmp_path)
    store.put(run)
    scores = [store.entry(run.key).scores["test_score"], 0.8, 0.9]
    found = interval(scores)
    assert (found.n, found.mean) == (2, pytest.approx(0.85)), "it is no score of 0, and n shows that it is missing"


def test_an_infinite_score_is_stored_as_none(make_spec, tmp_path):
    run = train(make_spec(epochs=2), device="cpu")
    store = Store(tmp_path)
    store.put(replace(run, scores={**run.scores, "train_loss": math.inf}))
    assert math.isnan(store.entry(run.key).scores["train_loss"])


def test_lr_10_on_a_deep_network_ends_without_a_crash(make_spec):
    run = train(make_spec("gcn", {"depth": 16}, epochs=40, lr=10.0), device="cpu")
    assert run.epochs <= 40
    assert 1 <= run.best_epoch <= run.epochs


def test_no_validation_nodes_keeps_the_last_epoch_and_says_so(make_spec, make_graph):
    graph = make_graph()
    split = graph.splits["public"]
    blind = make_graph(splits={"public": Split(split.train, np.zeros(12, dtype=bool), split.test)})
    run = train(make_spec("gcn", epochs=20, patience=5), graph=blind, device="cpu")
    assert (run.epochs, run.best_epoch) == (20, 20), "patience has nothing to wait for"
    assert "the last epoch was kept" in run.note
    assert np.isnan(run.history["validation_loss"]).all()
    assert np.isfinite(run.scores["test_score"])


def test_no_test_nodes_is_fine(make_spec, make_graph):
    split = make_graph().splits["public"]
    run = train(
        make_spec(epochs=3), graph=make_graph(splits={"public": Split(split.train, split.validation | split.test, split.test & False)})
    )
    assert np.isnan(run.scores["test_score"])
    assert run.note == ""


def test_roc_auc_is_the_score_where_the_dataset_says_so(make_spec, make_graph):
    from sklearn.metrics import roc_auc_score

    graph = make_graph(num_nodes=60, num_edges=120, classes=2, metric="roc_auc")
    run = train(make_spec("sage", epochs=10), graph=graph, device="cpu")
    test = graph.splits["public"].test
    assert run.metric == "roc_auc"
    assert run.scores["test_score"] == pytest.approx(roc_auc_score(graph.labels[test], run.probabilities[test, 1]), abs=1e-6)


def test_uploaded_graphs_are_refused_instead_of_ignored(make_spec):
    with pytest.raises(UserError, match="uploaded version"):
        train(replace(make_spec(), dataset=DatasetSpec("karate", content="abc")))


def test_hooks_are_released_when_the_model_fails(make_graph):
    module = build("gcn", Shape(7, 3, 12), {"depth": 3})
    with pytest.raises(RuntimeError), hidden_states(module):
        module(torch.rand(12, 99), Edges(torch.tensor([[0], [1]]), 12))
    assert not any(state._forward_hooks for state in module.states)


@pytest.mark.public_data
def test_gcn_on_cora_is_what_the_paper_says(make_spec):
    scores = [train(make_spec("gcn", dataset="cora", seed=seed), device="cpu").scores["test_score"] for seed in range(5)]
    assert 0.805 <= np.mean(scores) <= 0.825
