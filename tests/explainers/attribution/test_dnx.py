"""FastDnX and DnX: the surrogate they share, a closed form by hand, a convex program against other solvers, and who is never looked at."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from scipy.special import log_softmax, softmax

from core.computation_graph import computation_graph
from core.data import GraphData, Split
from core.open_graphs import graph_of
from core.parameters import resolve
from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec, settings
from core.training import train
from explainers.attribution.contract import method, ready
from explainers.attribution.dnx import EVEN, node_shares
from explainers.attribution.surrogate import row_of_power, usable
from explainers.contract import Unsupported

LINKS = np.array([[0, 1, 0, 2, 1, 2, 2, 3], [1, 0, 2, 0, 2, 1, 3, 2]])
X = np.array([[1.0, 0.0], [0.5, 2.0], [0.0, 3.0], [1.0, 1.0]], dtype=np.float32)


def spec_of(name="gcn", epochs=30, **given):
    from core.models.contract import model

    values = settings(resolve(model(name).parameters, given, name))
    return RunSpec(DatasetSpec("karate", split="public"), ModelSpec(name, values), TrainingSpec.of({"epochs": epochs}), 0)


def four(sparse=False):
    every = np.ones(4, dtype=bool)
    split = {"public": Split(every, ~every, ~every)}
    return GraphData("four", csr_matrix(X) if sparse else X, LINKS, np.array([0, 1, 0, 1]), ("a", "b"), split)


def dense_matrix(graph):
    """Â by its definition."""
    matrix = np.zeros((graph.num_nodes, graph.num_nodes))
    source, target = graph.edge_index
    for u, v in zip(source, target, strict=True):
        matrix[v, u] += u != v
    matrix += np.eye(len(matrix))
    scale = 1 / np.sqrt(matrix.sum(axis=1))
    return matrix * scale[:, None] * scale


@pytest.fixture(scope="module")
def karate():
    return graph_of(DatasetSpec("karate"))


@pytest.fixture(scope="module")
def run(karate):
    return train(spec_of(), graph=karate, device="cpu")


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("hops", [0, 1, 2, 3])
def test_a_row_of_the_power_is_that_of_the_whole_graph(directed, hops):
    random = np.random.default_rng(hops)
    arcs = random.integers(0, 40, (2, 50))  # with loops and repetitions
    arcs = arcs if directed else np.concatenate([arcs, arcs[::-1]], axis=1)
    graph = GraphData("random", np.eye(40, dtype=np.float32), arcs, np.zeros(40, dtype=np.int64), ("a",), directed=directed)
    expected = np.linalg.matrix_power(dense_matrix(graph), hops)
    for node in (0, 7, 39):
        part = computation_graph(graph, node, spec_of(depth=3))
        row = np.zeros(40)
        row[part.nodes] = row_of_power(part, hops)
        np.testing.assert_allclose(row, expected[node], atol=1e-6)


@pytest.mark.parametrize("sparse", [False, True])
def test_of_a_linear_model_the_surrogate_is_the_model(sparse):
    graph = four(sparse)
    trained = train(spec_of(depth=1, epochs=20), graph=graph, device="cpu")
    state = ready("fast_dnx", trained, graph, given={"penalty": 1e-8, "steps": 10_000})
    surrogate, matrix = state.learned, dense_matrix(graph)
    said = matrix @ X @ surrogate.weights + surrogate.bias
    np.testing.assert_allclose(softmax(said, axis=1), trained.probabilities, atol=1e-3)
    np.testing.assert_allclose(surrogate.weights.sum(axis=1), 0, atol=1e-6)
    assert surrogate.agreement == "The surrogate agrees with the model on 100.0 % of the 4 nodes, all of which it learned from"


@pytest.mark.parametrize("sparse", [False, True])
def test_fast_dnx_by_hand(sparse):
    """Node 0 has the neighbours 1 and 2; with loops the degrees are 3, 3, 4, 2."""
    graph = four(sparse)
    state = ready("fast_dnx", train(spec_of(depth=1, epochs=5), graph=graph, device="cpu"), graph)
    (one,) = method("fast_dnx").attribute(state, [0], target=1)
    theta = state.learned.weights[:, 1]
    adds = np.array([X[0] @ theta / 3, X[1] @ theta / 3, X[2] @ theta / np.sqrt(12), 0])
    scores = dict(zip(map(tuple, one.part.pairs.tolist()), one.pair_scores.tolist(), strict=True))
    assert scores == {
        (0, 1): pytest.approx((adds[0] + adds[1]) / 2, abs=1e-6),
        (0, 2): pytest.approx((adds[0] + adds[2]) / 2, abs=1e-6),
        (1, 2): pytest.approx((adds[1] + adds[2]) / 2, abs=1e-6),
        (2, 3): 0,
    }
    np.testing.assert_allclose(one.features, (X[0] / 3 + X[1] / 3 + X[2] / np.sqrt(12)) * theta, atol=1e-6)
    logit = (dense_matrix(graph) @ X @ state.learned.weights)[0, 1]
    assert one.features.sum() == pytest.approx(logit, abs=1e-6)
    assert state.learned.contributions(one.part)[:, 1].sum() == pytest.approx(logit, abs=1e-6)


def test_contributions_sum_to_the_surrogates_logits(run, karate):
    state = ready("fast_dnx", run, karate)
    logits = np.linalg.matrix_power(dense_matrix(karate), 2) @ karate.features @ state.learned.weights
    assert (state.learned.predicted == (logits + state.learned.bias).argmax(axis=1)).all()
    for node in (0, 16, 33):
        np.testing.assert_allclose(state.learned.contributions(state.subject.part(node)).sum(axis=0), logits[node], atol=1e-5)


def test_the_distillation_has_converged(run, karate):
    """The gradient of its objective, written down densely, is 0."""
    surrogate, used = ready("fast_dnx", run, karate, given={"penalty": 0.01}).learned, usable(karate, run.spec)
    smoothed = (np.linalg.matrix_power(dense_matrix(karate), 2) @ karate.features)[used]
    said = softmax(smoothed @ surrogate.weights + surrogate.bias, axis=1)
    error = (said - softmax(run.logits[used].astype(float), axis=1)) / used.sum()
    # a node's feature is its own number, so that features have the mean squared length 1
    np.testing.assert_allclose(smoothed.T @ error + 0.01 * surrogate.weights, 0, atol=2e-7)
    np.testing.assert_allclose(error.sum(axis=0) + 0.01 * surrogate.bias, 0, atol=2e-7)
    assert np.abs(error).max() > 1e-3


def test_sparse_and_dense_features_are_distilled_alike(run, karate):
    dense = ready("fast_dnx", run, karate).learned
    sparse = ready("fast_dnx", run, replace(karate, features=csr_matrix(karate.features))).learned
    np.testing.assert_allclose(log_softmax(sparse.messages, axis=1), log_softmax(dense.messages, axis=1), atol=1e-3)
    assert (sparse.predicted == dense.predicted).all()


@pytest.mark.parametrize("name", ["fast_dnx", "dnx"])
def test_test_nodes_are_never_used(name, run, karate):
    test = karate.splits["public"].test
    other = run.logits.copy()
    other[test] = other[test][:, ::-1] * 3
    first, second = ready(name, run, karate).learned, ready(name, replace(run, logits=other), karate).learned
    assert not (first.distilled_on & test).any()
    np.testing.assert_array_equal(first.weights, second.weights)
    np.testing.assert_array_equal(first.bias, second.bias)
    assert first.agreement != second.agreement


def test_nodes_without_a_label_are_used_unless_they_are_tested_on(tiny):
    spec = replace(spec_of(), dataset=DatasetSpec("tiny", split="public"))
    assert np.flatnonzero(usable(tiny, spec)).tolist() == [0, 1, 5]
    split = tiny.splits["public"]
    tested = replace(tiny, splits={"public": replace(split, test=split.test | (tiny.labels < 0))})
    assert np.flatnonzero(usable(tested, spec)).tolist() == [0, 1]
    drawn = replace(spec, dataset=DatasetSpec("tiny", split="random"))
    assert usable(tiny, drawn)[5]


def test_the_agreement_is_counted_on_all_other_nodes(run, karate):
    state = ready("fast_dnx", run, karate)
    test, right = karate.splits["public"].test, state.learned.predicted == run.predictions
    assert test.sum() == 22
    share = f"The surrogate agrees with the model on {100 * right[test].mean():.1f} % of the 22 other nodes"
    for one in method("fast_dnx").attribute(state, [5, 30]):
        here = "the same class" if right[one.node] else "another class"
        assert one.said == f"{share}; of this node it says {here}. An edge's score is the mean of its two nodes' scores."
    short = ready("fast_dnx", run, karate, given={"steps": 1})
    assert short.learned.agreement.endswith("(stopped after 1 step)")


def test_a_surrogate_of_fewer_hops_scores_nothing_beyond_them(run, karate):
    state = ready("fast_dnx", run, karate, given={"hops": 1})
    (one,) = method("fast_dnx").attribute(state, [16])
    assert sorted(one.part.pairs[one.pair_scores != 0].tolist()) == [[5, 6], [5, 16], [6, 16]]
    assert ready("fast_dnx", run, karate, given={"hops": 9}).learned.hops == 2


def by_another_solver(messages):
    """The convex program with its penalty, by SciPy's sequential quadratic programming."""
    missing = messages - messages.sum(axis=0)
    ridge = EVEN * np.square(missing).sum(axis=1).mean()
    found = minimize(
        lambda e: np.square(missing.T @ e).sum() + ridge * e @ e,
        np.full(len(messages), 1 / len(messages)),
        jac=lambda e: 2 * missing @ (missing.T @ e) + 2 * ridge * e,
        bounds=[(0, 1)] * len(messages),
        constraints={"type": "eq", "fun": lambda e: e.sum() - 1, "jac": np.ones_like},
        method="SLSQP",
        options={"ftol": 1e-15, "maxiter": 1000},
    )
    return found.fun, np.square(missing.T @ node_shares(messages)).sum() + ridge * np.square(node_shares(messages)).sum()


