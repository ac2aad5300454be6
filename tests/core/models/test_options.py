"""The options that architectures share: PairNorm, NodeNorm and DropEdge."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from core.dropout import stream
from core.models.contract import Shape, build, model, models
from core.models.options import make_norm
from core.sparse import Edges, drop_edges
from core.training import train

DROPPING = [name for name, unit in models().items() if any(one.name == "drop_edge" for one in unit.parameters)]


def test_pair_norm_by_hand():
    # mean (1, 2), centred ±(1, 2), mean squared length 5
    found = make_norm("pair", 2)(torch.tensor([[2.0, 4], [0, 0]]))
    assert_close(found, torch.tensor([[1.0, 2], [-1, -2]]) / 5**0.5, atol=1e-5, rtol=0)


def test_pair_norm_keeps_the_sum_of_squared_distances_whatever_comes_in():
    torch.manual_seed(0)
    for scale in (0.01, 1.0, 100.0):
        out = make_norm("pair", 4)(torch.randn(50, 4) * scale + 3)
        # n · Σ ‖h‖² − ‖Σ h‖² over pairs counted twice: 2 n² s² with s = 1
        assert torch.cdist(out, out).pow(2).sum().item() == pytest.approx(2 * 50**2, rel=0.05 if scale == 0.01 else 1e-3)


def test_node_norm_by_hand():
    # standard deviations 4 and 0.25 about the means 4 and 0.25, which stay
    found = make_norm("node", 2)(torch.tensor([[8.0, 0], [0.5, 0]]))
    assert_close(found, torch.tensor([[4.0, 0], [1, 0]]), atol=1e-4, rtol=0)


def test_node_norm_looks_at_one_node_at_a_time():
    torch.manual_seed(0)
    x, norm = torch.randn(6, 5), make_norm("node", 5)
    assert_close(norm(x)[2:3], norm(x[2:3]))
    assert torch.isfinite(norm(torch.ones(3, 1))).all(), "one channel has no spread"


def undirected(num_pairs):
    """A path, both directions."""
    low = torch.arange(num_pairs)
    return torch.cat([torch.stack([low, low + 1]), torch.stack([low + 1, low])], dim=1)


@pytest.mark.parametrize("share", [0.3, 0.8])
def test_the_share_of_edges_goes_with_both_directions(share):
    torch.manual_seed(0)
    kept = Edges(undirected(4000), 4001).without(share).edge_index
    directions = set(map(tuple, kept.t().tolist()))
    assert {(v, u) for u, v in directions} == directions
    # 4,000 draws: four standard errors are below 0.032
    assert 1 - kept.shape[1] / 8000 == pytest.approx(share, abs=0.032)


def test_an_edge_stored_twice_goes_twice_and_one_stored_in_one_direction_is_an_edge():
    index = torch.tensor([[0, 0, 1, 2, 3, 3], [1, 1, 0, 3, 3, 3]])
    pair, count = Edges(index, 4).pairs
    assert count == 3
    assert pair.tolist() == [0, 0, 0, 1, 2, 2]
    seen = set()
    for seed in range(40):
        with stream(seed):
            seen.add(tuple(map(tuple, Edges(index, 4).without(0.5).edge_index.t().tolist())))
    assert len(seen) == 8, "three pairs, each there or not"


def test_what_is_left_is_normalised_anew():
    with stream(3):
        left = Edges(undirected(6), 7).without(0.5)
    assert 0 < left.edge_index.shape[1] < 12
    a = np.eye(7)
    a[left.edge_index[1], left.edge_index[0]] = 1
    degree = a.sum(axis=1)
    np.testing.assert_allclose(left.symmetric.to_dense(), a / np.sqrt(np.outer(degree, degree)), rtol=1e-6)


def test_both_kinds_of_edges_lose_the_same_ones():
    index = undirected(50)
    with stream(1):
        prepared = drop_edges(Edges(index, 51), 0.4, 51)
    with stream(1):
        assert torch.equal(drop_edges(index, 0.4, 51), prepared.edge_index)


def test_the_architectures_with_message_passing_layers_offer_it():
    assert set(DROPPING) >= {"gcn", "gat", "gatv2", "sage", "gin"}
    assert "mlp" not in DROPPING


@pytest.mark.parametrize("name", DROPPING)
def test_edges_are_dropped_in_training_for_all_layers_alike_and_never_in_evaluation(make_graph, name, monkeypatch):
    graph = make_graph(1)
    size = graph.num_features if model(name).uses_features else graph.num_nodes
    off = {one.name: 0.0 for one in model(name).parameters if one.name.endswith("dropout")}
    module = build(name, Shape(size, graph.num_classes, graph.num_nodes), {"drop_edge": 0.5, "depth": 3, **off})
    x, edges = torch.rand(graph.num_nodes, size), Edges(torch.from_numpy(graph.edge_index), graph.num_nodes)
    drawn = []
    monkeypatch.setattr("core.models.stack.drop_edges", lambda *given: drawn.append(drop_edges(*given)) or drawn[-1])
    module.eval()
    whole = module(x, edges)
    assert not drawn
    module.train()
    first, second = module(x, edges), module(x, edges)
    assert len(drawn) == 2, "once a step, not once a layer"
    assert not torch.equal(first, second)
    module.eval()
    assert_close(module(x, drawn[0]), first)
    assert_close(module(x, edges), whole)


def test_the_same_seed_drops_the_same_edges(make_graph, make_spec):
    graph = make_graph(2)
    first, again, other = (
        train(make_spec("gcn", {"drop_edge": 0.5}, seed=seed, epochs=5), graph=graph, device="cpu") for seed in (0, 0, 1)
    )
    assert np.array_equal(first.logits, again.logits)
    assert not np.array_equal(first.logits, other.logits)


def test_without_dropping_nothing_is_drawn(make_graph, make_spec, monkeypatch):
    monkeypatch.setattr("core.models.stack.drop_edges", lambda *_: pytest.fail("nothing is to be dropped"))
    train(make_spec("gcn", epochs=2), graph=make_graph(2), device="cpu")
