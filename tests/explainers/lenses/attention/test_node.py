"""One node: whom it attends to, its picture, and its rollout."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from core.data import GraphData, Split
from core.rebuilt import batch_of, logits_of, module_of
from core.training import train
from explainers.coloring import coloring
from explainers.lenses.attention import node_figures
from explainers.lenses.attention.node import node_attention
from explainers.lenses.attention.readings import read
from tests.explainers.lenses.attention.made_up import flat, spec_of


def test_one_node_against_the_whole(run, karate):
    found = node_attention(run, karate, 5)
    near = karate.edge_index[0, karate.edge_index[1] == 5]
    assert found.neighbours.tolist() == sorted(near)
    for into in found.layers:
        assert set(into.sources) == {5, *near}
        np.testing.assert_allclose(into.alpha.sum(axis=0), 1, atol=1e-6)
    np.testing.assert_allclose(found.mass.sum(axis=1), 1, atol=1e-6)
    assert set(found.reached[found.hop <= 1]) == {5, *near}
    assert found.hop.max() == 2
    # the edge 5 – first, deleted from the graph itself
    first = int(found.neighbours[0])
    gone = {(5, first), (first, 5)}
    stays = np.array([(int(u), int(v)) not in gone for u, v in karate.edge_index.T])
    lacking = replace(karate, edge_index=karate.edge_index[:, stays])
    logits = [logits_of(module_of(run.spec, graph, run.weights), batch_of(run.spec, graph))[5] for graph in (karate, lacking)]
    shares = [np.exp(one) / np.exp(one).sum() for one in logits]
    assert found.falls[0] == pytest.approx(shares[0][found.predicted] - shares[1][found.predicted], abs=1e-5)


@pytest.mark.parametrize("name", ["gat", "graph_transformer"])
def test_a_node_alone_has_a_picture_and_sentences(name, karate):
    away = (karate.edge_index != 11).all(axis=0)
    graph = replace(karate, edge_index=karate.edge_index[:, away])
    run = train(spec_of(name, heads=2), graph=graph, device="cpu")
    seen = node_attention(run, graph, 11)
    assert seen.neighbours.tolist() == []
    assert seen.mass[:, seen.reached.tolist().index(11)].tolist() == [1, 1], "it keeps its mass"
    opened = SimpleNamespace(graph=graph, positions=np.zeros((34, 2)))
    scene, _ = node_figures.scene(opened, coloring("class", graph, graph.splits["public"]), seen, 1, None)
    assert scene.node_ids.tolist() == [11]
    assert scene.edges.tolist() == ([[11, 11]] if name == "gat" else []), "its self-attention is a loop"
    said = node_figures.sums(seen, 1, None)
    assert said.startswith("1 in-edge sums to 1.000" if name == "gat" else "Nobody sends to this node")
    assert len(node_figures.table(graph, seen, 1, 1).data) == 0
    assert node_figures.bars(graph, seen, 2, 1).data is not None
    assert node_figures.by_hop(seen).data["mass"].tolist() == [1, 1]
    found = read(run, graph)
    assert np.isnan(found.layers[0].normalized[11]).all()


def test_the_picture_draws_each_edge_towards_the_node(run, karate):
    seen = node_attention(run, karate, 5)
    opened = SimpleNamespace(graph=karate, positions=np.random.default_rng(0).random((34, 2)))
    scene, said = node_figures.scene(opened, coloring("class", karate, karate.splits["public"]), seen, 1, 2)
    rank = dict(zip(seen.drawn.tolist(), seen.drawn_hop.tolist(), strict=True))
    assert all(rank[u] >= rank[v] for u, v in scene.edges.tolist())
    assert len({frozenset(pair) for pair in scene.edges.tolist()}) == len(scene.edges), "each edge once"
    assert scene.edges.tolist().count([5, 5]) == 1
    assert scene.lines.tooltip[-1].startswith("5, self-attention")
    into = [place for place, (_, v) in enumerate(scene.edges.tolist()) if v == 5]
    alpha = dict(zip(seen.layers[0].sources.tolist(), seen.alpha(1, 2).tolist(), strict=True))
    widths = [scene.lines.width[place] for place in into]
    assert np.argsort(widths).tolist() == np.argsort([alpha[scene.edges[place][0]] for place in into]).tolist()
    assert "layer 1, head 2" in said
    assert seen.messages(1, None).sum() == pytest.approx(1)


def test_what_is_stored_twice_has_one_bar(run, karate):
    doubled = replace(karate, edge_index=np.concatenate([karate.edge_index, karate.edge_index], axis=1))
    seen = node_attention(run, doubled, 5)
    for into in seen.layers:
        assert len(into.sources) == len(set(into.sources.tolist())) == len(seen.neighbours) + 1
        np.testing.assert_allclose(into.alpha.sum(axis=0), 1, atol=1e-6)


def test_names_are_not_read_as_html(run, karate):
    evil = "<script>alert(1)</script><b>i</b>"
    graph = replace(karate, node_names=(evil,) * 34, class_names=(evil,) * karate.num_classes)
    figure = node_figures.bars(graph, node_attention(run, graph, 5), 1, None).figure
    assert "<b>" not in str(figure.data[0].y)
    assert "<script>" not in str(figure.data[0].customdata)


def ring() -> GraphData:
    """0 → 1 → 2 → 3 → 0, directed."""
    return GraphData(
        name="ring",
        features=np.random.default_rng(0).random((4, 3)).astype(np.float32),
        edge_index=np.array([[0, 1, 2, 3], [1, 2, 3, 0]]),
        labels=np.array([0, 1, 0, 1]),
        class_names=("a", "b"),
        directed=True,
        splits={"public": Split(*(np.array([[1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], dtype=bool)))},
    )


def test_a_rollout_follows_the_edges_backwards():
    """The directed ring 0 → 1 → 2 → 3 → 0 without own loops: after three layers node 3 reads what 0 had."""
    graph = ring()
    spec = spec_of("graph_transformer", heads=1, depth=3)
    seen = node_attention(train(spec, graph=graph, device="cpu"), graph, 3)
    assert seen.residual == (True, True, True), "the own state is passed on beside the messages"
    # halves: of the last layer ½ stays and ½ goes to 2; (½ + ½)³ has 1 3 3 1 eighths at 0, 1, 2, 3 hops
    assert seen.by_hop()[-1].tolist() == pytest.approx([1 / 8, 3 / 8, 3 / 8, 1 / 8])
    assert node_figures.by_hop(seen).formula.endswith(r"A^{(l)} = \tfrac12 (\bar\alpha^{(l)} + I)")


@pytest.mark.parametrize(
    ("depth", "residual", "eighths"), [(3, True, [1.5, 3.5, 2.5, 0.5]), (3, False, [1, 3, 3, 1]), (2, True, [2, 4, 2])]
)
def test_a_rollout_keeps_what_the_model_adds_and_nothing_else(depth, residual, eighths):
    """The ring again, with own loops and flat weights: each layer ½ and ½; the middle one of three, whose input is added, ¾ and ¼."""
    spec = spec_of("gat", heads=1, depth=depth, residual=residual)
    run = train(spec, graph=ring(), device="cpu")
    seen = node_attention(replace(run, weights=flat(run)), ring(), 3)
    assert seen.residual == ((False, residual, False) if depth == 3 else (False, False)), "neither the first layer's input nor the last's"
    assert seen.by_hop()[-1].tolist() == pytest.approx([share / 8 for share in eighths])
    formula = node_figures.by_hop(seen).formula
    assert (r"\text{in layer 2, else}" in formula) == (depth == 3 and residual)
    assert (r"\tfrac12" in formula) == (depth == 3 and residual)


def test_a_rollout_of_omega_gat_says_what_it_does_not_follow(karate):
    seen = node_attention(train(spec_of("omega_gat", heads=2), graph=karate, device="cpu"), karate, 5)
    assert seen.residual == (False, False)
    assert "Nor ω" in node_figures.by_hop(seen).not_shown
    gat = node_attention(train(spec_of("gat", heads=2), graph=karate, device="cpu"), karate, 5)
    assert "ω" not in node_figures.by_hop(gat).not_shown
