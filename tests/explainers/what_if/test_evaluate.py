"""What a model says of an edited graph: against the whole graph built anew, and by hand."""

from __future__ import annotations

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest

from core.edits import edited, parse
from core.errors import UserError
from core.hops import adjacency
from core.open_graphs import graph_of
from core.store import Store
from core.work import run_inline, silent
from explainers.what_if import known as keeping
from explainers.what_if.evaluate import evaluate, evaluate_retrained
from explainers.what_if.known import known, probabilities
from explainers.what_if.present import present
from explainers.what_if.result import trained_on

EDITS = parse("-0:1,+0:9,x33,f2:2=0,f3:1=0.5")
CSBM = (("nodes", 80), ("seed", 1))


@pytest.mark.parametrize("name", ["gcn", "sage", "gat", "gatv2", "gin", "chebnet", "appnp", "sgc", "mlp", "gcn_structure"])
def test_the_answer_is_that_of_a_graph_built_anew(stored, slow, root, name):
    spec = stored(name)
    found = evaluate(silent, spec=spec, node=0, edits=EDITS, root=root)
    before, after = slow(spec, ()), slow(spec, EDITS)
    np.testing.assert_allclose(found.before, before[0], atol=1e-6)
    np.testing.assert_allclose(found.after, after[0], atol=1e-6)
    differ = set(np.flatnonzero(before.argmax(axis=1) != after.argmax(axis=1)).tolist()) - {33}
    assert set(found.changed.nodes.tolist()) == differ
    if name == "mlp":
        assert np.array_equal(found.before, found.after)


def test_logits_on_a_hand_made_graph(stored, root):
    """The features of csbm are dense, and its splits drawn: a run of another graph with the edit in it."""
    spec = stored("gcn", "csbm", parameters=CSBM)
    graph = graph_of(spec.dataset)
    u, v = graph.undirected_edges[3].tolist()
    base = known(silent, spec, root)
    logits, _, _ = base.answer(parse(f"-{u}:{v}"))
    kept = ~np.isin(graph.edge_index, [u, v]).all(axis=0)
    by_hand = replace(graph, edge_index=graph.edge_index[:, kept])
    run = Store(root).get(spec.key, weights=True)
    assert run is not None
    expected, _, _ = keeping.Known(run, by_hand).answer(())
    np.testing.assert_allclose(logits, expected, atol=1e-5)
    assert not np.allclose(logits, base.logits)


def test_nothing_edited_is_nothing_changed(stored, root):
    found = evaluate(silent, spec=stored(), node=5, edits=(), root=root)
    assert np.array_equal(found.before, found.after)
    assert not len(found.changed.nodes)
    assert not found.flips
    assert found.moved.distance == 0
    assert found.moved.cosine == pytest.approx(1)


def test_changed_nodes_say_how_far_they_are(stored, slow, root):
    spec, edits = stored(), parse("x0,x32,x33,x2")
    found = evaluate(silent, spec=spec, node=5, edits=edits, root=root)
    before, after = slow(spec, ()), slow(spec, edits)
    links = nx.from_scipy_sparse_array(adjacency(graph_of(spec.dataset).edge_index, 34))
    lengths = nx.single_source_shortest_path_length(links, 5)
    changed = found.changed
    assert len(changed.nodes) > 2
    assert not set(changed.nodes.tolist()) & {0, 2, 32, 33}
    assert changed.hops.tolist() == sorted(lengths[node] for node in changed.nodes.tolist())
    for place, node in enumerate(changed.nodes.tolist()):
        assert (changed.before[place], changed.after[place]) == (before[node].argmax(), after[node].argmax())
        assert changed.before_probability[place] == pytest.approx(before[node].max(), abs=1e-6)
        assert changed.after_probability[place] == pytest.approx(after[node].max(), abs=1e-6)


