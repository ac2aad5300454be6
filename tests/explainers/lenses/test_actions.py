"""The actions lens: a run whose policy is set by its weights, and sentences and pictures of made-up ones."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from core.actions import ACTIONS
from core.data import GraphData, Split
from core.metrics.actions import messages
from core.models.contract import model
from core.parameters import resolve
from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec, settings
from core.store import Store
from core.training import train
from explainers.actions_request import ACTION, BROADCASTS, LISTENS
from explainers.contract import Context, Unsupported
from explainers.lenses import actions as lens
from explainers.lenses.actions import figures, groups, node_figures, picture
from explainers.lenses.actions import result as results
from explainers.lenses.actions.captions import alike, captions, does, matters, otherwise, passes, sure
from explainers.lenses.actions.readings import read
from explainers.lenses.actions.result import Actions, Layer, Reading

STANDARD, LISTEN, BROADCAST, ISOLATE = range(4)
# 0 ⇄ 1 and 1 ⇄ 2, of one class; 2 ⇄ 3, of two
EDGES = np.array([[0, 1, 1, 2, 2, 3], [1, 0, 2, 1, 3, 2]])
LABELS = np.array([0, 0, 0, 1])
SCORES = np.array([[2.0, 0, 1, 0], [0, 3, 0, 1], [1, 0, 2, 0], [0, 0, 0, 1.5]])
"""[node, action]: standard, listen, broadcast, isolate are the likeliest of the nodes 0, 1, 2, 3."""
W, V, B = np.diag([1.0, 2, 3, 4]), np.diag([0.5, 0.5, 0.5, 0.5]), np.array([0.1, 0.2, 0.3, 0.4])
U = np.array([[1.0, -1, 2, 0], [0, 1, -1, 1]])


@pytest.fixture(scope="module")
def path() -> GraphData:
    masks = (np.array(mask, dtype=bool) for mask in ([1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 1]))
    return GraphData("path", np.eye(4, dtype=np.float32), EDGES, LABELS, ("a", "b"), {"public": Split(*masks)})


def spec_of(name: str = "cognn", seed: int = 0, **given: object) -> RunSpec:
    chosen = settings(resolve(model(name).parameters, given, name))
    return RunSpec(DatasetSpec("karate", split="public"), ModelSpec(name, chosen), TrainingSpec.of({"epochs": 2}), seed)


@pytest.fixture(scope="module")
def run(path):
    """One layer of four channels on one-hot features; every node's policy is the softmax of its row of `SCORES`."""
    trained = train(spec_of(depth=1, width=4), graph=path, device="cpu")
    weights = {"encoder.weight": np.eye(4), "encoder.bias": np.zeros(4), "classifier.weight": U, "classifier.bias": np.zeros(2)}
    weights |= {"convolutions.0.lin_l.weight": W, "convolutions.0.lin_l.bias": B, "convolutions.0.lin_r.weight": V}
    weights |= {"policy.convolutions.0.lin_l.weight": np.zeros((4, 4)), "policy.convolutions.0.lin_l.bias": np.zeros(4)}
    weights |= {"policy.convolutions.0.lin_r.weight": SCORES.T}
    assert set(weights) == set(trained.weights)
    return replace(trained, weights={name: value.astype(np.float32) for name, value in weights.items()})


def expected_logits(listens, broadcasts):
    """The layer's definition, densely: what is heard is a mean over all in-neighbours."""
    adjacency = np.zeros((4, 4))
    adjacency[EDGES[1], EDGES[0]] = 1
    mean = adjacency / adjacency.sum(axis=1, keepdims=True)
    heard = np.array(listens)[:, None] * (mean @ (np.array(broadcasts)[:, None] * np.eye(4)) @ W.T)
    return np.maximum(heard + V.T + B, 0) @ U.T


def test_a_run_with_a_set_policy(run, path):
    found = read(run, path)
    (layer,) = found.layers
    np.testing.assert_allclose(layer.policy, np.exp(SCORES) / np.exp(SCORES).sum(axis=1, keepdims=True), rtol=1e-5)
    assert layer.action.tolist() == [STANDARD, LISTEN, BROADCAST, ISOLATE]
    shares = found.messages.set_index("edges")["carried"]
    assert shares.to_dict() == pytest.approx({"all": 2 / 6, "same class": 2 / 4, "other class": 0}), "0 → 1 and 2 → 1"
    chance = {"broadcast": layer.policy[:, [0, 2]].sum(axis=1), "listen": layer.policy[:, [0, 1]].sum(axis=1)}
    drawn = [chance["broadcast"][u] * chance["listen"][v] for u, v in EDGES.T.tolist()]
    assert found.messages["expected"].tolist() == pytest.approx([np.mean(drawn), np.mean(drawn[:4]), np.mean(drawn[4:])])


