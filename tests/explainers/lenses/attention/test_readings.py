"""What is read of a trained run: against a model made uniform by its weights, relabelled, and with its swaps."""

from dataclasses import replace

import numpy as np
import pytest

from core.capture import attending
from core.rebuilt import batch_of, logits_of, module_of
from core.splits import split_of
from core.store import Store
from core.training import train
from explainers.contract import Context, Unsupported
from explainers.lenses import attention as lens
from explainers.lenses.attention import node_figures
from explainers.lenses.attention import result as results
from explainers.lenses.attention.captions import captions
from explainers.lenses.attention.node import node_attention
from explainers.lenses.attention.readings import attended, read
from explainers.lenses.attention.result import Attention
from tests.explainers.lenses.attention.made_up import flat, spec_of


def test_learned_is_the_run_and_uniform_a_model_that_scores_all_alike(run, karate):
    rows = read(run, karate).swaps
    learned = rows[rows["swap"] == "learned"]
    assert learned["test_score"].unique() == pytest.approx([run.scores["test_score"]])
    assert not learned["changed"].any()
    logits = logits_of(module_of(run.spec, karate, flat(run)), batch_of(run.spec, karate))
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
    found = Attention("gat", "karate", "public split", "accuracy", (read(replace(run, weights=flat(run)), karate),))
    table = results.heads(found)
    np.testing.assert_allclose(table["mean_normalized_entropy"], 1, atol=1e-6)
    np.testing.assert_allclose(table["uniform_share"], 1)
    np.testing.assert_allclose(table["same_class_mass"], table["expected_same_class_mass"], atol=1e-6)
    assert results.uniform_heads(found.readings) == (4, 4)


def test_many_heads_are_read_drawn_and_told(karate):
    run = train(spec_of("gat", heads=64, output_heads=2), graph=karate, device="cpu")
    found = Attention("gat", "karate", "public split", "accuracy", (read(run, karate),))
    assert results.heads(found).groupby("layer").size().to_dict() == {1: 64, 2: 2}
    assert len(results.nodes(found)) == 34 * 66
    assert results.swaps(found).groupby(["layer", "head"]).ngroups == 1 + (1 + 64) + (1 + 2)
    views = lens.draw(found)
    assert len(views["swaps"].figure.layout.yaxis.ticktext) == 69
    assert views["similar_1"].figure.data[0].z.shape == (64, 64)
    assert views["similar_1"].figure.data[0].text is None, "no room for numbers"
    assert any("66 heads of GAT" in sentence for sentence in captions(found))
    seen = node_attention(run, karate, 5)
    assert [into.alpha.shape[1] for into in seen.layers] == [64, 2]
    assert node_figures.sums(seen, 1, 64).startswith("5 in-edges sum to 1.000")


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
        ("gcn", "GCN has no attention weights. Take .*GAT, GAT-sep, GATv2"),
        ("grand", "GRAND attends in a way of"),
        (
            "cognn",
            "Co-GNN has no attention weights, but its nodes choose in each layer what they do, which the lens on actions shows. Take",
        ),
    ],
)
def test_models_without_attention_are_refused_before_they_are_trained(name, why):
    with pytest.raises(Unsupported, match=why):
        lens.plan(spec_of(name), 1, {})


def test_the_constant_is_the_largest_class_of_the_test_nodes(run, karate):
    found = read(run, karate)
    labels = karate.labels[split_of(karate, run.spec.dataset).test]
    assert found.tested == len(labels)
    assert found.constant == np.bincount(labels).max() / len(labels)
    binary = replace(karate, labels=(karate.labels > 0).astype(np.int64), class_names=("a", "b"), metric="roc_auc")
    assert read(train(run.spec, graph=binary, device="cpu"), binary).constant == 0.5


def test_looking_leaves_no_hook(run, karate):
    module = module_of(run.spec, karate, run.weights)
    attended(module, batch_of(run.spec, karate))
    assert not any(tap._forward_hooks or tap._forward_pre_hooks for tap in attending(module))


def test_supergat_is_read_as_gat_is(karate):
    run = train(spec_of("supergat", heads=2, output_heads=2), graph=karate, device="cpu")
    found = read(run, karate)
    assert [layer.normalized.shape for layer in found.layers] == [(34, 2), (34, 2)]
    learned = found.swaps[found.swaps["swap"] == "learned"]
    assert learned["test_score"].unique() == pytest.approx([run.scores["test_score"]])
    logits = logits_of(module_of(run.spec, karate, flat(run)), batch_of(run.spec, karate))
    uniform = found.swaps[(found.swaps["layer"] == "all") & (found.swaps["swap"] == "uniform")].iloc[0]
    test = split_of(karate, run.spec.dataset).test
    assert uniform["test_score"] == pytest.approx((logits.argmax(axis=1) == karate.labels)[test].mean())


def test_tangnn_says_that_it_attends_in_a_way_of_its_own():
    with pytest.raises(Unsupported, match=r"TANGNN attends in a way of its own, which is not read here so far\. Take .*SuperGAT"):
        lens.plan(spec_of("tangnn"), 1, {})


def test_a_graph_without_edges_or_with_one_class_only_is_read(run, karate):
    for graph in (replace(karate, edge_index=karate.edge_index[:, :0]), replace(karate, labels=np.zeros_like(karate.labels))):
        found = Attention("gat", "karate", "public split", "accuracy", (read(run, graph),))
        said = captions(found)
        assert not any("nan" in sentence.split() for sentence in said)
        assert lens.draw(found)


def test_on_a_large_graph_whole_layers_are_swapped(run, karate, monkeypatch):
    monkeypatch.setattr("explainers.swapped.MOST_WORK", 0)
    found = Attention("gat", "karate", "public split", "accuracy", (read(run, karate),))
    assert {(one.layer, one.head) for one in found.readings[0].swaps.itertuples()} == {("all", "all"), (1, "all"), (2, 1)}
    assert captions(found)[-1].startswith("Only whole layers were swapped")
