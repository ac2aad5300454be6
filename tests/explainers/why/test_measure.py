"""What a method says of one node: the same numbers as the command line, curves that begin and end where they must."""

import json
from dataclasses import replace

import numpy as np
import pytest

from core.errors import UserError
from core.open_graphs import graph_of
from core.store import Store
from core.work import silent
from explainers.cli import main
from explainers.why.measure import _numbers, both_cuts, sanity, trust


def test_an_answer_is_about_the_edges_within_reach(ask, stored):
    graph = graph_of(stored[1].dataset)
    answer = ask("gnn_explainer")
    assert answer.nodes[0] == 5
    assert answer.hop.tolist() == sorted(answer.hop.tolist())
    assert answer.hop.max() == 2
    inside = np.isin(graph.undirected_edges, answer.nodes).all(axis=1)
    assert sorted(map(tuple, answer.pairs.tolist())) == sorted(map(tuple, graph.undirected_edges[inside].tolist()))
    assert answer.scores.shape == (2, len(answer.pairs))
    assert answer.importance == pytest.approx(answer.scores.mean(axis=0))
    assert answer.kept(3).sum() == 3
    assert set(answer.strongest(3)["score"]) == set(answer.importance[answer.kept(3)])


def test_a_curve_begins_with_nothing_kept_and_ends_with_all(ask, stored):
    answer, run = ask("gnn_explainer"), Store(stored[0]).get(stored[1].key)
    curve = answer.curve
    assert curve.whole == pytest.approx(run.probabilities[5], abs=1e-5)
    assert curve.kept[0] == 0
    assert curve.kept[-1] == len(answer.pairs)
    assert curve.plus(answer.target)[0] == pytest.approx(0, abs=1e-6)
    masked = ask("gnn_explainer", how="masked").curve
    assert masked.minus(answer.target)[-1] == pytest.approx(0, abs=1e-6)  # degrees stay, so edges beyond reach are of no matter
    assert curve.nearest(9) in np.flatnonzero(np.abs(curve.kept - 9) == np.abs(curve.kept - 9).min())


@pytest.mark.parametrize(("method", "how"), [("gnn_explainer", "deleted"), ("occlusion", "masked"), ("input_x_gradient", "masked")])
@pytest.mark.parametrize("keep", [3, 10])
def test_the_page_and_the_command_have_the_same_numbers(ask, stored, method, how, keep, tmp_path, monkeypatch):
    root, spec = stored
    monkeypatch.setenv("HOPSCOPE_HOME", str(root))
    words = ["--nodes", "5", "--method", method, "--seeds", "3", "--cut", how, "--keep", str(keep), "--json", str(tmp_path / "x.json")]
    assert main(["explain", "--dataset", "karate", "--model", "gcn", "--set", "epochs=30", *words]) == 0
    tables = json.loads((tmp_path / "x.json").read_text())["tables"]
    found = trust(silent, spec=spec, node=5, method=method, target=None, seeds=3, how=how, keep=keep, root=root)
    said = {(row["metric"], row["seed"]): row["value"] for row in tables["scores"] if row["method"] == method}
    for metric, values in found.values.items():
        if metric != "auc":
            expected = [np.nan if (value := said[metric, seed]) is None else value for seed in range(len(values))]
            assert values == pytest.approx(expected, nan_ok=True, abs=1e-5), metric
    answer = ask(method, seeds=3, how=how)
    edges = {(row["u"], row["v"], row["seed"]): row["score"] for row in tables["edges"] if row["method"] == method}
    assert answer.scores[0] == pytest.approx([edges[u, v, 0] for u, v in answer.pairs.tolist()], abs=1e-5)
    place = answer.curve.nearest(keep)
    assert answer.curve.kept[place] == keep
    assert answer.curve.plus(answer.target)[place] == pytest.approx(found.mean("probability_fidelity_plus"), abs=1e-5)
    assert answer.curve.minus(answer.target)[place] == pytest.approx(found.mean("probability_fidelity_minus"), abs=1e-5)


def test_another_class_is_another_answer(ask):
    one, other = ask("input_x_gradient", target=0), ask("input_x_gradient", target=1)
    assert (one.target, other.target) == (0, 1)
    assert not np.allclose(one.scores, other.scores)


def test_single_edges_are_cut_both_ways(ask, stored):
    root, spec = stored
    found = both_cuts(silent, spec=spec, node=5, target=None, root=root)
    occluded = ask("occlusion")
    assert found.pairs.tolist() == occluded.pairs.tolist()
    assert found.left_out == 0
    assert found.deleted == pytest.approx(occluded.importance, abs=1e-5)
    assert not np.allclose(found.deleted, found.masked, atol=1e-3)


def test_a_method_that_ignores_the_model_does_not_change_with_its_layers(stored):
    root, spec = stored
    found = sanity(silent, spec=spec, node=5, method="random", target=None, seeds=2, how="deleted", root=root)
    assert found.layers == ("convolutions 2", "convolutions 1")
    assert found.correlations == pytest.approx((1, 1))


def test_a_run_that_is_not_stored(stored):
    root, spec = stored
    with pytest.raises(UserError, match="not stored"):
        trust(silent, spec=replace(spec, seed=99), node=5, method="random", target=None, seeds=1, how="deleted", keep=3, root=root)


@pytest.mark.parametrize(("edges", "first"), [(0, [0]), (2, [0, 1, 2]), (30, list(range(31)))])
def test_a_few_edges_have_every_point(edges, first):
    assert _numbers(edges) == first


@pytest.mark.parametrize("edges", [31, 400, 5000])
@pytest.mark.parametrize("points", [6, 24])
def test_many_edges_have_fewer_points_to_the_last(edges, points):
    found = _numbers(edges, points)
    assert found == sorted(set(found))
    assert (found[0], found[-1]) == (0, edges)
    assert 10 in found
    assert len(found) <= points + 1


def test_where_cuts_are_dear_even_a_few_edges_have_fewer_points():
    assert len(_numbers(30, 6)) <= 7
    assert _numbers(3, 6) == [0, 1, 2, 3]
    assert _numbers(0, 6) == [0]
