"""One colouring for every picture: codes a node, marks, and a legend of what is there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.data import GraphData, Split
from core.figures import NEUTRAL, OKABE_ITO, RIGHT, SPLIT_COLORS, WRONG
from explainers.coloring import coloring

NODES = np.arange(4)


@pytest.fixture
def graph() -> GraphData:
    return GraphData("g", np.zeros((4, 1), np.float32), np.zeros((2, 0), np.int64), np.array([0, 1, 1, -1]), ("a", "b", "c"))


@pytest.fixture
def split() -> Split:
    return Split(*(np.array(mask, dtype=bool) for mask in ([1, 0, 0, 0], [0, 0, 0, 0], [0, 1, 1, 0])))


def test_classes_have_a_colour_each_and_the_legend_names_those_that_occur(graph: GraphData, split: Split) -> None:
    found = coloring("class", graph, split)
    assert found.of(NODES)[0] == [OKABE_ITO[0], OKABE_ITO[1], OKABE_ITO[1], NEUTRAL]
    assert list(found.legend) == ["a", "b", "unknown"]


def test_many_classes_repeat_the_colours_in_other_shapes(graph: GraphData, split: Split) -> None:
    many = replace(graph, class_names=tuple(f"class {k}" for k in range(40)), labels=np.array([0, 8, 16, 39]))
    colors, shapes = coloring("class", many, split).of(NODES)
    assert colors[0] == colors[1] == colors[2]
    assert len(set(shapes)) == 4


def test_classes_of_one_name_are_told_apart(graph: GraphData, split: Split) -> None:
    alike = replace(graph, class_names=("same", "same", "unknown"), labels=np.array([0, 1, 2, -1]))
    assert coloring("class", alike, split).of(NODES)[0] == [*OKABE_ITO[:3], NEUTRAL]


def test_correctness_split_and_prediction(graph: GraphData, split: Split) -> None:
    predictions = np.array([0, 0, 1, 2], dtype=np.int16)
    assert coloring("correctness", graph, split, predictions).of(NODES)[0] == [RIGHT, WRONG, RIGHT, NEUTRAL]
    assert coloring("split", graph, split).of(NODES)[0] == [SPLIT_COLORS[part] for part in ("train", "test", "test", "none")]
    assert list(coloring("split", graph, split).legend) == ["train", "test", "none"]
    assert coloring("prediction", graph, split, predictions).of(NODES[:2])[0] == [OKABE_ITO[0], OKABE_ITO[0]]


def test_confidence_is_a_scale_from_chance_to_certain(graph: GraphData, split: Split) -> None:
    found = coloring("confidence", graph, split, np.zeros(4, int), np.array([1 / 3, 1.0, 0.5, 0.5], dtype=np.float16))
    colors, _ = found.of(NODES)
    assert list(found.legend) == ["33%", "67%", "100%"]
    assert [colors[0], colors[1]] == [found.legend["33%"][0], found.legend["100%"][0]]
    assert colors[2] == colors[3]


def test_a_colouring_is_named_by_its_colours(graph: GraphData, split: Split) -> None:
    same, again, other = (coloring("class", one, split).digest for one in (graph, graph, replace(graph, labels=np.array([0, 1, 2, -1]))))
    assert same == again != other
