"""Every attribution: its shapes, one answer for one question, and what it says where there is nothing to score."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix, issparse

from benchmarks import reference
from core.data import GraphData, Split
from core.errors import UserError
from core.explained import Subject
from core.open_graphs import graph_of
from core.rebuilt import module_of
from core.run import Run
from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec, settings
from core.training import train
from explainers.attribution.contract import method, methods, ready
from explainers.contract import Unsupported

SHORT = {
    "gnn_explainer": {"epochs": 5},
    "pg_explainer": {"epochs": 2},
    "graph_mask": {"epochs": 2},
    "shapley": {"samples": 2},
    "integrated_gradients": {"steps": 5},
}
SEE_NO_CLASS = ("random", "attention", "dnx", "pg_explainer", "graph_mask")
"""Methods whose scores are the same whatever the class is."""
NAMES = tuple(methods())


def spec_of(name="gcn", epochs=30, **model):
    from core.models.contract import model as unit
    from core.parameters import resolve

    return RunSpec(
        DatasetSpec("karate", split="public"),
        ModelSpec(name, settings(resolve(unit(name).parameters, model, name))),
        TrainingSpec.of({"epochs": epochs}),
        0,
    )


def model_for(name):
    return "gat" if name == "attention" else "gcn"


@pytest.fixture(scope="module")
def karate():
    return graph_of(DatasetSpec("karate"))


@pytest.fixture(scope="module")
def runs(karate):
    return {name: train(spec_of(name), graph=karate, device="cpu") for name in ("gcn", "gat", "mlp")}


def explain(name, run, graph, nodes, *, seed=0, target=None):
    return method(name).attribute(ready(name, run, graph, seed=seed, given=SHORT.get(name)), nodes, target=target)


@pytest.mark.parametrize("name", NAMES)
def test_scores_have_their_shapes_and_are_equal_in_both_directions(name, runs, karate):
    found = explain(name, runs[model_for(name)], karate, [5, 0, 33])
    assert [one.node for one in found] == [5, 0, 33]
    for one in found:
        assert one.target == runs[model_for(name)].logits[one.node].argmax()
        assert one.pair_scores.shape == (one.part.num_pairs,)
        assert np.isfinite(one.pair_scores).all()
        assert np.ptp(one.pair_scores) > 0
        scores = one.edge_scores(karate.num_stored_edges)
        by_ends = {(int(u), int(v)): score for u, v, score in zip(*karate.edge_index, scores, strict=True)}
        assert all(by_ends[v, u] == score for (u, v), score in by_ends.items())
        assert (one.features is not None) == method(name).scores_features
        if one.features is not None:
            assert one.features.shape == (karate.num_features,)
            assert np.isfinite(one.features).all()
        if not method(name).signed:
            assert (one.pair_scores >= 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_nodes_are_explained_alike_alone_and_together_and_twice(name, runs, karate):
    run = runs[model_for(name)]
    together = explain(name, run, karate, [5, 0, 33])
    for one, node in zip(together, [5, 0, 33], strict=True):
        (alone,) = explain(name, run, karate, [node])
        np.testing.assert_allclose(alone.pair_scores, one.pair_scores, atol=1e-5)
        if one.features is not None:
            np.testing.assert_allclose(alone.features, one.features, atol=1e-5)
    again = explain(name, run, karate, [5, 0, 33])
    assert all((one.pair_scores == other.pair_scores).all() for one, other in zip(together, again, strict=True))
    other = explain(name, run, karate, [5, 0, 33], seed=1)
    same = all((one.pair_scores == two.pair_scores).all() for one, two in zip(together, other, strict=True))
    assert same is not method(name).drawn


@pytest.mark.parametrize("name", [name for name in NAMES if not method(name).drawn])
def test_numbers_of_nodes_do_not_matter(name, runs, karate):
    order = np.random.default_rng(3).permutation(karate.num_nodes)
    place = np.argsort(order)
    run = runs[model_for(name)]
    moved = replace(
        karate,
        features=karate.features[order],
        edge_index=place[karate.edge_index],
        labels=karate.labels[order],
        splits={key: Split(*(mask[order] for mask in (one.train, one.validation, one.test))) for key, one in karate.splits.items()},
        node_names=None,
    )
    (one,) = explain(name, run, karate, [5])
    (other,) = explain(name, replace(run, logits=run.logits[order]), moved, [int(place[5])])
    expected = {frozenset(pair): score for pair, score in zip(one.part.pairs.tolist(), one.pair_scores.tolist(), strict=True)}
    found = {frozenset(order[pair].tolist()): score for pair, score in zip(other.part.pairs, other.pair_scores.tolist(), strict=True)}
    assert expected.keys() == found.keys()
    for pair, score in expected.items():
        assert found[pair] == pytest.approx(score, abs=1e-5)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("random", "attention")])
def test_a_model_that_ignores_its_edges_has_none_to_score(name, runs, karate):
    run = runs["mlp"]
    if method(name).unsupported(run.spec):
        pytest.fail("an MLP has ReLU modules")
    (one,) = explain(name, run, karate, [5])
    assert (one.pair_scores == 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_an_isolated_node(name, tiny):
    (one,) = explain(name, train(spec_of(model_for(name), epochs=2), graph=tiny, device="cpu"), tiny, [6])
    assert one.pair_scores.shape == (0,)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in SEE_NO_CLASS])
def test_the_class_that_is_explained_can_be_another(name, runs, karate):
    run = runs["gcn"]
    other = 1 - int(run.logits[5].argmax())
    (one,), (two,) = explain(name, run, karate, [5]), explain(name, run, karate, [5], target=other)
    assert two.target == other
    assert not np.array_equal(one.pair_scores, two.pair_scores)


@pytest.mark.parametrize("name", NAMES)
def test_arcs_loops_and_repetitions(name):
    """0 → 1 → 2 → 3, 1 → 2 stored twice, a loop at 1: one score for what is stored twice, none for the loop or what leads away."""
    arcs, every = np.array([[0, 1, 1, 1, 2], [1, 2, 2, 1, 3]]), np.ones(4, dtype=bool)
    x = np.random.default_rng(1).random((4, 5), dtype=np.float32)
    split = {"public": Split(every & (np.arange(4) < 3), ~every, ~every)}
    graph = GraphData("arcs", x, arcs, np.array([0, 1, 0, 1]), ("a", "b"), split, directed=True)
    (one,) = explain(name, train(spec_of(model_for(name), epochs=5), graph=graph, device="cpu"), graph, [2])
    scores = dict(zip(map(tuple, one.part.pairs.tolist()), one.pair_scores.tolist(), strict=True))
    stored = one.edge_scores(5)
    assert stored[1] == stored[2] == np.float32(scores[1, 2])
    assert stored[3] == 0
    assert stored[4] == 0 or name == "occlusion", "what leads away counts in degrees at most"


def test_a_class_that_is_not_there_is_refused(runs, karate):
    with pytest.raises(UserError, match=r"There is no class 7; .* classes 0 to 3"):
        explain("saliency", runs["gcn"], karate, [5], target=7)


@pytest.mark.parametrize(
    ("name", "model", "said"),
    [
        ("attention", "gcn", "no attention weights"),
        ("attention", "grand", "not read here"),
        ("guided_backprop", "sgc", "has none"),
        ("deconvolution", "gat", "ReLU"),
    ],
)
def test_what_is_not_supported_is_said_before_anything_is_computed(name, model, said, karate):
    with pytest.raises(Unsupported, match=said):
        ready(name, train(spec_of(model, epochs=1), graph=karate, device="cpu"), karate)


def test_an_unknown_method_and_a_wrong_setting(runs, karate):
    with pytest.raises(UserError, match="saliency"):
        method("salience")
    with pytest.raises(UserError, match="epochs"):
        ready("gnn_explainer", runs["gcn"], karate, given={"epochs": 0})


def test_a_run_of_older_code_or_without_weights_is_not_explained(runs, karate):
    with pytest.raises(UserError, match="older code"):
        Subject(replace(runs["gcn"], code={"model": "another"}), karate)
    with pytest.raises(UserError, match="without its weights"):
        Subject(replace(runs["gcn"], weights={}), karate)


LINKS = np.array([[0, 1, 0, 2, 1, 2, 2, 3], [1, 0, 2, 0, 2, 1, 3, 2]])


def linear_case(sparse=False):
    """One layer of GCN, the logit of class 1 of node 0 by hand: Σ_j Â_0j x_j·w + b."""
    x = np.array([[1.0, 0.0], [0.5, 2.0], [0.0, 3.0], [1.0, 1.0]], dtype=np.float32)
    every = np.ones(4, dtype=bool)
    graph = GraphData(
        "four", csr_matrix(x) if sparse else x, LINKS, np.array([0, 1, 0, 1]), ("a", "b"), {"public": Split(every, ~every, ~every)}
    )
    spec = spec_of("gcn", epochs=5, depth=1)
    run = train(spec, graph=graph, device="cpu")
    weight, bias = run.weights["convolutions.0.lin.weight"][1], run.weights["convolutions.0.bias"][1]
    degree = np.array([3, 3, 4, 2])  # with loops
    near = {1: 1 / np.sqrt(9), 2: 1 / np.sqrt(12)}
    message = {j: a * float(x[j] @ weight) for j, a in near.items()}
    own = float(x[0] @ weight) / degree[0]
    return graph, run, x, weight, bias, near, message, own


@pytest.mark.parametrize("sparse", [False, True])
def test_input_times_gradient_by_hand(sparse):
    graph, run, x, weight, _, near, message, _ = linear_case(sparse)
    (one,) = explain("input_x_gradient", run, graph, [0], target=1)
    scores = dict(zip(map(tuple, one.part.pairs.tolist()), one.pair_scores.tolist(), strict=True))
    assert scores[0, 1] == pytest.approx(message[1], abs=1e-6)
    assert scores[0, 2] == pytest.approx(message[2], abs=1e-6)
    assert scores[1, 2] == 0
    features = one.feature_scores.toarray() if issparse(one.feature_scores) else one.feature_scores
    np.testing.assert_allclose(features[1], near[1] * x[1] * weight, atol=1e-6)
    np.testing.assert_allclose(features[0], x[0] * weight / 3, atol=1e-6)
    (size,) = explain("saliency", run, graph, [0], target=1)
    np.testing.assert_allclose(size.pair_scores, np.abs(one.pair_scores), atol=1e-6)


def test_integrated_gradients_by_hand():
    """Both grow together from 0: of an edge's part of the logit, t · t, half goes to the edge and half to the features."""
    graph, run, _, _, bias, _, message, own = linear_case()
    state = ready("integrated_gradients", run, graph, given={"steps": 50})
    (one,) = method("integrated_gradients").attribute(state, [0], target=1)
    scores = dict(zip(map(tuple, one.part.pairs.tolist()), one.pair_scores.tolist(), strict=True))
    assert scores[0, 1] == pytest.approx(message[1] / 2, abs=1e-5)
    total = one.pair_scores.sum() + one.features.sum()
    assert total == pytest.approx(sum(message.values()) + own, abs=1e-5)
    assert f"a difference of {sum(message.values()) + own:.3f}." in one.said
    assert f"{bias:.3f} without edges" in one.said