@pytest.mark.parametrize("seed", range(8))
def test_shares_are_on_the_simplex_and_at_the_optimum(seed):
    random = np.random.default_rng(seed)
    messages = random.standard_normal((random.integers(2, 9), random.integers(2, 5))) + (seed % 2) * random.standard_normal()
    shares = node_shares(messages)
    assert (shares >= 0).all()
    assert shares.sum() == pytest.approx(1)
    theirs, ours = by_another_solver(messages)
    assert ours == pytest.approx(theirs, rel=1e-6, abs=1e-9)


def test_shares_by_hand():
    # (1, 1) from two corners: the middle between them is nearest
    np.testing.assert_allclose(node_shares(np.array([[1.0, 0.0], [0.0, 1.0]])), [0.5, 0.5], atol=1e-9)
    # twice as far to one side: of 4 and 1, which sum to 5, the 4 is nearest
    np.testing.assert_allclose(node_shares(np.array([[4.0], [1.0]])), [1, 0], atol=1e-6)
    # the sum, 1, lies between −1 and 2: met by 2/3 of the latter
    np.testing.assert_allclose(node_shares(np.array([[2.0], [-1.0]])), [2 / 3, 1 / 3], atol=1e-5)
    # twins share alike, and so do nodes of which none says anything
    np.testing.assert_allclose(node_shares(np.array([[3.0], [3.0], [1.0]])), [0.5, 0.5, 0], atol=1e-6)
    np.testing.assert_allclose(node_shares(np.zeros((4, 3))), 0.25)


