"""The whole model's pictures, on made-up readings."""

import numpy as np
import pytest

from explainers.lenses.attention import figures, neighbour_figures
from explainers.lenses.attention import result as results
from tests.explainers.lenses.attention.made_up import made_up, of_two_heads, reading


def test_swaps_are_drawn_as_paired_differences():
    scores = [(0.97, 0.95), (0.99, 0.96), (0.98, 0.955)]  # near 100 %, where an interval of a score would pass it
    found = made_up(*(reading(seed, *pair) for seed, pair in enumerate(scores)))
    rows = results.changes(found)
    uniform = rows[rows["swap"] == "uniform"].iloc[0]
    assert uniform["change"] == pytest.approx(-0.025)
    half = 4.302653 * 0.005 / np.sqrt(3)
    assert (uniform["low"], uniform["high"]) == pytest.approx((-0.025 - half, -0.025 + half))
    assert uniform["test_score"] == pytest.approx(0.955)
    assert set(rows["swap"]) == {"uniform", "permuted", "removed"}
    chart = figures.swaps(found)
    drawn = {trace.name: trace for trace in chart.figure.data}["uniform weights"]
    assert drawn.x[0] == pytest.approx(-2.5)
    assert drawn.error_x.array[0] == pytest.approx(100 * half)
    low, high = chart.figure.layout.xaxis.range
    assert -6 < low < -2.5 - 100 * half < 0 < high
    away = chart.figure.data[-1]
    assert (away.x[0], away.text[0], away.customdata[0][4]) == (low, "−88.0", "layer 1, one head"), "the head removed, far below the others"
    assert chart.figure.layout.yaxis.ticktext == ("layer 1, one head",)
    assert "farther away than the axis reaches" in chart.reading
    assert not len({trace.name: trace for trace in chart.figure.data}["head removed"].x)
    assert "in points from the learned 98.0 ± 2.5 %" in chart.figure.layout.xaxis.title.text
    untested = figures.swaps(made_up(reading(0, float("nan"), float("nan")))).figure
    assert not len(untested.data[-1].x), "what is not known is not far away"
    alone = figures.swaps(made_up(reading(0, 0.8, 0.8)))
    assert alone.figure.data[0].error_x.array is None, "one seed has no spread"


def test_heads_of_several_seeds_are_one_row_a_layer():
    seeds = [((0.79, 0.70), (0.3, 0.5)), ((0.69, 0.79), (0.5, 0.32)), ((0.79, 0.71), (0.3, 0.48))]
    found = made_up(*(of_two_heads(seed, *numbers) for seed, numbers in enumerate(seeds)))
    rows = results.changes(found).set_index(["layer", "head", "swap"])
    assert {head for _, head, _ in rows.index} == {"all", "one"}
    one = rows.loc[(1, "one", "uniform")]
    # means over the heads −.055, −.06, −.05 as in the captions; s/√3 = .00289
    half = 4.302653 * 0.005 / np.sqrt(3)
    assert (one["change"], one["low"], one["high"]) == pytest.approx((-0.055, -0.055 - half, -0.055 + half))
    chart = figures.swaps(found).figure
    marks = {trace.name: trace for trace in chart.data if trace.name}["uniform weights"]
    assert list(chart.layout.yaxis.ticktext) == ["layer 1, all heads", "layer 1, one head"]
    assert list(marks.y) == pytest.approx([-0.27, 0.73])
    faint = chart.data[0]
    assert set(faint.y) == {0.73}
    assert sorted(faint.x) == pytest.approx([-11, -10, -9, -1, -1, -1]), "every head of every seed"
    share = results.same_class(found).iloc[0]
    half = 4.302653 * np.std([0.40, 0.41, 0.39], ddof=1) / np.sqrt(3)
    assert (share["share"], share["low"], share["high"]) == pytest.approx((0.40, 0.40 - half, 0.40 + half))
    assert (share["head"], share["uniform"]) == ("one", 0.25)
    drawn = {trace.name: trace for trace in neighbour_figures.by_class(found).figure.data if trace.name}["learned"]
    assert list(drawn.y) == ["layer 1, one head"]
    assert drawn.error_x.array == pytest.approx([half])


def test_heads_of_one_seed_have_a_row_each():
    found = made_up(of_two_heads(0, (0.79, 0.70), (0.3, 0.5)))
    assert set(results.changes(found)["head"]) == {"all", 1, 2}
    assert results.same_class(found)["share"].tolist() == [0.3, 0.5]
    drawn = {trace.name: trace for trace in neighbour_figures.by_class(found).figure.data if trace.name}["learned"]
    assert list(drawn.y) == ["layer 1, head 1", "layer 1, head 2"]
    assert drawn.error_x.array is None
    assert len(figures.swaps(found).figure.data) == 4, "three swaps, what is farther away, and nothing faint"
