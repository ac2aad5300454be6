"""Layer arithmetic: by hand on a path, the model's own numbers for every architecture, and a sentence where there is none."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.capture import hidden_states
from core.data import GraphData, Split
from core.errors import UserError
from core.models.contract import Shape, build, model, models
from core.open_graphs import graph_of
from core.parameters import resolve
from core.rebuilt import batch_of, module_of
from core.run import Run
from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec, settings
from core.store import Store
from core.versions import code_versions
from core.work import silent
from explainers.arithmetic import terms
from explainers.arithmetic.channel import channel
from explainers.arithmetic.contract import families, unsupported
from explainers.arithmetic.figures import terms_table
from explainers.arithmetic.measure import arithmetic, of_run
from explainers.contract import Unsupported

SUPPORTED = sorted(name for name, family in families().items() if family.steps)
STACKS = ["gcn", "sage", "gat", "gatv2", "gin", "chebnet", "mixhop"]
BEFORE = {"gcnii": 1, "resgcn": 1, "omega_gcn": 1, "omega_gat": 1, "appnp": 1, "dagnn": 1, "gprgnn": 1, "fagcn": 1}
"""Hidden states that come before the first step."""


def run_of(name, graph, weights=None, seed=0, **given):
    """A run with weights as they are drawn, moved so that no bias or norm is trivial, and the logits of a whole-graph call."""
    values = resolve(model(name).parameters, given, name)
    spec = RunSpec(DatasetSpec("karate", split="public"), ModelSpec(name, settings(values)), TrainingSpec(), seed)
    shape = Shape(graph.num_features if model(name).uses_features else graph.num_nodes, graph.num_classes, graph.num_nodes)
    torch.manual_seed(seed)
    module = build(name, shape, dict(values)).eval()
    state = module.state_dict()
    if weights is None:
        weights = {key: value + 0.1 * torch.rand_like(value) if value.is_floating_point() else value for key, value in state.items()}
    arrays = {key: np.array(weights[key], dtype=np.float32).reshape(value.shape) for key, value in state.items()}
    batch = batch_of(spec, graph)
    with torch.no_grad():
        logits = module_of(spec, graph, arrays)(batch.x, batch.edges).numpy()
    return Run(spec, "accuracy", {}, logits, 1, {}, 0.1, "cpu", code=code_versions(spec), weights=arrays)


def states_of(run, graph):
    """Hidden states of a whole-graph call, and its logits."""
    batch, module = batch_of(run.spec, graph), module_of(run.spec, graph, run.weights)
    with hidden_states(module) as found, torch.no_grad():
        module(batch.x, batch.edges)
    return [state.numpy() for state in found]


@pytest.fixture(scope="module")
def karate():
    return graph_of(DatasetSpec("karate"))


@pytest.fixture
def path():
    """0 - 1 - 2, and 3 alone."""
    every = np.ones(4, dtype=bool)
    return GraphData(
        name="path",
        features=np.array([[1, 0], [0, 2], [-1, 1], [3, 1]], dtype=np.float32),
        edge_index=np.array([[0, 1, 1, 2], [1, 0, 2, 1]]),
        labels=np.array([0, 1, 0, 1]),
        class_names=("a", "b"),
        splits={"public": Split(every, ~every, ~every)},
    )


def by_label(step, channel):
    """Coefficient, message and contribution of each term."""
    values = zip(step.coefficient[:, 0], step.messages[:, 0, channel], step.contributions[:, channel], strict=True)
    return dict(zip(step.labels, (tuple(map(float, one)) for one in values), strict=True))


def test_gcn_by_hand(path):
    weights = {"convolutions.0.lin.weight": [[1, 2], [0, 1]], "convolutions.0.bias": [0.5, -1]}
    (step,) = of_run(run_of("gcn", path, weights, depth=1), path, 1).steps
    # d̃ = 2, 3, 2; messages x · (1, 2): 1, 4, 1
    side = 1 / np.sqrt(6)
    found = by_label(step, 0)
    assert found["node 0"] == pytest.approx((side, 1, side))
    assert found["itself"] == pytest.approx((1 / 3, 4, 4 / 3))
    assert found["node 2"] == pytest.approx((side, 1, side))
    assert step.labels[0] == "itself"
    assert step.bias.tolist() == [0.5, -1]
    assert step.own is None
    assert step.output == pytest.approx([4 / 3 + 2 * side + 0.5, 2 / 3 + side - 1])
    assert step.of_classes


def test_graphsage_by_hand(path):
    weights = {
        "convolutions.0.lin_l.weight": [[1, 2], [0, 1]],
        "convolutions.0.lin_l.bias": [0.5, -1],
        "convolutions.0.lin_r.weight": [[3, 0], [0, -1]],
    }
    (step,) = of_run(run_of("sage", path, weights, depth=1), path, 1).steps
    found = by_label(step, 0)
    assert found == {"node 0": pytest.approx((0.5, 1, 0.5)), "node 2": pytest.approx((0.5, 1, 0.5))}
    assert step.own == pytest.approx([0, -2])
    assert step.output == pytest.approx([0.5 + 0.5 + 0 + 0.5, 0.5 * 0 + 0.5 * 1 - 2 - 1])


def test_a_hidden_layer_by_hand(path):
    """ReLU, then a second layer, whose residual connection adds the first one's output."""
    names = [f"convolutions.{layer}.{part}" for layer in range(3) for part in ("lin.weight", "bias")]
    one = ([[1, 0], [0, 1]], [0, -1])
    run = run_of("gcn", path, dict(zip(names, one * 3, strict=True)), depth=3, width=2, residual=True)
    first, second, last = of_run(run, path, 3).steps  # alone: Â is 1 there
    assert (first.activation, first.residual) == ("ReLU", None)
    assert first.output.tolist() == [3, 0]
    assert (second.summed.tolist(), second.activated.tolist()) == ([3, -1], [3, 0])
    assert (second.residual.tolist(), second.output.tolist()) == ([3, 0], [6, 0])
    assert last.output.tolist() == [6, -1]
    assert [step.labels for step in (first, second, last)] == [("itself",)] * 3


