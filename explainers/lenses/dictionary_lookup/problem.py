"""The dictionary lookup of Brody, Alon & Yahav (2022, section 4.1): which permutations are trained on, and which are kept for the test."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from core.data import Ints

MOST = 500
"""Permutations of one problem; up to five keys that is all of them."""
TEST_SHARE = 5
"""One permutation in so many is for the test: 80:20, as in the paper."""


@dataclass(frozen=True, eq=False)
class Problem:
    """`size` keys hold an attribute and a value each, and as many queries hold an attribute and look for its value.

    An example is a permutation p: key a holds attribute a and value p[a], query a holds attribute a. `train` [examples, size] and
    `test` [examples, size] have no permutation in common.
    """

    size: int
    train: Ints
    test: Ints

    @property
    def possible(self) -> int:
        """size!"""
        return math.factorial(self.size)


def problem(size: int, seed: int) -> Problem:
    """All size! permutations, or `MOST` different ones of them, in an order that the seed draws; the last fifth is for the test.

    A test permutation is new as a whole. The paper's code is stricter: each of its test permutations holds a pair of attribute
    and value that no training permutation has.
    """
    rng = np.random.default_rng((seed, size))
    if math.factorial(size) <= MOST:
        drawn = rng.permutation(np.array(list(permutations(range(size))), dtype=np.int64))
    else:
        found: dict[tuple[int, ...], None] = {}
        while len(found) < MOST:
            found[tuple(rng.permutation(size).tolist())] = None
        drawn = np.array(list(found), dtype=np.int64)
    test = max(1, len(drawn) // TEST_SHARE)
    return Problem(size, drawn[:-test], drawn[-test:])
