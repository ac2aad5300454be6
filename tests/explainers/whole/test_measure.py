"""Many nodes at once: shares by hand on a path, and what crosses to the page."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from core.errors import UserError
from core.explained import Subject
from core.home import home
from core.metrics import explanation_auc
from core.open_graphs import graph_of
from core.spec import DatasetSpec
from core.store import Store
from core.training import train
from core.work import Cancelled, silent
from explainers.attribution.contract import Attribution, method, ready
from explainers.contract import Unsupported
from explainers.trust.comparison import Request, compare
from explainers.trust.scores import Ask
from explainers.whole import measure
from explainers.whole.measure import class_pairs, explain_many, features, gathered, hops, shares, summary, summed_up
from explainers.whole.result import SAME


@pytest.fixture
def path(tiny, spec_of):
    """The tiny graph's model of two layers, asked about its path 0 – 1 → 2 – 3 of classes a a b b."""
    return Subject(train(spec_of(epochs=1), graph=tiny, device="cpu"), tiny)


def scored(path, node, scores, feature_scores=None):
    return Attribution(node, 0, path.part(node), np.asarray(scores, dtype=np.float32), feature_scores)


def test_shares_by_hand(path):
    one = scored(path, 3, [9, -3, 1])  # 0 – 1 is beyond reach, 1 – 2 joins a and b one hop away, 2 – 3 is within b and at the node
    assert one.part.pairs.tolist() == [[0, 1], [1, 2], [2, 3]]
    assert one.part.within.tolist() == [False, True, True]
    by_class = shares([[one]], lambda found: class_pairs(found, 3), 9)
    assert by_class.importance.reshape(3, 3).tolist() == [[0, 0.75, 0], [0, 0.25, 0], [0, 0, 0]]
    assert by_class.edges.reshape(3, 3).tolist() == [[0, 0.5, 0], [0, 0.5, 0], [0, 0, 0]]
    assert by_class.lift.reshape(3, 3)[:2, 1].tolist() == [1.5, 0.5]
    assert np.isnan(by_class.lift[0])
    by_hop = shares([[one]], hops, 4)
    assert by_hop.importance.tolist() == [0.25, 0.75, 0, 0]
    assert by_hop.edges.tolist() == [0.5, 0.5, 0, 0]


def test_nodes_weigh_the_same_and_those_without_scores_do_not_count(path):
    two = scored(path, 2, [1, 2, 1])  # the path 0 – 1 → 2 – 3, all within reach: hops 1, 0 and 0
    large = scored(path, 3, [0, 3000, 1000])
    alone, nothing = scored(path, 6, []), scored(path, 3, [5, 0, 0])
    found = shares([[two, large, alone, nothing]], hops, 3)
    assert found.nodes == 2
    assert found.importance == pytest.approx([(0.75 + 0.25) / 2, (0.25 + 0.75) / 2, 0])
    assert found.edges == pytest.approx([(2 / 3 + 1 / 2) / 2, (1 / 3 + 1 / 2) / 2, 0])
    none = shares([[alone]], hops, 3)
    assert none.nodes == 0
    assert np.isnan(none.importance).all()


def test_seeds_weigh_the_same(path):
    found = shares([[scored(path, 3, [0, 3, 1])], [scored(path, 3, [0, 0, 70])]], hops, 3)
    assert found.importance == pytest.approx([(0.25 + 1) / 2, (0.75 + 0) / 2, 0])
    assert found.nodes == 1
    empty = shares([[scored(path, 3, [0, 3, 1])], [scored(path, 3, [0, 0, 0])]], hops, 3)
    assert empty.importance == pytest.approx([0.25, 0.75, 0]), "of one seed without scores the other speaks"


def test_classes_that_are_unknown_have_a_place_and_directions_count(path, tiny, spec_of):
    pair = scored(path, 4, [1])  # 4 – 5, a and unknown
    assert class_pairs(pair, 3).tolist() == [0 * 3 + 2]
    one_way = Subject(train(spec_of(epochs=1), graph=replace(tiny, directed=True), device="cpu"), replace(tiny, directed=True))
    part = one_way.part(3)
    found = Attribution(3, 0, part, np.ones(part.num_pairs, dtype=np.float32))
    names = {tuple(pair): place for pair, place in zip(part.pairs.tolist(), class_pairs(found, 3).tolist(), strict=True)}
    assert names[1, 2] == 0 * 3 + 1
    assert names[2, 3] == names[3, 2] == 1 * 3 + 1


