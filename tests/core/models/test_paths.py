"""The fast path, PyG's own `edge_index` path and what must hold for every model."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from core.capture import hidden_states
from core.data import disjoint_union
from core.models.contract import Shape, build, model, models
from core.parameters import Choice, Flag
from core.sparse import Edges, dense
from core.tasks.node_classification import prepare

CPU = torch.device("cpu")
pytestmark = pytest.mark.usefixtures("sparse_products")

NAMES = tuple(models())


def batch_of(graph, name):
    return prepare(graph, graph.splits["public"], CPU, uses_features=model(name).uses_features)


def module_of(graph, name, seed=0, **given):
    torch.manual_seed(seed)
    size = graph.num_features if model(name).uses_features else graph.num_nodes
    module = build(name, Shape(size, graph.num_classes, graph.num_nodes), given)
    with torch.no_grad():
        for weight in module.parameters():  # biases start at zero, which would hide mistakes
            weight.add_(torch.randn_like(weight) * 0.3)
    return module.eval()


def open_to_all(module):
    """Co-GNN's nodes all listen and broadcast, or little would pass; other models as they are."""
    if policy := getattr(module, "policy", None):
        with torch.no_grad():
            for weight in policy.parameters():
                weight.mul_(0.01)
            policy.convolutions[-1].lin_l.bias[0] += 1
    return module


def gradients(module):
    return {name: weight.grad.clone() for name, weight in module.named_parameters()}


def answered(module, x, edges):
    """Logits, hidden states, and the gradients of the sum of the squared logits."""
    module.zero_grad()
    with hidden_states(module) as states:
        logits = module(x, edges)
    logits.pow(2).sum().backward()
    return logits, states, gradients(module)


def as_rounded(exact):
    """States that are added up layer by layer grow, and with them what rounding leaves of an entry that is small by chance."""
    return {"atol": 1e-5 * max(1.0, float(exact.detach().abs().max())), "rtol": 1e-5}


def variants(name):
    """Every choice and flag of a model set to something else than its default, one at a time, and three depths."""
    yield {}
    for parameter in model(name).parameters:
        if isinstance(parameter, Choice):
            yield from ({parameter.name: word} for word, _ in parameter.options if word != parameter.default)
        elif isinstance(parameter, Flag):
            yield {parameter.name: not parameter.default}
        elif parameter.name == "depth":
            yield from ({"depth": depth} for depth in (1, 3, 5))


CASES = [(name, given) for name in NAMES for given in variants(name)]


@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
@pytest.mark.parametrize(("name", "given"), CASES, ids=[f"{name}-{given}" for name, given in CASES])
def test_fast_path_agrees_with_pyg_including_gradients(make_graph, name, given, sparse):
    graph = make_graph(1, sparse=sparse)
    batch, module = batch_of(graph, name), module_of(graph, name, **given)
    edge_index, x = torch.from_numpy(graph.edge_index), dense(batch.x)
    fast, fast_states, fast_gradients = answered(module, batch.x, batch.edges)
    rounded, _, single = answered(module, x, edge_index)
    slow, slow_states, exact = answered(module.double(), x.double(), edge_index)
    # logits that are sums of many layers' states are rounded by PyG as well
    assert_close(fast.double(), slow, atol=1e-5 + 10 * float((rounded - slow).detach().abs().max()), rtol=1e-5)
    for key, gradient in exact.items():
        # some gradients are what is left of large sums: then PyG's own rounding in the same layer says how much can be asked for
        layer = [one for one in exact if one.split(".")[:2] == key.split(".")[:2]]
        rounding = max(float((single[one] - exact[one]).abs().max()) for one in layer)
        bound = 1e-4 * max(1.0, float(gradient.abs().max())) + 10 * rounding
        assert float((fast_gradients[key] - gradient).abs().max()) <= bound, key
    assert len(fast_states) == len(slow_states) == len(module.states)
    for one, other in zip(fast_states, slow_states, strict=True):
        assert_close(one.double(), other, **as_rounded(other))


