"""Ticks of a logarithmic axis and intervals of shares, by hand."""

import pytest

from core.figures import interval_bars, log_axis, log_ticks
from core.seeds import Interval


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.01, 1, [0.01, 0.1, 1]),
        (0.02, 0.9, [0.02, 0.05, 0.1, 0.2, 0.5]),  # one power of ten is too few
        (1e-7, 1e1, [1e-7, 1e-5, 1e-3, 1e-1, 1e1]),
        (20, 60, [20, 50]),
        (3, 4, []),
        (5, 5, []),
    ],
)
def test_round_values_within_the_range(low, high, ticks):
    assert log_ticks(low, high, most=5) == pytest.approx(ticks)


def test_an_axis_follows_what_has_a_place_on_it():
    assert log_axis([None, float("nan"), 0, 0.02, 3.0])["tickvals"] == [0.1, 1]
    assert log_axis([0, None]) == {"type": "log", "nticks": 4}
    assert log_axis([3.0, 4.0], 3) == {"type": "log", "nticks": 3}


def test_no_more_than_asked_for():
    for power in range(1, 30):
        assert 2 <= len(log_ticks(1e-9, 10.0 ** (power - 9), most=4)) <= 4


def test_no_interval_of_shares_is_drawn_beyond_them():
    bars = interval_bars([Interval(0.9, 0.7, 1.1, 3), Interval(0.1, -0.1, 0.3, 3), Interval(0.5, float("nan"), float("nan"), 1)])
    assert bars["array"] == pytest.approx([0.1, 0.2, 0])
    assert bars["arrayminus"] == pytest.approx([0.2, 0.1, 0])
    assert interval_bars([Interval(3, 1, 5, 2)], high=float("inf"))["array"] == [2]