def test_dnx_is_the_same_whatever_the_class_and_leaves_what_is_beyond_reach(run, karate):
    state = ready("dnx", run, karate)
    (one,), (two,) = method("dnx").attribute(state, [16], target=0), method("dnx").attribute(state, [16], target=1)
    np.testing.assert_array_equal(one.pair_scores, two.pair_scores)
    near = state.learned.near(one.part)
    shares = node_shares(state.learned.contributions(one.part)[near])
    by_node = dict(zip(one.part.nodes[near].tolist(), shares, strict=True))
    for (u, v), within, score in zip(one.part.pairs.tolist(), one.part.within, one.pair_scores, strict=True):
        assert score == pytest.approx((by_node[u] + by_node[v]) / 2 if within else 0, abs=1e-6)
    assert one.pair_scores.max() <= 1


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [("gcn_structure", {}, "reads no features"), ("dgmlp", {}, "whole graph at once"), ("gcn", {"normalization": "pair"}, "PairNorm")],
)
@pytest.mark.parametrize("explainer", ["fast_dnx", "dnx"])
def test_what_the_surrogate_cannot_imitate_is_said(explainer, name, given, said, karate):
    with pytest.raises(Unsupported, match=said):
        ready(explainer, train(spec_of(name, epochs=1, **given), graph=karate, device="cpu"), karate)
