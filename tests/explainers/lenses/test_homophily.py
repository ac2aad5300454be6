"""The homophily lens: its tables and sentences on graphs worked out by hand, on Cora, and on graphs of which little can be said."""

import json
from pathlib import Path

import numpy as np
import pytest

from core.data import GraphData, Split
from core.datasets.edges import undirected
from core.graph.homophily import direction
from core.parameters import resolve
from core.spec import DatasetSpec, ModelSpec, RunSpec
from explainers.cli import main
from explainers.contract import Chart, Context
from explainers.lenses.homophily import LENS, captions, draw, measure, tables
from explainers.lenses.homophily.result import Homophily
from explainers.runner import run_lens

NO_MODEL = RunSpec(DatasetSpec("karate", split="random"), ModelSpec(""))

# The worked example of core's definitions, made undirected: a triangle with a tail, whose end is another class.
EDGES, LABELS = undirected([[0, 1, 2, 2, 3, 4], [1, 2, 0, 3, 4, 5]], 6), [0, 0, 0, 0, 1, 1]
NAMES = ("<b>a</b>", "b")


def graph(edges=EDGES, labels=LABELS, names=NAMES, directed=False):
    y = np.array(labels)
    features = np.zeros((len(y), 1), dtype=np.float32)
    return GraphData("toy", features, np.array(edges, dtype=np.int64).reshape(2, -1), y, names, directed=directed)


def measured(given, train=None, **values):
    mask = given.labels >= 0 if train is None else train
    split = Split(mask, np.zeros_like(mask), np.zeros_like(mask))
    return measure(Context(given, split, NO_MODEL, ()), resolve(LENS.parameters, values, "lens"))


def one_way(classes=2, size=12):
    """Nodes of a class point to a sink of their class, which has no label; one of them twice, one sink to itself."""
    y = np.repeat(np.arange(classes), size)
    edges = np.stack([np.arange(len(y)), len(y) + y])
    more = [[0, len(y)], [len(y), len(y)]]
    return graph(np.concatenate([edges, more], axis=1), np.append(y, np.full(classes, -1)), tuple("abcd"[:classes]), directed=True)


def test_tables_worked_out_by_hand():
    found = tables(measured(graph()))
    assert list(found) == ["measures", "class_edges", "ccns", "local", "direction"]
    rows = found["measures"]
    assert list(rows) == ["measure", "policy", "value"]
    value = dict(zip(rows["measure"] + ": " + rows["policy"], rows["value"], strict=True))
    assert value["edge: undirected"] == pytest.approx(5 / 6)
    assert value["node: undirected, isolated nodes left out"] == pytest.approx((1 + 1 + 1 + 1 / 2 + 1 / 2 + 1) / 6)
    assert value["class-insensitive: undirected"] == pytest.approx(8 / 9 - 4 / 6 + 2 / 3 - 2 / 6)
    assert value["adjusted: both ends of every stored edge count"] == pytest.approx((5 / 6 - 10 / 16) / (1 - 10 / 16))
    assert value["label informativeness (edge): both ends of every stored edge count"] == pytest.approx(0.25178, abs=5e-6)
    node = "label informativeness (node): both ends of every stored edge count, isolated nodes left out"
    assert value[node] == pytest.approx(0.33819, abs=5e-6)
    assert found["class_edges"].to_numpy().tolist() == [
        ["<b>a</b>", "<b>a</b>", pytest.approx(8 / 9)],
        ["<b>a</b>", "b", pytest.approx(1 / 9)],
        ["b", "<b>a</b>", pytest.approx(1 / 3)],
        ["b", "b", pytest.approx(2 / 3)],
    ]
    assert list(found["class_edges"]) == ["class", "neighbor_class", "share"]
    assert list(found["ccns"]) == ["class", "other_class", "similarity"]
    assert found["local"]["count"].tolist() == [0, 0, 0, 0, 0, 2, 0, 0, 0, 4]
    assert found["local"]["high"].iloc[2] == 0.3


def test_the_sentence_on_why_they_disagree_is_computed():
    first, second = captions(measured(graph()))[:2]
    assert first.startswith("toy is homophilous: ")
    assert "83.3 % of the edges link a class to itself, where 62.5 % would without regard to labels" in first
    assert "adjusted homophily is 0.56" in first
    # The mean over nodes is the same: nothing to explain.
    assert "tends to be" not in second
    assert second.startswith("Where the measures disagree, they ask different things: a neighbour's label")
    assert "25.2 % of the entropy" in second


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([0, 0, 0, 1, 1, 1], "toy is homophilous: 100.0 % of the edges"),
        ([0, 0, 1, 1, 1, 1], "toy is weakly homophilous: 66.7 %"),
        ([0, 0, 1, 1, 0, 1], "toy is heterophilous"),
        ([0, 0, 0, 0, 0, 0], "toy: 100.0 % of the edges link a class to itself, as they must"),
    ],
)
def test_the_first_sentence_says_which_it_is(labels, said):
    links = undirected([[0, 1, 0, 3, 4, 3], [1, 2, 2, 4, 5, 5]], 6)
    assert captions(measured(graph(links, labels)))[0].startswith(said), captions(measured(graph(links, labels)))[0]


