"""Sentences, the table, the figures and what the controls offer."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from core.data import GraphData
from core.edits import parse
from core.errors import UserError
from core.open_graphs import graph_of
from core.spec import DatasetSpec
from core.work import silent
from explainers.what_if import figures, readings
from explainers.what_if.evaluate import evaluate
from explainers.what_if.offers import link_of, named, neighbours, node_in
from explainers.what_if.result import Changed, Moved, Outcome


@pytest.fixture
def tiny() -> GraphData:
    return GraphData(
        name="tiny",
        features=np.eye(5, dtype=np.float32),
        edge_index=np.array([(0, 1), (1, 0), (1, 2), (2, 1), (3, 4), (4, 3)]).T,
        labels=np.array([0, 1, 0, 1, -1]),
        class_names=("<b>Theory</b>", "Databases"),
        node_names=("ann", "bob", "cid", "dora", "4"),
    )


@pytest.fixture
def outcome() -> Outcome:
    changed = Changed(
        np.array([0, 2, 4]),
        np.array([0, 2, -1]),
        np.array([1, 0, 1]),
        np.array([0, 1, 0]),
        np.array([0.88, 0.6, 0.7]),
        np.array([0.61, 0.9, 0.5]),
    )
    dots = np.array([[0, 0], [1, 1], [2, 0], [0, 2], [5, 5]], dtype=np.float32)
    labels = np.array([0, 1, 0, 1, -1])
    moved = Moved("last hidden state", 0.25, 0.9, False, np.arange(5), labels, dots, np.array([0.6, 0.3]), dots[0], dots[1])
    shares = np.array([0.12, 0.88]), np.array([0.61, 0.39])
    return Outcome(0, parse("-0:1"), False, ("<b>Theory</b>", "Databases"), 0, 2, *shares, changed, moved, 0.01)


def test_the_answer_in_words(outcome, tiny):
    assert readings.answers(outcome, tiny) == [
        "Without the edge 0–1 the model says <b>Theory</b> (61 %) instead of Databases (88 % before).",
        "2 other nodes change their class, 1 of them without a path to node 0.",
        "Its last hidden state moves by 25 % of its length (cosine 0.90).",
    ]
    again = replace(outcome, retrained=True, after=np.array([0.2, 0.8]), edits=parse("+0:2,x3"))
    assert readings.answers(again, tiny)[0] == "After these 2 edits a model trained again still says Databases (80 %, 88 % before)."
    plain = replace(outcome, edits=())
    assert readings.answers(plain, tiny)[0].startswith("The model says Databases (88 %) of node 0.")
    assert [readings.phrase(parse(text), tiny) for text in ("+0:2", "x3", "f0:2=0.5")] == [
        "With a new edge 0–2",
        "Without node 3",
        "With feature 2 of node 0 at 0.5",
    ]


def test_the_table_of_changed_nodes(outcome, tiny):
    table = readings.changed_table(outcome, tiny)
    assert table.node == "node"
    assert table.data["node"].tolist() == [0, 2, 4]
    assert table.data["hops"].isna().tolist() == [False, False, True]
    assert table.data["label"].tolist() == ["<b>Theory</b>", "<b>Theory</b>", "unknown"]
    assert set(table.help) == set(table.data)


def test_the_true_label_is_marked_as_that_of_the_original_graph(outcome):
    chart = figures.probabilities(outcome)
    ticks = chart.figure.layout.yaxis.ticktext
    assert [readings.LABEL in tick for tick in ticks] == [False, True]  # the likeliest before is on top
    assert "&lt;b&gt;Theory" in ticks[1]
    assert [list(bar.x) for bar in chart.figure.data] == [[0.88, 0.12], [0.39, 0.61]]
    assert chart.data is not None
    assert chart.data["after"].tolist() == [0.61, 0.39]


def test_many_classes_have_few_bars_and_the_label_is_among_them(outcome):
    shares = np.arange(1, 31) / np.arange(1, 31).sum()
    many = replace(outcome, class_names=tuple(map(str, range(30))), before=shares, after=shares, label=0)
    chart = figures.probabilities(many)
    assert len(chart.figure.data[0].x) == figures.MOST_BARS
    assert readings.LABEL in chart.figure.layout.yaxis.ticktext[-1]
    assert "20 unlikely classes" in chart.not_shown


def test_the_target_moves_among_the_others(outcome):
    chart = figures.movement(outcome)
    assert [trace.marker.symbol for trace in chart.figure.data[-2:]] == ["circle", "star"]
    assert chart.figure.data[-1].marker.color == figures.figures.class_color(0)
    assert list(figures.legend(outcome)) == ["unknown", "<b>Theory</b>", "Databases"]
    assert "90 % of the spread" in chart.not_shown
    plain = figures.movement(replace(outcome, edits=()))
    assert len(plain.figure.data) == len(chart.figure.data) - 2


def test_figures_of_a_real_answer_are_json(stored, root):
    found = evaluate(silent, spec=stored(), node=0, edits=parse("-0:1"), root=root)
    for chart in (figures.probabilities(found), figures.movement(found)):
        assert json.loads(chart.figure.to_json())["data"]


def test_neighbours_follow_the_edits(tiny):
    assert neighbours(tiny, 1, ()) == [0, 2]
    assert neighbours(tiny, 1, parse("-0:1,+1:4")) == [2, 4]
    assert neighbours(tiny, 1, parse("x2")) == [0]
    assert neighbours(tiny, 1, parse("x1")) == []
    assert neighbours(tiny, 1, parse("+0:4,f1:0=0")) == [0, 2]


def test_nodes_by_name(tiny):
    assert [named(tiny, node) for node in (0, 4)] == ["0 · ann · <b>Theory</b>", "4 · class unknown"]
    assert (node_in(tiny, " 3 "), node_in(tiny, "Bob")) == (3, 1)
    for text, said in (("", "Name a node"), ("9", "no node “9”"), ("eve", "no node “eve”")):
        with pytest.raises(UserError, match=said):
            node_in(tiny, text)


def test_a_directed_link_goes_into_the_node(tiny):
    directed = replace(tiny, directed=True, edge_index=np.array([[0, 1], [1, 2]]))
    assert link_of(directed, 1, 0, "remove") == ("remove", "0", "1")
    assert link_of(directed, 1, 2, "remove") == ("remove", "1", "2")
    assert link_of(directed, 1, 4, "add") == ("add", "4", "1")


def test_karate_offers_members():
    assert named(graph_of(DatasetSpec("karate")), 1) == "1 · member 2 · community 2"
