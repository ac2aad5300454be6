"""An explanation as a picture: what is kept is solid, what is drawn is said."""

import json
from dataclasses import replace

import numpy as np
import pytest

from core.scene import TEXT
from core.splits import split_of
from explainers.coloring import coloring
from explainers.why import captions, figures, panels, trust_figures
from explainers.why.picture import explained, laid_out
from explainers.why.result import Answer, BothCuts, Curve, Sanity, Trust


@pytest.fixture(scope="package")
def colors(opened, stored):
    return coloring("class", opened.graph, split_of(opened.graph, stored[1].dataset))


def test_kept_edges_are_solid_and_the_widest_is_the_highest(ask, opened, colors):
    answer = ask("gnn_explainer")
    scene, text = explained(opened, colors, answer, 4)
    assert scene.target == 5
    assert scene.edges.tolist() == answer.pairs.tolist()
    solid = ~np.asarray(scene.lines.dashed)
    assert solid.tolist() == answer.kept(4).tolist()
    assert {color for color, kept in zip(scene.lines.color, solid, strict=True) if kept} == {TEXT}
    assert np.argmax(scene.lines.width) == np.argmax(answer.importance)
    assert text.startswith(f"All {len(answer.nodes)} nodes within 2 hops, with {len(answer.pairs)} edges.")
    assert "rank 1 of" in scene.lines.tooltip[int(np.argmax(answer.importance))]


def test_of_a_large_neighbourhood_the_ends_of_the_most_important_edges_are_drawn_with_their_way(ask, opened, colors):
    answer = ask("gnn_explainer")
    laid = laid_out(opened, answer, most=8)
    assert len(laid.nodes) == 8
    assert laid.nodes[0] == 5
    best = answer.pairs[int(np.argmax(answer.importance))]
    assert set(best) <= set(laid.nodes)
    reached, edges = {5}, answer.pairs[laid.drawn].tolist()
    for _ in range(3):
        reached |= {v for u, v in edges if u in reached} | {u for u, v in edges if v in reached}
    assert reached == set(laid.nodes.tolist())


def test_edges_that_speak_against_the_class_are_told_apart(opened, colors):
    answer = made(scores=[[2.0, -1.0]])
    scene, text = explained(opened, colors, answer, 1)
    assert scene.lines.color == [TEXT, figures.AGAINST]
    assert "Orange: speaks against the class." in text


def made(scores, pairs=((0, 1), (0, 2)), **changes):
    """An answer about node 0 of the karate club, written down."""
    numbers = np.array(scores, dtype=np.float32)
    m = numbers.shape[1]
    curve = Curve("deleted", np.arange(m + 1), np.array([0.7, 0.2, 0.1, 0.0]), *(np.full((len(numbers), m + 1, 4), p) for p in (0.4, 0.6)))
    values = {
        "method": "occlusion",
        "node": 0,
        "target": 0,
        "nodes": np.array([0, 1, 2]),
        "hop": np.array([0, 1, 1]),
        "pairs": np.array(pairs).reshape(-1, 2),
        "directed": False,
        "scores": numbers,
        "features": np.array([0.0, 3.0, -4.0], dtype=np.float32),
        "own_features": None,
        "said": (),
        "seconds": 0.25,
        "curve": curve,
    }
    return Answer(**(values | changes))


def test_an_answer_without_edges_is_said(opened, colors):
    answer = made(scores=np.zeros((1, 0)), pairs=[], nodes=np.array([0]), hop=np.array([0]))
    scene, text = explained(opened, colors, answer, 3)
    assert len(scene.edges) == 0
    assert text == "No other node is within reach."
    assert "no edges within reach" in captions.at_cut(opened.graph, answer, 3)
    assert figures.edges(answer).data.empty


def test_of_five_thousand_nodes_a_stated_part_is_drawn(opened, colors):
    leaves = np.arange(1, 5001)
    graph = replace(opened.graph, features=np.zeros((5001, 1), np.float32), labels=np.zeros(5001, np.int64), node_names=None)
    large = replace(opened, graph=graph, positions=np.random.default_rng(0).random((5001, 2)).astype(np.float32))
    scores = np.zeros((1, 5000), np.float32)
    scores[0, 4321] = 1.0
    pairs = np.stack([np.zeros_like(leaves), leaves], axis=1)
    answer = made(scores, pairs, nodes=np.arange(5001), hop=(np.arange(5001) > 0).astype(int))
    scene, text = explained(large, replace(colors, codes=np.zeros(5001, np.int64)), answer, 3)
    assert len(scene.node_ids) == 150
    assert 4322 in scene.node_ids
    assert text.startswith("150 of 5,001 nodes within 1 hop: those at the most important edges first. 149 of 5,000 edges.")


def test_names_from_a_file_stay_text(opened):
    evil = "<script>alert(1)</script>"
    graph = replace(opened.graph, class_names=(evil, *opened.graph.class_names[1:]), feature_names=(evil,) * opened.graph.num_features)
    answer = made(scores=[[2.0, 1.0]], features=np.ones(opened.graph.num_features, np.float32))
    for chart in (figures.probabilities(graph, answer), figures.features(graph, answer)):
        drawn = json.dumps(json.loads(chart.figure.to_json()))
        assert "<script>" not in drawn
        assert "&lt;script&gt;" in drawn


