"""How long a plan will take: worked out by hand."""

import numpy as np
import pytest

from core.crew.pace import Pace, Running
from core.run import COLUMNS, Run


def run(spec, epochs, seconds):
    history = {name: np.zeros(epochs) for name in COLUMNS}
    return Run(spec, "accuracy", history, np.zeros((1, 2), np.float32), 1, {}, seconds, "cpu")


def running(spec, *seen):
    """A run in training that has done so many epochs at such a time."""
    one = Running(spec)
    for now, epochs in seen:
        one.rows = [[0.0] * len(COLUMNS)] * epochs
        one.saw(now)
    return one


@pytest.fixture
def walked(make_spec):
    """Ten seeds of 100 epochs, of which the first is in training."""
    specs = [make_spec(epochs=100, seed=seed) for seed in range(10)]
    pace = Pace(specs)
    pace.begins(specs[0])
    return pace, specs


def test_nothing_is_known_before_the_second_epoch(walked):
    pace, specs = walked
    assert pace.left([], 1) is None
    assert pace.left([running(specs[0], (7.0, 1))], 1) is None


def test_the_first_run_tells_the_speed_of_all(walked):
    pace, specs = walked
    first = running(specs[0], (0.0, 1), (4.0, 21))
    assert first.seconds_per_epoch == pytest.approx(0.2)
    assert pace.left([first], 1) == pytest.approx(79 * 0.2 + 9 * 100 * 0.2)
    assert pace.left([first], 4) == pytest.approx((79 * 0.2 + 9 * 100 * 0.2) / 4)


def test_a_run_that_ended_counts_with_the_time_it_took(walked):
    pace, specs = walked
    pace.ended(run(specs[0], 100, 5.0))
    assert pace.left([], 1) == pytest.approx(9 * 5.0)
    pace.begins(specs[1])
    assert pace.left([running(specs[1], (0.0, 60))], 1) == pytest.approx(0.4 * 5.0 + 8 * 5.0)
    pace.begins(specs[1], -1)
    assert pace.left([], 1) == pytest.approx(9 * 5.0), "its helper died, and it waits again"


def test_many_hands_do_not_make_the_last_run_shorter(walked):
    pace, specs = walked
    for spec in specs[1:]:
        pace.begins(spec)
    pace.ended(run(specs[0], 100, 5.0))
    for spec in specs[1:9]:
        pace.ended(run(spec, 100, 5.0))
    assert pace.left([running(specs[9], (0.0, 10))], 8) == pytest.approx(4.5)


def test_deeper_models_take_their_own_time_once_one_was_measured(make_spec):
    """Two depths with three seeds each, at one and at three seconds."""
    specs = [make_spec("gcn", {"depth": depth}, epochs=10, seed=seed) for depth in (2, 8) for seed in range(3)]
    pace = Pace(specs)
    pace.begins(specs[0])
    pace.ended(run(specs[0], 10, 1.0))
    assert pace.left([], 1) == pytest.approx(2 * 1.0 + 3 * 1.0), "nothing is known of depth 8 yet"
    pace.begins(specs[3])
    pace.ended(run(specs[3], 10, 3.0))
    assert pace.left([], 1) == pytest.approx(2 * 1.0 + 2 * 3.0)


def test_with_patience_the_runs_that_ended_tell_how_many_epochs(make_spec):
    specs = [make_spec("gcn", {"depth": depth}, epochs=5000, patience=5, seed=seed) for depth in (2, 4) for seed in range(2)]
    pace = Pace(specs)
    pace.begins(specs[0])
    assert pace.left([running(specs[0], (0.0, 1), (1.0, 2))], 1) == pytest.approx(4998 + 3 * 5000)
    pace.ended(run(specs[0], 100, 50.0))
    assert pace.left([], 1) == pytest.approx(50 + 2 * 50)
