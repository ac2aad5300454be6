"""Which nodes are explained together."""

import numpy as np
import pytest

from explainers.whole.nodes import MOST, button, chosen, cost, missing, sampled


def test_choices_on_a_tiny_graph(tiny):
    split = tiny.splits["public"]  # tests 2, 3, 4 and 6, of b b a b; 5 has no label
    predictions = np.array([1, 1, 0, 1, 0, 1, 0])
    assert chosen("wrong", tiny, split, predictions) == (2, 6)
    assert chosen("class", tiny, split, predictions, label=1) == (2, 3, 6)
    assert chosen("class", tiny, split, predictions, label=0) == (4,)
    assert chosen("selected", tiny, split, predictions, selected=[6, 0, 6]) == (0, 6)
    assert chosen("selected", tiny, split, predictions) == ()
    assert chosen("wrong", tiny, split, tiny.labels) == ()


def test_a_node_without_a_label_is_not_wrong(tiny):
    split = tiny.splits["public"]
    split.test[5] = True
    assert 5 not in chosen("wrong", tiny, split, np.zeros(7, dtype=int))


def test_a_sample_is_even_and_keeps_both_ends():
    assert sampled((3, 5, 8, 9, 12), 3) == (3, 8, 12)
    assert sampled((3, 5), 3) == (3, 5)
    every = sampled(range(10_000))
    assert (len(set(every)), every[0], every[-1]) == (MOST, 0, 9_999)
    assert set(np.diff(every)) <= {20, 21}


def test_the_button_and_its_cost():
    assert button(1) == "Explain 1 node"
    assert button(MOST) == "Explain 500 nodes"
    assert button(812) == "Explain 500 of 812 nodes"
    assert cost(100, 4, 1).startswith("Roughly 2 min on a graph like Cora")
    assert cost(5_000, 4, 1).split(",")[0] == cost(MOST, 4, 1).split(",")[0], "no more than those are explained"


@pytest.mark.parametrize(("kind", "said"), [("selected", "lasso"), ("class", "“b”"), ("wrong", "no test node wrong")])
def test_what_to_do_without_nodes(kind, said):
    assert said in missing(kind, "b")
