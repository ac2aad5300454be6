"""What is kept in memory: within a limit in bytes, the least recently used goes first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

from core.kept import Kept, size_of


def block(kilobytes: int) -> np.ndarray:
    return np.zeros(kilobytes * 1000, dtype=np.uint8)


def test_what_was_not_asked_for_the_longest_goes_first() -> None:
    kept = Kept(3_000)
    for name in "abc":
        kept.put(name, block(1))
    assert kept.get("a") is not None
    kept.put("d", block(1))
    assert [name in kept for name in "abcd"] == [True, False, True, True]
    assert kept.get("b") is None
    assert kept.size == 3_000


def test_as_many_go_as_the_new_one_needs() -> None:
    kept = Kept(5_000)
    for name in "abcd":
        kept.put(name, block(1))
    kept.put("large", block(3))
    assert [name in kept for name in "abcd"] == [False, False, True, True]


def test_the_latest_stays_whatever_its_size() -> None:
    kept = Kept(1_000)
    kept.put("small", block(1))
    kept.put("large", block(50))
    assert ("small" in kept, "large" in kept, kept.size) == (False, True, 50_000)
    kept.put("small", block(1))
    assert ("small" in kept, "large" in kept) == (True, False)


def test_a_new_value_takes_the_place_of_the_old_one() -> None:
    kept = Kept(10_000)
    kept.put("a", block(9))
    kept.put("a", block(4))
    kept.put("b", block(5))
    assert (kept.size, "a" in kept) == (9_000, True)


def test_a_value_is_made_once() -> None:
    kept, calls = Kept(1_000), []

    def make() -> str:
        calls.append(1)
        return "made"

    assert [kept.made("a", make), kept.made("a", make)] == ["made", "made"]
    assert len(calls) == 1


@dataclass(frozen=True, eq=False)
class Inner:
    values: np.ndarray
    text: str = ""


@dataclass(frozen=True, eq=False)
class Outer:
    inner: Inner
    by_name: dict[str, Inner] = field(default_factory=dict)
    rows: Any = None
    same: Any = None


def test_nested_dataclasses_count_with_all_that_they_hold() -> None:
    array = block(100)
    nested = Outer(Inner(array), {"a": Inner(block(20)), "b": Inner(block(30), "x" * 5_000)}, rows=[block(7), (block(1), None)], same=array)
    assert size_of(nested) == pytest.approx(100_000 + 50_000 + 5_000 + 8_000, rel=0.03), "the array that is there twice counts once"


def test_sparse_matrices_and_tables_count() -> None:
    sparse = csr_matrix((np.ones(1000, np.float32), (np.arange(1000), np.zeros(1000, np.int32))), shape=(1000, 5))
    assert size_of(sparse) == pytest.approx(1000 * 12, rel=0.1)
    table = pd.DataFrame({"node": np.arange(1000), "name": ["a name of twenty"] * 1000})
    assert 8_000 + 16_000 <= size_of(table) <= 100_000


def test_text_in_arrays_and_lists_counts() -> None:
    names = [f"node number {i}" for i in range(1000)]
    assert size_of(names) > 60_000
    assert size_of(np.array(names, dtype=object)) > 60_000
    assert size_of(np.array(["the same"] * 1000, dtype=object)) < 9_000


def test_a_ring_of_objects_ends() -> None:
    ring: list[Any] = [block(1)]
    ring.append(ring)
    assert size_of(ring) == pytest.approx(1_000, rel=0.2)


def test_tensors_count_dense_sparse_and_in_modules() -> None:
    import torch

    assert size_of(torch.zeros(1000)) == 4000
    sparse = torch.sparse_csr_tensor(torch.tensor([0, 1, 2]), torch.tensor([0, 1]), torch.ones(2), size=(2, 2))
    assert size_of(sparse) == 3 * 8 + 2 * 8 + 2 * 4
    assert size_of(torch.nn.Linear(100, 100)) >= 40_000
