"""The heterophily lens: bins and scores by hand, chance by simulation, refused models, odd graphs, and the command."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from core.crew import coordinator
from core.data import GraphData, Split
from core.datasets.edges import undirected
from core.errors import UserError
from core.proportions import mcnemar
from core.run import COLUMNS, Run
from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec
from core.work import silent
from explainers.cli import main
from explainers.contract import Chart, Unsupported
from explainers.lenses.heterophily import LENS, captions, draw, readings, tables
from explainers.lenses.heterophily.paired import Compared, compared, is_named
from explainers.lenses.heterophily.readings import ANY, in_bins, places
from explainers.lenses.heterophily.result import Heterophily, assembled
from explainers.runner import run_lens

# A hub 0 of class 0 with neighbours 1, 2 (class 0) and 3 (class 1); 3 – 4 of class 1; 5 is alone; 6 has no label and hangs on 4.
EDGES, LABELS = undirected([[0, 0, 0, 3, 4], [1, 2, 3, 4, 6]], 7), [0, 0, 0, 1, 1, 1, -1]


def graph(edges=EDGES, labels=LABELS, metric="accuracy", directed=False) -> GraphData:
    y = np.array(labels)
    features = np.zeros((len(y), 1), dtype=np.float32)
    edges = np.array(edges, dtype=np.int64).reshape(2, -1)
    everyone, nobody = np.ones(len(y), dtype=bool), np.zeros(len(y), dtype=bool)
    splits = {"0": Split(nobody, nobody, everyone), "1": Split(nobody, everyone, nobody)}
    return GraphData("toy", features, edges, y, ("a", "b"), splits, metric=metric, directed=directed)


def a_run(model: str, predicted: Sequence[float], seed: int = 0, metric: str = "accuracy", split: str = "0") -> Run:
    """A run that gives class 1 the logit `predicted`, class 0 its negative."""
    logits = np.stack([-np.array(predicted), np.array(predicted)], axis=1).astype(np.float32)
    history = {name: np.ones(1) for name in COLUMNS}
    spec = RunSpec(DatasetSpec("toy", split=split), ModelSpec(model), TrainingSpec(), seed)
    return Run(spec, metric, history, logits, 1, {"test_score": 0.5}, 0.1, "cpu")


def test_bins_and_scores_worked_out_by_hand() -> None:
    given = graph()
    there = places(given)
    assert there.local[:5].tolist() == [2 / 3, 1, 1, 0.5, 1]
    assert np.isnan(there.local[5:]).all(), "alone, and without a label"
    assert there.bins["homophily"].index.tolist() == [2, 4, 4, 2, 4, -1, -1]
    assert there.bins["degree"].index.tolist() == [2, 1, 1, 2, 2, 0, 1]
    run = a_run("gcn", [-1, -1, 1, 1, -1, 1, 1])
    rows = in_bins(given, there, run, readings.tested(given, [run])).set_index(["homophily", "degree"])
    assert rows.loc[(ANY, ANY)].tolist() == [6, 4 / 6]
    assert rows.loc[(4, ANY)].tolist() == [3, 1 / 3]
    assert rows.loc[(2, ANY)].tolist() == [2, 1]
    assert rows.loc[(ANY, 1)].tolist() == [2, 1 / 2]
    assert rows.loc[(4, 2)].tolist() == [1, 0]
    assert rows.loc[(0, ANY), "count"] == 0
    assert np.isnan(rows.loc[(0, ANY), "score"])


def test_direction_parallel_edges_and_self_loops_play_no_part() -> None:
    source, target = EDGES
    once = source < target
    more = np.concatenate([EDGES[:, once], EDGES[:, once][:, :2], [[0], [0]]], axis=1)
    one, other = places(graph()), places(graph(more, directed=True))
    np.testing.assert_array_equal(one.local, other.local)
    np.testing.assert_array_equal(one.bins["degree"].index, other.bins["degree"].index)
    found = assembled(graph(more, directed=True), [a_run("gcn", [1] * 7)], 1, {})
    assert (found.self_loops, found.parallel) == (1, 2)
    said = captions(found)[-1]
    assert "linked in either direction" in said
    assert "1 self-loop does not count" in said
    assert "2 stored edges repeat another and count once" in said
    assert "1 node without a label is no labelled neighbour" in said
    assert "Test nodes without a labelled neighbour, in no bin of local homophily: 1 a split on average." in said


def test_relabelling_the_nodes_changes_nothing() -> None:
    random = np.random.default_rng(0)
    order = random.permutation(7)
    place = np.argsort(order)  # node v becomes place[v]
    logits = random.normal(size=7)
    one = assembled(graph(), [a_run("gcn", logits), a_run("mlp", -logits)], 2, {})
    moved = graph(place[EDGES], np.array(LABELS)[order])
    other = assembled(moved, [a_run("gcn", logits[order]), a_run("mlp", -logits[order])], 2, {})
    for name, table in tables(one).items():
        pd.testing.assert_frame_equal(table, tables(other)[name])


def test_the_areas_of_a_binary_dataset_agree_with_scikit_learn() -> None:
    random = np.random.default_rng(1)
    labels = random.integers(0, 2, 60)
    edges = undirected(random.integers(0, 60, (2, 150)), 60)
    logits = random.normal(size=60) + labels
    given = graph(edges, labels, "roc_auc")
    there = places(given)
    run = a_run("gcn", logits, metric="roc_auc")
    rows = in_bins(given, there, run, readings.tested(given, [run])).set_index(["homophily", "degree"])
    assert rows.loc[(ANY, ANY), "score"] == pytest.approx(roc_auc_score(labels, logits))
    for place in range(len(readings.BINS["degree"])):
        inside = there.bins["degree"].index == place
        if len(set(labels[inside])) == 2:
            assert rows.loc[(ANY, place), "score"] == pytest.approx(roc_auc_score(labels[inside], logits[inside]))
        else:
            assert np.isnan(rows.loc[(ANY, place), "score"])


def test_for_one_seed_the_nodes_are_judged_as_by_mcnemar() -> None:
    # 3 nodes that only the first gets right, 1 that only the second does: (3 − 1)/√(3 + 1).
    given = graph(labels=[1] * 7)
    one, two = a_run("gcn", [1, 1, 1, -1, 1, 1, -1]), a_run("mlp", [-1, -1, -1, 1, 1, 1, -1])
    found = compared(given, np.ones(7, dtype=bool), [one], [two], readings.tested(given, [one]))
    assert found.nodes == 7
    assert found.by_seed == (pytest.approx(2 / 7),)
    assert found.errors == pytest.approx(2 / np.sqrt(4))


def test_a_node_that_is_judged_in_many_seeds_is_one_node() -> None:
    given = graph(labels=[1] * 7)
    runs = [([a_run("gcn", [1] * 7, seed)], [a_run("mlp", [-1] + [1] * 6, seed)]) for seed in range(5)]
    first, second = [one for pair in runs for one in pair[0]], [one for pair in runs for one in pair[1]]
    found = compared(given, np.ones(7, dtype=bool), first, second, readings.tested(given, first))
    assert found.errors == pytest.approx(1), "five seeds on one node are no five nodes"
    assert found.nodes == 7


def test_a_pair_is_one_of_seeds_that_both_have() -> None:
    given = graph()
    first, second = [a_run("gcn", [1] * 7, 0), a_run("gcn", [1] * 7, 1)], [a_run("mlp", [1] * 7, 1)]
    found = compared(given, np.ones(7, dtype=bool), first, second, readings.tested(given, first))
    assert found.by_seed == (0,)


def test_equal_models_are_named_no_more_often_than_said() -> None:
    """Two models with independent errors of the same rate, over a picture of 5 bins: at most one picture in 20 may name a bin."""
    random = np.random.default_rng(3)
    wrong = 0
    for _ in range(300):
        named = []
        for _bin in range(5):
            sums = random.integers(0, 2, (3, 40)) - random.integers(0, 2, (3, 40))
            total = sums.sum(axis=0)
            errors = total.sum() / max(np.sqrt((total**2).sum()), 1e-12)
            named.append(is_named(Compared(tuple(sums.mean(axis=1)), 40, float(errors)), 5))
        wrong += any(named)
    assert wrong <= 0.05 * 300


def test_what_is_clear_is_named_and_few_nodes_never_are() -> None:
    seeds = (0.30, 0.31, 0.29, 0.30)
    assert is_named(Compared(seeds, 100, 6.0), 40)
    assert not is_named(Compared(seeds, 19, 6.0), 40)
    assert not is_named(Compared(seeds, 100, 2.0), 40), "the nodes could give it"
    assert not is_named(Compared((0.9, -0.3, 0.5, 0.1), 100, 6.0), 40), "the seeds could"
    assert mcnemar(30, 0) < 0.05
    assert is_named(Compared((0.3,), 100, np.sqrt(30)), 1), "of one seed the nodes decide"


def clear(seeds: int = 3) -> Heterophily:
    """A ring of 80 nodes: classes alternate on its first half, where the MLP is right, and are 0 on the other, where GCN is.

    Of the neighbours of 1 … 39 none has their class, of those of 41 … 79 all, of those of 0 and 40 one.
    """
    size = 80
    labels = np.arange(size) % 2
    edges = undirected([np.arange(size), (np.arange(size) + 1) % size], size)
    labels[size // 2 :] = 0
    truth = np.where(labels == 1, 1.0, -1.0)
    half = np.arange(size) < size // 2
    runs = [a_run("gcn", np.where(half, -truth, truth), seed) for seed in range(seeds)]
    runs += [a_run("mlp", np.where(half, truth, -truth), seed) for seed in range(seeds)]
    return assembled(graph(edges, labels), runs, len(runs), {})


def test_the_answer_names_who_suffers_where() -> None:
    found = clear(1)
    said = captions(found)
    assert said[0] == (
        "By local homophily, beside the MLP: GCN is worse at under 25 % (by 100.0 points, 39 nodes) and better at 100 % (by 100.0 points, "
        "39 nodes) (accuracy on test nodes, one seed, so no spread, split 0)."
    )
    assert "GCN 50.0 %" in said[1]
    rows = tables(found)["by_local_homophily"].set_index(["model", "label"])
    assert rows.loc[("gcn", "under 25 %"), ["low", "high", "count", "score"]].tolist() == [0, 0.25, 39, 0]
    assert rows.loc[("mlp", "100 %"), "score"] == 0
    assert rows.loc["gcn", "count"].sum() == 80


def test_equal_seeds_that_all_say_the_same_are_told_by_the_nodes() -> None:
    assert "GCN is worse at under 25 % (by 100.0 points" in captions(clear(3))[0]


def test_bins_of_too_few_nodes_tell_nothing() -> None:
    runs = [a_run(name, [1] * 7) for name in ("gcn", "mlp")]
    said = captions(assembled(graph(), runs, 4, {"h2gcn": "H2GCN needs 46 M entries; 10 M are the most."}))
    assert said[0].startswith(
        "2 of 4 runs so far. By local homophily, beside the MLP, nothing is told: no bin holds 20 different test nodes"
    )
    assert "H2GCN is left out: H2GCN needs 46 M entries; 10 M are the most." in said


def test_equal_models_are_not_told_apart_in_bins_of_many_nodes() -> None:
    found = clear(3)
    rows = found.paired.assign(named=False)
    assert "beside the MLP: of GCN these nodes and seeds tell no difference in any bin" in captions(replace(found, paired=rows))[0]


def test_the_level_holds_for_both_factors_together(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr("explainers.lenses.heterophily.paired.is_named", lambda one, together: asked.append(together) or False)
    rows = clear(3).paired
    assert set(rows["by"]) == {"homophily", "degree"}
    assert set(asked) == {int((rows["nodes"] >= 20).sum())}, "bins that can be named, of either factor"


def test_training_nodes_with_other_neighbours_are_told() -> None:
    size = 80
    labels = np.zeros(size, dtype=int)
    labels[:40] = np.arange(40) % 2
    edges = undirected([np.arange(size), (np.arange(size) + 1) % size], size)
    given = graph(edges, labels)
    first = np.arange(size) < 40
    given.splits["0"] = Split(first, np.zeros(size, dtype=bool), ~first)
    found = assembled(given, [a_run("gcn", [1.0] * size), a_run("mlp", [1.0] * size)], 2, {})
    (line,) = [line for line in captions(found) if line.startswith("Mean local homophily")]
    levels = "Mean local homophily is 1.2 % on training nodes and 98.8 % on test nodes"
    assert line == f"{levels}: 97.5 points apart, more than chance could give (split 0)."
    rows = tables(found)["shift"].set_index(["part", "label"])
    assert rows.loc[("train", "under 25 %"), "share"] == pytest.approx(39 / 40)
    assert rows.loc[("test", "100 %"), "count"] == 39
    assert rows.loc[("test", "all"), "mean_local_homophily"] == pytest.approx(0.9875)


def test_a_graph_without_edges_has_no_bins_of_homophily() -> None:
    found = assembled(graph(edges=[[], []]), [a_run("gcn", [1] * 7), a_run("mlp", [-1] * 7)], 2, {})
    said = " ".join(captions(found))
    assert "cannot be said" in said
    assert said.startswith("Beside the MLP nothing can be compared by local homophily: no bin has a score of both (accuracy")
    assert "Test nodes without a labelled neighbour, in no bin of local homophily: 6 a split on average." in said
    assert tables(found)["by_local_homophily"]["count"].sum() == 0
    for view in draw(found).values():
        assert not isinstance(view, Chart) or view.figure.to_json()


def test_a_split_without_test_nodes_is_refused() -> None:
    with pytest.raises(Unsupported, match="no test nodes"):
        assembled(graph(), [a_run("gcn", [1] * 7, split="1")], 1, {})


def test_a_bin_of_the_picture_holds_the_nodes_of_the_table() -> None:
    found = clear()
    assert found.nodes("homophily", 0) == [node for node in range(80) if found.index["homophily"][node] == 0]
    assert len(found.nodes("homophily", 0)) == found.count(0)
    assert len(found.nodes("grid", 4, 2)) == found.count(4, 2)
    points = draw(found)["grid"].figure.data[1]
    assert not isinstance(points.customdata, np.ndarray), "rows of an array reach Python as no lists"
    assert [4, 2] in [list(place) for place in points.customdata]
    assert sum(len(found.nodes("grid", *place)) for place in points.customdata) == 80
    marks = next(trace for trace in draw(found)["by_degree"].figure.data if trace.uid == "gcn")
    assert [len(found.nodes("degree", *place)) for place in marks.customdata] == [80]


def test_bins_of_few_nodes_are_hollow_and_no_line_goes_through_them() -> None:
    figure = draw(clear())["by_local_homophily"].figure
    marks, line = (next(trace for trace in figure.data if trace.uid == name) for name in ("mlp", "mlp line"))
    assert [list(place) for place in marks.customdata] == [[0], [2], [4]]
    assert list(marks.marker.symbol) == ["square", "square-open", "square"]
    assert list(line.y) == [1, 0]


def test_a_run_that_diverged_has_no_score() -> None:
    bad = a_run("gcn", [1] * 7)
    bad = Run(bad.spec, "accuracy", {name: np.full(1, np.nan) for name in COLUMNS}, bad.logits * 0, 1, {"test_score": np.nan}, 0.1, "cpu")
    found = assembled(graph(), [bad, a_run("mlp", [1] * 7)], 2, {})
    said = captions(found)
    assert "1 run diverged at once and has no score." in said
    assert "GCN not defined" in said[1]


SPEC = RunSpec(DatasetSpec("karate"), ModelSpec(""), TrainingSpec(epochs=3))


def test_a_model_that_refuses_the_graph_does_not_stop_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own, refusing = coordinator.train, {"sage"}

    def train(spec, **options):
        if spec.model.name in refusing:
            raise UserError(f"{spec.model.name} refuses.")
        return own(spec, **options)

    monkeypatch.setattr(coordinator, "train", train)
    found = run_lens(silent, lens="heterophily", spec=SPEC, seeds=1, values={"models": "sage,gcn"}, root=tmp_path, device="cpu")
    assert found.models == ("gcn", "mlp", "gcn_structure")
    assert found.refused == {"sage": "sage refuses."}
    assert (found.done, found.planned) == (3, 3), "nothing more is to come"
    refusing |= {"gat", "gcn", "mlp", "gcn_structure"}
    with pytest.raises(UserError, match=r"sage refuses\. gat refuses\."):
        run_lens(
            silent,
            lens="heterophily",
            spec=replace(SPEC, training=TrainingSpec(epochs=2)),
            seeds=1,
            values={"models": "sage,gat"},
            root=tmp_path,
            device="cpu",
        )


def test_the_command_and_twice_the_same(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    words = ["lens", "heterophily", "--dataset", "karate", "--set", "models=gcn", "--set", "epochs=3", "--seeds", "2", "--device", "cpu"]
    found = []
    for number in range(2):
        file = tmp_path / f"{number}.json"
        assert main([*words, "--json", str(file)]) == 0
        found.append(json.loads(file.read_text(encoding="utf-8")))
    assert found[0]["tables"] == found[1]["tables"]
    numbers = found[0]["tables"]
    assert set(numbers) == {"scores", "by_local_homophily", "by_degree", "grid", "shift", "paired"}
    assert {"model", "seed", "split", "metric", "test_score"} == set(numbers["scores"][0])
    assert {"model", "low", "high", "count", "score"} <= set(numbers["by_local_homophily"][0])
    assert len(numbers["scores"]) == len(found[0]["specs"]) == 6
    sizes = {row["model"]: 0.0 for row in numbers["by_degree"]}
    for row in numbers["by_degree"]:
        sizes[row["model"]] += row["count"]
    assert len(set(sizes.values())) == 1
    assert "By local homophily, beside the MLP" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "needs --dataset"),
        (["--dataset", "karate", "--set", "models=gnc"], "no model 'gnc'"),
        (["--dataset", "karate", "--set", "depth=2"], "no setting 'depth'"),
        (["--dataset", "karate", "--device", "tpu"], "tpu"),
        (["--dataset", "karate", "--set", "models=gcn,sage,gat,gatv2,gin,appnp,sgc"], "9 models are too many"),
    ],
)
def test_bad_words_are_exit_2_and_a_sentence(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lens", "heterophily", *words]) == 2
    assert said in capsys.readouterr().err


def test_fixed_splits_are_gone_through_unless_one_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    seen = []

    def caught(report, *, spec, seeds, values, **more):
        seen.append([run.dataset.split for run in LENS.plan(spec, seeds, values)][:seeds])
        raise UserError("Enough.")

    monkeypatch.setattr("explainers.runner.run_lens", caught)
    for more in ([], ["--split", "4"], ["--split", "random"]):
        main(["lens", "heterophily", "--dataset", "texas", "--seeds", "3", *more])
    assert seen == [["0", "1", "2"], ["4", "4", "4"], ["random"] * 3]
    for more, usual in (([], 10), (["--split", "4"], 3), (["--split", "all"], 10)):
        main(["lens", "heterophily", "--dataset", "texas", *more])
        assert len(seen[-1]) == usual, "a seed for each split"
    capsys.readouterr()
