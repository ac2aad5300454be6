"""The attention lens: against a model made uniform by its weights, and by hand on made-up readings."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from core.capture import attending
from core.data import GraphData, Split
from core.models.contract import model
from core.open_graphs import graph_of
from core.parameters import resolve
from core.rebuilt import batch_of, logits_of, module_of
from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec, settings
from core.splits import split_of
from core.store import Store
from core.training import train
from explainers.coloring import coloring
from explainers.contract import Context, Unsupported
from explainers.lenses import attention as lens
from explainers.lenses import attention_course
from explainers.lenses.attention import figures, node_figures, screening
from explainers.lenses.attention import result as results
from explainers.lenses.attention.captions import answer, captions, classes, not_learned, single_heads
from explainers.lenses.attention.explains import METHODS, explains
from explainers.lenses.attention.explains_figures import VIEWS, sentences
from explainers.lenses.attention.node import node_attention
from explainers.lenses.attention.readings import attended, read
from explainers.lenses.attention.result import Attention, Layer, Reading


@pytest.fixture(scope="module")
def karate() -> GraphData:
    return graph_of(DatasetSpec("karate"))


def spec_of(name: str, **given: object) -> RunSpec:
    chosen = settings(resolve(model(name).parameters, given, name))
    return RunSpec(DatasetSpec("karate", split="public"), ModelSpec(name, chosen), TrainingSpec.of({"epochs": 20}), 0)


@pytest.fixture(scope="module", params=["gat", "gatv2"])
def run(request, karate):
    return train(spec_of(request.param, heads=3), graph=karate, device="cpu")


def test_learned_is_the_run_and_uniform_a_model_that_scores_all_alike(run, karate):
    rows = read(run, karate).swaps
    learned = rows[rows["swap"] == "learned"]
    assert learned["test_score"].unique() == pytest.approx([run.scores["test_score"]])
    assert not learned["changed"].any()
    flat = {name: np.zeros_like(value) if name.split(".")[-1].startswith("att") else value for name, value in run.weights.items()}
    logits = logits_of(module_of(run.spec, karate, flat), batch_of(run.spec, karate))
    test = split_of(karate, run.spec.dataset).test
    uniform = rows[(rows["layer"] == "all") & (rows["swap"] == "uniform")].iloc[0]
    assert uniform["test_score"] == pytest.approx((logits.argmax(axis=1) == karate.labels)[test].mean())
    assert uniform["changed"] == pytest.approx((logits.argmax(axis=1) != run.predictions)[test].mean())


def test_every_head_has_its_four_swaps(run, karate):
    rows = read(run, karate).swaps
    places = {(one.layer, one.head) for one in rows.itertuples()}
    assert places == {("all", "all"), (1, "all"), (1, 1), (1, 2), (1, 3), (2, 1)}
    assert (rows.groupby(["layer", "head"]).size() == 4).all()


def test_a_flat_model_has_entropy_one_and_the_expected_mass(run, karate):
    flat = {name: np.zeros_like(value) if name.split(".")[-1].startswith("att") else value for name, value in run.weights.items()}
    found = Attention("gat", "karate", "public split", "accuracy", (read(replace(run, weights=flat), karate),))
    table = results.heads(found)
    np.testing.assert_allclose(table["mean_normalized_entropy"], 1, atol=1e-6)
    np.testing.assert_allclose(table["uniform_share"], 1)
    np.testing.assert_allclose(table["same_class_mass"], table["expected_same_class_mass"], atol=1e-6)
    assert results.uniform_heads(found.readings) == (4, 4)


def test_relabelled_nodes_keep_their_numbers(run, karate):
    order = np.random.default_rng(0).permutation(karate.num_nodes)
    place = np.argsort(order)
    renamed = replace(karate, features=karate.features[order], edge_index=place[karate.edge_index], labels=karate.labels[order])
    batch = batch_of(run.spec, karate)
    whole = [read_layer.alpha for read_layer in attended(module_of(run.spec, karate, run.weights), batch)]
    assert whole
    ours, theirs = read(run, karate), read(run, renamed)
    for one, other in zip(ours.layers, theirs.layers, strict=True):
        for name in ("degree", "normalized", "own", "same", "expected"):
            np.testing.assert_allclose(getattr(one, name)[order], getattr(other, name), atol=1e-5, err_msg=name)
        np.testing.assert_allclose(one.similarity, other.similarity, atol=1e-5)


def test_tables_have_the_columns_that_the_command_promises(run, karate, tmp_path):
    Store(tmp_path).put(run)
    context = Context(karate, split_of(karate, run.spec.dataset), run.spec, (replace(run, weights={}),), root=tmp_path)
    found = lens.measure(context, {"explained": 0})
    tables = lens.tables(found)
    assert list(tables["nodes"]) == [
        *("seed", "layer", "head", "node", "degree", "entropy", "normalized_entropy", "self_attention", "same_class_mass"),
        "same_class_among_neighbours",
    ]
    columns = ["mean_normalized_entropy", "uniform_share", "self_attention", "same_class_mass", "expected_same_class_mass"]
    assert list(tables["heads"]) == ["seed", "layer", "head", *columns, "same_class_among_neighbours", "expected_among_neighbours"]
    assert list(tables["swaps"]) == ["seed", "layer", "head", "swap", "test_score", "probability", "changed"]
    assert len(tables["nodes"]) == 34 * 4
    assert tables["similarity"]["similarity"].between(0, 1).all()
    drawn = lens.draw(found)
    assert {"swaps", "entropies", "by_class", "by_degree", "similar_1"} == set(drawn), "one head in the last layer is like no other"
    for view in drawn.values():
        assert view.reading
        assert view.not_shown
        assert len(view.data)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("gcn", "GCN has no attention. Take .*GAT, GATv2"),
        ("grand", "GRAND attends in a way of"),
        ("cognn", "Co-GNN has no attention, but its nodes choose in each layer what they do, which the lens on actions shows. Take"),
    ],
)
def test_models_without_attention_are_refused_before_they_are_trained(name, why):
    with pytest.raises(Unsupported, match=why):
        lens.plan(spec_of(name), 1, {})


def layer(normalized, same=0.5, expected=0.25, degree=3) -> Layer:
    size, heads = np.shape(normalized)
    full = np.full((size, heads), same)
    return Layer(
        *(np.full(size, degree), full, np.array(normalized), full / 2, full, 1 - full, np.full(size, expected), np.eye(heads)),
        loops=True,
        among=full,
        expected_among=np.full(size, expected),
    )


def reading(seed: int, learned: float, uniform: float, entropy: float = 0.99) -> Reading:
    scores = {"learned": learned, "uniform": uniform, "permuted": uniform, "removed": 0.1}
    rows = [{"layer": 1, "head": 1, "swap": swap, "test_score": score, "probability": 0, "changed": 0} for swap, score in scores.items()]
    return Reading(seed, (layer([[entropy], [0.2]]),), pd.DataFrame(rows))


def made_up(*readings: Reading) -> Attention:
    return Attention("gat", "karate", "public split", "accuracy", readings)


def test_the_answer_says_what_uniform_weights_cost():
    said = answer(made_up(*(reading(seed, 0.8 + seed / 100, 0.7 + seed / 100 + seed % 2 / 500) for seed in range(4))))
    assert "None of the 4 heads of GAT, counted over 4 seeds," in said, "the mean of .99 and .2 is below .95"
    assert "from 81.5 ± 2.1 % to 71.6 ± 2." in said
    assert said.count("9.9 ± 0.2 points less") == 1
    same = answer(made_up(*(reading(seed, 0.8, 0.8 + (seed % 2 - 0.5) / 100) for seed in range(4))))
    assert "which the seeds do not tell apart" in same


def test_classes_against_uniform():
    assert classes(made_up(reading(0, 0.8, 0.8))) == (
        "Of the attention to neighbours, 50.0 % goes to those of the node's own class, 25.0 points more than uniform weights would give "
        "them (25.0 %)."
    )


def test_a_model_that_learned_nothing_says_so_first():
    def said(*scores: float, constant: float = 0.5, metric: str = "accuracy") -> str:
        runs = [replace(reading(seed, score, score), constant=constant, tested=100) for seed, score in enumerate(scores)]
        found = replace(made_up(*runs), metric=metric)
        assert captions(found)[0] == (not_learned(found) or answer(found))
        return not_learned(found)

    assert said(0.5, 0.52, 0.47) == (
        "GAT has learned nothing here that shows: its test accuracy of 49.7 ± 6.3 % (3 seeds) cannot be told from the 50.0 % of naming one "
        "class for every node, or is below it. What it attends to then says little."
    )
    assert said(0.6, 0.61, 0.62) == "", "the interval is above"
    assert said(0.5, 0.5) != "", "exactly the constant"
    assert "(100 test nodes)" in said(0.55), "Wilson's interval of 55 in 100 begins at .452"
    assert said(0.65) == "", "and that of 65 at .553"
    assert said(0.55, metric="roc_auc") == "", "one ROC-AUC has no interval of nodes"
    assert said(float("nan")) == "", "nothing is tested"
    assert said(0.1, constant=float("nan")) == ""


def test_the_constant_is_the_largest_class_of_the_test_nodes(run, karate):
    found = read(run, karate)
    labels = karate.labels[split_of(karate, run.spec.dataset).test]
    assert found.tested == len(labels)
    assert found.constant == np.bincount(labels).max() / len(labels)
    binary = replace(karate, labels=(karate.labels > 0).astype(np.int64), class_names=("a", "b"), metric="roc_auc")
    assert read(train(run.spec, graph=binary, device="cpu"), binary).constant == 0.5


def by_head(seed: int, removed: list[float], learned: float = 0.8) -> Reading:
    """A layer of so many heads, whose removal leaves these scores, and one of a single head."""
    places = [(1, "all", 0.2), *((1, head, score) for head, score in enumerate(removed, 1)), (2, 1, 0.1)]
    scores = [(layer, head, swap, score) for layer, head, gone in places for swap, score in (("learned", learned), ("removed", gone))]
    rows = [dict(zip(("layer", "head", "swap", "test_score"), one, strict=True)) | {"probability": 0.0, "changed": 0.0} for one in scores]
    return Reading(seed, (layer([[0.5] * len(removed)]), layer([[0.5]])), pd.DataFrame(rows))


def test_single_heads_are_counted_over_the_seeds_and_named_in_one():
    assert single_heads(made_up(by_head(0, [0.79, 0.7]))) == (
        "Of heads with others beside them, removing head 2 in layer 1 costs most: 80.0 % goes to 70.0 %."
    )
    assert single_heads(made_up(by_head(0, [0.8, 0.81]))).startswith("No head's removal lowers")
    # means over heads .055, .06, .05, most .10, .11, .09: t(.975, 2) = 4.303, s/√3 of each .00289, .00577
    several = single_heads(made_up(*(by_head(seed, scores) for seed, scores in enumerate(([0.79, 0.7], [0.69, 0.79], [0.79, 0.71])))))
    assert several == (
        "Removing one of 2 heads that have others beside them takes 5.5 ± 1.2 points of test accuracy, mean over heads; that which costs "
        "most in its seed 10.0 ± 2.5 points (the largest of 2, so more than 0 even by chance)."
    )
    noise = single_heads(made_up(by_head(0, [0.79, 0.8]), by_head(1, [0.81, 0.82])))
    assert "takes −0.5 ± 12.7 points of test accuracy, mean over heads, which the seeds do not tell from none" in noise
    assert single_heads(made_up(reading(0, 0.8, 0.7))) == "", "a head alone in its layer"


def test_swaps_are_drawn_as_paired_differences():
    scores = [(0.97, 0.95), (0.99, 0.96), (0.98, 0.955)]  # near 100 %, where an interval of a score would pass it
    found = made_up(*(reading(seed, *pair) for seed, pair in enumerate(scores)))
    rows = results.changes(found)
    uniform = rows[rows["swap"] == "uniform"].iloc[0]
    assert uniform["change"] == pytest.approx(-0.025)
    half = 4.302653 * 0.005 / np.sqrt(3)
    assert (uniform["low"], uniform["high"]) == pytest.approx((-0.025 - half, -0.025 + half))
    assert uniform["test_score"] == pytest.approx(0.955)
    assert set(rows["swap"]) == {"uniform", "permuted", "removed"}
    chart = figures.swaps(found)
    drawn = {trace.name: trace for trace in chart.figure.data}["uniform weights"]
    assert drawn.x[0] == pytest.approx(-2.5)
    assert drawn.error_x.array[0] == pytest.approx(100 * half)
    low, high = chart.figure.layout.xaxis.range
    assert low < -88 < 0 < high, "all that is drawn, and what was learned"
    assert "learned: 98.0 ± 2.5 %" in str(chart.figure.layout.annotations)
    alone = figures.swaps(made_up(reading(0, 0.8, 0.8)))
    assert alone.figure.data[0].error_x.array is None, "one seed has no spread"


def test_bars_of_correlations_end_where_correlations_do():
    found = pd.DataFrame([{"node": node, "method": "occlusion", "rank_correlation": rho} for node, rho in enumerate((1.0, 0.9, 0.2))])
    drawn = VIEWS["correlations"](found).figure.data[0]
    assert drawn.x[0] + drawn.error_x.array[0] == 1
    assert drawn.x[0] - drawn.error_x.arrayminus[0] == pytest.approx(0.7 - 4.302653 * np.std([1, 0.9, 0.2], ddof=1) / np.sqrt(3), abs=1e-5)


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


def test_looking_leaves_no_hook(run, karate):
    module = module_of(run.spec, karate, run.weights)
    attended(module, batch_of(run.spec, karate))
    assert not any(tap._forward_hooks or tap._forward_pre_hooks for tap in attending(module))


def test_attention_is_held_against_other_explanations(run, karate):
    found = explains(run, karate, 3)
    assert set(found["method"]) == {*METHODS, "random"}
    assert found["node"].nunique() == 3
    own = found[found["method"] == "attention"]
    assert own["rank_correlation"].tolist() == pytest.approx([1, 1, 1]), "with itself"
    rows = found.assign(rank_correlation=np.where(found["method"] == "occlusion", 0.5, found["rank_correlation"]))
    assert "ρ = 0.50 ± 0.00" in sentences(rows)[0]
    assert {"correlations", "fidelities"} == {name for name, view in VIEWS.items() if len(view(found).data)}
    assert sentences(found.iloc[:0]) == ["No test node has a number of edges within reach that can be asked about."]


def test_the_course_of_attention_ends_in_the_run(karate):
    spec = spec_of("gat", heads=2)
    run = train(spec, graph=karate, device="cpu", probes=("attention",))
    rows = attention_course.course(0, run.probes)
    assert list(rows.groupby("epoch").size().unique()) == [3], "two heads and one"
    found = attention_course.Course(rows, run.best_epoch, tuple(run.history["validation_score"]))
    first, *_ = attention_course.captions(found)
    start, end = (rows.loc[rows["epoch"] == epoch, "mean_normalized_entropy"].mean() for epoch in (0, rows["epoch"].max()))
    assert f"from {start:.3f} (untrained) to {end:.3f} (epoch 20)" in first
    assert f"layer 2 {rows.iloc[2]['mean_normalized_entropy']:.3f}" in attention_course.at(found, 0)
    assert len(attention_course.draw(found)["course"].figure.data) == 6


def test_supergat_is_read_as_gat_is(karate):
    run = train(spec_of("supergat", heads=2, output_heads=2), graph=karate, device="cpu")
    found = read(run, karate)
    assert [layer.normalized.shape for layer in found.layers] == [(34, 2), (34, 2)]
    learned = found.swaps[found.swaps["swap"] == "learned"]
    assert learned["test_score"].unique() == pytest.approx([run.scores["test_score"]])
    flat = {name: np.zeros_like(value) if name.split(".")[-1].startswith("att") else value for name, value in run.weights.items()}
    logits = logits_of(module_of(run.spec, karate, flat), batch_of(run.spec, karate))
    uniform = found.swaps[(found.swaps["layer"] == "all") & (found.swaps["swap"] == "uniform")].iloc[0]
    test = split_of(karate, run.spec.dataset).test
    assert uniform["test_score"] == pytest.approx((logits.argmax(axis=1) == karate.labels)[test].mean())


def test_tangnn_says_that_it_attends_in_a_way_of_its_own():
    with pytest.raises(Unsupported, match=r"TANGNN attends in a way of its own, which is not read here so far\. Take .*SuperGAT"):
        lens.plan(spec_of("tangnn"), 1, {})


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


def test_a_rollout_follows_the_edges_backwards():
    """The directed ring 0 → 1 → 2 → 3 → 0 without own loops: after three layers node 3 reads what 0 had."""
    rng = np.random.default_rng(0)
    graph = GraphData(
        name="ring",
        features=rng.random((4, 3)).astype(np.float32),
        edge_index=np.array([[0, 1, 2, 3], [1, 2, 3, 0]]),
        labels=np.array([0, 1, 0, 1]),
        class_names=("a", "b"),
        directed=True,
        splits={"public": Split(*(np.array([[1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], dtype=bool)))},
    )
    spec = spec_of("graph_transformer", heads=1, depth=3)
    seen = node_attention(train(spec, graph=graph, device="cpu"), graph, 3)
    assert seen.residual, "the own state is passed on beside the messages"
    # halves: of the last layer ½ stays and ½ goes to 2; (½ + ½)³ has 1 3 3 1 eighths at 0, 1, 2, 3 hops
    assert seen.by_hop()[-1].tolist() == pytest.approx([1 / 8, 3 / 8, 3 / 8, 1 / 8])


def test_a_graph_without_edges_or_with_one_class_only_is_read(run, karate):
    for graph in (replace(karate, edge_index=karate.edge_index[:, :0]), replace(karate, labels=np.zeros_like(karate.labels))):
        found = Attention("gat", "karate", "public split", "accuracy", (read(run, graph),))
        said = captions(found)
        assert not any("nan" in sentence.split() for sentence in said)
        assert figures.draw(found)


def test_on_a_large_graph_whole_layers_are_swapped(run, karate, monkeypatch):
    monkeypatch.setattr("explainers.swapped.MOST_WORK", 0)
    found = Attention("gat", "karate", "public split", "accuracy", (read(run, karate),))
    assert {(one.layer, one.head) for one in found.readings[0].swaps.itertuples()} == {("all", "all"), (1, "all"), (2, 1)}
    assert captions(found)[-1].startswith("Only whole layers were swapped")


def test_trainings_that_stop_apart_have_the_first_ones_course():
    rows = pd.concat(
        [
            pd.DataFrame({"seed": seed, "epoch": epochs, "layer": 1, "head": 1, "mean_normalized_entropy": values})
            for seed, epochs, values in ((0, [0, 10], [1.0, 0.9]), (1, [0, 50], [1.0, 0.1]))
        ]
    ).assign(same_class_mass=0.5, expected_same_class_mass=0.5)
    found = attention_course.Course(rows, 10, tuple(np.linspace(0, 1, 10)))
    assert attention_course.captions(found)[0].startswith(
        "Mean normalised entropy of seed 0 goes from 1.000 (untrained) to 0.900 (epoch 10)"
    )
    assert found.first["epoch"].tolist() == [0, 10]
    assert "validation score 100.0 %" in attention_course.at(found, 10)


def screened(*powers: list[list[float]]) -> Attention:
    """A layer, one run a list of powers [hops, heads]; of three nodes two have one neighbour and one farther node, one has none."""
    sizes = np.array([[1, 1, 1], [1, 1, 0], [1, 1, 0]])
    readings = []
    for seed, power in enumerate(powers):
        factor = np.exp(np.concatenate([np.ones((1, len(power[0]))), np.array([[2.0], [3.0]]) ** -np.array(power)]) - 1)
        readings.append(replace(reading(seed, 0.8, 0.8), screening=screening.rows([factor], [sizes])))
    return made_up(*readings)


def test_screening_by_hand():
    """Powers 1 and 0 at one hop, 1 and 1 at two: e^(½ − 1) and 1, e^(⅓ − 1) both."""
    rows = screening.table(screened([[1.0, 0.0], [1.0, 1.0]])).set_index(["head", "distance"])
    near, far = np.exp(-1 / 2), np.exp(-2 / 3)
    assert rows["factor"].tolist() == pytest.approx([1, near, far, 1, 1, far])
    assert rows.loc[1, "share"].tolist() == pytest.approx(
        [(2 / (1 + near + far) + 1) / 3, 2 * near / (1 + near + far) / 3, 2 * far / (1 + near + far) / 3]
    )
    assert rows.loc[2, "untrained_share"].tolist() == pytest.approx([(2 / 3 + 1) / 3, 2 / 9, 2 / 9])
    assert rows.groupby("head")["share"].sum().tolist() == pytest.approx([1, 1])


def test_screening_says_what_the_seeds_say():
    ratio = np.exp(1 / 3 - 1 / 2)
    assert screening.sentence(screened([[1.0], [1.0]])) == (
        f"In a neighbour's score a node 2 hops from it weighs this much of one next to it (untrained 1): {ratio:.2f} in layer 1."
    )
    alike = screening.sentence(screened([[0.0], [0.1]], [[0.0], [-0.1]], [[0.0], [0.0]]))
    assert alike.endswith("in layer 1, not told from 1 by the seeds.")
    assert "to 3.49 in layer 1, seed by seed" in screening.sentence(screened([[0.0], [0.0]], [[0.0], [-0.738]]))
    assert screening.sentence(made_up(reading(0, 0.8, 0.8))) == ""
    assert "screening" not in lens.tables(made_up(reading(0, 0.8, 0.8)))


def test_screening_is_drawn_where_there_is_one():
    found = screened([[1.0, 0.0], [1.0, 1.0]], [[0.5, 0.0], [1.0, 0.5]])
    assert set(lens.draw(found)) >= {"screening", "screening_shares"}
    assert list(lens.tables(found)["screening"]) == ["seed", "layer", "head", "distance", "factor", "share", "untrained_share"]
    for name in ("screening", "screening_shares"):
        view = lens.draw(found)[name]
        assert len(view.data) == 12
        assert view.not_shown


def test_a_trained_coulgat_is_read(karate):
    run = train(spec_of("coulgat", heads=2, hops=3), graph=karate, device="cpu")
    rows = read(run, karate).screening
    assert rows.groupby("layer").size().to_dict() == {1: 2 * 4, 2: 4}
    for layer in (1, 2):
        power = run.weights[f"convolutions.{layer - 1}.power"]
        mine = rows[rows["layer"] == layer].pivot_table(index="distance", columns="head", values="factor").to_numpy()
        np.testing.assert_allclose(mine[1:], np.exp(np.array([[2.0], [3], [4]]) ** -power - 1), rtol=1e-5)
    np.testing.assert_allclose(rows.groupby(["layer", "head"])["share"].sum(), 1, rtol=1e-6)
    assert read(train(spec_of("gat", heads=2), graph=karate, device="cpu"), karate).screening.empty
