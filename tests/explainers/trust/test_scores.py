"""Trust in an attribution: by hand on a path, and what the comparison says of it."""

from dataclasses import replace

import numpy as np
import pytest

from core.cuts import Cuts
from core.data import GraphData, Split
from core.errors import UserError
from core.explained import Subject
from core.models.contract import model, models, with_read_attention
from core.open_graphs import graph_of
from core.parameters import resolve
from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec, settings
from core.training import train
from explainers.attribution.contract import Attribution, ready
from explainers.contract import Unsupported
from explainers.trust.ask import Ask
from explainers.trust.comparison import Request, compare
from explainers.trust.metrics import METRICS
from explainers.trust.scores import consistency, randomized, stability, trusted


def spec_of(dataset="karate", split="public", epochs=30, **given):
    values = settings(resolve(model("gcn").parameters, given, "gcn"))
    return RunSpec(DatasetSpec(dataset, split=split), ModelSpec("gcn", values), TrainingSpec.of({"epochs": epochs}), 0)


@pytest.fixture(scope="module")
def karate():
    return graph_of(DatasetSpec("karate"))


@pytest.fixture(scope="module")
def run(karate):
    return train(spec_of(), graph=karate, device="cpu")


def attribution(part, scores, node=5, target=0):
    return Attribution(node, target, part, np.asarray(scores, dtype=np.float32))


def test_scores_of_the_edges_that_are_kept(run, karate):
    subject = Subject(run, karate)
    part, cuts = subject.part(5), subject.cuts(5)
    scores = np.arange(part.num_pairs, dtype=np.float32)
    target = int(run.logits[5].argmax())
    found = trusted(cuts, attribution(part, scores, target=target), Ask(keep=4))
    kept = np.zeros(part.num_pairs, dtype=bool)
    kept[np.flatnonzero(part.within)[-4:]] = True
    assert not part.within.all()
    whole, without, alone = cuts.answer([np.ones_like(kept), ~kept, kept])
    assert found["probability_fidelity_plus"] == pytest.approx(whole[target] - without[target])
    assert found["probability_fidelity_minus"] == pytest.approx(whole[target] - alone[target])
    assert found["fidelity_plus"] == float(without.argmax() != target)
    assert found["sparsity"] == pytest.approx(1 - 4 / part.within.sum())
    plus, minus = abs(whole[target] - without[target]), abs(whole[target] - alone[target])
    assert found["characterization"] == pytest.approx(2 / (1 / plus + 1 / (1 - minus)))
    assert np.isnan(found["top_k_precision"])
    certain = trusted(cuts, attribution(part, scores, target=target), Ask(keep=4, alpha_plus=1.0, alpha_minus=0.0, samples=2))
    assert certain["robust_fidelity_plus"] == pytest.approx(certain["probability_fidelity_plus"], abs=1e-5)
    assert certain["robust_fidelity_minus"] == pytest.approx(certain["probability_fidelity_minus"], abs=1e-5)
    masked = trusted(cuts, attribution(part, scores, target=target), Ask(keep=4, how="masked"))
    assert masked["probability_fidelity_plus"] != pytest.approx(found["probability_fidelity_plus"], abs=1e-6)


def test_everything_kept_is_the_prediction(run, karate):
    subject = Subject(run, karate)
    part = subject.part(5)
    found = trusted(subject.cuts(5), attribution(part, np.ones(part.num_pairs)), Ask(keep=10**6, how="masked"))
    assert found["probability_fidelity_minus"] == pytest.approx(0, abs=1e-6)
    assert found["unfaithfulness"] == pytest.approx(0, abs=1e-6)
    assert found["sparsity"] == 0


def test_consistency_looks_at_the_edges_within_reach_only(tiny):
    part = Subject(train(spec_of(epochs=1), graph=tiny, device="cpu"), tiny).part(3)  # 3 – 2, 2 ← 1, and 1 – 0 beyond
    assert part.within.tolist() == [False, True, True]
    one, other = attribution(part, [9, 3, 1]), attribution(part, [9, 1, 3])
    assert consistency(one, one, 1) == pytest.approx((1, 1))
    assert consistency(one, other, 1) == pytest.approx((-1, 0))
    assert stability([one, one, other], 1) == pytest.approx(((1 - 1 - 1) / 3, 1 / 3))
    assert np.isnan(stability([one], 1)).all()


def test_a_model_with_random_weights_says_something_else(run, karate):
    other = randomized(run, karate)
    assert other.weights.keys() == run.weights.keys()
    assert not any(np.array_equal(other.weights[name], run.weights[name]) for name in run.weights if "weight" in name)
    assert np.abs(other.logits - run.logits).max() > 1e-3, "what learns from the model's answers must learn from the new ones"
    assert np.array_equal(randomized(run, karate).logits, other.logits)


def test_methods_learn_from_no_node_that_they_are_asked_about(karate):
    everywhere = np.ones(karate.num_nodes, dtype=bool)
    graph = replace(karate, splits={"public": Split(everywhere, ~everywhere, ~everywhere)})
    run = train(spec_of(), graph=graph, device="cpu")
    short = {"pg_explainer": {"epochs": 1}, "graph_mask": {"epochs": 1}}
    for name in ("pg_explainer", "graph_mask", "fast_dnx"):
        learned = ready(name, run, graph, avoid=(5, 0), given=short.get(name)).learned
        nodes = np.flatnonzero(learned.distilled_on) if name == "fast_dnx" else learned.nodes
        assert set(range(34)) - set(nodes.tolist()) == {0, 5}
        with pytest.raises(Unsupported, match="Ask about fewer"):
            ready(name, run, graph, avoid=tuple(range(34)))
    found, _ = compare(run, graph, Request(("fast_dnx",), (5,), ask=Ask(samples=1)))
    assert "of the 1 other node" in found[0].attributions[0][0].said