def test_shapley_and_ablation_by_hand():
    """A player's fall from the full graph; Shapley values sum to the logit less that of nothing."""
    graph, run, x, weight, _, near, message, own = linear_case()
    (ablated,) = explain("feature_ablation", run, graph, [0], target=1)
    scores = dict(zip(map(tuple, ablated.part.pairs.tolist()), ablated.pair_scores.tolist(), strict=True))
    assert scores[0, 1] == pytest.approx(message[1], abs=1e-5)
    assert scores[1, 2] == pytest.approx(0, abs=1e-6)
    first = sum(near[j] * x[j, 0] * weight[0] for j in near) + x[0, 0] * weight[0] / 3
    assert ablated.features[0] == pytest.approx(first, abs=1e-5)
    (fair,) = explain("shapley", run, graph, [0], target=1)
    assert fair.pair_scores.sum() + fair.features.sum() == pytest.approx(sum(message.values()) + own, abs=1e-5)


@pytest.mark.parametrize("cut", ["deleted", "masked"])
def test_occlusion_against_the_model_without_the_edge(cut):
    graph, run, x, _weight, *_ = linear_case()
    state = ready("occlusion", run, graph, given={"cut": cut})
    (one,) = method("occlusion").attribute(state, [0], target=1)
    scores = dict(zip(map(tuple, one.part.pairs.tolist()), one.pair_scores.tolist(), strict=True))

    def share(links, masked_edge=None):
        matrix = np.eye(4)
        matrix[links[1], links[0]] = 1
        scale = 1 / np.sqrt(matrix.sum(axis=1))
        matrix = matrix * scale[:, None] * scale
        if masked_edge:
            matrix[masked_edge], matrix[masked_edge[::-1]] = 0, 0
        logits = (matrix @ x @ run.weights["convolutions.0.lin.weight"].T + run.weights["convolutions.0.bias"])[0]
        return np.exp(logits[1]) / np.exp(logits).sum()

    gone = (LINKS == [[0], [1]]).all(axis=0) | (LINKS == [[1], [0]]).all(axis=0)
    expected = share(LINKS) - (share(LINKS, (0, 1)) if cut == "masked" else share(LINKS[:, ~gone]))
    assert scores[0, 1] == pytest.approx(expected, abs=1e-5)
    beyond = scores[2, 3]
    assert (beyond == 0) if cut == "masked" else abs(beyond) > 1e-4, "deleted, it changes the degree of node 2"


