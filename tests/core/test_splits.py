from dataclasses import replace

import numpy as np
import pytest

from core.data import GraphData, Split
from core.datasets.contract import datasets
from core.errors import UserError
from core.spec import DatasetSpec
from core.splits import available_splits, drawn_split, folded_split, shares, split_of, twenty_and_thirty


def graph(labels, splits=None):
    labels = np.asarray(labels)
    return GraphData("toy", np.ones((len(labels), 1), np.float32), np.empty((2, 0), np.int64), labels, ("a", "b", "c"), splits=splits or {})


SPEC = DatasetSpec("toy", split="random")
LABELS = np.repeat([0, 1, 2, -1], [100, 50, 10, 7])


def parts(split):
    return split.train, split.validation, split.test


def test_random_takes_the_same_share_of_every_class():
    found = [np.bincount(LABELS[part], minlength=3).tolist() for part in parts(split_of(graph(LABELS), SPEC))]
    assert found == [[60, 30, 6], [20, 10, 2], [20, 10, 2]]


@pytest.mark.parametrize("name", ["random", "per_class", "gats"])
def test_every_labelled_node_is_in_one_part_and_no_other_in_any(name):
    split = split_of(graph(LABELS), replace(SPEC, split=name))
    assert (np.sum(parts(split), axis=0) == (LABELS >= 0)).all()


def test_per_class_is_twenty_thirty_and_the_rest():
    labels = np.repeat([0, 1], [100, 130])
    found = [np.bincount(labels[part]).tolist() for part in parts(split_of(graph(labels), replace(SPEC, split="per_class")))]
    assert found == [[20, 20], [30, 30], [50, 80]]


def test_small_classes():
    assert [twenty_and_thirty(n) for n in (1, 3, 10, 99, 100)] == [(1, 0), (1, 0), (2, 3), (19, 29), (20, 30)]
    assert [shares(n) for n in (1, 2, 3, 5, 10)] == [(1, 0), (1, 1), (2, 0), (3, 1), (6, 2)]


def counts(split, labels):
    return [np.bincount(labels[part], minlength=labels.max() + 1).tolist() for part in parts(split)]


def test_gats_is_two_folds_of_five_percent_one_more_and_the_rest():
    labels = np.repeat([0, 1], [200, 100])  # 30 and 15 have labels: folds of 10 and 5
    for seed in range(6):
        assert counts(folded_split(labels, seed), labels) == [[20, 10], [10, 5], [170, 85]]


def test_the_folds_of_a_draw_take_turns_at_validation():
    labels = np.repeat([0, 1, 2], [67, 41, 33])  # 10, 6 and 4 have labels, dealt 0 1 2 0 1 2 0 1 2 0 | 1 2 0 1 2 0 | 1 2 0 1
    folds = [folded_split(labels, seed) for seed in (3, 4, 5)]
    assert [fold.validation.sum() for fold in folds] == [7, 7, 6]
    assert [counts(fold, labels)[1] for fold in folds] == [[4, 2, 1], [3, 2, 2], [3, 2, 1]]
    assert (np.sum([fold.validation for fold in folds], axis=0) == folds[0].train | folds[0].validation).all()
    assert all((fold.test == folds[0].test).all() for fold in folds)
    assert (folded_split(labels, 0).test != folds[0].test).any(), "another draw"


@pytest.mark.parametrize("seed", range(3))
def test_gats_goes_without_no_class_in_training(seed):
    labels = np.repeat([0, 1, 2, 3, 4, 5], [1, 2, 3, 4, 19, 20])
    train, validation, test = counts(folded_split(labels, seed), labels)
    assert test == [0, 0, 0, 1, 16, 17]
    assert train[2:] == [2, 2, 2, 2], "one of each fold"
    assert (train[0], validation[0]) == (1, 0)
    assert train[1] + validation[1] == 2
    assert train[1] >= 1


def test_gats_of_nothing_is_nothing():
    assert [part.any() for part in parts(folded_split(np.array([-1, -1]), 1))] == [False] * 3


def test_the_seed_decides_and_nothing_else():
    first, again, other = (split_of(graph(LABELS), replace(SPEC, split_seed=seed)) for seed in (1, 1, 2))
    assert all((a == b).all() for a, b in zip(parts(first), parts(again), strict=True))
    assert (first.train != other.train).any()


def test_the_global_random_state_is_neither_used_nor_moved():
    np.random.seed(0)
    before = np.random.get_state()[1].copy()
    first = drawn_split(LABELS, 3, shares)
    assert (np.random.get_state()[1] == before).all()
    np.random.seed(1)
    assert (drawn_split(LABELS, 3, shares).train == first.train).all()


def test_a_fixed_split_comes_without_unlabelled_nodes():
    everything = np.ones(len(LABELS), bool)
    nothing = ~everything
    split = split_of(graph(LABELS, {"public": Split(everything, nothing, nothing)}), replace(SPEC, split="public"))
    assert (split.train == (LABELS >= 0)).all()


def test_an_unknown_split_names_those_there_are():
    with pytest.raises(UserError, match=r"no split of toy 'pubic'\. Did you mean 'public'\? Known: gats, per_class, public, random\."):
        split_of(graph(LABELS, {"public": Split(*np.ones((3, len(LABELS)), bool))}), replace(SPEC, split="pubic"))


def test_available_splits():
    known = datasets()
    assert available_splits(known["digits"]) == ("random", "per_class", "gats")
    assert available_splits(known["karate"]) == ("public", "random", "per_class", "gats")
    assert available_splits(known["texas"]) == (*"0123456789", "random", "per_class", "gats")
