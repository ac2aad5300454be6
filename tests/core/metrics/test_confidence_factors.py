"""Factors by hand on the path 0 – 1 – 2 – 3 with 4 alone; node 0 is trained on, 3 and 4 are predicted wrongly."""

import networkx as nx
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from core.errors import UserError
from core.hops import adjacency
from core.metrics.confidence_factors import FACTORS, factor_bins, factor_gaps, factor_values

EDGES = [[0, 2, 2], [1, 1, 3]]
LINKS = adjacency(EDGES, 5)
PROB = np.array([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [0.3, 0.7], [0.5, 0.5]])
Y = np.array([0, 0, 1, 0, 1])
TRAIN = np.arange(5) == 0
CONFIDENCE, CORRECT = PROB.max(axis=1), PROB.argmax(axis=1) == Y
EVERY = np.ones(5, dtype=bool)


def bits(p):
    return -(p * np.log2(p) + (1 - p) * np.log2(1 - p))


def test_values_by_hand():
    values = factor_values(PROB, Y, LINKS, TRAIN)
    assert_allclose(values["overall"], [0.9, 0.8, 0.6, 0.7, 0.5])
    assert_allclose(values["spread"], [bits(0.9), bits(0.8), bits(0.6), bits(0.7), 1])
    assert_array_equal(values["hops"], [0, 1, 2, 3, np.inf])
    assert_allclose(values["relative_confidence"], [0.1, 0.8 - (0.9 + 0.6) / 2, 0.6 - (0.8 + 0.7) / 2, 0.1, np.nan])
    assert_allclose(values["agreement"], [1, 0.5, 0.5, 1, np.nan])
    assert_array_equal(values["degree"], [1, 2, 2, 1, 0])
    assert_allclose(values["homophily"], [1, 0.5, 0, 0, np.nan])


def gaps(name, mask=EVERY, confidence=CONFIDENCE):
    return factor_gaps(confidence, CORRECT, mask, factor_bins(factor_values(PROB, Y, LINKS, TRAIN))[name])


def test_gaps_by_hand():
    overall = gaps("overall")
    assert (overall.count.tolist(), overall.accuracy[0], overall.confidence[0]) == ([5], pytest.approx(0.6), pytest.approx(0.7))
    assert_allclose(overall.gap, [-0.1])
    hops = gaps("hops")
    assert hops.labels == ("0", "1", "2 and over", "no path")
    assert_array_equal(hops.value_low, [0, 1, 2, np.inf])
    assert_array_equal(hops.count, [1, 1, 2, 1])
    assert_allclose(hops.gap, [0.1, 0.2, 0.5 - 0.65, -0.5])
    degree = gaps("degree")
    assert_array_equal(degree.count, [1, 2, 2, 0, 0, 0, 0, 0])
    assert_allclose(degree.gap[:3], [-0.5, 0.5 - 0.8, 1 - 0.7])


def test_a_node_without_neighbours_is_left_out_and_counted():
    for name in ("relative_confidence", "agreement", "homophily"):
        found = gaps(name)
        assert (found.count.sum(), found.left_out) == (4, 1), name
    relative = gaps("relative_confidence")
    at = dict(zip(relative.value_low.tolist(), relative.count.tolist(), strict=True))
    assert (at[-0.2], at[0.0], at[0.1]) == (1, 1, 2), ".9 − .8 is a little less than .1, and counts as .1"
    agreement = gaps("agreement")
    assert_array_equal(agreement.count, [0, 0, 2, 0, 2])
    assert_allclose(agreement.gap, [np.nan, np.nan, 1 - 0.7, np.nan, 0.5 - 0.8])


def test_bins_keep_their_nodes_when_confidence_changes():
    before, after = gaps("spread"), gaps("spread", confidence=np.full(5, 0.6))
    assert_array_equal(after.count, before.count)
    assert_allclose(after.accuracy, before.accuracy)
    filled = before.count > 0
    assert_allclose(after.confidence[filled], 0.6)


