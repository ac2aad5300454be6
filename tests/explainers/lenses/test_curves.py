from __future__ import annotations

import numpy as np
import pytest

from core.seeds import interval
from explainers.lenses.curves import captions, draw, measure, spread_by_epoch


def history(*scores: float) -> np.ndarray:
    """Equal losses; training, validation and test scores fall by a tenth from one to the next."""
    return np.array([[1 / epoch, 2 / epoch, score, score - 0.1, score - 0.2] for epoch, score in enumerate(scores, start=1)])


def test_band_is_the_interval_of_every_epoch() -> None:
    values = np.random.default_rng(0).random((4, 6))
    values[0, 3:] = np.nan
    values[:3, 5] = np.nan
    curve = spread_by_epoch(values)
    for epoch in range(6):
        expected = interval(values[:, epoch])
        assert [curve.mean[epoch], curve.low[epoch], curve.high[epoch]] == pytest.approx(
            [expected.mean, expected.low, expected.high], nan_ok=True
        )


def test_two_seeds_of_different_length(context_of, make_run) -> None:
    runs = [
        make_run([0] * 7, history=history(0.5, 0.7, 0.9), best_epoch=3),
        make_run([0] * 7, history=history(0.6, 0.8), best_epoch=2, seed=1),
    ]
    result = measure(context_of(*runs), {})
    assert result.left.tolist() == [2, 2, 1]
    assert result.curves["train_score"].mean == pytest.approx([0.55, 0.75, 0.9])
    assert np.isnan(result.curves["train_score"].low[2])
    assert captions(result) == [
        "Test accuracy 65.0 ± more than 50 % (2 seeds, public split); kept epoch 2 to 3 (2 to 3 trained); "
        "training is at 85.0 %, 20.0 points above the test."
    ]
    score = draw(result)["score"]
    assert "Dotted" in score.reading
    assert score.data["seeds"].tolist() == [2, 2, 1]
    marks = next(trace for trace in score.figure.data if trace.name == "kept epoch")
    assert list(marks.x) == [3, 2]
    assert list(marks.y) == pytest.approx([0.8, 0.7])


def test_one_seed_has_no_band(context_of, make_run) -> None:
    result = measure(context_of(make_run([0] * 7, history=history(0.5, 0.7))), {})
    assert "Test accuracy 30.0 % (1 seed, public split); one seed has no spread" in captions(result)[0]
    assert all(trace.fill is None for view in draw(result).values() for trace in view.figure.data)


def test_without_validation_nodes_its_curves_are_missing(context_of, make_run) -> None:
    rows = history(0.5, 0.7)
    rows[:, [1, 3]] = np.nan
    result = measure(context_of(make_run([0] * 7, history=rows, best_epoch=2)), {})
    names = {trace.name for view in draw(result).values() for trace in view.figure.data}
    assert names == {"training", "test", "kept epoch"}
    assert "at 70.0 %" in captions(result)[0]


def test_a_training_that_diverged_says_so(context_of, make_run) -> None:
    rows = history(0.5, 0.7)
    rows[1] = np.nan
    run = make_run([0] * 7, history=rows, best_epoch=1, note="The training diverged in epoch 2.")
    result = measure(context_of(run, make_run([0] * 7, history=history(0.5, 0.7), seed=1)), {})
    assert result.curves["train_loss"].mean == pytest.approx([1, 0.5])
    assert captions(result)[1] == "Seed 0: The training diverged in epoch 2."
    assert draw(result)