@pytest.mark.parametrize("name", SUPPORTED)
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_the_steps_are_the_models_own_numbers(name, depth, karate):
    run = run_of(name, karate, depth=depth)
    states = states_of(run, karate)
    for node in (0, 11, 33):
        found = of_run(run, karate, node)
        last = found.steps[-1]
        np.testing.assert_allclose(last.output, run.logits[node], rtol=1e-5, atol=1e-5)
        assert last.of_classes
        assert found.off < 1e-5
        ends = _outputs_of_layers(name, found.steps)
        expected = [state[node] for state in states[BEFORE.get(name, 0) : len(states) - (name == "jknet")]]  # its last one is the jumped
        for step, state in zip(ends, expected, strict=False):
            bias = step.bias if name == "sgc" and step is last else None  # SGC's last state is before its bias
            np.testing.assert_allclose(step.output - (0 if bias is None else bias), state, rtol=1e-5, atol=1e-5)
        assert len(expected) in (len(ends) - 1, len(ends))  # the logits are a state of propagation models


def _outputs_of_layers(name, steps):
    return [step for step in steps if not step.title.endswith(": sum")] if name == "gin" else list(steps)


def test_supergat_may_score_by_scaled_dot_products_alone(karate):
    run = run_of("supergat", karate, depth=2, attention="sd")
    found = of_run(run, karate, 11)
    assert found.off < 1e-5
    np.testing.assert_allclose(found.steps[-1].output, run.logits[11], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", SUPPORTED)
def test_messages_times_coefficients_make_the_output(name, karate):
    """Added up again from what is stored, one number after the other."""
    for step in of_run(run_of(name, karate, depth=2), karate, 5).steps:
        total = np.zeros(step.width)
        for term in range(len(step.nodes)):
            every = [float(step.coefficient[term, head]) * step.messages[term, head].astype(float) for head in range(step.heads)]
            total += {"concatenated": np.concatenate, "averaged": lambda one: np.mean(one, axis=0), "summed": sum}[step.merge](every)
        for part in (step.own, step.bias):
            total += 0 if part is None else part
        np.testing.assert_allclose(total, step.summed, atol=1e-5)
        out = {"": lambda x: x, "ReLU": lambda x: np.maximum(x, 0), "ELU": lambda x: np.where(x > 0, x, np.expm1(x))}[step.activation](
            total
        )
        np.testing.assert_allclose(out + (0 if step.residual is None else step.residual), step.output, atol=1e-5)


@pytest.mark.parametrize("name", STACKS)
@pytest.mark.parametrize("norm", ["batch", "layer", "pair", "node"])
def test_with_norm_residual_and_without_bias(name, norm, karate):
    run = run_of(name, karate, depth=3, residual=True, normalization=norm, bias=False, activation="tanh")
    found = of_run(run, karate, 2)
    np.testing.assert_allclose(found.steps[-1].output, run.logits[2], rtol=1e-5, atol=1e-5)
    middle = _outputs_of_layers(name, found.steps)[1]
    assert middle.norm in ("BatchNorm", "LayerNorm", "PairNorm", "NodeNorm")
    assert middle.activation == "Tanh"
    np.testing.assert_allclose(np.tanh(middle.normalized) + middle.residual, middle.output, rtol=1e-5, atol=1e-5)
    assert all(step.bias is None for step in found.steps)


@pytest.mark.parametrize("jump", ["cat", "max", "lstm"])
def test_jumping_knowledge(jump, karate):
    run = run_of("jknet", karate, depth=3, jump=jump, normalization="batch")
    found = of_run(run, karate, 7)
    np.testing.assert_allclose(found.steps[-1].output, run.logits[7], rtol=1e-5, atol=1e-5)
    assert len(found.steps[-1].labels) == (3 if jump == "cat" else 1)


def test_averaged_heads(karate):
    run = run_of("gat", karate, depth=2, output_heads=3)
    last = of_run(run, karate, 0).steps[-1]
    assert (last.merge, last.heads, last.width) == ("averaged", 3, karate.num_classes)
    np.testing.assert_allclose(last.coefficient.sum(axis=0), 1, atol=1e-6)
    np.testing.assert_allclose(last.output, run.logits[0], atol=1e-5)


def test_coefficients_are_those_of_the_normalised_adjacency(karate):
    linked = np.eye(34)
    linked[karate.edge_index[1], karate.edge_index[0]] = 1
    degree = linked.sum(axis=1)
    hat = linked / np.sqrt(np.outer(degree, degree))
    for step in of_run(run_of("gcn", karate, depth=2), karate, 33).steps:
        assert sorted(step.nodes) == np.flatnonzero(hat[33]).tolist()
        np.testing.assert_allclose(step.coefficient[:, 0], hat[33][step.nodes], rtol=1e-6)
        assert step.labels[step.nodes.tolist().index(33)] == "itself"


@pytest.mark.parametrize("name", SUPPORTED)
def test_self_loops_repeated_and_directed_edges(name, path):
    stored = np.array([[0, 1, 1, 2, 0, 1, 1], [1, 0, 2, 1, 0, 1, 2]])
    graph = replace(path, edge_index=np.concatenate([stored, [[3], [0]]], axis=1), directed=True)
    run = run_of(name, graph, depth=2)
    for node in range(4):
        np.testing.assert_allclose(of_run(run, graph, node).steps[-1].output, run.logits[node], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["gcn", "sage", "gat", "gin", "appnp", "chebnet"])
def test_an_isolated_node(name, path):
    run = run_of(name, path, depth=2)
    found = of_run(run, path, 3)
    np.testing.assert_allclose(found.steps[-1].output, run.logits[3], atol=1e-5)
    assert {label for step in found.steps for label, node in zip(step.labels, step.nodes, strict=True) if node >= 0} <= {"itself"}


@pytest.mark.parametrize("name", [name for name in SUPPORTED if name != "gcn_structure"])
def test_other_numbers_for_the_nodes_change_no_number(name, karate):
    """Node u is called order[u]; without features, weights belong to nodes."""
    order = np.random.default_rng(0).permutation(34)
    old = np.argsort(order)
    moved = GraphData(
        name="karate",
        features=karate.features[old],
        edge_index=order[karate.edge_index],
        labels=karate.labels[old],
        class_names=karate.class_names,
        splits={key: Split(one.train[old], one.validation[old], one.test[old]) for key, one in karate.splits.items()},
    )
    run = run_of(name, karate, depth=2)
    again = run_of(name, moved, run.weights, depth=2)
    for step, other in zip(of_run(run, karate, 2).steps, of_run(again, moved, int(order[2])).steps, strict=True):
        np.testing.assert_allclose(other.output, step.output, rtol=1e-4, atol=1e-5)
        if (step.nodes >= 0).all():
            assert set(other.nodes) == set(order[step.nodes])
        given = {int(order[node]) if node >= 0 else label: row for node, label, row in zip(step.nodes, step.labels, step.contributions)}  # noqa: B905
        for node, label, row in zip(other.nodes, other.labels, other.contributions, strict=True):
            np.testing.assert_allclose(row, given[int(node) if node >= 0 else label], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["gcn", "gat", "chebnet"])
def test_of_many_neighbours_the_largest_are_kept_and_the_sum_stays(name, karate, monkeypatch):
    run = run_of(name, karate, depth=2)
    whole = of_run(run, karate, 33)
    monkeypatch.setattr(terms, "KEPT", 4)
    for step, short in zip(whole.steps, of_run(run, karate, 33).steps, strict=True):
        assert short.nodes.tolist() == step.nodes[:4].tolist()
        assert short.others == len(step.nodes) - 4
        rest = short.rest.reshape(-1) if step.merge == "concatenated" else short.rest.sum(axis=0)
        np.testing.assert_allclose(short.contributions.sum(0) + rest, step.contributions.sum(0), atol=1e-5)
        np.testing.assert_allclose(short.coefficient.sum(0) + short.rest_coefficient, step.coefficient.sum(0), atol=1e-5)
        sizes = np.abs(step.contributions).sum(axis=1)
        assert (np.diff(sizes) <= 1e-9).all()


def a_star(leaves):
    """Node 0 in the middle, linked with all others; features that differ from node to node."""
    others = np.arange(1, leaves + 1)
    middle, every = np.zeros_like(others), np.ones(leaves + 1, dtype=bool)
    return GraphData(
        name="star",
        features=np.random.default_rng(0).normal(size=(leaves + 1, 3)).astype(np.float32),
        edge_index=np.stack([np.append(middle, others), np.append(others, middle)]),
        labels=np.arange(leaves + 1) % 2,
        class_names=("a", "b"),
        splits={"public": Split(every, ~every, ~every)},
    )


@pytest.mark.parametrize(("name", "given"), [("chebnet", {"order": 3}), ("gat", {"output_heads": 3})])
def test_the_others_of_a_head_are_its_own(name, given, monkeypatch):
    """Against all terms of the same node, none of them summed up."""
    star = a_star(230)
    run = run_of(name, star, depth=1, **given)
    (short,) = of_run(run, star, 0).steps
    monkeypatch.setattr(terms, "KEPT", 1000)
    (whole,) = of_run(run, star, 0).steps
    assert (short.others, whole.others) == (len(whole.nodes) - 200, 0)
    assert short.others >= 30
    assert short.heads == 3
    for number in range(2):
        for head in (None, *range(3)):
            found, full = channel(short, number, head), channel(whole, number, head)
            assert found.rest == pytest.approx(full.contribution[200:].sum(), abs=1e-6)
            assert found.other_heads == pytest.approx(full.other_heads, abs=1e-6)
            parts = found.contribution.sum() + found.rest + found.other_heads + (found.own or 0) + (found.bias or 0)
            assert parts == pytest.approx(found.total, abs=1e-5)
        data = terms_table(channel(short, number, 1), star).data
        assert data["coefficient"].iloc[-1] == pytest.approx(whole.coefficient[200:, 1].sum(), abs=1e-6)
        assert data["contribution"].iloc[-1] == pytest.approx(channel(whole, number, 1).contribution[200:].sum(), abs=1e-6)


@pytest.mark.parametrize("name", sorted(models()))
def test_every_model_is_taken_apart_or_says_why_not(name, karate):
    run = run_of(name, karate, depth=2)
    reason = unsupported(run.spec)
    assert bool(reason) == (name not in SUPPORTED)
    if reason:
        assert reason.endswith("ωGCN.")
        assert "GraphSAGE" in reason
        with pytest.raises(Unsupported, match=reason.split(":")[0]):
            of_run(run, karate, 0)


def test_a_model_that_nobody_has_taken_apart_yet():
    spec = RunSpec(DatasetSpec("karate"), ModelSpec("brand_new"))
    assert unsupported(spec).startswith("Nobody has written the arithmetic of BRAND NEW yet. Models with layer arithmetic: APPNP, ")


def test_a_stored_run_and_what_is_not_there(karate, tmp_path):
    run = run_of("gcn", karate, depth=2)
    with pytest.raises(UserError, match="not stored any more"):
        arithmetic(silent, spec=run.spec, node=0, root=tmp_path)
    history = {name: np.ones(1) for name in ("train_loss", "validation_loss", "train_score", "validation_score", "test_score")}
    Store(tmp_path).put(replace(run, history=history, scores={"test_score": 0.5}))
    found = arithmetic(silent, spec=run.spec, node=4, root=tmp_path)
    np.testing.assert_allclose(found.steps[-1].output, run.logits[4], atol=1e-5)
    assert found.equation == model("gcn").equation
    with pytest.raises(UserError, match="There is no node 34"):
        arithmetic(silent, spec=run.spec, node=34, root=tmp_path)
    with pytest.raises(UserError, match="older code"):
        of_run(replace(run, code={"model": "old"}), karate, 0)
