import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from core.metrics.node_bins import DEGREES, SHARES, between, binned, by_class


def test_bins_are_closed_on_the_left_and_the_last_one_on_both_sides():
    bins = between((-0.5, 0, 0.1, 1))
    assert [one.label for one in bins] == ["−0.5 to 0", "0 to 0.1", "0.1 to 1"]
    assert_array_equal(binned([-0.5, -1e-6, 0, 0.1, 1, np.nan], bins).index, [0, 0, 1, 2, 2, -1])


def test_rounding_of_sums_moves_no_node():
    assert_array_equal(binned([0.3 - 0.2, 0.1 + 0.2 - 0.3, 1 - 1e-15], between((0, 0.1, 1))).index, [1, 0, 1])
    assert_array_equal(binned([0.25 - 1e-14, 0.999, 1 - 1e-14], SHARES).index, [1, 3, 4])


def test_degrees_are_in_powers_of_two():
    assert [DEGREES[place].label for place in binned([0, 1, 2, 3, 4, 63, 64, 5000], DEGREES).index] == [
        "0",
        "1",
        "2–3",
        "2–3",
        "4–7",
        "32–63",
        "64 and over",
        "64 and over",
    ]


def test_sums_are_those_of_the_nodes_of_a_mask_with_a_bin():
    bins = by_class([0, 2, 2, -1, 0], "abc")
    mask = np.array([True, True, True, True, False])
    assert_allclose(bins.sums(mask), [1, 0, 2])
    assert_allclose(bins.sums(mask, [1, 2, 3, 4, 5]), [1, 0, 5])