def test_only_the_nodes_of_the_mask_count():
    found = gaps("hops", mask=np.array([False, True, False, True, False]))
    assert_array_equal(found.count, [0, 1, 1, 0])
    nobody = gaps("hops", mask=~EVERY)
    assert nobody.count.sum() == nobody.left_out == 0
    assert np.isnan(nobody.gap).all()


def test_neighbours_of_a_directed_graph_are_those_of_both_directions():
    repeated = adjacency(np.array([[1, 1, 0, 3, 4, 1], [0, 2, 1, 2, 4, 0]]), 5)  # turned round, repeated, with a self-loop
    expected = factor_values(PROB, Y, LINKS, TRAIN)
    for name, values in factor_values(PROB, Y, repeated, TRAIN).items():
        assert_allclose(values, expected[name], err_msg=name)


def large(seed=0, n=80, classes=4):
    random = np.random.default_rng(seed)
    prob = random.random((n, classes)) ** 3
    y = random.integers(-1, classes, n)
    return prob / prob.sum(axis=1, keepdims=True), y, random.integers(0, n - 5, (2, 90)), random.random(n) < 0.05


def test_values_are_those_of_networkx():
    prob, y, edges, train = large()
    values, confidence, predicted = factor_values(prob, y, adjacency(edges, len(y)), train), prob.max(axis=1), prob.argmax(axis=1)
    graph = nx.Graph(edges.T.tolist())
    graph.add_nodes_from(range(len(y)))
    graph.remove_edges_from(list(nx.selfloop_edges(graph)))
    lengths = nx.multi_source_dijkstra_path_length(graph, set(np.flatnonzero(train).tolist()))
    for node in graph:
        near = list(graph[node])
        known = [other for other in near if y[other] >= 0]
        expected = {
            "hops": lengths.get(node, np.inf),
            "relative_confidence": confidence[node] - np.mean(confidence[near]) if near else np.nan,
            "agreement": np.mean(predicted[near] == predicted[node]) if near else np.nan,
            "degree": graph.degree(node),
            "homophily": np.mean(y[known] == y[node]) if known and y[node] >= 0 else np.nan,
        }
        assert_allclose([values[name][node] for name in expected], list(expected.values()), err_msg=str(node))


def test_factors_do_not_depend_on_the_order_of_nodes_and_classes():
    prob, y, edges, train = large()
    random, links = np.random.default_rng(1), adjacency(edges, len(y))
    nodes, classes = random.permutation(len(y)), random.permutation(prob.shape[1])
    renamed = np.where(y < 0, -1, np.argsort(classes)[y])[nodes]
    one = factor_bins(factor_values(prob, y, links, train))
    other = factor_bins(factor_values(prob[nodes][:, classes], renamed, links[nodes][:, nodes], train[nodes]))
    for name, bins in one.items():
        assert_array_equal(other[name].index, bins.index[nodes], err_msg=name)


def test_every_value_has_a_bin():
    prob, y, edges, train = large()
    values = factor_values(
        np.concatenate([prob, np.eye(4)]), np.append(y, np.arange(4)), adjacency(edges, len(y) + 4), np.append(train, [0] * 4)
    )
    for factor in FACTORS:
        bins, found = factor_bins(values)[factor.name], values[factor.name]
        assert_array_equal(bins.index < 0, np.isnan(found), err_msg=factor.name)
        low, high = (np.array([getattr(one, end) for one in factor.bins])[bins.index] for end in ("low", "high"))
        inside = (low <= found) & (found <= high)
        assert inside[bins.index >= 0].all(), factor.name


def test_what_is_asked_of_another_graph_or_without_numbers_is_said():
    with pytest.raises(UserError, match=r"4 nodes, labels of 5 and links of 5"):
        factor_values(PROB[:4], Y, LINKS, TRAIN)
    with pytest.raises(UserError, match=r"5 of 5 nodes have probabilities that are no numbers"):
        factor_values(PROB * np.nan, Y, LINKS, TRAIN)
    with pytest.raises(UserError, match=r"confidence of 1 of 5 nodes"):
        gaps("overall", confidence=np.append(CONFIDENCE[:4], np.nan))
