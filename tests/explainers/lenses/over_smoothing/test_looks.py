"""What one node sees, and layers as pictures: values by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.data import GraphData
from explainers.lenses.over_smoothing.planes import planes
from explainers.lenses.over_smoothing.seen import seen


def test_the_rings_around_a_node_of_the_tiny_graph(tiny: GraphData) -> None:
    """A path 0-1-2-3, a pair 4-5, and 6 alone."""
    found = seen(tiny, 1, [])
    assert found.rings["nodes"].tolist() == [1, 2, 1]
    assert found.rings["within"].tolist() == pytest.approx([1 / 7, 3 / 7, 4 / 7])
    assert (found.out_of_reach, found.farther) == (3, 0)
    assert found.labels == {0: "0", 1: "1", 2: "2"}
    assert seen(tiny, 6, [np.eye(7)]).rings["nodes"].tolist() == [1]


def test_what_is_far_away_is_one_ring_that_says_so(tiny: GraphData) -> None:
    path = np.stack([np.arange(19), np.arange(1, 20)])
    long = replace(tiny, features=np.eye(20, dtype=np.float32), edge_index=path, labels=np.zeros(20, dtype=np.int64))
    found = seen(long, 0, [])
    assert found.rings["nodes"].tolist() == [1] * 10 + [10]
    assert (found.farther, found.labels[9], found.labels[10]) == (9, "9", "10 +")


def test_how_alike_the_rings_are_by_hand(tiny: GraphData) -> None:
    states = np.array([[1, 0], [1, 0], [1, 1], [0, 1], [5, 0], [5, 0], [0, 0]], dtype=float)
    found = seen(tiny, 0, [states, np.ones((7, 3))]).alike
    first = found[found["layer"] == 1].set_index("hop")["cosine"]
    assert first.to_dict() == pytest.approx({1: 1, 2: np.sqrt(0.5), 3: 0})
    assert found[found["layer"] == 2]["cosine"].tolist() == pytest.approx([1, 1, 1])


def test_a_turned_copy_of_a_layer_lies_on_it() -> None:
    random = np.random.default_rng(0)
    first = random.normal(size=(30, 4))
    turn = np.linalg.qr(random.normal(size=(4, 4)))[0]
    scale = random.uniform(0.5, 2, size=(30, 1))  # lengths are not drawn
    found = planes([first, scale * first @ turn], np.arange(30))
    np.testing.assert_allclose(found.xy[1], found.xy[0], atol=1e-9)
    assert found.spread[0] == pytest.approx(found.spread[1])
    assert found.length[1] != pytest.approx(found.length[0])
    assert 0 < found.explained[0] < 1


def test_wide_states_have_the_same_picture_by_the_other_matrix() -> None:
    random = np.random.default_rng(1)
    narrow = random.normal(size=(12, 5))
    wide = narrow @ np.linalg.qr(random.normal(size=(40, 5)))[0].T
    one, other = planes([narrow], np.arange(12)), planes([wide], np.arange(12))
    np.testing.assert_allclose(np.abs(one.xy), np.abs(other.xy), atol=1e-9)
    assert one.explained == pytest.approx(other.explained)


def test_equal_and_narrow_states_have_a_picture_too() -> None:
    found = planes([np.ones((5, 3)), np.arange(1.0, 6.0)[:, None], np.zeros((5, 2))], np.arange(5))
    np.testing.assert_allclose(found.xy, 0, atol=1e-12)
    assert found.spread.tolist() == pytest.approx([0, 0, 0])
    assert np.isnan(found.explained).all()
    assert found.length[2] == 0
