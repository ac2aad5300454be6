from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA

from explainers.contract import Unsupported
from explainers.projection import between_class_share, common_plane, neighbour_map

RANDOM = np.random.default_rng(0)
STATES = (RANDOM.normal(size=(3, 40, 6)) * [9, 5, 2, 1, 1, 1] + RANDOM.normal(size=(3, 1, 6)) * 20).astype(np.float16)


def test_one_step_is_the_pca_of_scikit_learn() -> None:
    state = STATES[0].astype(float)
    plane, oracle = common_plane(STATES[:1]), PCA(2).fit(state)
    signs = np.sign(oracle.components_[[0, 1], np.abs(oracle.components_).argmax(axis=1)])
    assert plane.coordinates[0] == pytest.approx(oracle.transform(state) * signs, abs=1e-4)
    assert plane.explained[0] == pytest.approx(oracle.explained_variance_ratio_)


def test_many_steps_share_the_pca_of_all_of_them_each_centred() -> None:
    centred = STATES.astype(float) - STATES.astype(float).mean(axis=1, keepdims=True)
    oracle = PCA(2).fit(centred.reshape(-1, 6))
    found = common_plane(STATES).coordinates
    for step in range(3):
        assert np.abs(found[step]) == pytest.approx(np.abs(oracle.transform(centred[step])), abs=1e-4)


def test_the_plane_does_not_depend_on_a_drift_or_on_the_order_of_the_nodes() -> None:
    states = STATES.astype(float)
    order = RANDOM.permutation(40)
    plane = common_plane(states)
    assert common_plane(states + 100 * np.arange(3)[:, None, None]).coordinates == pytest.approx(plane.coordinates, abs=1e-4)
    assert common_plane(states[:, order]).coordinates == pytest.approx(plane.coordinates[:, order], abs=1e-4)


def test_states_without_spread_or_with_one_dimension_are_drawn() -> None:
    plane = common_plane(np.ones((2, 5, 3)))
    assert not plane.coordinates.any()
    assert np.isnan(plane.explained).all()
    line = common_plane(np.arange(4.0).reshape(1, 4, 1))
    assert line.coordinates[0].tolist() == [[-1.5, 0], [-0.5, 0], [0.5, 0], [1.5, 0]]
    assert line.explained[0].tolist() == [1, 0]


def test_between_class_share_by_hand() -> None:
    state, labels = np.array([[0.0], [2.0], [4.0], [6.0], [99.0]]), np.array([0, 0, 2, 2, -1])
    assert between_class_share(state, labels) == pytest.approx(16 / 20)  # means 1 and 5 around 3
    assert between_class_share(np.array([[1.0], [1.0], [5.0]]), np.array([0, 0, 1])) == pytest.approx(1)
    assert np.isnan(between_class_share(np.ones((3, 2)), np.array([0, 1, 1])))
    assert np.isnan(between_class_share(np.ones((2, 2)), np.array([-1, -1])))


def test_tsne_is_seeded_and_keeps_groups_together() -> None:
    groups = np.repeat([0, 1], 20)
    state = RANDOM.normal(size=(40, 5)) + 30 * groups[:, None]
    first, again = (neighbour_map(state, "tsne", 3).coordinates for _ in range(2))
    assert (first == again).all()
    assert first.shape == (1, 40, 2)
    assert between_class_share(first[0], groups) > 0.8


def test_umap_is_seeded_and_keeps_groups_together() -> None:
    groups = np.repeat([0, 1], 20)
    state = RANDOM.normal(size=(40, 5)) + 30 * groups[:, None]
    first, again = (neighbour_map(state, "umap", 3).coordinates for _ in range(2))
    assert (first == again).all()
    assert between_class_share(first[0], groups) > 0.8


def test_neighbour_methods_refuse_a_handful_of_nodes_and_survive_equal_ones() -> None:
    with pytest.raises(Unsupported, match="at least 5 nodes; there are 4"):
        neighbour_map(RANDOM.normal(size=(4, 3)), "tsne", 0)
    assert not neighbour_map(np.ones((8, 3)), "tsne", 0).coordinates.any()