def test_what_becomes_of_it_if_the_nodes_are_told_otherwise(run, path):
    found = read(run, path)
    rows, tested = found.swaps, found.tested
    assert tested == 2
    assert rows["layer"].unique().tolist() == ["all"], "one layer alone is all of them"
    score = rows.set_index("swap")["test_score"]
    told = {"learned": ([1, 1, 0, 0], [1, 0, 1, 0]), "standard": ([1] * 4, [1] * 4), "isolate": ([0] * 4, [0] * 4)}
    for swap, ways in told.items():
        right = expected_logits(*ways).argmax(axis=1)[2:] == LABELS[2:]
        assert score[swap] == pytest.approx(right.mean()), swap
    assert 0 <= score["permuted"] <= 1
    changed = rows.set_index("swap")["changed"]
    assert changed["learned"] == 0
    before, after = (expected_logits(*told[swap]).argmax(axis=1)[2:] for swap in ("learned", "isolate"))
    assert changed["isolate"] == pytest.approx((before != after).mean())


def test_tables_have_the_columns_that_the_command_promises(run, path, tmp_path):
    Store(tmp_path).put(run)
    context = Context(path, path.splits["public"], run.spec, (replace(run, weights={}),), root=tmp_path)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("core.stored.graph_of", lambda *_: path)
        found = lens.measure(context, {})
    tables = lens.tables(found)
    assert list(tables["nodes"]) == ["seed", "layer", "node", "action", *ACTIONS, "degree", "homophily"]
    assert tables["nodes"]["action"].tolist() == list(ACTIONS)
    assert tables["nodes"]["degree"].tolist() == [1, 2, 2, 1]
    assert tables["nodes"]["homophily"].tolist() == [1, 1, 0.5, 0]
    np.testing.assert_allclose(tables["nodes"][list(ACTIONS)].sum(axis=1), 1, rtol=1e-6)
    assert list(tables["layers"]) == ["seed", "layer", "action", "nodes", "share", "probability"]
    assert tables["layers"]["share"].tolist() == [0.25] * 4
    assert tables["layers"]["probability"].sum() == pytest.approx(1)
    assert list(tables["messages"]) == ["seed", "layer", "edges", "number", "carried", "expected"]
    assert list(tables["swaps"]) == ["seed", "layer", "swap", "test_score", "probability", "changed"]
    assert list(tables["by_class"]) == ["seed", "layer", "class", "action", "nodes", "share", "probability"]
    of_a = tables["by_class"][tables["by_class"]["class"] == "a"]
    assert of_a["share"].tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0])
    assert of_a["nodes"].tolist() == [1, 1, 1, 0]
    for view in lens.draw(found).values():
        assert view.reading
        assert view.not_shown
        assert len(view.data)
    assert {"shares", "messages", "swaps", "by_class_1", "by_degree_1", "by_homophily_1"} == set(lens.draw(found))


def test_renumbered_nodes_do_the_same(run, path):
    order = np.array([2, 0, 3, 1])
    place = np.argsort(order)
    renamed = replace(path, features=path.features[order], edge_index=place[path.edge_index], labels=path.labels[order])
    one, other = read(run, path), read(run, renamed)
    np.testing.assert_array_equal(one.layers[0].action[order], other.layers[0].action)
    np.testing.assert_allclose(one.messages[["carried", "expected"]], other.messages[["carried", "expected"]], rtol=1e-6)


@pytest.mark.parametrize("name", ["gcn", "gat"])
def test_models_without_actions_are_refused_before_they_are_trained(name):
    title = model(name).title
    with pytest.raises(Unsupported, match=f"The nodes of {title} have no actions to choose from. Take Co-GNN, whose"):
        lens.plan(spec_of(name), 1, {})


def layer_of(*actions: int, sure: float = 0.7) -> Layer:
    policy = np.full((len(actions), 4), (1 - sure) / 3, dtype=np.float32)
    policy[np.arange(len(actions)), actions] = sure
    return Layer(np.array(actions, dtype=np.int8), policy)