def test_pure_classes_leave_nothing_to_disagree_on_and_a_class_without_nodes_says_nothing():
    links = undirected([[0, 1, 0, 3, 4, 3], [1, 2, 2, 4, 5, 5]], 6)
    said = captions(measured(graph(links, [0, 0, 0, 1, 1, 1])))
    assert said[1] == "Here the measures agree: there are several classes, and no edge joins two of them."
    assert said[2] == "No edge joins two classes."
    lonely = measured(graph(undirected([[0, 1, 0, 3], [1, 2, 2, 0]], 6), [0, 0, 0, 1, -1, -1]))
    assert "(1 of one node left out)" in " ".join(captions(lonely)) or "neighbourhoods" not in " ".join(captions(lonely))


def test_degree_and_isolated_nodes_are_named_where_they_matter():
    # A hub of class 0 with three neighbours of class 1, two linked nodes of class 1, and one that is alone.
    found = measured(graph(undirected([[0, 0, 0, 4], [1, 2, 3, 5]], 7), [0, 1, 1, 1, 1, 1, 1]))
    assert found.isolated == 1
    assert "25.0 % of the edges" in captions(found)[0]
    first = captions(found)[1]
    assert "the more neighbours a node has, the smaller the share of its own class among them tends to be" in first
    assert (
        "so that the mean over nodes with neighbours is 33.3 %; it is 28.6 % over all nodes if 1 node without neighbours counts as 0"
        in first
    )
    assert "2 of 2 classes link to themselves less than their share of the nodes" in first
    # The hub agrees with all of its neighbours, two others do not.
    turned = captions(measured(graph(undirected([[0, 0, 0, 4], [1, 2, 3, 5]], 6), [0, 0, 0, 0, 0, 1])))[1]
    assert "the larger the share of its own class" in turned


def test_where_edges_go_and_whose_neighbourhoods_are_alike():
    said = captions(measured(graph()))
    assert "'b' keeps the fewest of its edges within the class, 66.7 %; 33.3 % go to '<b>a</b>'." in said[2]
    assert said[3].startswith("The neighbourhoods of 2 of 2 classes are more alike among themselves")
    assert "(similarity 0.48)" in said[3]


def test_a_directed_graph_is_said_to_be_one_and_what_was_done():
    found = measured(one_way(), labels="train")
    assert (found.self_loops, found.parallel, found.unlabelled) == (1, 1, 2)
    said = captions(found)
    (advice,) = [line for line in said if "the direction" in line]
    assert advice.startswith("Keep the direction of the edges: R² with equal labels is 1 for nodes that point to the same one (AAᵀ), 0 for")
    assert "a direction score of 1.00; where edges point either way by chance it is at most 0." in advice
    assert "95 % of 99 permutations" in advice
    counted = said[-1]
    assert "a node's neighbours are those that point to it" in counted
    assert "count both ends of every stored edge" in counted
    assert "2 nodes without a label are left out" in counted
    assert "1 self-loop counts as an edge within a class." in counted
    assert "1 stored edge repeats another and counts again." in counted
    row = tables(found)["measures"].iloc[-1]
    assert row["measure"] == "direction score"
    assert row["policy"] == "labels of training nodes, random split 0; directed"
    assert row["value"] == 1


def test_only_training_labels_decide_on_direction_unless_all_are_asked_for():
    given, few = one_way(), np.zeros(26, dtype=bool)
    few[[0, 1, 12, 13]] = True
    assert measured(given, few).direction.nodes == 4
    every = measured(given, few, labels="all")
    assert every.direction.nodes == 24
    assert "all labels: diagnostic" in every.measures[-1].policy


def test_too_many_paths_leave_the_other_numbers(monkeypatch):
    monkeypatch.setattr(direction, "MOST_PATHS", 10)
    found = measured(one_way())
    assert found.named("label informativeness (edge)")
    (line,) = [line for line in captions(found) if "direction:" in line]
    assert line.startswith("No advice on direction: AAᵀ may link 288 pairs of the 24 labelled nodes, by 288 paths of two steps")
    assert line.endswith("nodes.")


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (graph(edges=[[], []]), "Not defined, as no edge links two labelled nodes: edge, node, class-insensitive, adjusted"),
        (graph(labels=[0, 0, 0, 0, 0, 0]), "Not defined, as all linked nodes are of one class: adjusted"),
        (graph(labels=[0, 0, 0, 0, 0, 0]), "Not defined, as there is one class: class-insensitive"),
        (graph(labels=[-1, -1, -1, -1, -1, -1]), "Not defined, as no node has a label: node"),
    ],
)
def test_what_is_not_defined_says_why_and_is_drawn(given, reason):
    found = measured(given)
    said = " ".join(captions(found))
    assert reason in said
    assert "nan" not in said.lower().split()
    assert "No advice on direction: " in said
    views = draw(found)
    for view in views.values():
        assert not isinstance(view, Chart) or view.figure.to_json()
    bars = views["measures"].figure.data[0]
    undefined = [one.measure for one in found.measures[:-1] if np.isnan(one.value)]
    assert list(bars.text).count("not defined") == len(undefined) > 0
    assert np.isfinite(bars.x).all()
    assert len(tables(found)["class_edges"]) == 4


