"""Layouts: the same for the same seed, inside the unit square, nothing flies off, kept on disk without trust."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest

from core.layout import layout

PATH = np.array([[0, 1, 2, 3], [1, 2, 3, 4]])


def ring(size: int, start: int = 0) -> np.ndarray:
    nodes = np.arange(size)
    return np.stack([nodes, (nodes + 1) % size]) + start


def test_positions_fill_the_unit_square_in_proportion() -> None:
    positions = layout(ring(30), 30)
    assert positions.shape == (30, 2)
    assert positions.dtype == np.float32
    assert positions.min() >= 0
    assert positions.max() <= 1
    assert np.ptp(positions, axis=0).max() == pytest.approx(1)
    np.testing.assert_allclose((positions.min(axis=0) + positions.max(axis=0)) / 2, 0.5, atol=1e-6)


def test_same_seed_same_layout() -> None:
    np.testing.assert_array_equal(layout(ring(40), 40, seed=3), layout(ring(40), 40, seed=3))
    assert not np.allclose(layout(ring(40), 40, seed=3), layout(ring(40), 40, seed=4))


def test_directions_repetitions_and_loops_do_not_matter() -> None:
    both = np.concatenate([PATH, PATH[::-1], PATH, [[2], [2]]], axis=1)
    np.testing.assert_array_equal(layout(PATH, 5), layout(both, 5))


def test_small_components_and_isolated_nodes_leave_the_room_to_the_large_one() -> None:
    rng = np.random.default_rng(0)
    tree = np.stack([np.arange(1, 400), rng.integers(0, np.arange(1, 400))])
    pairs = np.stack([np.arange(400, 440, 2), np.arange(401, 440, 2)])
    positions = layout(np.concatenate([tree, pairs], axis=1), 450)  # 440 … 449 are isolated
    width, height = np.ptp(positions[:400], axis=0)
    assert max(width, height) > 0.7
    assert len(np.unique(positions, axis=0)) == 450
    large = positions[:400].max(axis=0)
    assert (positions[400:, 0] > large[0]).all(), "the small ones stand beside it, not in it"


@pytest.mark.parametrize("num_nodes", [0, 1, 2])
def test_graphs_without_edges(num_nodes: int) -> None:
    positions = layout(np.zeros((2, 0), dtype=np.int64), num_nodes)
    assert positions.shape == (num_nodes, 2)
    assert np.isfinite(positions).all()


def test_the_global_random_numbers_are_left_alone() -> None:
    import random

    random.seed(7)
    expected = random.random()
    random.seed(7)
    layout(ring(10), 10)
    assert random.random() == expected


def test_a_kept_layout_is_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = layout(ring(12), 12, cache=tmp_path / "new")
    assert len(list((tmp_path / "new").iterdir())) == 1
    monkeypatch.setattr("core.layout._packed", lambda *_: pytest.fail("made again"))
    np.testing.assert_array_equal(layout(ring(12), 12, cache=tmp_path / "new"), made)


def test_graph_and_seed_name_the_entry(tmp_path: Path) -> None:
    layout(ring(12), 12, cache=tmp_path)
    layout(ring(12), 13, cache=tmp_path)
    layout(ring(12), 12, seed=1, cache=tmp_path)
    assert len([path for path in tmp_path.iterdir() if re.fullmatch(r"layout-\d+-[0-9a-f]{24}-\d+\.npy", path.name)]) == 3


@pytest.mark.parametrize("damage", [b"", b"not numpy", None])
def test_a_damaged_entry_is_made_again(tmp_path: Path, damage: bytes | None) -> None:
    made = layout(ring(12), 12, cache=tmp_path)
    (entry,) = tmp_path.iterdir()
    if damage is None:
        np.save(entry, np.full((12, 2), np.nan, dtype=np.float32))
    else:
        entry.write_bytes(damage)
    np.testing.assert_array_equal(layout(ring(12), 12, cache=tmp_path), made)
    np.testing.assert_array_equal(np.load(entry, allow_pickle=False), made)


def test_a_disk_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    assert layout(ring(12), 12, cache=blocked).shape == (12, 2)


def test_layouts_that_are_not_used_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.layout.ROOM", 3 * (128 + 12 * 8))
    for place, seed in enumerate((0, 1, 2)):
        layout(ring(12), 12, seed=seed, cache=tmp_path)
        (entry,) = tmp_path.glob(f"*-{seed}.npy")
        os.utime(entry, (place, place))
    layout(ring(12), 12, seed=0, cache=tmp_path)  # used again
    layout(ring(12), 12, seed=3, cache=tmp_path)
    assert sorted(path.stem[-1] for path in tmp_path.iterdir()) == ["0", "2", "3"]
