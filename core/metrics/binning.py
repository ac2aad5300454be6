"""Which bin a share belongs to: bins of equal width, or of equal mass. NumPy in and out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def equal_width_bins(shares: Floats, bins: int) -> Ints:
    """Bin 0 … bins−1 of each share in 0 … 1, of any shape: bin b is [b/bins, (b+1)/bins), the last one closed."""
    # Each edge is the nearest double to b/bins, as .6 is to 3/5: ⌊shares · bins⌋ puts .29 of 100 bins one too low, and
    # `linspace` has an edge at .6000000000000001.
    edges = np.arange(1, checked_bins(bins)) / bins
    return np.searchsorted(edges, shares, side="right").astype(np.int64)


def equal_mass_bins(values: Floats, bins: int) -> Ints:
    """Bin 0 … bins−1 of each value [n], lowest values first, each bin holding n/bins of them up to rounding.

    Equal values are never in two bins: they all go where the middle of them would. With fewer values than bins, each value has a
    bin of its own and the other bins are empty.
    """
    _, group, size = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(size) - 1
    first = last - size + 1
    # whole numbers throughout: the middle of ranks first … last of n is (first + last) / 2
    middle = checked_bins(bins) * (first + last) // max(2 * len(values), 1)
    return np.asarray(middle[group], dtype=np.int64)


def checked_bins(bins: int) -> int:
    """The number of bins; `UserError` unless it is 1 or more."""
    if bins < 1 or bins != int(bins):
        raise UserError(f"The number of bins is a whole number of 1 or more; {bins} was given. 15 is usual.")
    return int(bins)
