from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import UserError
from core.spec import DatasetSpec, TrainingSpec
from explainers.comparison import captions, compare, disagreement, names_of, placed, verdict
from explainers.comparison_figures import scores_chart


@pytest.fixture
def group(make_run):
    def make(model, *scores, **changes):
        return [make_run([0] * 7, model=model, seed=seed, test_score=score, **changes) for seed, score in enumerate(scores)]

    return make


def test_a_clear_difference_by_hand(tiny, group) -> None:
    result = compare(group("gat", 0.83, 0.84, 0.85), group("gcn", 0.82, 0.82, 0.82), tiny.splits["public"])
    assert result.scores["difference"].tolist() == pytest.approx([0.01, 0.02, 0.03])
    assert result.difference.low == pytest.approx(0.02 - 4.3027 * 0.01 / 3**0.5, abs=1e-5)
    assert result.noise is True  # the interval is −0.5 to 4.5 points
    assert verdict(result) == (
        "GAT 84.0 ± 2.5 %, GCN 82.0 ± 0.0 % test accuracy. The interval of GAT − GCN holds 0 "
        "(95 % interval -0.5 to +4.5 points, 3 seeds, public split): this cannot be told from noise."
    )
    clear = compare(group("gcn", 0.80, 0.81, 0.82), group("gat", 0.82, 0.83, 0.845))
    assert clear.noise is False
    assert (
        verdict(clear) == "GAT is better than GCN by 2.2 points (95 % interval 1.4 to 2.9, 3 seeds, public split): not noise of the seeds."
    )


def test_an_answer_says_what_it_holds_for() -> None:
    gcn, mlp = ["Cora", "GCN", "depth 8", "epochs 30", "public split"], ["Cora", "MLP", "epochs 30", "public split"]
    assert placed("It is so (public split).", [gcn, mlp], "public split") == "On Cora (epochs 30): It is so (public split)."
    assert placed("It is so.", [gcn, mlp], "public split") == "On Cora (epochs 30, public split): It is so."
    assert placed("So (public split).", [mlp[:2] + mlp[3:]], "public split") == "On Cora: So (public split)."


def test_equal_scores_are_noise(group) -> None:
    same = compare(group("gcn", 0.8, 0.8), group("gat", 0.8, 0.8))
    assert same.noise is True
    assert "+0.0 to +0.0 points" in verdict(same)


def test_one_seed_cannot_tell(group) -> None:
    result = compare(group("gat", 0.84), group("gcn", 0.82))
    assert result.noise is None
    assert verdict(result) == (
        "GAT 84.0 %, GCN 82.0 % test accuracy (public split): one seed cannot tell a difference of 2.0 points from noise; "
        "train at least 5 seeds."
    )
    assert scores_chart(result).figure.data


def test_the_test_nodes_own_uncertainty(tiny, group) -> None:
    result = compare(group("gat", 0.5, 0.5), group("gcn", 0.5, 0.5), tiny.splits["public"])
    assert captions(result)[1].startswith("The 4 test nodes alone make each score uncertain by ± 49.0 points")
    assert len(captions(replace(result, metric="roc_auc"))) == 1
    assert len(captions(compare(group("gat", float("nan")), group("gcn", 0.5)))) == 1


@pytest.mark.parametrize(
    ("second", "sentence"),
    [
        ({"dataset": DatasetSpec("other", split="public")}, "saw different graphs"),
        ({"dataset": DatasetSpec("tiny", edits=(("remove", "0", "1"),))}, "other settings or edits"),
        ({"dataset": DatasetSpec("tiny", split="random")}, "Seed 0 was trained on public split and on random split 0"),
    ],
)
def test_what_cannot_be_paired_is_refused(group, second, sentence) -> None:
    with pytest.raises(UserError, match=sentence):
        compare(group("gat", 0.8, 0.9), group("gcn", 0.8, 0.9, **second))


def test_other_seeds_are_refused(group) -> None:
    with pytest.raises(UserError, match="Both groups need the same seeds, but 2 is in one group only"):
        compare(group("gat", 0.8, 0.9), group("gcn", 0.8, 0.9, 0.7))
    with pytest.raises(UserError, match="two runs of the same seed"):
        compare(group("gat", 0.8) * 2, group("gcn", 0.8))
    with pytest.raises(UserError, match="at least one finished run"):
        compare([], group("gcn", 0.8))


def test_the_order_of_the_runs_does_not_matter(group) -> None:
    first, second = group("gat", 0.8, 0.9, 0.7), group("gcn", 0.7, 0.6, 0.8)
    assert compare(first[::-1], second).scores.equals(compare(first, second).scores)


def test_disagreement_by_hand(tiny, make_run) -> None:
    first = make_run([0, 0, 1, 0, 1, 0, 1], model="gat", confidence=0.9)  # test nodes 2 3 4 6 are b b a b
    second = make_run([0, 0, 0, 1, 1, 0, 1], model="gcn", confidence=[0.5, 0.5, 0.6, 0.7, 0.6, 0.6, 0.6])
    found = disagreement(tiny, tiny.splits["public"], first, second)
    assert found.table["node"].tolist() == [3, 2]
    assert found.table["right"].tolist() == ["GCN", "GAT"]
    assert found.table["second_confidence"].tolist() == pytest.approx([0.7, 0.6])
    assert (found.agreement, found.first_only, found.second_only) == (0.5, 1, 1)
    lines = captions(compare([first], [second]), found)
    assert lines[-1] == ("Seed 0: the two agree on 50.0 % of 4 test nodes; GAT alone is right on 1, GCN alone on 1 (exact McNemar p = 1).")
    same = disagreement(tiny, tiny.splits["public"], first, replace(first))
    assert same.table.empty
    assert same.agreement == 1


def test_names_tell_one_model_with_two_settings_apart(make_run) -> None:
    run = make_run([0] * 7)
    deeper = replace(run, spec=replace(run.spec, training=TrainingSpec(epochs=1, lr=0.1)))
    assert names_of([run], [deeper]) == ("GCN (lr 0.01)", "GCN (lr 0.1)")
    assert names_of([run], [run]) == ("GCN (first)", "GCN (second)")


def test_the_figure_joins_the_scores_of_a_seed(group) -> None:
    result = compare(group("gat", 0.83, 0.84), group("gcn", 0.82, 0.81))
    lines = scores_chart(result).figure.data[:2]
    assert [list(line.y) for line in lines] == [[0.83, 0.82], [0.84, 0.81]]