def test_captions_say_the_numbers(opened):
    answer = made(scores=[[2.0, 1.0]])
    graph = opened.graph
    name = graph.class_names[0]
    assert captions.at_cut(graph, answer, 1) == (
        f"Edge occlusion: without its 1 kept edge {name} goes from 70.0 % to 40.0 %, with it alone to 60.0 %; edges deleted."
    )
    truth = int(graph.labels[0])
    assert ("that is right" in captions.prediction(graph, answer)) == (truth == 0)
    assert captions.flat(made(scores=[[0.0, 0.0]])).startswith("Every edge has the score 0")
    still = answer.curve
    same = Curve("deleted", still.kept, still.whole, np.tile(still.whole, (1, 3, 1)), np.tile(still.whole, (1, 3, 1)))
    assert "No edge has any influence" in captions.at_cut(graph, made(scores=[[1.0, 1.0]], curve=same), 1)


def test_neighbours_are_judged_by_the_labels_that_are_known(opened):
    answer = made(scores=[[2.0, 1.0]])

    def said(*labels):
        return captions.neighbours(replace(opened.graph, labels=np.array([0, *labels, *[0] * 31])), answer)

    assert said(0, 0) == "All 2 direct neighbours have its true class."
    assert said(0, -1) == "Its 1 labelled direct neighbour has its true class."
    assert said(-1, -1) == "The classes of its direct neighbours are unknown."
    assert said(1, -1).startswith("1 of its 1 labelled direct neighbour has another class, most often ")
    assert captions.neighbours(replace(opened.graph, labels=np.full(34, -1)), answer) == ""


def test_equal_scores_have_one_order_everywhere(opened, colors):
    answer = made(scores=[[0.0, 0.0]])
    scene, _ = explained(opened, colors, answer, 1)
    assert "rank 2 of 2" in scene.lines.tooltip[1]
    assert "rank 2 of 2" in captions.edge(answer, 0, 2)
    assert answer.kept(1).tolist() == [True, False]


def test_a_picked_edge_is_said_with_its_rank():
    answer = made(scores=[[2.0, 1.0], [4.0, 1.0]])
    assert captions.edge(answer, 0, 2) == "Edge 0 – 2: score 1 ± 0, rank 2 of 2."
    assert captions.edge(answer, 0, 1).startswith("Edge 0 – 1: score 3 ± 1.4, rank 1 of 2.")
    assert captions.edge(answer, 1, 2) == ""


def test_the_curve_is_drawn_as_it_is_and_the_table_says_the_same(opened):
    answer = made(scores=[[2.0, 1.0]])
    chart = figures.fidelity(answer, None, 1)
    assert list(chart.figure.data[0].y) == pytest.approx([0.3] * 3)
    assert chart.data["sparsity"].tolist() == pytest.approx([1, 0.5, 0])
    assert chart.data["probability_fidelity_minus"].tolist() == pytest.approx([0.1] * 3)


def test_features_are_ranked_by_size_and_named(opened):
    chart = figures.features(opened.graph, made(scores=[[1.0, 0.0]]))
    assert list(chart.figure.data[0].x) == [-4, 3]
    assert figures.features(opened.graph, made(scores=[[1.0, 0.0]], features=None)) is None


def test_methods_stand_side_by_side_with_their_time(opened, colors):
    truth = np.array([True, False])
    answers = [made(scores=[[2.0, 1.0]], truth=truth), made(scores=[[1.0, 2.0]], truth=truth, method="random", seconds=3.21)]
    chart = panels.side_by_side(opened, colors, answers, 1)
    assert [note.text for note in chart.figure.layout.annotations] == [
        "Planted motif (truth)",
        "Edge occlusion · 250 ms",
        "Random edges · 3.2 s",
    ]
    assert chart.data[["method", "u", "v"]].to_numpy().tolist() == [["Edge occlusion", 0, 1], ["Random edges", 0, 2]]
    agreed = panels.agreement(answers, 1).data
    assert agreed["rank_correlation"].tolist() == pytest.approx([-1])
    assert agreed["top_k_jaccard"].tolist() == [0]


def test_trust_shows_means_and_leaves_out_what_nobody_has():
    found = [Trust("occlusion", {"sparsity": (0.5, 0.7), "auc": (np.nan,)}), Trust("random", {"sparsity": (0.6,), "auc": (np.nan,)})]
    data = trust_figures.table(found).data
    assert data["Sparsity"].tolist() == pytest.approx([0.6, 0.6])
    assert "Ground-truth AUC" not in data
    trust_figures.scores(found, "deleted", 10)


def test_edges_whose_sign_depends_on_the_cut_are_listed_with_the_largest_first():
    pairs = np.array([[0, 1], [0, 2], [1, 2]])
    found = BothCuts(pairs, np.array([0.1, -0.3, 0.2]), np.array([-0.1, 0.2, 0.2]), left_out=4)
    said, table = trust_figures.disagreement(found)
    assert said.startswith("2 of 3 edges change sign")
    assert "4 more edges" in said
    assert table.data[["u", "v"]].to_numpy().tolist() == [[0, 2], [0, 1]]


def test_sanity_starts_at_the_trained_model():
    chart = trust_figures.sanity([Sanity("saliency", ("b", "a"), (0.9, 0.8))])
    assert list(chart.figure.data[0].x) == ["trained", "b", "a"]
    assert list(chart.figure.data[0].y) == [1, 0.9, 0.8]
