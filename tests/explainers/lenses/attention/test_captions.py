"""Sentences about attention, by hand on made-up readings."""

from dataclasses import replace

from explainers.lenses.attention.captions import answer, captions, classes, not_learned, single_heads
from tests.explainers.lenses.attention.made_up import by_head, layer, made_up, reading


def test_the_answer_says_what_uniform_weights_cost():
    said = answer(made_up(*(reading(seed, 0.8 + seed / 100, 0.7 + seed / 100 + seed % 2 / 500) for seed in range(4))))
    assert "None of the 4 heads of GAT, counted over 4 seeds," in said, "the mean of .99 and .2 is below .95"
    assert "from 81.5 ± 2.1 % to 71.6 ± 2." in said
    assert said.count("9.9 ± 0.2 points less") == 1
    same = answer(made_up(*(reading(seed, 0.8, 0.8 + (seed % 2 - 0.5) / 100) for seed in range(4))))
    assert "which the seeds do not tell apart" in same


def test_classes_against_uniform():
    assert classes(made_up(reading(0, 0.8, 0.8))) == (
        "Of the attention to neighbours, 50.0 % goes to those of the node's own class, mean over heads, 25.0 points more than uniform "
        "weights would give them (25.0 %)."
    )


def test_a_difference_between_classes_is_held_against_the_seeds():
    def said(*shares: float) -> str:
        runs = [reading(seed, 0.8, 0.8) for seed in range(len(shares))]
        layers = [(layer([[0.5], [0.5]], same=share),) for share in shares]
        return classes(made_up(*(replace(run, layers=mine) for run, mine in zip(runs, layers, strict=True))))

    assert said(0.30, 0.31, 0.29).endswith("mean over heads, 5.0 points more than uniform weights would give them (25.0 %).")
    noise = "than uniform weights would give them (25.0 %), a difference that the seeds do not tell from none."
    assert said(0.25, 0.31, 0.25).endswith(f"2.0 points more {noise}"), "2 ± 8.6"
    assert said(0.20, 0.25).endswith(f"2.5 points less {noise}")
    assert said(0.254).endswith("mean over heads, about as much as uniform weights would give them (25.0 %).")
    assert said(0.25, 0.258, 0.25).endswith("about as much as uniform weights would give them (25.0 %)."), "less than half a point"


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
    assert said(0.81, 0.70, constant=0.319) == "", "no interval of two seeds is above, but each seed's test nodes are"
    assert said(0.42, 0.80, 0.81, constant=0.319) == "", "Wilson's interval of 42 in 100 begins at .328"
    assert said(0.41, 0.80, 0.81, constant=0.319).startswith(
        "In 1 of 3 seeds GAT has learned nothing here that shows: its test accuracy of 67.3 ± more than 50 % (3 seeds) cannot"
    ), "and that of 41 at .319"
    assert said(0.5, 0.5) != "", "exactly the constant"
    assert "(100 test nodes)" in said(0.55), "Wilson's interval of 55 in 100 begins at .452"
    assert said(0.65) == "", "and that of 65 at .553"
    assert said(0.55, metric="roc_auc") == "", "one ROC-AUC has no interval of nodes"
    assert said(0.75, 0.65, metric="roc_auc") == (
        "GAT has a test ROC-AUC of 70.0 ± more than 50 % (2 seeds), which the seeds do not tell from 50.0 %, or which is below it. If it "
        "has learned nothing, what it attends to says little."
    )
    assert said(0.75, 0.76, 0.75, metric="roc_auc") == ""
    assert said(float("nan")) == "", "nothing is tested"
    assert said(0.1, constant=float("nan")) == ""


def test_single_heads_are_counted_over_the_seeds_and_named_in_one():
    assert single_heads(made_up(by_head(0, [0.79, 0.7]))) == (
        "Of heads with others beside them, removing head 2 in layer 1 costs most: 80.0 % goes to 70.0 % (the largest of 2; one seed), and "
        "12 of 50 test nodes are predicted otherwise."
    )
    assert single_heads(made_up(by_head(0, [0.8, 0.81]))).startswith("No head's removal lowers")
    # means over heads −.055, −.06, −.05, lowest −.10, −.11, −.09: t(.975, 2) = 4.303, s/√3 of each .00289, .00577
    several = single_heads(made_up(*(by_head(seed, scores) for seed, scores in enumerate(([0.79, 0.7], [0.69, 0.79], [0.79, 0.71])))))
    assert several == (
        "Removing one of 2 heads that have others beside them changes test accuracy by −5.5 ± 1.2 points, mean over heads; removing the "
        "one that costs most in its seed, by −10.0 ± 2.5 points (the lowest of 2: below 0 even by chance)."
    )
    noise = single_heads(made_up(by_head(0, [0.79, 0.8]), by_head(1, [0.81, 0.82])))
    assert "changes test accuracy by +0.5 ± 12.7 points, mean over heads, which the seeds do not tell from none" in noise
    assert single_heads(made_up(reading(0, 0.8, 0.7))) == "", "a head alone in its layer"
