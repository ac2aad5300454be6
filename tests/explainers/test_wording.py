"""How numbers and states are said."""

from __future__ import annotations

import pytest

from core.spec import DatasetSpec
from explainers.wording import class_words, duration, in_training, listed, split_name


@pytest.mark.parametrize(("words", "said"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")])
def test_words_are_listed(words: list[str], said: str) -> None:
    assert listed(words) == said


@pytest.mark.parametrize(("name", "said"), [("Theory", "class Theory"), ("class 3", "class 3"), ("classical", "class classical")])
def test_a_class_is_called_one_once(name: str, said: str) -> None:
    assert class_words(name) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "0 s"), (45, "45 s"), (90, "90 s"), (100, "about 2 min"), (1809, "about 30 min"), (5400, "about 90 min"), (9000, "about 2.5 h")],
)
def test_a_time_is_said_no_finer_than_a_guess_can_be(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((3, 3, 3, True), "The first of 3 seeds is training; this fills in when it has ended."),
        ((1, 1, 1, True), "The seed is training; this fills in when it has ended."),
        ((3, 2, 2, True), "1 of 3 seeds is trained, the others are training."),
        ((3, 1, 1, True), "2 of 3 seeds are trained, the other is training."),
        ((3, 3, 3, False), "Another training goes first; this one begins when that has ended."),
        ((5, 4, 1, True), "4 of 5 seeds are not trained yet, 1 of them is in training. Press Train in the sidebar for the rest."),
    ],
)
def test_how_far_a_training_is(given: tuple[int, int, int, bool], said: str) -> None:
    assert in_training(*given) == said


@pytest.mark.parametrize(
    ("split", "said"),
    [
        ("public", "public split"),
        ("3", "split 3"),
        ("random", "random split 4"),
        ("per_class", "per-class split 4"),
        ("gats", "GATS split 4"),
    ],
)
def test_a_split_is_said_with_the_seed_that_drew_it(split: str, said: str) -> None:
    assert split_name(DatasetSpec("cora", split=split, split_seed=4)) == said