def test_far_edges_share_a_bin(path):
    one = scored(path, 2, [1, 2, 1])
    far = replace(one.part, hop=np.array([40, 30, 20, 15]))
    assert hops(replace(one, part=far)).tolist() == [measure.MOST_HOPS] * 3


def test_features_are_means_of_sizes(path):
    each = [[scored(path, 3, [0, 0, 0], np.array([1.0, -3.0, 0.0])), scored(path, 2, [0, 0, 0], np.array([1.0, 1.0, 0.0]))]]
    assert features(each, str) == {"1": 2.0, "0": 1.0}, "highest first, none that is 0"
    of_nodes = scored(path, 3, [0, 0, 0], np.array([[2.0, 0.0, 0.0], [-2.0, 1.0, 0.0]]))
    assert features([[of_nodes]], str) == {"1": 1.0}, "summed over the nodes before its size is taken"
    assert features([[scored(path, 3, [0, 0, 0])]], str) == {}
    many = scored(path, 3, [0, 0, 0], np.arange(1, 100, dtype=float))
    assert list(features([[many]], str))[:2] == ["98", "97"]
    assert len(features([[many]], str)) == 30


def test_values_are_those_of_the_comparison(run, karate, whole):
    request = Request(("saliency", "occlusion"), (1, 5, 9, 30), 2, Ask(keep=4, samples=3))
    found, _ = compare(run, karate, request)
    assert [one.method for one in whole.summaries] == [one.method for one in found] == ["saliency", "occlusion", "random"]
    for own, answer in zip(whole.summaries, found, strict=True):
        for metric in ("characterization", "probability_fidelity_plus"):
            every = np.array([[scores[metric] for scores in seed] for seed in answer.scores])
            assert own.values[metric] == pytest.approx(every.mean(axis=0))
        assert own.values["sanity"] == pytest.approx([scores["sanity"] for scores in answer.nodes], nan_ok=True)
        assert own.by_hop.importance.sum() == pytest.approx(1)
        assert own.by_class_pair.edges.sum() == pytest.approx(1)
    (first,) = [one for one in whole.on("characterization") if one.method == "saliency"]
    difference = whole.of("saliency").values["characterization"] - whole.of("random").values["characterization"]
    assert first.difference.mean == pytest.approx(difference.mean())
    assert first.difference.n == 4
    assert whole.wrong == (run.predictions != karate.labels)[[1, 5, 9, 30]].sum()
    assert not whole.on("sparsity")
    assert not whole.on("top_k_precision"), "no truth is known here"
    assert whole.of("saliency").features
    assert not whole.of("occlusion").features


def test_random_edges_do_not_beat_themselves(run, karate):
    found, notes = compare(run, karate, Request(("random",), (1, 5, 9), 2, Ask(samples=2)))
    twice = [replace(found[0], method="saliency"), found[0]]
    whole = gathered(twice, [summary(one, run, karate) for one in twice], notes, run, karate, Request(("saliency",), (1, 5, 9), 2))
    assert {one.verdict for one in whole.against} == {SAME}
    assert {one.difference.mean for one in whole.against} == {0.0}
    alone = gathered(found, [summary(found[0], run, karate)], notes, run, karate, Request(("random",), (1, 5, 9), 2))
    assert (alone.against, alone.methods) == ((), {})


def test_other_numbers_for_nodes_and_classes_change_nothing(run, karate):
    order = np.random.default_rng(0).permutation(karate.num_nodes)  # the new node i is the old order[i]
    place = np.argsort(order)
    classes = np.array([2, 0, 3, 1])  # the old class c is the new classes[c]
    renamed = replace(karate, features=karate.features[order], edge_index=place[karate.edge_index], labels=classes[karate.labels[order]])
    state = ready("saliency", run, karate)
    before = method("saliency").attribute(state, [5, 9], target=[0, 1])
    other = ready("saliency", replace(run, logits=run.logits[order]), renamed)
    after = method("saliency").attribute(other, place[[5, 9]].tolist(), target=[0, 1])
    count = karate.num_classes + 1
    a, b = (shares([each], lambda one: class_pairs(one, count), count**2) for each in (before, after))
    for old, new in ((a.importance, b.importance), (a.edges, b.edges)):
        square, moved = old.reshape(count, count), new.reshape(count, count)
        for u in range(count - 1):
            for v in range(u, count - 1):
                low, high = sorted((classes[u], classes[v]))
                assert moved[low, high] == pytest.approx(square[u, v], abs=1e-6)
    assert shares([before], hops, 4).importance == pytest.approx(shares([after], hops, 4).importance, abs=1e-5)


