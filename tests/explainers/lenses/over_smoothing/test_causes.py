"""What failed at a depth: each control alone, together, and in sentences."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from explainers.lenses.over_smoothing.causes import Evidence, answer, number

FINE = Evidence(
    model="GCN",
    depth=2,
    train=1.0,
    test=0.80,
    best=0.80,
    mlp=0.55,
    mlp_best=0.55,
    smoothed=0.78,
    state=0.79,
    energy=0.05,
    features_energy=0.6,
)


@pytest.mark.parametrize(
    ("changes", "causes"),
    [
        ({}, ("works",)),
        ({"test": 0.721}, ("works",)),
        ({"test": 0.719, "train": 0.95}, ("not decided",)),
        ({"test": 0.3, "train": 0.89}, ("not trained",)),
        ({"test": 0.3, "train": 0.9}, ("not decided",)),
        ({"test": 0.3, "train": 0.99}, ("over-fitting",)),
        ({"test": 0.3, "train": 0.95, "mlp": 0.49}, ("depth, not the graph",)),
        ({"test": 0.3, "train": 0.4, "mlp": 0.3}, ("not trained", "depth, not the graph")),
        ({"test": 0.3, "train": 0.95, "smoothed": 0.4, "state": 0.3, "energy": 0.01}, ("signal gone",)),
        ({"test": 0.3, "train": 0.95, "smoothed": 0.4, "state": 0.3, "energy": 0.06}, ("not decided",)),
        ({"test": 0.3, "train": 0.95, "smoothed": 0.4, "state": 0.75, "energy": 0.01}, ("not decided",)),
        ({"test": 0.3, "train": 0.95, "smoothed": 0.75, "state": 0.3, "energy": 0.01}, ("not decided",)),
        ({"test": 0.3, "train": 0.95, "smoothed": math.nan, "mlp": math.nan, "state": math.nan}, ("not decided",)),
        (
            {"test": 0.3, "train": 1.0, "mlp": 0.3, "smoothed": 0.4, "state": 0.3, "energy": 0.01},
            ("depth, not the graph", "signal gone", "over-fitting"),
        ),
    ],
)
def test_each_control(changes: dict[str, float], causes: tuple[str, ...]) -> None:
    assert replace(FINE, **changes).causes == causes  # type: ignore[arg-type]


def test_before_its_best_depth_a_model_is_too_shallow() -> None:
    shallow = replace(FINE, depth=1, test=0.3, best_depth=2, mlp=0.1, train=0.2)
    assert (shallow.causes, shallow.falls) == (("too shallow",), False)
    assert shallow.sentence == "GCN at depth 1 (30.0 %) is too shallow: its best is 80.0 %, at depth 2."
    assert replace(shallow, depth=4).causes == ("not trained", "depth, not the graph")


def test_an_mlp_that_never_beats_the_largest_class_is_no_control() -> None:
    fallen = replace(FINE, depth=8, test=0.3, train=0.95, mlp=0.3, mlp_best=0.44, largest=0.455)
    assert fallen.causes == ("not decided",)
    assert "nowhere better than the largest class (45.5 %): no control here." in fallen.sentence
    assert replace(fallen, largest=0.43).causes == ("depth, not the graph",)


def test_a_sentence_holds_the_numbers_of_every_control() -> None:
    said = replace(FINE, depth=16, test=0.2, train=0.35, mlp=0.31, state=0.22, energy=0.0123).sentence
    assert said.startswith("GCN at depth 16 (20.0 %): not trained, depth, not the graph.")
    for part in ("only 35.0 %", "falls as well: 31.0 % (its best: 55.0 %)", "smoothed 16 times reads 78.0 %", "reads 22.0 %", "0.012"):
        assert part in said
    assert FINE.sentence == "GCN works at depth 2: test 80.0 %, its best is 80.0 %."


def test_the_answer_names_the_depth_where_it_falls_and_what_holds_there() -> None:
    found = [FINE, replace(FINE, depth=4, test=0.7, train=0.95), replace(FINE, depth=8, test=0.3, train=0.4)]
    said = answer(found, "GCN")
    assert said.startswith("From depth 4 GCN falls below 90 % of its best (80.0 % at 2), to 30.0 % at 8.")
    assert "Not trained (at 8); not decided (at 4)." in said
    assert said.endswith("Smoothing alone is not the cause: a linear probe on the features smoothed 8 times reads 78.0 %.")
    assert "at 2), to 30.0 % at 8. Not trained. " in answer([FINE, replace(FINE, depth=8, test=0.3, train=0.4)], "GCN")
    assert "not the cause" not in answer([FINE, replace(FINE, depth=8, test=0.3, smoothed=0.3)], "GCN")


def test_an_answer_where_nothing_falls_and_where_nothing_is_known() -> None:
    assert answer([FINE, replace(FINE, depth=64, test=0.79)], "GCN") == (
        "GCN is best at depth 2 (80.0 %) and keeps 90 % of that at every greater depth, to 64."
    )
    late = [replace(FINE, depth=1, test=0.5), FINE]
    assert answer(late, "GCN") == "GCN is best at the greatest depth, 2: 80.0 %."
    back = [FINE, replace(FINE, depth=4, test=0.5), replace(FINE, depth=8, test=0.79)]
    assert answer(back, "GCN").startswith("At depth 4 GCN falls below 90 % of its best (80.0 % at 2), to 50.0 % at 4.")
    assert answer([FINE], "SGC") == ""
    assert answer([FINE], "GCN") == "GCN has 80.0 % at depth 2, the only one that is known."


def test_a_roc_auc_counts_from_chance() -> None:
    found = replace(FINE, metric="roc_auc", test=0.76, train=0.7)
    assert found.falls, "0.26 above chance is less than 90 % of 0.30"
    assert not replace(found, test=0.775).falls
    assert "Its ROC-AUC on the training nodes is only 70.0 %." in found.sentence


def test_states_near_one_constant_are_smooth_too() -> None:
    """Biases and means lead there, and the symmetric energy does not see it."""
    gone = replace(FINE, test=0.3, train=0.95, smoothed=0.4, state=0.3, energy=0.5, constant=0.01)
    assert gone.causes == ("signal gone",)
    assert number(math.nan) == "not defined"
