"""The table of explanations against planted motifs: from made-up numbers, from wrong models, and the AUCs behind it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.special import softmax

import benchmarks.__main__ as command
from benchmarks import beside_pyg, ground_truth, motif_use, reference, tasks
from benchmarks.ground_truth import Score, Seed
from core.computation_graph import computation_graph
from core.data import GraphData
from core.errors import UserError
from core.rebuilt import batch_of, logits_of, module_of
from core.run import Run
from core.training import open_graph, train
from explainers.attribution.contract import Attribution, method, ready

RIGHT = {"training": 1.0, "validation": 0.97, "validation motif": 0.98, "explained": 0.96}
WRONG = RIGHT | {"explained": 0.9}


def made_up(own: float, right: dict[str, float] = RIGHT) -> Seed:
    auc = {"own": own, "all": own / 2, "node": 0.25, "graph": 1.0}
    use = {(how, left): own for how in motif_use.HOW for left in motif_use.LEFT}
    return Seed(right, {"saliency": Score(auc, learning=2.0, asking=6.0)} if right is RIGHT else {}, use)


def test_a_cell_is_the_mean_with_its_t_interval() -> None:
    # s = .01, t(2) = 4.3027: half of it .01 · 4.3027 / √3 = .0248
    assert ground_truth.cell([made_up(auc) for auc in (0.79, 0.80, 0.81)], "saliency") == "0.800 (0.775–0.825)"
    assert ground_truth.cell([made_up(auc) for auc in (0.7, 0.9, 1.0)], "saliency").endswith("–1.000)"), "an AUC ends at 1"
    assert ground_truth.cell([made_up(0.8)], "saliency") == "0.800"
    assert ground_truth.cell([made_up(0.8)], "saliency", "all") == "0.400"
    assert ground_truth.cell([made_up(0.8)], "random") == "–", "it was not asked"


def test_the_table_has_a_row_a_method_and_a_column_a_dataset() -> None:
    found = {"tree_cycles": [made_up(0.8)], "ba_shapes": [made_up(0.6)], "tree_grid": [made_up(0, WRONG), made_up(0, WRONG)]}
    text = ground_truth.report(found, ["saliency", "random"])
    assert "| method | BA-Shapes | Tree-Cycles | Tree-Grid | seconds per 100 nodes, BA-Shapes |" in text
    wrong = "not shown: the models are right on 90 %, 90 % of these nodes, below 95%"
    assert f"| Saliency | 0.600 | 0.800 | {wrong} | 12.0 |" in text, "2 seconds of learning, 6 for 60 nodes"
    assert "| Saliency | 0.600 | 0.300 | 0.250 | 1.000 |" in text, "the other conventions"
    assert "| Random edges |" not in text, "it was never asked"
    assert "| 511…799 (289) |" in text
    assert "| 90 %, 90 % | 0 of 2 |" in text


def test_models_that_are_wrong_do_not_count() -> None:
    assert ground_truth.cell([made_up(0.8), made_up(0.1, WRONG)], "saliency") == "0.800"
    alone = ground_truth.report({"tree_grid": [made_up(0, WRONG)]}, ["saliency"])
    assert "0 of 1" in alone
    assert "Pooled AUC" not in alone


@pytest.fixture(scope="module")
def cycles() -> tuple[GraphData, Run]:
    (spec,) = tasks.specs("tree_cycles", "jknet", [*ground_truth.MODEL, "epochs=3"], 1)
    graph = open_graph(spec.dataset)
    return graph, train(spec, graph=graph, device="cpu")


def test_aucs_by_convention(cycles: tuple[GraphData, Run]) -> None:
    graph, run = cycles
    parts = [(node, computation_graph(graph, node, run.spec)) for node in ground_truth.CASES["tree_cycles"].nodes]
    truth = {node: int(graph.motif_of_node[node]) for node, _ in parts}
    # a method that finds every motif, not only the node's own
    found = [
        Attribution(node, 1, part, np.array([graph.motif_of_node[pair].min() >= 0 for pair in part.pairs], np.float32))
        for node, part in parts
    ]
    auc = ground_truth.aucs(found, graph, truth)
    assert 0.9 < auc["own"] < 1, "edges of other motifs are wrong"
    assert auc["all"] > auc["own"]
    assert auc["own"] < auc["graph"] < 1, "edges out of reach are won for nothing"
    one = next(one for one in found if one.pair_scores[one.part.within].sum() > 6)
    alone = ground_truth.aucs([one], graph, truth)
    scores, num = one.pair_scores[one.part.within], one.part.within.sum()
    # 6 true edges; each beats the edges of score 0 and halves with the others of score 1
    ties = scores.sum() - 6
    assert alone["own"] == alone["node"] == pytest.approx(1 - ties / (num - 6) / 2)


def test_methods_are_asked_where_the_model_is_right(cycles: tuple[GraphData, Run]) -> None:
    graph, run = cycles
    nodes = ground_truth.CASES["tree_cycles"].nodes[:3]
    assert ground_truth.measured(run, graph, nodes, ["random"]).scores == {}, "after three epochs it is wrong"
    knowing = replace(run, logits=np.eye(graph.num_classes, dtype=np.float32)[graph.labels])
    seed = ground_truth.measured(knowing, graph, nodes, ["random", "attention"])
    assert seed.counts
    assert set(seed.scores) == {"random"}
    assert "Attention" in ground_truth.missing({"tree_cycles": [seed]}, ["random", "attention"])


def test_the_command_saves_to_its_own_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "ground_truth.md"
    page.write_text("before\n<!-- one -->\n<!-- end of one -->\n")
    monkeypatch.setattr(command, "PAGES", {"ground-truth": page})
    short = replace(ground_truth.CASES["tree_cycles"], training=("epochs=2",))
    monkeypatch.setattr(ground_truth, "CASES", {"tree_cycles": short})
    words = ["ground-truth", "--datasets", "tree_cycles", "--methods", "random", "--seeds", "2", "--save", "one"]
    assert command.main(words) == 0
    assert "| 0 of 2 |" in capsys.readouterr().out
    assert "before\n<!-- one -->\n| dataset |" in page.read_text()
    assert "`python -m benchmarks ground-truth --datasets tree_cycles --methods random --seeds 2` on " in page.read_text()
    with pytest.raises(UserError, match="tree_cycle'"):
        command.main(["ground-truth", "--datasets", "tree_cycle"])


def test_slow_methods_are_asked_only_if_wanted() -> None:
    assert not {*ground_truth.SLOW} & {*ground_truth.chosen(None)}
    assert {*ground_truth.SLOW} <= {*ground_truth.chosen("all")}
    assert ground_truth.chosen("random, saliency") == ["random", "saliency"]


def test_what_is_left_of_the_prediction_without_the_motif_and_with_nothing_else(cycles: tuple[GraphData, Run]) -> None:
    """Against the model on whole graphs that lack the edges."""
    graph, run = cycles
    node = 520
    use, said = motif_use.motif_use(run, graph, [node]), int(run.predictions[node])
    own = graph.truth_edges == graph.motif_of_node[node]
    assert own.sum() == 12, "six edges, both ways"
    for left, stays in {"whole": own | True, "motif": own, "others": ~own, "nothing": own & False}.items():
        lacking = replace(graph, edge_index=graph.edge_index[:, stays], truth_edges=graph.truth_edges[stays])
        logits = logits_of(module_of(run.spec, lacking, run.weights), batch_of(run.spec, lacking))
        assert use["deleted", left] == pytest.approx(softmax(logits[node].astype(float))[said], abs=1e-5)
    assert use["masked", "whole"] == pytest.approx(use["deleted", "whole"], abs=1e-5)
    assert use["masked", "motif"] != pytest.approx(use["deleted", "motif"], abs=1e-5), "degrees stay those of the whole graph"


def test_the_use_of_motifs_is_the_mean_over_models() -> None:
    text = ground_truth.report({"tree_grid": [made_up(0.2), made_up(0.4), made_up(0.9, WRONG)]}, ["saliency"])
    assert "| dataset | edges | the whole graph | the motif alone | all but the motif | no edge |" in text
    assert "| Tree-Grid | deleted | 0.30 | 0.30 | 0.30 | 0.30 |" in text, "the third does not count"
    assert "beside PyG" not in text
    besides = [replace(made_up(0.2), beside_pyg=(0.25, 0.5)), replace(made_up(0.2), beside_pyg=(0.75, 1.0))]
    assert "| Tree-Grid | 0.250, 0.750 | 0.500, 1.000 |" in ground_truth.report({"tree_grid": besides}, ["saliency"])


def test_ours_and_pygs_on_one_node(cycles: tuple[GraphData, Run]) -> None:
    graph, run = cycles
    ours, _ = beside_pyg.both(run, graph, [517])
    (one,) = method("gnn_explainer").attribute(ready("gnn_explainer", run, graph), [517])
    assert ours == ground_truth.aucs([one], graph, {517: int(graph.motif_of_node[517])})["own"]


@pytest.mark.parametrize("inverted", [False, True])
def test_pygs_mask_meets_the_right_edges(cycles: tuple[GraphData, Run], monkeypatch: pytest.MonkeyPatch, inverted: bool) -> None:
    """A mask that knows the motif, on one direction of each edge only, is right about everything."""
    graph, run = cycles
    one_way = graph.edge_index[0] < graph.edge_index[1]
    known = (graph.truth_edges == graph.motif_of_node[517]) & one_way
    mask = torch.from_numpy((one_way & ~known) if inverted else known).float()
    monkeypatch.setattr(reference, "gnn_explainer", lambda *_: mask)
    assert beside_pyg.both(run, graph, [517])[1] == (0.0 if inverted else 1.0)
