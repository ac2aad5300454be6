"""What is said of confidence against accuracy, on numbers that are written down."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from explainers.calibration_request import RAW
from explainers.lenses.calibration import abstention, figures
from explainers.lenses.calibration.captions import best, changed, evidence, facts, likelihood, refused, verdict, widest
from explainers.lenses.calibration.result import summary

SURE = ([0.9] * 10, [True] * 5 + [False] * 5)
UNSURE = ([0.5] * 10, [True] * 9 + [False])
FAIR = ([0.8] * 10, [True] * 8 + [False] * 2)


def test_it_says_on_which_side_the_confidence_lies_and_by_how_much(found_of):
    said = verdict(found_of({RAW: SURE}), "test")
    assert "GCN is over-confident: it says 90.0 % on average and is right on 50.0 % of the test nodes (public split, 1 seed)" in said
    assert "40.0 points too much" in said
    said = verdict(found_of({RAW: UNSURE}), "test")
    assert "under-confident" in said
    assert "40.0 points too little" in said


def test_a_point_apart_is_no_side(found_of):
    said = verdict(found_of({RAW: FAIR}), "test")
    assert "the two are within a point" in said
    assert "over-confident" not in said


def test_seeds_that_disagree_do_not_tell_them_apart(found_of):
    said = verdict(found_of({RAW: SURE}, {RAW: UNSURE}, {RAW: ([0.7] * 10, [True] * 6 + [False] * 4)}), "test")
    assert "the seeds do not tell the two apart" in said


def test_the_bin_that_is_farthest_off_is_named_if_it_holds_enough(found_of):
    mostly = ([0.55] * 98 + [0.95], [True] * 50 + [False] * 48 + [False])
    assert "Farthest off, 4.0 points too much, are the nodes of confidence 53 to 60 % (98 nodes)" in widest(
        found_of({RAW: mostly}), "test", RAW
    ), "the last bin is 95 points off and holds one node of 99"


def test_the_lowest_error_is_named_with_what_is_not_told_from_it(found_of):
    seeds = [
        {RAW: SURE, "temperature": ([0.55 + n / 50] * 10, SURE[1]), "vector": ([0.56 + n / 50] * 10, SURE[1]), "ets": ([0.8] * 10, SURE[1])}
        for n in range(3)
    ]
    said = best(found_of(*seeds), "test")
    assert said.startswith("The lowest ECE on test nodes is that of temperature scaling: from 40.0 ± 0.0 % to 7.0 ±")
    assert "the seeds do not tell it from vector scaling" in said, "a point in each of three seeds alike has no interval"
    assert said.endswith(". Temperature scaling, among them, fits one number and changes no class: the one to begin with.")
    one = best(found_of(seeds[0]), "test")
    assert one.endswith("one seed says nothing about chance.")


@pytest.mark.parametrize(
    ("metric", "first", "said"),
    [
        ("ece", "Temperature scaling", "Left is better."),
        ("accuracy", "Uncalibrated", "Right"),
        ("mean_confidence", "Temperature", "Neither"),
    ],
)
def test_the_best_of_a_score_is_on_top(found_of, metric, first, said):
    view = figures.scores(
        found_of({RAW: ([0.95] * 10, [True] * 5 + [False] * 5), "temperature": ([0.5] * 10, [True] * 4 + [False] * 6)}), "test", metric
    )
    assert view.figure.data[0].y[0].startswith(first)
    assert view.reading.startswith(said)


def test_the_summary_has_a_row_a_calibrator(found_of):
    rows = summary(found_of({RAW: SURE, "temperature": FAIR}, {RAW: SURE, "temperature": FAIR}))
    assert rows["calibrator"].tolist() == ["temperature", RAW], "the lower ECE first"
    assert rows["ece"].tolist() == pytest.approx([0.0, 0.4])
    assert rows["ece_low"].tolist() == pytest.approx([0.0, 0.4])
    assert rows["mean_confidence"].tolist() == pytest.approx([0.8, 0.9])
    assert set(rows["seeds"]) == {2}


def test_a_calibrator_that_helps_nobody_is_said(found_of):
    said = best(found_of({RAW: FAIR, "temperature": ([0.9] * 10, FAIR[1])}), "test")
    assert said.startswith("No calibrator lowers the ECE on test nodes")


def test_without_calibrators_nothing_is_said_of_them(found_of):
    found = found_of({RAW: FAIR})
    assert best(found, "test") == changed(found) == ""


def test_who_changes_predictions_is_said(found_of):
    assert changed(found_of({RAW: FAIR, "vector": FAIR})) == "Vector scaling changes the class of 25.0 % of all nodes."


def test_one_seed_that_changes_nothing_counts_as_well(found_of):
    found = found_of({RAW: FAIR, "vector": FAIR}, {RAW: FAIR, "vector": FAIR})
    first, second = found.readings
    still = replace(second, answers=(second.answers[0], replace(second.answers[1], changed=0.0)))
    assert "12.5 % of all nodes" in changed(replace(found, readings=(first, still)))


def test_a_remark_names_everybody_it_is_about(found_of):
    found = found_of({RAW: FAIR, "temperature": FAIR, "vector": FAIR}, {RAW: FAIR, "temperature": FAIR, "vector": FAIR})
    first, second = found.readings
    held = replace(first, answers=(first.answers[0], *(replace(one, said="Held.") for one in first.answers[1:])))
    assert refused(replace(found, readings=(held, second), notes=("Seed 1: It diverged.",))) == [
        "Seed 1: It diverged.",
        "Temperature scaling and vector scaling (1 of 2 seeds): Held.",
    ]


def test_so_few_nodes_take_no_side(found_of):
    said = verdict(found_of({RAW: ([0.9] * 4, [True, True, True, False])}), "test")
    assert "so few nodes do not tell the two apart" in said
    assert "4 test nodes alone leave the gap uncertain by ± 42.4 points" in evidence(
        found_of({RAW: ([0.9] * 4, [True] * 3 + [False])}), "test"
    )


@pytest.mark.parametrize(("part", "said"), [("validation", "Calibrators are fitted to these very"), ("train", "trained on these very")])
def test_no_calibrator_is_called_best_on_nodes_that_it_has_seen(found_of, part, said):
    assert said in best(found_of({RAW: SURE, "temperature": FAIR}, part=part), part)


def test_refusals_are_said_by_title(found_of):
    found = found_of({RAW: FAIR}, refused={"temperature": "There is nothing to fit."})
    assert refused(found) == ["Temperature scaling: There is nothing to fit."]


def test_facts_stand_beside_those_of_the_raw_model(found_of):
    found = found_of({RAW: SURE, "temperature": FAIR})
    rows = {name: (how, value) for name, how, value, _ in facts(found, "test", "temperature")}
    assert rows["Accuracy"] == ("uncalibrated 50.0 %", "80.0 %")
    assert {name: how for name, how, *_ in facts(found, "test", RAW)}["Accuracy"] == "test nodes"


def test_the_bar_to_abstain_is_chosen_on_validation_nodes_and_judged_on_others(found_of, beside):
    """Of 4 validation nodes, the surest first: right, right, wrong, right. 0.75 holds for all four, 1 for two."""
    validation = found_of({RAW: ([0.9, 0.8, 0.7, 0.6], [True, True, False, True])}, part="validation")
    test = found_of({RAW: ([0.95, 0.85, 0.75, 0.5, 0.5], [True, False, True, True, True])})
    both = beside(validation, test)
    said = abstention.answered(both, RAW, "test", 0.9)
    assert (
        "abstain below a confidence of 80.0 % (chosen on validation nodes): 40.0 % of the test nodes are answered, 50.0 % of them right"
        in said
    )
    said = abstention.answered(both, RAW, "test", 0.75)
    assert "abstain below a confidence of 60.0 % (chosen on validation nodes): 60.0 % of the test nodes" in said
    wrong = beside(found_of({RAW: ([0.9, 0.8], [False, False])}, part="validation"), test)
    assert "it would abstain everywhere" in abstention.answered(wrong, RAW, "test", 0.9)
    assert "no validation nodes" in abstention.answered(test, RAW, "test", 0.9)


def test_in_how_many_seeds_a_bar_was_found_is_said(found_of, beside):
    good, bad = {RAW: ([0.9, 0.8], [True, True])}, {RAW: ([0.9, 0.8], [False, False])}
    both = beside(found_of(good, bad, part="validation"), found_of(good, good))
    assert "in 1 of 2 seeds, in the others it would abstain everywhere" in abstention.answered(both, RAW, "test", 0.9)


@pytest.mark.parametrize("part", ["test", "validation"])
def test_a_curve_ends_with_everybody_answered(found_of, part):
    rows = abstention.curves(found_of({RAW: ([0.9, 0.8, 0.7, 0.6], [True, True, False, True])}, part=part), RAW, part)
    assert rows["accuracy"].iloc[-1] == pytest.approx(0.75)
    assert rows["confidence"].iloc[-1] == pytest.approx(0.6)
    assert rows.loc[rows["coverage"] <= 0.5, "accuracy"].eq(1).all()


def test_means_that_meet_by_chance_are_not_called_near(found_of):
    said = verdict(found_of({RAW: ([0.95] * 10, [True] * 6 + [False] * 4)}, {RAW: ([0.5] * 10, [True] * 8 + [False] * 2)}), "test")
    assert "the seeds do not tell the two apart" in said


def test_a_low_ece_with_a_bad_likelihood_is_told(found_of):
    found = found_of({RAW: SURE, "temperature": ([0.6] * 10, SURE[1]), "vector": ([0.5] * 10, SURE[1])})
    values = {RAW: 0.6, "temperature": 0.5, "vector": 4.4}
    rows = pd.DataFrame([{"calibrator": name, "split": "test", "metric": "nll", "value": value} for name, value in values.items()])
    (reading,) = found.readings
    told = replace(found, readings=(replace(reading, scores=pd.concat([reading.scores, rows], ignore_index=True)),))
    assert likelihood(told, "test") == (
        "By NLL, which counts every class of every node, the best is temperature scaling (0.500; uncalibrated 0.600); vector scaling has "
        "4.400, worse than as it is."
    )
    assert likelihood(found, "test") == "", "no likelihood is known"


def test_whose_confidence_the_bar_is_of_is_said(found_of, beside):
    shown = {RAW: ([0.9, 0.8], [True, True]), "temperature": ([0.9, 0.8], [True, True])}
    both = beside(found_of(shown, part="validation"), found_of(shown))
    assert abstention.answered(both, "temperature", "test", 0.9).startswith("By the confidence of temperature scaling, for 90 %")
    assert abstention.answered(both, RAW, "test", 0.9).startswith("For 90 %")
