"""Paired changes of a score by hand, and the axis that they are drawn on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from explainers.swaps import LEARNED, around_zero, moved, over_seeds

PLACES = ["layer", "head"]


def rows(*scores: tuple[int, object, object, str, float]) -> pd.DataFrame:
    frame = pd.DataFrame(scores, columns=["seed", *PLACES, "swap", "test_score"])
    return frame.assign(probability=0.25, changed=0.5)


def test_changes_are_paired_by_seed_and_place() -> None:
    given = rows(
        (0, 1, 1, LEARNED, 0.9),
        (0, 1, 1, "removed", 0.8),
        (0, 1, 2, LEARNED, 0.9),
        (0, 1, 2, "removed", 0.9),
        (1, 1, 2, "removed", 0.4),  # in whatever order
        (1, 1, 1, "removed", 0.3),
        (1, 1, 1, LEARNED, 0.5),
        (1, 1, 2, LEARNED, 0.5),
    )
    single = moved(given, PLACES)
    assert single["change"].tolist() == pytest.approx([-0.1, 0, -0.1, -0.2])
    assert given["swap"].tolist().count(LEARNED) == 4, "what was given is left alone"
    found = over_seeds(single, PLACES).set_index("head")
    assert found["change"].to_dict() == pytest.approx({1: -0.15, 2: -0.05})
    half = 12.7062 * 0.05  # t of one degree of freedom times s / √2 = half the difference
    assert found.loc[1, ["low", "high"]].tolist() == pytest.approx([-0.15 - half, -0.15 + half], rel=1e-5)
    assert found["test_score"].to_dict() == pytest.approx({1: 0.55, 2: 0.65})
    assert found["seeds"].tolist() == [2, 2]


def test_several_rows_of_a_seed_stand_for_it_by_their_mean() -> None:
    given = rows(
        *((seed, 1, head, swap, 0.5 + (swap != LEARNED) * 0.1 * head) for seed in range(2) for head in (1, 2) for swap in (LEARNED, "x"))
    )
    (found,) = over_seeds(moved(given, PLACES).assign(head="one"), PLACES).to_dict("records")
    assert (found["head"], found["seeds"], found["change"]) == ("one", 2, pytest.approx(0.15))


def test_one_seed_has_no_interval() -> None:
    (found,) = over_seeds(moved(rows((0, "all", "all", LEARNED, 0.5), (0, "all", "all", "x", 0.4)), PLACES), PLACES).to_dict("records")
    assert found["change"] == pytest.approx(-0.1)
    assert np.isnan([found["low"], found["high"]]).all()


def test_the_axis_holds_zero_and_is_not_too_fine() -> None:
    assert around_zero(np.array([[0.1, np.nan], [-0.1, np.nan]])) == pytest.approx([-1, 1])
    low, high = around_zero(np.array([-20.0, -10.0]))
    assert low < -20
    assert 0 < high < 2