def test_a_model_without_features_has_nodes_for_features(spec_of, karate):
    own = train(spec_of(name="gcn_structure", epochs=2), graph=karate, device="cpu")
    found = summed_up(own, karate, Request(("saliency",), (5,), 1, Ask(samples=1)), silent)
    assert all(name.startswith("node ") for name in found.of("saliency").features)


def test_auc_is_compared_seed_by_seed(spec_of):
    graph = graph_of(DatasetSpec("ba_shapes", split="random"))
    run = train(spec_of("ba_shapes", split="random", epochs=1), graph=graph, device="cpu")
    run = replace(run, logits=np.eye(graph.num_classes, dtype=np.float32)[graph.labels])
    nodes = (400, 405)
    found, _ = compare(run, graph, Request(("saliency",), nodes, 2, Ask(samples=1)))
    whole = summed_up(run, graph, Request(("saliency",), nodes, 2, Ask(samples=1)), silent)
    (auc,) = whole.on("auc")
    assert auc.difference.n == 2, "two seeds of random edges, one of a method that draws nothing"
    assert auc.difference.mean == pytest.approx(found[0].auc[0] - np.mean(found[1].auc))
    assert 0 <= explanation_auc([np.array([1.0, 0.0])], [np.array([True, False])]) <= 1
    assert [one.difference.n for one in whole.on("top_k_precision")] == [2]


def asked(spec, **changes):
    request = {"spec": spec, "nodes": (5, 9), "methods": ("saliency",), "seeds": 1, "keep": 4, "how": "deleted", "root": home()}
    return explain_many(changes.pop("report", silent), **(request | changes))


def test_named_work_on_a_stored_run(run, own_home):
    Store(own_home).put(run)
    found = asked(run.spec)
    assert (found.nodes.tolist(), found.asked, found.keep, found.how, found.samples) == ([5, 9], 2, 4, "deleted", measure.SAMPLES)
    assert len(pickle.dumps(found)) < 20_000, "nothing of the graph crosses"
    masked = asked(run.spec, how="masked")
    plus = [one.of("saliency").values["probability_fidelity_plus"] for one in (found, masked)]
    assert not np.allclose(*plus)


def test_more_nodes_than_can_be_held_are_sampled(run, own_home, monkeypatch):
    Store(own_home).put(run)
    stored = len(Subject(run, graph_of(DatasetSpec("karate"))).part(33).stored)
    monkeypatch.setattr(measure, "MOST_EDGES", 2 * 5 * stored)
    found = asked(run.spec, nodes=tuple(range(34)))
    assert found.asked == 34
    assert 5 <= len(found.nodes) < 34
    assert (found.nodes[0], found.nodes[-1]) == (0, 33)
    monkeypatch.setattr(measure, "MOST_EDGES", 1)
    assert asked(run.spec, nodes=tuple(range(34))).nodes.tolist() == [0, 33]


def test_what_cannot_be_explained_is_a_sentence(run, own_home):
    with pytest.raises(UserError, match="not stored any more"):
        asked(run.spec)
    Store(own_home).put(run)
    with pytest.raises(UserError, match="There is no node 34"):
        asked(run.spec, nodes=(5, 34))
    for nothing in ({"nodes": ()}, {"methods": ()}):
        with pytest.raises(UserError, match="at least one node and one method"):
            asked(run.spec, **nothing)
    with pytest.raises(Unsupported, match="no attention weights"):
        asked(run.spec, methods=("attention",))
    assert "Attention weights was left out" in asked(run.spec, methods=("attention", "saliency")).notes[0]


def test_a_stop_is_heard_between_two_methods(run, own_home):
    Store(own_home).put(run)
    said = []

    def report(done=0.0, total=0.0, message="", snapshot=None):
        said.append(message)
        if done >= 1:
            raise Cancelled

    with pytest.raises(Cancelled):
        asked(run.spec, report=report)
    assert "Saliency on 2 nodes" in said
