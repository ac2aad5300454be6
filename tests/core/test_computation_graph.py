"""A model says of a node on its computation graph what it says on the whole graph."""

import numpy as np
import pytest
import torch
from scipy.sparse import issparse
from torch.testing import assert_close

from core.computation_graph import computation_graph, union
from core.data import Split
from core.models.contract import Shape, build, model, models, reach
from core.tasks.node_classification import prepare

CPU = torch.device("cpu")
SETTINGS = [
    *((name, {}) for name in models()),
    ("gcn", {"depth": 1}),
    ("gcn", {"depth": 3, "normalization": "batch", "residual": True}),
    ("gcn", {"depth": 3, "normalization": "pair"}),
    ("sage", {"depth": 2, "normalization": "node"}),
    ("chebnet", {"depth": 1, "order": 4}),
    ("appnp", {"depth": 2}),
    ("gat", {"depth": 3}),
    ("dir_gnn", {"depth": 3, "aggregation": "degrees"}),
    ("adpa", {"depth": 1}),
]


@pytest.fixture
def case(make_graph, make_spec, request):
    """A sparse random graph wide enough that a few hops are a part of it, a model with random weights, and its spec."""
    name, given = request.param
    # a directed circle of 60 nodes with some chords: degrees differ, and a node's surroundings end somewhere
    random = np.random.default_rng(2)
    circle = np.stack([np.arange(60), (np.arange(60) + 1) % 60])
    chords = np.stack([random.integers(0, 60, 12), random.integers(0, 60, 12)])
    graph = make_graph(1, num_nodes=60, edge_index=np.concatenate([circle, chords, circle[:, :2]], axis=1), sparse=True)
    spec = make_spec(name, given)
    size = graph.num_features if model(name).uses_features else graph.num_nodes
    torch.manual_seed(0)
    module = build(name, Shape(size, graph.num_classes, graph.num_nodes), dict(spec.model.parameters))
    with torch.no_grad():
        for weight in module.parameters():
            weight.add_(torch.randn_like(weight) * 0.3)
    return graph, spec, module.eval()


def logits(module, graph, uses_features=True):
    every = np.ones(graph.num_nodes, dtype=bool)
    batch = prepare(graph, Split(every, ~every, ~every), CPU, uses_features=uses_features)
    with torch.no_grad():
        return module(batch.x, batch.edges)


@pytest.mark.parametrize("case", SETTINGS, indirect=True, ids=[f"{name}-{given}" for name, given in SETTINGS])
def test_the_logits_are_those_of_the_whole_graph(case):
    graph, spec, module = case
    whole = logits(module, graph, model(spec.model.name).uses_features)
    parts = [computation_graph(graph, node, spec) for node in (0, 7, 31)]
    scale = {"atol": 1e-5 * max(1.0, float(whole.abs().max())), "rtol": 1e-5}
    for node, part in zip((0, 7, 31), parts, strict=True):
        assert_close(logits(module, part.graph)[part.targets], whole[[node]], **scale)
    if reach(spec.model.name, dict(spec.model.parameters)) is None:
        return
    joined = union(parts)
    assert_close(logits(module, joined.graph)[joined.targets], whole[[0, 7, 31]], **scale)


HEARD = [("gcn", {}), ("dir_gnn", {}), ("dir_gnn", {"aggregation": "degrees", "depth": 3}), ("adpa", {"depth": 1})]


@pytest.mark.parametrize("case", HEARD, indirect=True, ids=[f"{name}-{given}" for name, given in HEARD])
def test_whose_features_count_is_within_reach_also_along_the_edges(case):
    """And their edges are with them: others would never be weighed."""
    graph, spec, module = case
    part = computation_graph(graph, 7, spec)
    x = torch.from_numpy(part.graph.features.toarray()).requires_grad_()
    (slope,) = torch.autograd.grad(module(x, torch.from_numpy(part.graph.edge_index))[part.targets].sum(), x)
    counts = slope.abs().sum(dim=1).numpy() > 0
    assert (part.hop[counts] >= 0).all()
    follows = part.nodes[counts] == 8  # 7 → 8
    assert follows.any() == model(spec.model.name).both_ways
    if follows.any():
        assert [7, 8] in part.pairs[part.within].tolist()
        assert len(part.nodes) < graph.num_nodes


