"""Rings around a node: by hand on a small tree, and that nobody sits on anybody."""

import numpy as np
import pytest

from explainers.rings import ASPECT, parents, places, rings


def test_each_node_hangs_on_its_first_neighbour_that_is_nearer():
    hop = np.array([0, 1, 1, 2, 2])
    links = np.array([[0, 1], [2, 0], [1, 2], [3, 2], [1, 3], [2, 4]])
    assert parents(hop, links).tolist() == [0, 0, 0, 1, 2]


def test_a_node_without_links_stands_alone():
    assert rings(np.array([0]), np.empty((0, 2), dtype=np.int64), np.zeros((1, 2))).tolist() == [[0, 0]]


def test_two_nodes_of_one_hop_face_each_other_and_their_own_lie_behind_them():
    hop, links = np.array([0, 1, 1, 2, 2]), np.array([[0, 1], [0, 2], [1, 3], [2, 4]])
    found = rings(hop, links, np.array([[0, 0], [1, 1], [-1, -1], [2, 2], [-2, -2]], dtype=np.float32)) / [ASPECT, 1]
    assert np.linalg.norm(found, axis=1) == pytest.approx(hop)
    assert found[1] == pytest.approx(-found[2], abs=1e-6)
    assert found[3] == pytest.approx(2 * found[1], abs=1e-6)


def test_a_hub_leaves_the_others_room():
    hop = np.array([0, 1, 1, *[2] * 100])
    links = np.array([[0, 1], [0, 2], *[[1, leaf] for leaf in range(3, 103)]])
    rng = np.random.default_rng(0)
    found = rings(hop, links, rng.normal(size=(103, 2)).astype(np.float32)) / [ASPECT, 1]
    assert found[1] @ found[2] < 0.9
    gaps = np.linalg.norm(found[:, None] - found, axis=2)[~np.eye(103, dtype=bool)]
    assert gaps.min() > 0.02


def test_places_of_ids_in_any_order():
    assert places(np.array([7, 3, 5]), np.array([[5, 7], [3, 3]])).tolist() == [[2, 0], [1, 1]]
