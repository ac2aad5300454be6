"""Bins: edges where doubles are treacherous, ties, few values."""

from fractions import Fraction

import numpy as np
import pytest

from core.errors import UserError
from core.metrics.binning import equal_mass_bins, equal_width_bins


@pytest.mark.parametrize("bins", [1, 2, 3, 5, 7, 10, 15, 20, 25, 30, 100])
def test_each_edge_begins_a_bin_and_the_last_bin_is_closed(bins):
    edges = np.array([float(Fraction(b, bins)) for b in range(bins)])
    assert equal_width_bins(edges, bins).tolist() == list(range(bins))
    assert equal_width_bins(np.nextafter(edges[1:], 0), bins).tolist() == list(range(bins - 1)), (
        "what is just below belongs to the bin before"
    )
    assert equal_width_bins(np.array([1.0]), bins).tolist() == [bins - 1]


def test_edges_that_rounding_would_move():
    # ⌊.29 · 100⌋ is 28, and linspace(0, 1, 6)[3] is above .6
    assert equal_width_bins(np.array([0.29, 0.57, 0.58]), 100).tolist() == [29, 57, 58]
    assert equal_width_bins(np.array([0.6]), 5).tolist() == [3]
    assert equal_width_bins(np.array([[0.1, 0.9], [0.35, 0.65]]), 20).tolist() == [[2, 18], [7, 13]], "any shape"


def test_bins_of_equal_mass_by_hand():
    assert equal_mass_bins(np.array([0.5, 0.1, 0.9, 0.3, 0.7, 0.2]), 3).tolist() == [1, 0, 2, 1, 2, 0]
    # seven values in three bins: ranks 0–2, 3–4, 5–6
    assert np.bincount(equal_mass_bins(np.arange(7.0), 3)).tolist() == [3, 2, 2]


def test_equal_values_share_a_bin():
    # ranks 1–3 of 6 are equal; their middle, rank 2, is in bin ⌊2·3/6⌋ = 1, so the bin that 1 alone would have been in is short
    assert equal_mass_bins(np.array([0.0, 0.4, 0.4, 0.4, 0.8, 0.9]), 3).tolist() == [0, 1, 1, 1, 2, 2]
    assert set(equal_mass_bins(np.full(9, 0.3), 4).tolist()) == {1}
    random = np.random.default_rng(0)
    values = np.round(random.random(200), 2)
    place = equal_mass_bins(values, 15)
    assert all(len(set(place[values == value].tolist())) == 1 for value in values)
    assert (np.diff(place[np.argsort(values)]) >= 0).all()


def test_fewer_values_than_bins():
    assert len(set(equal_mass_bins(np.array([0.3, 0.1, 0.2]), 15).tolist())) == 3
    assert equal_mass_bins(np.array([0.3]), 15).tolist() == [0]
    assert equal_mass_bins(np.empty(0), 15).tolist() == []


@pytest.mark.parametrize("size", [15, 16, 44, 45, 46, 1000])
def test_bins_of_equal_mass_differ_by_one_node_at_most(size):
    counts = np.bincount(equal_mass_bins(np.random.default_rng(0).random(size), 15), minlength=15)
    assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize("bins", [0, -1, 2.5])
@pytest.mark.parametrize("of", [equal_mass_bins, equal_width_bins])
def test_what_is_no_number_of_bins(of, bins):
    with pytest.raises(UserError, match=f"1 or more; {bins} was given"):
        of(np.array([0.5]), bins)