@pytest.mark.parametrize("case", [("gcn", {"depth": 2}), ("mlp", {}), ("gcn_structure", {"depth": 1})], indirect=True)
def test_it_is_a_part_of_the_graph(case):
    graph, spec, _ = case
    part = computation_graph(graph, 7, spec)
    assert len(part.nodes) < graph.num_nodes / 2
    assert part.nodes[part.targets].tolist() == [7]
    np.testing.assert_array_equal(part.nodes[part.graph.edge_index], graph.edge_index[:, part.stored])
    np.testing.assert_array_equal(part.graph.labels, graph.labels[part.nodes])
    if spec.model.name == "mlp":
        assert part.nodes.tolist() == [7]
    if spec.model.name == "gcn_structure":
        assert part.graph.features.shape == (len(part.nodes), graph.num_nodes)
        np.testing.assert_array_equal(part.graph.features.toarray().argmax(axis=1), part.nodes)


@pytest.mark.parametrize("case", [("gcn", {"depth": 2})], indirect=True)
def test_parts_side_by_side_keep_their_order_and_have_no_links(case):
    graph, spec, _ = case
    parts = [computation_graph(graph, node, spec) for node in (31, 7, 7)]
    joined = union(parts)
    assert issparse(joined.graph.features)
    assert joined.nodes[joined.targets].tolist() == [31, 7, 7]
    ends = joined.graph.graph_of_node[joined.graph.edge_index]
    assert (ends[0] == ends[1]).all()
    np.testing.assert_array_equal(joined.nodes[joined.graph.edge_index], graph.edge_index[:, joined.stored])


def test_an_isolated_node_sees_itself(make_graph, make_spec):
    graph = make_graph(1)
    part = computation_graph(graph, graph.num_nodes - 1, make_spec("gcn"))
    assert part.nodes.tolist() == [graph.num_nodes - 1]
    assert part.graph.edge_index.shape == (2, 0)


def test_without_the_outer_neighbours_degrees_would_be_wrong(make_graph, make_spec):
    """The path 0 – 1 – 2 – 3 – 4 seen from 0 with one layer: node 1 is within reach, and its degree needs node 2."""
    pairs = np.array([[0, 1, 1, 2, 2, 3, 3, 4], [1, 0, 2, 1, 3, 2, 4, 3]])
    graph = make_graph(edge_index=pairs, num_nodes=5, directed=False)
    part = computation_graph(graph, 0, make_spec("gcn", {"depth": 1}))
    assert part.nodes.tolist() == [0, 1, 2]
    assert part.hop.tolist() == [0, 1, -1]
    assert part.pairs.tolist() == [[0, 1], [1, 2]]
    assert part.within.tolist() == [True, False]


def test_pairs_of_parts_side_by_side_stay_apart(make_graph, make_spec):
    pairs = np.array([[0, 1, 1, 2], [1, 0, 2, 1]])
    graph = make_graph(edge_index=pairs, num_nodes=3, directed=False)
    joined = union([computation_graph(graph, node, make_spec("gcn", {"depth": 1})) for node in (0, 2)])
    assert joined.pairs.tolist() == [[0, 1], [1, 2], [0, 1], [1, 2]]
    assert joined.pair_ends.tolist() == [[0, 1], [1, 2], [3, 4], [4, 5]]
    assert joined.within.tolist() == [True, False, False, True]


def test_a_model_that_sees_all_knows_how_far_everything_is(make_graph, make_spec):
    graph = make_graph(edge_index=np.array([[0, 1, 1, 2], [1, 0, 2, 1]]), num_nodes=4, directed=False)
    part = computation_graph(graph, 0, make_spec("gcn", {"normalization": "pair"}))
    assert part.hop.tolist() == [0, 1, 2, -1]
    assert part.within.tolist() == [True, True]