def test_classes_without_a_node_have_no_numbers():
    found = measured(graph(names=("a", "b", "c", "d")))
    assert found.class_edges.shape == found.similarity.shape == (4, 4)
    assert np.isnan(found.similarity[2:]).all()
    assert "of 2 classes are more alike" in " ".join(captions(found))


def test_shares_are_binned_by_whole_numbers():
    # Node 0 has three in-neighbours of its class among ten, node 11 seven: 0.3 and 0.7 are not on the edge of a bin as floats.
    labels = [0] * 4 + [1] * 7 + [0] * 1
    edges = [[*range(1, 11), *range(1, 11)], [0] * 10 + [11] * 10]
    assert measured(graph(edges, labels, ("a", "b"), directed=True)).local.tolist() == [0, 0, 0, 2, 0, 0, 0, 0, 0, 0]


def test_pictures_hold_the_tables_and_escape_names():
    found = measured(graph())
    views = draw(found)
    assert list(views) == ["measures", "class_edges", "ccns", "local", "direction"]
    for name, view in views.items():
        assert view.data.equals(tables(found)[name])
    for name in ("class_edges", "ccns"):
        assert "<b>a" not in views[name].figure.to_json().replace("\\u003c", "<")
        assert np.array_equal(views[name].figure.data[0].z, getattr(found, {"ccns": "similarity"}.get(name, name)))
    assert views["local"].figure.data[0].y.sum() == 6
    bars = views["measures"].figure.data[0]
    assert sorted(bars.x) == pytest.approx(sorted(float(one.value) for one in found.measures[:-1]))


def test_it_is_asked_for_without_a_model(tmp_path):
    assert LENS.plan(NO_MODEL, 3, {}) == ()
    assert not LENS.asks_model
    found = run_lens(lambda *_, **__: None, lens="homophily", spec=NO_MODEL, seeds=1, values={}, root=tmp_path)
    assert isinstance(found, Homophily)
    assert found.dataset == "karate"
    assert "random split 0" in found.judged


def test_the_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "numbers.json"
    assert main(["lens", "homophily", "--dataset", "csbm", "--set", "homophily=0.2", "--set", "labels=all", "--json", str(file)]) == 0
    found = json.loads(file.read_text(encoding="utf-8"))
    assert set(found["tables"]) == {"measures", "class_edges", "ccns", "local", "direction"}
    assert found["specs"] == []
    edge = next(row for row in found["tables"]["measures"] if row["measure"] == "edge")
    assert edge["value"] == pytest.approx(0.2, abs=0.05)
    assert found["tables"]["measures"][-1]["value"] is None
    assert "Note: Where the measures disagree, they ask different things" in capsys.readouterr().out


def test_a_model_that_is_named_all_the_same_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    said = []
    for more in ([], ["--model", "gcn"]):
        assert main(["lens", "homophily", "--dataset", "karate", *more, "--json", "-"]) == 0
        said.append(json.loads(capsys.readouterr().out)["tables"])
    assert said[0] == said[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "The lens homophily needs --dataset; see 'hopscope list datasets'."),
        (["--dataset", "cara"], "no dataset 'cara'"),
        (["--dataset", "karate", "--split", "nowhere"], "no split of karate 'nowhere'"),
        (["--dataset", "karate", "--set", "labels=test"], "takes one of train, all"),
        (["--dataset", "karate", "--set", "lr=0.1"], "no setting 'lr'"),
        (["--dataset", "karate", "--set", "model.depth=2"], "settings belong to dataset"),
        (["--dataset", "csbm", "--set", "homophily=0.1,0.9"], "here each setting has one"),
    ],
)
def test_bad_words_are_exit_2_and_a_sentence(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lens", "homophily", *words]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.public_data
def test_values_of_cora() -> None:
    from core.datasets.contract import load
    from core.splits import split_of

    given = load("cora", {})
    spec = RunSpec(DatasetSpec("cora"), ModelSpec(""))
    found = measure(Context(given, split_of(given, spec.dataset), spec, ()), {"labels": "train"})
    values = [round(float(one.value), 4) for one in found.measures[:6]]
    assert values == [0.8100, 0.8252, 0.8252, 0.7657, 0.7711, 0.5904]
    assert found.class_edges.shape == (7, 7)
    assert found.local.sum() == 2708