def test_random_edges_stand_beside_every_method(run, karate):
    found, notes = compare(run, karate, Request(("saliency", "occlusion"), (5, 0), seeds=2, ask=Ask(samples=3)))
    assert [one.method for one in found] == ["saliency", "occlusion", "random"]
    saliency, _, random = found
    assert (len(saliency.attributions), len(random.attributions)) == (1, 2)
    assert [one.node for one in random.attributions[1]] == [5, 0]
    assert saliency.nodes[0]["stability"] == 1
    assert random.nodes[0]["stability"] < 0.9
    assert -1 <= saliency.nodes[0]["sanity"] <= 1
    assert np.isnan(saliency.auc[0])
    assert notes == []


def test_every_score_has_a_definition(run, karate):
    (one,), _ = compare(run, karate, Request(("random",), (5,), ask=Ask(samples=1)))
    assert {*one.scores[0][0], *one.nodes[0], "auc"} == {metric.name for metric in METRICS}


def test_what_does_not_apply_is_left_out_or_refused(run, karate):
    found, notes = compare(run, karate, Request(("attention", "saliency"), (5,), ask=Ask(samples=1)))
    assert [one.method for one in found] == ["saliency", "random"]
    able = with_read_attention(models())
    assert {"GAT", "GATv2", "SuperGAT"} <= set(able.replace(" or ", ", ").split(", "))
    assert notes == [f"Attention weights was left out: GCN has no attention weights. Take another method, or {able}."]
    with pytest.raises(Unsupported, match="no attention"):
        compare(run, karate, Request(("attention",), (5,)))


def planted(right=True):
    """A triangle 0–1–2 that is the motif, hung to a path 2–3–4."""
    links = np.array([[0, 1], [1, 2], [0, 2], [2, 3], [3, 4]]).T
    every = np.ones(5, dtype=bool)
    labels = np.array([1, 1, 1, 0, 0])
    graph = GraphData(
        "planted",
        np.eye(5, dtype=np.float32),
        np.concatenate([links, links[::-1]], axis=1),
        labels,
        ("a", "b"),
        {"public": Split(every, ~every, ~every)},
        truth_edges=np.tile([0, 0, 0, -1, -1], 2),
        motif_of_node=np.array([0, 0, 0, -1, -1]),
    )
    run = train(spec_of(epochs=100), graph=graph, device="cpu")
    logits = np.eye(2, dtype=np.float32)[labels if right else 1 - labels]
    return graph, replace(run, logits=logits)


def test_the_truth_is_the_nodes_own_motif():
    graph, run = planted()
    found, notes = compare(run, graph, Request(("random",), (0, 1, 3), seeds=2, ask=Ask(samples=1)))
    (random,) = found
    one = random.attributions[0][0]
    assert one.part.pairs.tolist() == [[0, 1], [0, 2], [1, 2], [2, 3], [3, 4]]
    assert one.part.within.tolist() == [True, True, True, True, False]
    scores = one.pair_scores
    expected = np.mean(np.argsort(np.argsort(-scores[:4]))[:3] < 3)
    assert random.scores[0][0]["top_k_precision"] == pytest.approx(expected)
    assert np.isnan(random.scores[0][2]["top_k_precision"]), "node 3 is in no motif"
    pairs = [
        (s, t)
        for a in random.attributions[0][:2]
        for s, t in zip(a.pair_scores[a.part.within], (a.part.pairs < 3).all(axis=1)[a.part.within], strict=True)
    ]
    wins = [s > other for s, t in pairs if t for other, no in pairs if not no]
    assert random.auc[0] == pytest.approx(np.mean(wins))
    assert notes == ["The truth of a node is the edges of its own motif; edges of other motifs count as wrong."]


def test_a_model_that_is_wrong_has_no_truth_to_find():
    graph, run = planted(right=False)
    found, notes = compare(run, graph, Request(("random",), (0, 1), ask=Ask(samples=1)))
    assert np.isnan(found[0].auc[0])
    assert notes[0].startswith("The model is right on 0% of the nodes in motifs; below 95%")
    _, notes = compare(run, graph, Request(("random",), (3,), ask=Ask(samples=1)))
    assert notes == ["None of the nodes is in a planted motif, so there is no truth to compare with."]


def test_a_node_without_edges_and_a_node_that_is_not_there(tiny):
    run = train(spec_of(epochs=2), graph=tiny, device="cpu")
    found, _ = compare(run, tiny, Request(("saliency",), (6,), ask=Ask(samples=2)))
    assert found[0].scores[0][0]["probability_fidelity_plus"] == 0
    assert np.isnan(found[0].scores[0][0]["sparsity"])
    assert np.isnan(found[0].nodes[0]["sanity"])
    with pytest.raises(UserError, match="There is no node 99"):
        compare(run, tiny, Request(("saliency",), (99,)))


def test_cuts_are_of_the_runs_own_model(run, karate):
    assert isinstance(Subject(run, karate).cuts(3), Cuts)