def test_attention_by_hand():
    graph = graph_of(DatasetSpec("karate"))
    run = train(spec_of("gat", epochs=3, depth=1, heads=2), graph=graph, device="cpu")
    (one,) = explain("attention", run, graph, [11])
    module = module_of(run.spec, graph, run.weights)
    layer = module.convolutions[0]
    x = torch.from_numpy(np.asarray(graph.features.toarray() if issparse(graph.features) else graph.features, dtype=np.float32))
    with torch.no_grad():
        _, (edges, alpha) = layer(x, torch.from_numpy(graph.edge_index), return_attention_weights=True)
    weights = {(int(u), int(v)): float(a.mean()) for u, v, a in zip(*edges, alpha, strict=True)}
    assert (one.pair_scores[~one.part.within] == 0).all()
    for (u, v), score in zip(one.part.pairs[one.part.within].tolist(), one.pair_scores[one.part.within].tolist(), strict=True):
        assert score == pytest.approx((weights[u, v] + weights[v, u]) / 2, abs=1e-6)


def test_gnn_explainer_is_pygs(monkeypatch):
    """On arcs, where PyG has a mask for each as well, from the same start."""
    from torch_geometric.explain import Explainer, ModelConfig
    from torch_geometric.explain.algorithm import GNNExplainer

    random = np.random.default_rng(0)
    arcs = np.unique(random.integers(0, 9, (2, 30)), axis=1)
    arcs = arcs[:, arcs[0] != arcs[1]]
    every = np.ones(9, dtype=bool)
    x = random.random((9, 4), dtype=np.float32)
    graph = GraphData("nine", x, arcs, np.arange(9) % 3, ("a", "b", "c"), {"public": Split(every, ~every, ~every)}, directed=True)
    run = train(spec_of("gcn", epochs=20), graph=graph, device="cpu")
    (one,) = method("gnn_explainer").attribute(ready("gnn_explainer", run, graph, given={"epochs": 40}), [2])
    part = one.part

    def start(self, x, edge_index):
        draw = np.random.default_rng([0, 2])
        features, edges = draw.standard_normal(4) * 0.1, draw.standard_normal(part.num_pairs)
        edges = edges * torch.nn.init.calculate_gain("relu") * np.sqrt(1 / 9)
        self.node_mask = torch.nn.Parameter(torch.from_numpy(features)[None].float())
        self.edge_mask = torch.nn.Parameter(torch.from_numpy(edges[part.pair_of]).float())
        self.hard_node_mask = self.hard_edge_mask = None

    monkeypatch.setattr(GNNExplainer, "_initialize_masks", start)
    # PyG's own layers: of a subclass whose base was in use before, its masks are passed over in silence
    net = reference.trained(run, reference.data_of(graph, graph.splits["public"], torch.device("cpu")))
    explainer = Explainer(
        net,
        GNNExplainer(epochs=40),
        explanation_type="model",
        model_config=ModelConfig("multiclass_classification", "node", "raw"),
        node_mask_type="common_attributes",
        edge_mask_type="object",
    )
    theirs = explainer(torch.from_numpy(graph.features[part.nodes]), torch.from_numpy(part.graph.edge_index), index=int(part.targets[0]))
    np.testing.assert_allclose(one.pair_scores[part.pair_of], theirs.edge_mask.numpy(), atol=1e-4)
    np.testing.assert_allclose(one.features, theirs.node_mask.numpy()[0], atol=1e-4)
    assert isinstance(run, Run)
