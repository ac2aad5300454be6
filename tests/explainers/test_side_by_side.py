"""Several groups of runs: names that tell them apart, Holm's correction, and the numbers behind the compare page."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from core.data import GraphData, Split
from core.errors import UserError
from core.run import COLUMNS, Run
from core.seeds import interval
from core.spec import DatasetSpec, ModelSpec, RunSpec
from explainers import side_by_side
from explainers.comparison import disagreement
from explainers.overview import Group

SCORES = {"gcn": (0.80, 0.82, 0.81, 0.83), "mlp": (0.55, 0.60, 0.52, 0.58), "gat": (0.81, 0.81, 0.82, 0.82)}


def run(model: str, seed: int, score: float, epochs: int = 3, split: str = "public", logits: object = ((1.0, 0.0),) * 3) -> Run:
    history = {name: np.linspace(0.2, score, epochs) for name in COLUMNS}
    scores = {"train_score": 1.0, "validation_score": score, "test_score": score}
    spec = RunSpec(DatasetSpec("karate", split=split), ModelSpec(model), seed=seed)
    return Run(spec, "accuracy", history, np.array(logits, dtype=np.float32), epochs, scores, 0.1, "cpu")


def runs(model: str, **changes: object) -> list[Run]:
    return [run(model, seed, score, **changes) for seed, score in enumerate(SCORES[model])]  # type: ignore[arg-type]


def group(title: str, name: str = "") -> Group:
    return Group(title, RunSpec(DatasetSpec("karate"), ModelSpec("gcn")), title, (), interval([]), 0.0, "", name, False)


@pytest.mark.parametrize(
    ("titles", "expected"),
    [
        (["Cora · GCN · public split", "Cora · MLP · public split"], ["GCN", "MLP"]),
        (["Cora · GCN · public split", "Cora · GCN · depth 8 · public split"], ["GCN", "GCN · depth 8"]),
        (["Cora · GCN · public split", "Karate club · GCN · public split"], ["Cora · GCN", "Karate club · GCN"]),
        (["Cora · GCN · public split", "Cora · GCN · random split"], ["GCN · public split", "GCN · random split"]),
        (["Cora · GCN · public split"], ["GCN"]),
    ],
)
def test_short_names_hold_the_model_and_what_differs(titles: list[str], expected: list[str]) -> None:
    assert side_by_side.short_names([group(title) for title in titles]) == expected


def test_equal_names_of_a_user_are_numbered() -> None:
    titles = ["Cora · GCN · public split", "Cora · MLP · public split"]
    assert side_by_side.short_names([group(title, "mine") for title in titles]) == ["mine (1)", "mine (2)"]


def test_holm_by_hand() -> None:
    """Sorted .01, .02, .04 times 3, 2, 1 are .03, .04, .04; then .03 · 2 = .06 is not undercut by .04 · 1."""
    assert side_by_side.holm([0.04, 0.01, 0.02]) == pytest.approx((0.04, 0.03, 0.04))
    assert side_by_side.holm([0.01, 0.03, 0.04]) == pytest.approx((0.03, 0.06, 0.06))
    assert side_by_side.holm([0.9, 0.8]) == (1.0, 1.0)
    assert side_by_side.holm([]) == ()


def test_holm_passes_over_what_has_no_p() -> None:
    first, second = side_by_side.holm([np.nan, 0.04])
    assert np.isnan(first)
    assert second == pytest.approx(0.04)


def test_a_ranking_has_the_p_of_scipys_paired_test() -> None:
    ranked = side_by_side.ranking({"GCN": runs("gcn"), "MLP": runs("mlp"), "GAT": runs("gat")})
    alone = [stats.ttest_rel(SCORES[name], SCORES["gcn"]).pvalue for name in ("mlp", "gat")]
    assert ranked.p == pytest.approx(side_by_side.holm(alone))
    answer = side_by_side.ranking_answer(ranked)
    assert answer.startswith("Against GCN: MLP is 25.2 points worse (4 seeds, public split).")
    assert answer.endswith("; 1 other cannot be told from noise.")
    table = side_by_side.ranking_table(ranked).data
    assert list(table["difference"]) == [-25.2, 0.0]
    assert list(table["is it noise?"]) == ["clear", "may be noise"]


def test_equal_scores_are_noise_and_a_constant_gain_is_not() -> None:
    ranked = side_by_side.ranking({"a": runs("gcn"), "b": runs("gcn")})
    assert ranked.p == (1.0,)
    assert "No difference to a is clear" in side_by_side.ranking_answer(ranked)
    shifted = [run("mlp", seed, 0.5) for seed in range(3)]
    assert side_by_side.ranking({"a": [run("gcn", seed, 0.25) for seed in range(3)], "b": shifted}).p == (0.0,)


def test_one_seed_cannot_tell() -> None:
    ranked = side_by_side.ranking({"a": runs("gcn")[:1], "b": runs("mlp")})
    assert np.isnan(ranked.p[0])
    (row,) = side_by_side.ranking_table(ranked).data.to_dict("records")
    assert (row["is it noise?"], row["p (Holm)"], row["95 % interval"]) == ("one seed cannot tell", "", "")


def test_only_shared_seeds_are_paired_and_that_is_said() -> None:
    first, second, note = side_by_side.same_seeds(runs("gcn"), runs("mlp")[1:3])
    assert [[one.spec.seed for one in found] for found in (first, second)] == [[1, 2], [1, 2]]
    assert note == "Paired over the 2 seeds that both have."
    assert side_by_side.same_seeds(runs("gcn"), runs("mlp"))[2] == ""
    with pytest.raises(UserError, match="share no seed"):
        side_by_side.same_seeds(runs("gcn")[:1], runs("mlp")[1:])


def test_curves_are_means_over_the_seeds_still_training() -> None:
    chart = side_by_side.learning_curves({"a <b>": [run("gcn", 0, 0.8), run("gcn", 1, 0.6, epochs=2)], "b": runs("mlp")}, "test_score")
    assert chart.data is not None
    rows = chart.data[chart.data["runs"] == "a <b>"]
    assert rows["mean"].tolist() == pytest.approx([0.2, (0.5 + 0.6) / 2, 0.8])
    assert rows["low"].isna().tolist() == [False, False, True]
    assert [trace.name for trace in chart.figure.data if trace.showlegend is not False] == ["a &lt;b&gt;", "b"]


def test_disagreements_stand_under_the_models_names_with_the_degree() -> None:
    path = np.array([[0, 1, 1, 2], [1, 0, 2, 1]])
    labels = np.array([0, 1, 1])
    graph = GraphData("path", np.eye(3, dtype=np.float32), path, labels, ("left", "right"))
    everyone = np.ones(3, dtype=bool)
    split = Split(~everyone, ~everyone, everyone)
    first = run("gcn", 0, 1.0, logits=((2, 0), (0, 2), (0, 2)))
    second = run("mlp", 0, 0.7, logits=((2, 0), (2, 0), (0, 2)))
    table = side_by_side.disagreement_table(disagreement(graph, split, first, second, names=("GCN", "MLP")), graph)
    (row,) = table.data.to_dict("records")
    assert (row["node"], row["class"], row["GCN"], row["MLP"], row["right"], row["degree"]) == (1, "right", "right", "left", "GCN", 2)
    assert row["GCN, confidence"] == pytest.approx(0.881)
    assert set(table.help) <= set(table.data.columns)