def made_up(*runs: tuple[Layer, ...], scores: tuple[dict[str, float], ...] = (), changed: float = 0, tested: int = 0) -> Actions:
    readings = []
    for seed, layers in enumerate(runs):
        frames = [messages(EDGES, one.action, one.policy, LABELS).assign(layer=number) for number, one in enumerate(layers, 1)]
        given = scores[seed] if scores else {"learned": 0.8, "standard": 0.7, "permuted": 0.6, "isolate": 0.5}
        rows = [{"layer": "all", "swap": swap, "test_score": score, "probability": 0, "changed": changed} for swap, score in given.items()]
        readings.append(Reading(seed, layers, pd.concat(frames, ignore_index=True), pd.DataFrame(rows), tested))
    share = np.array([1, 1, 0.5, 0])
    return Actions("cognn", "path", "public split", "accuracy", ("a", "b"), LABELS, np.array([1, 2, 2, 1]), share, tuple(readings))


BOTH, MIXED = layer_of(*[STANDARD] * 4, sure=1.0), layer_of(STANDARD, LISTEN, BROADCAST, ISOLATE)


def test_the_sentences_of_a_plain_gnn():
    found = made_up((BOTH, BOTH), (BOTH, BOTH))
    assert does(found) == "Co-GNN (2 seeds): in both layers all nodes listen and broadcast."
    assert matters(found) == "That is what a GNN without actions does; test accuracy is 80.0 ± 0.0 %."
    assert passes(found) == (
        "Every edge carries a message, as in a GNN without actions; were each action drawn by these probabilities, on the same states, "
        "100.0 ± 0.0 % of them would (mean over the layers)."
    )
    assert alike(found) == "", "there is nothing to agree on"


def test_the_sentences_of_one_seed():
    found = made_up((BOTH, MIXED))
    assert does(found) == (
        "Co-GNN: in layer 1, all nodes listen and broadcast; in layer 2, 25.0 % of the nodes only broadcast, 25.0 % do neither, 25.0 % "
        "only listen and 25.0 % listen and broadcast."
    )
    assert passes(found).startswith(
        "Edges that carry a message: in layer 1, all; in layer 2, 33.3 % "
        "(50.0 % within a class and 0.0 % between classes, 50.0 points apart);"
    )
    assert matters(found) == "If all nodes are told to listen and broadcast, test accuracy goes from 80.0 % to 70.0 % (10.0 points less)."
    assert "anew among the nodes test accuracy is 60.0 % (20.0 points less); with all isolated" in otherwise(found)
    assert sure(found) == "A node takes its likeliest action, which has a mean probability of 100.0 % in layer 1 and 70.0 % in layer 2."
    assert alike(found) == ""


def test_what_the_seeds_do_not_tell_apart_is_said():
    scores = tuple({"learned": 0.8 + step, "standard": 0.8 - step, "permuted": 0.8, "isolate": 0.5 + step} for step in (0.01, -0.01, 0))
    found = made_up((MIXED,), (layer_of(ISOLATE, ISOLATE, STANDARD, STANDARD),), (BOTH,), scores=scores)
    assert matters(found).endswith("to 80.0 ± 2.5 % (not told apart by the seeds).")
    assert "not told apart by the seeds);" in passes(found)
    assert "(30.0 points less)" in otherwise(found)
    same, chance = (0 + 1 / 4 + 1 / 2) / 3, (1 / 4 + 1 / 4 + 1 / 2) / 3
    assert (
        alike(found)
        == f"Two seeds give a node the same action in {100 * same:.1f} % of the cases; by chance it would be {100 * chance:.1f} %."
    )


def test_of_one_seed_it_is_said_how_many_nodes_a_swap_concerns():
    found = made_up((MIXED,), changed=1 / 8, tested=16)
    assert matters(found).endswith("to 70.0 % (10.0 points less; 2 of 16 test nodes predicted otherwise).")
    of_draws = made_up((MIXED,), changed=7 / 48, tested=16)  # 7 nodes in three draws
    assert "60.0 % (20.0 points less; 2.3 of 16 test nodes predicted otherwise); with" in otherwise(of_draws)
    same = made_up((MIXED,), scores=(dict.fromkeys(("learned", "standard", "permuted", "isolate"), 0.8),), changed=1 / 8, tested=16)
    assert matters(same).endswith("to 80.0 % (the same; 2 of 16 test nodes predicted otherwise)."), "as many gained as lost"
    several = made_up((MIXED,), (MIXED,), changed=1 / 8, tested=16)
    assert "otherwise)" not in matters(several), "an interval says it"