@pytest.mark.parametrize("name", NAMES)
def test_a_small_graphs_dense_products_agree_with_sparse_ones(make_graph, name, monkeypatch):
    graph = make_graph(1, sparse=True)
    sparse, module = batch_of(graph, name), module_of(graph, name)
    monkeypatch.setattr("core.sparse.SMALL", 10_000)
    small = batch_of(graph, name)
    found = [answered(module, batch.x, batch.edges) for batch in (sparse, small)]
    (one, _, one_gradients), (other, _, other_gradients) = found
    assert_close(one, other, **as_rounded(one))
    for key, gradient in one_gradients.items():
        assert_close(gradient, other_gradients[key], atol=1e-4 * max(1.0, float(gradient.abs().max())), rtol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_both_paths_without_any_edge(make_graph, name):
    graph = make_graph(edge_index=np.empty((2, 0), dtype=np.int64))
    batch, module = batch_of(graph, name), module_of(graph, name)
    assert_close(module(batch.x, batch.edges), module(dense(batch.x), torch.from_numpy(graph.edge_index)), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_renumbering_the_nodes_permutes_the_logits(make_graph, name):
    graph = make_graph(2)
    order = np.random.default_rng(0).permutation(graph.num_nodes)  # new node i is old node order[i]
    place = np.argsort(order)
    renumbered = make_graph(2, features=graph.features[order], edge_index=place[graph.edge_index])
    module = module_of(graph, name)
    moved = deepcopy(module)
    if name == "linkx":  # its weights on the links belong to the nodes
        moved.adjacency.weight.data = module.adjacency.weight.data[:, order]
    x, y = batch_of(graph, name), batch_of(renumbered, name)
    # without features a node's own vector moves with it
    features = dense(x.x)[order] if model(name).uses_features else torch.eye(graph.num_nodes)[order]
    assert_close(moved(features, y.edges), module(x.x, x.edges)[order], atol=1e-5, rtol=1e-5)


TOGETHER = {"glognn", "gps", "linkx", "tangnn"}
"""Models whose nodes attend to all nodes or gather from them, or from some of all, those of other graphs as well; and LINKX, which knows
one graph alone."""


@pytest.mark.parametrize("name", [name for name in NAMES if model(name).uses_features and name not in TOGETHER])
def test_a_disjoint_union_gives_the_separate_graphs(make_graph, name):
    first, second = make_graph(3), make_graph(4, num_nodes=9)
    union = disjoint_union((first, second), "both")
    module = module_of(first, name)
    joined = batch_of(union, name)
    separate = [module(batch_of(graph, name).x, batch_of(graph, name).edges) for graph in (first, second)]
    assert_close(module(joined.x, joined.edges), torch.cat(separate), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_dropout_acts_in_training_and_never_in_evaluation(make_graph, name):
    graph = make_graph(5)
    batch, module = batch_of(graph, name), module_of(graph, name, dropout=0.5)
    with torch.no_grad():
        assert torch.equal(module(batch.x, batch.edges), module(batch.x, batch.edges))
        module.train()
        torch.manual_seed(0)
        assert not torch.equal(module(batch.x, batch.edges), module(batch.x, batch.edges))


@pytest.mark.parametrize("name", [name for name in NAMES if name != "cognn"])  # it draws its actions in training
def test_without_dropout_a_training_step_computes_what_evaluation_does(make_graph, name):
    first, second = make_graph(5), make_graph(8)
    off = {one.name: 0.0 for one in model(name).parameters if one.name.endswith("dropout")}
    module = module_of(first, name, depth=3, **off)
    for graph in (first, second, first):  # whatever a module keeps of a graph must not answer for another one
        batch = batch_of(graph, name)
        expected, _, exact = answered(module.eval(), batch.x, batch.edges)
        module.zero_grad()
        logits = module.train()(batch.x, batch.edges)
        logits.pow(2).sum().backward()
        assert_close(logits, expected, atol=1e-5, rtol=1e-5)
        for key, gradient in gradients(module).items():
            assert_close(gradient, exact[key], atol=1e-4, rtol=1e-4)
        after, states, _ = answered(module.eval(), batch.x, batch.edges)
        assert_close(after, expected, atol=1e-5, rtol=1e-5)
        assert len(states) == len(module.states), "they are there for whoever asks, before a training and in it"


@pytest.mark.parametrize("name", NAMES)
def test_only_models_that_say_so_look_at_the_edges(make_graph, name):
    graph = make_graph(6)
    batch, module = batch_of(graph, name), open_to_all(module_of(graph, name))
    without = Edges(torch.empty(2, 0, dtype=torch.long), graph.num_nodes)
    same = torch.allclose(module(batch.x, batch.edges), module(batch.x, without))
    assert same is not model(name).uses_edges


REACH = {
    "adpa": 2,
    "chebnet": 2,
    "cognn": 2,
    "coulgat": 3,
    "dgmlp": None,
    "glognn": None,
    "gps": None,
    "grand": None,
    "h2gcn": 2,
    "linkx": 0,
    "mixhop": 2,
    "tangnn": None,
    "tide": None,
}
"""Hops that a unit of depth brings where it is not one: K − 1 = 2 for polynomials up to T₂; one more where Co-GNN chooses an action by a
hop of its own, where H2GCN and MixHop gather from two hops at once and where ADPA's patterns have two edges, and two more where CoulGAT
scores a neighbour by what surrounds it. 0: LINKX reads of its neighbours who they are, and not what they are like. None: a node sees all
that it can be reached from, because DGMLP's mix compares each step with the limit of infinitely many, GRAND and TIDE diffuse in continuous
time, GPS attends to all nodes, GloGNN gathers from all, and TANGNN attends to those that it chooses among all."""


@pytest.mark.parametrize("name", [name for name in NAMES if model(name).uses_edges])
def test_depth_is_how_far_a_node_sees(make_graph, name):
    """On a path 0 → 1 → … the logits of node d depend on node 0 up to as many hops as the depth brings, and no further.

    ADPA's patterns go one hop a step, or two: in three steps up to three hops, and four or six.
    """
    chain = np.stack([np.arange(8), np.arange(1, 9)])
    graph = make_graph(num_nodes=9, edge_index=chain, features=np.eye(9, dtype=np.float32))
    module = open_to_all(module_of(graph, name, depth=3, **({"activation": "identity"} if name != "sgc" else {})))
    x = torch.eye(9).requires_grad_()
    edges = Edges(torch.from_numpy(chain), 9)
    reach = [torch.autograd.grad(module(x, edges)[node].sum(), x)[0][0].abs().sum().item() > 0 for node in range(9)]
    hops = REACH.get(name, 1)
    missed = {5} if name == "adpa" else set()
    assert reach == [(hops is None or node <= 3 * hops) and node not in missed for node in range(9)]


def test_appnp_drops_the_share_of_edges_anew_in_each_step(make_graph):
    graph = make_graph(7)
    batch, module = batch_of(graph, "appnp"), module_of(graph, "appnp", edge_dropout=0.5, dropout=0.0)
    module.train()
    for edges in (batch.edges, torch.from_numpy(graph.edge_index)):
        outs = [module(batch.x, edges) for _ in range(2)]
        assert not torch.equal(*outs)
    module.eval()
    assert torch.equal(module(batch.x, batch.edges), module(batch.x, batch.edges))