def test_how_the_state_moves(stored, root):
    spec = stored()
    base = known(silent, spec, root)
    found = evaluate(silent, spec=spec, node=4, edits=EDITS, root=root).moved
    here, there = base.states[4].astype(float), base.answer(EDITS)[1][4].astype(float)
    assert found.state == "last hidden state"
    assert found.distance == pytest.approx(np.sqrt(((there - here) ** 2).sum() / (here**2).sum()))
    assert found.cosine == pytest.approx(1 - __import__("scipy.spatial.distance", fromlist=["cosine"]).cosine(here, there))
    from sklearn.decomposition import PCA

    pca = PCA(2).fit(base.states.astype(float))
    np.testing.assert_allclose(found.explained, pca.explained_variance_ratio_, atol=1e-6)
    expected = pca.transform([here, there])
    np.testing.assert_allclose(np.abs([found.before, found.after]), np.abs(expected), atol=1e-4)
    assert found.sample.tolist() == list(range(34))
    np.testing.assert_allclose(found.positions[4], found.before, atol=1e-5)


def test_a_model_without_hidden_states_moves_its_logits(stored, root):
    found = evaluate(silent, spec=stored("gcn", depth=1), node=0, edits=EDITS, root=root)
    assert found.moved.state == "logits"


def test_retrained_is_the_run_of_the_edited_graph(stored, root):
    spec, edits = stored(), parse("-0:1,x33")
    with pytest.raises(UserError, match="Nothing is trained"):
        evaluate_retrained(silent, spec=spec, node=0, edits=edits, root=root)
    other = stored(edits=edits)
    assert other == trained_on(spec, edits)
    found = evaluate_retrained(silent, spec=spec, node=0, edits=edits, root=root)
    runs = [Store(root).get(one.key) for one in (spec, other)]
    for shares, run in zip((found.before, found.after), runs, strict=True):
        assert run is not None
        np.testing.assert_allclose(shares, probabilities(run.logits[0]), atol=1e-5)
    assert found.retrained
    assert found.moved.aligned


def test_turning_states_gives_back_what_was_turned():
    from explainers.what_if.evaluate import _turned

    random = np.random.default_rng(0)
    states = random.normal(size=(20, 4)).astype(np.float32)
    rotation = np.linalg.qr(random.normal(size=(4, 4)))[0].astype(np.float32)
    np.testing.assert_allclose(_turned(states @ rotation, states), states, atol=1e-5)


def test_a_run_that_is_stored_again_is_read_again(stored, root):
    spec = stored()
    first = known(silent, spec, root)
    assert known(silent, spec, root) is first
    store = Store(root)
    run = store.get(spec.key, weights=True)
    assert run is not None
    store.put(replace(run, weights={name: 2 * value for name, value in run.weights.items()}))
    again = known(silent, spec, root)
    assert again is not first
    assert not np.allclose(again.logits, first.logits)
    store.put(run)


def test_few_runs_are_kept(stored, root):
    """Those that fit, the one asked for last among them."""
    specs = [stored("gcn", width=4 + seed) for seed in range(3)]
    first = known(silent, specs[0], root)
    keeping._known.limit = 2 * keeping._known.size + 3_000
    second = known(silent, specs[1], root)
    assert known(silent, specs[0], root) is first
    third = known(silent, specs[2], root)
    assert known(silent, specs[0], root) is first
    assert known(silent, specs[2], root) is third
    assert known(silent, specs[1], root) is not second


@pytest.mark.parametrize(("node", "edits", "sentence"), [(34, "", "no node 34"), (0, "-0:9", "no edge 0–9"), (0, "x34", "no node 34")])
def test_what_cannot_be_asked_is_a_sentence(stored, root, node, edits, sentence):
    with pytest.raises(UserError, match=sentence):
        evaluate(silent, spec=stored(), node=node, edits=parse(edits), root=root)


def test_an_untrained_run_is_a_sentence(stored, tmp_path):
    with pytest.raises(UserError, match="Nothing is trained"):
        evaluate(silent, spec=stored(), node=0, edits=(), root=tmp_path)


def test_features_that_are_there(stored):
    spec = stored("gcn", "csbm", parameters=CSBM)
    found = run_inline("explainers.what_if.present:present", {"dataset": spec.dataset, "node": 3})
    row = graph_of(spec.dataset).features[3]
    assert found.features.tolist() == np.flatnonzero(row).tolist()
    assert found.values.tolist() == row[row != 0].tolist()
    zero = replace(spec.dataset, edits=(("drop", "3"),))
    assert not len(present(silent, dataset=zero, node=3).features)
    assert edited(graph_of(spec.dataset), zero.edits).num_nodes == 80