def test_swaps_are_drawn_as_paired_changes_in_points():
    # the seeds differ by 20 points among themselves, and every swap by as much in all of them
    levels = ((0.9, 0.01), (0.8, 0.02), (0.7, 0.03))
    scores = tuple({"learned": top, "standard": top - step, "permuted": top, "isolate": top - 0.5} for top, step in levels)
    found = made_up((MIXED,), (MIXED,), (MIXED,), scores=scores)
    rows = results.changes(found).set_index("swap")
    assert rows.loc["standard", "change"] == pytest.approx(-0.02)
    half = 4.302653 * 0.01 / np.sqrt(3)  # t of two degrees of freedom times s / √n
    assert rows.loc["standard", ["low", "high"]].tolist() == pytest.approx([-0.02 - half, -0.02 + half], abs=1e-7)
    assert rows.loc["standard", "test_score"] == pytest.approx(0.78)
    assert rows["seeds"].tolist() == [3, 3, 3]
    view = figures.swaps(found)
    drawn = {trace.name: (trace.x[0], trace.error_x.array[0]) for trace in view.figure.data}
    assert drawn["all listen and broadcast"] == pytest.approx((-2, 100 * half))
    assert drawn["actions dealt out anew"] == pytest.approx((0, 0))
    assert drawn["all isolated"] == pytest.approx((-50, 0), abs=1e-9)
    assert "Where the interval holds 0, the seeds do not tell" in view.reading
    assert "in points from the learned 80.0 ± 24.8 %" in view.figure.layout.xaxis.title.text
    low, high = view.figure.layout.xaxis.range
    assert low < -50 < 0 < high
    one = figures.swaps(made_up((MIXED,)))
    assert one.figure.data[0].error_x.array is None
    assert "interval" not in one.reading


def test_seeds_that_have_little_in_common_are_told_by_their_commonest_action():
    found = made_up((BOTH,), (layer_of(*[LISTEN] * 4),))
    said = "to listen and broadcast in 1 of 2 seeds (100 % of the nodes) and to only listen in 1 (100 %)"
    assert does(found) == f"Co-GNN (2 seeds): in layer 1, the commonest action is {said}."


def test_of_many_layers_those_alike_are_told_together():
    found = made_up((BOTH, BOTH, BOTH, MIXED, BOTH))
    assert does(found).startswith("Co-GNN: in layers 1, 2, 3 and 5, all nodes listen and broadcast; in layer 4, 25.0 % of the nodes only")
    found = made_up((BOTH, BOTH, BOTH, layer_of(*[ISOLATE] * 4)))
    assert does(found) == "Co-GNN: in layers 1 to 3, all nodes listen and broadcast; in layer 4, all nodes do neither."
    assert passes(found).startswith("Edges that carry a message: in layers 1 to 3, all; in layer 4, none; were each action drawn")


def test_of_many_layers_that_differ_the_extremes_are_told():
    found = made_up((BOTH, MIXED, layer_of(*[LISTEN] * 4), layer_of(LISTEN, LISTEN, LISTEN, STANDARD)))
    assert does(found) == "Over Co-GNN's 4 layers between 0.0 % (layer 3) and 100.0 % (layer 1) of the nodes listen and broadcast."
    # 1, 1/3, 0 and 1/6 of all edges; 1, 1/2, 0 and 0 within a class; 1, 0, 0 and 1/2 between two
    assert passes(found).startswith("Edges that carry a message: in the mean over the layers, 37.5 % (37.5 % within a class and 37.5 %")
    assert "between 70.0 % (layer 2) and 100.0 % (layer 1)" in sure(found)


def test_a_graph_without_edges_or_labels_is_read(run, path):
    for graph in (replace(path, edge_index=EDGES[:, :0]), replace(path, labels=np.array([0, 0, -1, -1]))):
        found = replace(
            made_up((BOTH,)), labels=graph.labels, homophily=np.full(4, np.nan), readings=(read(run, graph),), degree=np.zeros(4, dtype=int)
        )
        said = captions(found)
        assert not any("nan" in sentence.lower().split() for sentence in said)
        assert figures.draw(found)
    assert passes(made_up((BOTH,))) != passes(found)


def test_groups_by_degree_double_and_those_by_homophily_leave_out_the_lonely():
    degree = np.array([0, 1, 4, 5, 8, 9, 16, 17])
    found = replace(made_up((BOTH,)), degree=degree, homophily=np.array([np.nan, 0, 0.19, 0.2, 0.5, 0.79, 0.8, 1]))
    by = groups.degrees(found)
    assert [by.names[group] for group in by.group] == ["0", "1", "4", "5–8", "5–8", "9–16", "9–16", "17–32"]
    assert groups.homophilies(found).group.tolist() == [-1, 0, 0, 1, 2, 3, 4, 4]


def opened(graph: GraphData, edges: int = 3) -> SimpleNamespace:
    return SimpleNamespace(graph=graph, positions=np.random.default_rng(0).random((graph.num_nodes, 2)), card=SimpleNamespace(edges=edges))


