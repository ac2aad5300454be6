"""What holds of every dataset that needs no network, and of karate and digits in particular."""

import pickle
import random

import networkx as nx
import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors

from core.datasets.contract import dataset, datasets, load
from core.datasets.digits import nearest
from core.datasets.edges import undirected

EMBEDDED = ("karate", "digits", "csbm", "ba_shapes", "ba_community", "tree_cycles", "tree_grid")
SEEDED = ("csbm", "ba_shapes", "ba_community", "tree_cycles", "tree_grid")
SLUGS = {
    *EMBEDDED,
    *("cora", "citeseer", "pubmed", "cora_ml", "dblp", "citeseer_full", "photo", "computers", "cs", "physics"),
    *("texas", "wisconsin", "cornell", "cornell_corrected", "actor"),
    "surgery",
    *("chameleon", "squirrel", "chameleon_filtered", "squirrel_filtered"),
    *("roman_empire", "amazon_ratings", "minesweeper", "tolokers", "questions"),
}


def test_every_dataset_is_there():
    assert set(datasets()) == SLUGS
    assert {name for name, unit in datasets().items() if unit.embedded} == set(EMBEDDED)


@pytest.mark.parametrize("name", sorted(SLUGS))
def test_declarations_are_complete(name):
    unit = dataset(name)
    assert all((unit.title, unit.question, unit.family, unit.size, unit.source, unit.licence))
    assert unit.default_split in (*unit.splits, "random")
    assert unit.metric == ("roc_auc" if name in ("minesweeper", "tolokers", "questions") else "accuracy")
    for parameter in unit.parameters:
        assert parameter.check(parameter.default) == parameter.default
    assert pickle.dumps(unit)  # so that a declaration can cross to another process


@pytest.mark.parametrize("name", EMBEDDED)
def test_loaded_graphs_are_consistent(name):
    unit, graph = dataset(name), load(name, {})
    nodes = graph.num_nodes
    assert graph.name == name
    assert graph.features.dtype == np.float32
    assert graph.edge_index.dtype == graph.labels.dtype == np.int64
    assert set(graph.labels.tolist()) == set(range(graph.num_classes))
    assert (graph.edge_index == undirected(graph.edge_index, nodes)).all()
    assert tuple(graph.splits) == unit.splits
    assert f"{nodes:,} nodes" in unit.size
    for names, number in ((graph.node_names, nodes), (graph.feature_names, graph.num_features)):
        assert names is None or len(names) == number


@pytest.mark.parametrize("name", EMBEDDED)
def test_sizes_on_screen_are_true(name):
    words, found = dataset(name).size, len(load(name, {}).undirected_edges)
    if "about" in words:
        said = int(words.split("about ")[1].split()[0].replace(",", ""))
        assert abs(found - said) < 0.05 * said
    else:
        assert f"{found:,} edges" in words


@pytest.mark.parametrize("name", EMBEDDED)
def test_the_same_twice_without_touching_global_random_states(name):
    torch.manual_seed(1), np.random.seed(1), random.seed(1)
    before = torch.get_rng_state().clone(), np.random.get_state()[1].copy(), random.getstate()
    first = load(name, {})
    assert (torch.get_rng_state() == before[0]).all()
    assert (np.random.get_state()[1] == before[1]).all()
    assert random.getstate() == before[2]
    np.random.seed(2), random.seed(2)
    second = load(name, {})
    assert first.structure_hash == second.structure_hash
    assert (first.features == second.features).all()
    assert (first.labels == second.labels).all()


@pytest.mark.parametrize("name", SEEDED)
def test_another_seed_is_another_graph(name):
    assert load(name, {"seed": 0}).structure_hash != load(name, {"seed": 1}).structure_hash


def test_karate_is_the_club():
    graph, club = load("karate", {}), nx.karate_club_graph()
    assert {tuple(edge) for edge in graph.undirected_edges.tolist()} == set(club.edges)
    assert "Mr. Hi" in graph.node_names[0]
    assert "John A" in graph.node_names[33]


def test_karate_split_is_four_eight_and_the_rest():
    graph = load("karate", {})
    split = graph.splits["public"]
    assert np.flatnonzero(split.train).tolist() == [0, 4, 8, 24]
    assert np.bincount(graph.labels[split.validation]).tolist() == [2, 2, 2, 2]
    assert (split.train.astype(int) + split.validation + split.test == 1).all()


def test_nearest_neighbours_worked_out_by_hand():
    points = np.array([[0.0, 0], [3, 0], [0, 4], [10, 0]])
    assert nearest(points, 1).ravel().tolist() == [1, 0, 0, 1]
    # From point 1: 3 to point 0, 5 to point 2, 7 to point 3.
    assert nearest(points, 2)[1].tolist() == [0, 2]


def test_of_equally_near_points_the_lowest_number_wins():
    assert nearest(np.array([[1.0], [0], [2], [1]]), 2).tolist() == [[3, 1], [0, 3], [0, 3], [0, 1]]


def test_digits_neighbours_agree_with_scikit_learn():
    graph = load("digits", {"k": 4})
    points = np.rint(graph.features * 16).astype(float)
    theirs, _ = NearestNeighbors(n_neighbors=5).fit(points).kneighbors(points)
    ours = np.linalg.norm(points[:, None] - points[nearest(points, 4)], axis=2)
    assert np.sort(ours, axis=1) == pytest.approx(theirs[:, 1:])


def test_digits_are_images():
    graph = load("digits", {})
    assert graph.image_shape == (8, 8)
    assert (graph.features.min(), graph.features.max()) == (0, 1)
    assert np.bincount(graph.edge_index[0]).min() >= 5


def test_more_neighbours_more_edges():
    assert load("digits", {"k": 1}).num_stored_edges < load("digits", {"k": 10}).num_stored_edges