def test_the_picture_shows_what_nodes_do_and_what_passes(path):
    scene, said = picture.scene(opened(path), MIXED, ACTION, 1)
    assert list(scene.nodes.shape) == ["circle", "square", "triangle-up", "x"]
    assert len(set(scene.nodes.color)) == 4
    ways = {
        tuple(edge): (bool(dashed), bool(arrow))
        for edge, dashed, arrow in zip(scene.edges.tolist(), scene.lines.dashed, scene.lines.arrow, strict=True)
    }
    assert ways == {(0, 1): (False, True), (2, 1): (False, True), (2, 3): (True, False)}
    assert said == "Of 3 links 0 carry messages both ways (line), 2 one way (arrow), 1 none (dashed)."
    assert "listen\nstandard 10 %, listen 70 %" in scene.nodes.tooltip[1]
    plain, said = picture.scene(opened(path), BOTH, ACTION, None)
    assert not any(plain.lines.arrow)
    assert not any(plain.lines.dashed)
    assert said == "All links carry messages both ways."


def test_where_no_heads_are_drawn_the_geometry_stays_from_layer_to_layer(path, monkeypatch):
    def drawn(layer):
        return picture.scene(opened(path), layer, ACTION, None)[0]

    one_way, back = layer_of(BROADCAST, LISTEN, BROADCAST, LISTEN), layer_of(LISTEN, BROADCAST, LISTEN, BROADCAST)
    assert drawn(one_way).geometry != drawn(back).geometry, "an arrow points from the first node to the second"
    monkeypatch.setattr(picture, "MOST_ARROWS", 2)
    scenes = [drawn(one_way), drawn(back)]
    assert scenes[0].geometry == scenes[1].geometry
    assert not scenes[0].arrows
    assert [scene.lines.tooltip[0] for scene in scenes] == ["0 → 1\nmessages one way", "1 → 0\nmessages one way"]


def test_nodes_can_be_coloured_by_chance(path):
    scene, _ = picture.scene(opened(path), MIXED, LISTENS, None)
    assert scene.nodes.color[0] == scene.nodes.color[1] != scene.nodes.color[2], "0.8, 0.8 and 0.2"
    assert list(picture.coloring(MIXED, BROADCASTS).legend) == ["0%", "50%", "100%"]


def test_of_a_large_graph_a_part_is_drawn_and_said(path):
    around, said = picture.scene(opened(path, edges=10**6), MIXED, ACTION, 0)
    assert sorted(around.node_ids.tolist()) == [0, 1, 2]
    assert said.startswith("Showing 3 of 4 nodes: 2 hops around node 0.")
    some, said = picture.scene(opened(path, edges=10**6), MIXED, ACTION, None)
    assert len(some.node_ids) == 4
    assert said.startswith("Showing every node and edge.")


def test_a_directed_edge_passes_messages_one_way(path):
    graph = replace(path, edge_index=EDGES[:, [0, 3, 4]], directed=True)  # 0 → 1, 2 → 1, 2 → 3
    scene, said = picture.scene(opened(graph), BOTH, ACTION, None)
    assert sorted(map(tuple, scene.edges.tolist())) == [(0, 1), (2, 1), (2, 3)]
    assert all(scene.lines.arrow)
    assert said == "A message passes along 3 of 3 links (arrow), none along the others (dashed)."


def test_one_node(path):
    found = made_up((MIXED, BOTH), (BOTH, BOTH))
    assert [node_figures.reach(path, found, 1, node) for node in range(4)] == [(0, 1, 1, 1), (2, 2, 0, 2), (0, 2, 1, 2), (0, 1, 0, 1)]
    rows = node_figures.table(path, found, 1).data
    assert rows["action"].tolist() == ["only listen", "listen and broadcast"]
    assert rows["hears"].tolist() == ["2 of 2", "2 of 2"]
    assert rows["heard_by"].tolist() == ["0 of 2", "2 of 2"]
    assert rows["seeds"].tolist() == ["1 of 2", "2 of 2"]
    view = node_figures.probabilities(found, 1)
    assert view.data.loc[0, "listen"] == pytest.approx(0.7)
    assert (
        node_figures.said(path, found, 1)
        == "Node 1 (class a) has 2 in-neighbours: in layer 1 it hears 2, and 0 hear it; in layer 2 it hears 2, and 2 hear it."
    )
    alone = replace(path, edge_index=EDGES[:, :0])
    assert node_figures.said(alone, found, 1) == "Node 1 (class a) has no neighbour: whatever it does, no message passes."


def test_names_of_classes_are_not_read_as_html():
    found = replace(made_up((MIXED,)), class_names=("<b>a</b>", "b"))
    assert "<b>" not in str(figures.stacked(found, 1, "class").figure.data[0].y)
