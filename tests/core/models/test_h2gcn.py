"""H2GCN against its definition on dense matrices, the size of its two-hop matrix, and what masks of edges leave of its messages."""

import networkx as nx
import numpy as np
import pytest
import torch

from core.cuts import masked
from core.datasets.contract import load
from core.errors import UserError
from core.models import two_hops
from core.models.contract import Shape, build, model
from core.models.two_hops import Neighbours, size
from core.plans import run_plan
from core.sparse import Edges
from core.store import Store
from core.training import train
from core.work import silent

# 0 → 1 → 2 ↔ 3, 2 → 1 stored twice, 0 → 3, a loop at 1, 4 → 0, and 5 alone; A[i, j] = 1 for an edge j → i
EDGES = torch.tensor([[0, 1, 2, 3, 2, 2, 0, 1, 4], [1, 2, 3, 2, 1, 1, 3, 1, 0]])
A = np.zeros((6, 6), dtype=int)
A[EDGES[1], EDGES[0]] = 1
np.fill_diagonal(A, 0)
X = np.random.default_rng(0).normal(size=(6, 2))


def hops(adjacency):
    """Those one step away, and those exactly two away."""
    two = (adjacency @ adjacency > 0) & (adjacency == 0) & ~np.eye(len(adjacency), dtype=bool)
    return adjacency.astype(float), two.astype(float)


def normalised(linked):
    scale = np.maximum(linked.sum(axis=1), 1) ** -0.5
    return scale[:, None] * linked * scale


def module_of(seed=0, **given):
    """Weights of all parts are random, biases too."""
    module = build("h2gcn", Shape(2, 3, 6), {"width": 4, **given}).eval()
    torch.manual_seed(seed)
    with torch.no_grad():
        for weight in module.parameters():
            weight.copy_(torch.randn(weight.shape))
    return module


def expected(module, near, far):
    """The definition, with the coefficients of neighbours and of nodes two hops away."""
    w = {name: value.detach().double().numpy() for name, value in module.state_dict().items()}
    states = [np.maximum(X @ w["embedding.weight"].T + w["embedding.bias"], 0)]
    for _ in module.rounds:
        states.append(np.concatenate([near @ states[-1], far @ states[-1]], axis=1))
    return np.concatenate(states, axis=1) @ w["classifier.weight"].T + w["classifier.bias"]


@pytest.mark.parametrize("prepared", [True, False], ids=["prepared edges", "edge_index"])
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_the_model_is_its_formula(depth, prepared):
    module = module_of(depth=depth)
    with torch.no_grad():
        found = module(torch.from_numpy(X).float(), Edges(EDGES, 6) if prepared else EDGES).numpy()
    near, far = map(normalised, hops(A))
    assert far.any()
    exact = expected(module, near, far)
    np.testing.assert_allclose(found, exact, rtol=1e-4, atol=1e-5 * np.abs(exact).max())


def test_a_path_by_hand():
    # 0 – 1 – 2: the ends are two hops apart, the middle is two hops from nobody
    edges = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])
    found = Neighbours(edges, 3)
    half = 2**-0.5
    torch.testing.assert_close(found.near.to_dense(), torch.tensor([[0, half, 0], [half, 0, half], [0, half, 0]]))
    torch.testing.assert_close(found.far.to_dense(), torch.tensor([[0.0, 0, 1], [0, 0, 0], [1, 0, 0]]))
    assert size(edges, 3) == two_hops.Size(2, 3, exact=True)


@pytest.mark.parametrize("directed", [False, True])
def test_pairs_are_those_at_the_distance_two(directed):
    graph = nx.gnp_random_graph(30, 0.08, seed=1, directed=directed)
    edges = np.array([*graph.edges, *(() if directed else ((v, u) for u, v in graph.edges))]).T
    lengths = dict(nx.all_pairs_shortest_path_length(graph))
    pairs = {(target, source) for source in graph for target, length in lengths[source].items() if length == 2}
    found = Neighbours(torch.from_numpy(edges), 30).far
    assert set(zip(found.rows.tolist(), found.forward.col_indices().tolist(), strict=True)) == pairs
    assert size(edges, 30).pairs == len(pairs)


def test_a_large_graphs_size_is_estimated_from_some_of_its_nodes(monkeypatch):
    graph = load("csbm", {"nodes": 3000, "degree": 8}, lambda _: None)
    exact = Neighbours(torch.from_numpy(graph.edge_index), 3000).far.forward.values().numel()
    found = size(graph.edge_index, 3000)
    assert not found.exact
    assert found.pairs == pytest.approx(exact, rel=0.1)
    assert found == size(graph.edge_index, 3000), "the same nodes are asked each time"
    monkeypatch.setattr(two_hops, "WAYS", 5000)
    assert size(graph.edge_index, 3000).pairs == pytest.approx(exact, rel=0.25), "few nodes are asked, but some"
    assert str(two_hops.Size(46_123_456, 11_758, exact=False)) == "of 11,758 nodes about 46,000,000 pairs (33.4 % of all), 5.8 GB of memory"
    assert str(two_hops.Size(12_345, 200, exact=True)) == "of 200 nodes 12,345 pairs (30.9 % of all), 1.6 MB of memory"


def test_too_many_pairs_are_refused_before_any_is_made(make_graph, make_spec, monkeypatch):
    graph = make_graph(1)
    pairs = size(graph.edge_index, graph.num_nodes).pairs
    monkeypatch.setattr(two_hops, "MOST_PAIRS", pairs - 1)
    monkeypatch.setattr("core.training.task.prepare", lambda *_: pytest.fail("it has begun"))
    said = rf"H2GCN needs a matrix of all pairs of nodes exactly two hops apart: of 12 nodes {pairs} pairs \(.* % of all\), .* of memory\."
    with pytest.raises(UserError, match=said):
        train(make_spec("h2gcn"), graph=graph)
    with pytest.raises(UserError, match=said):
        build("h2gcn", Shape(7, 3, 12), {})(torch.rand(12, 7), Edges(torch.from_numpy(graph.edge_index), 12))


def test_a_star_in_a_large_graph_is_not_missed(monkeypatch):
    monkeypatch.setattr(two_hops, "MOST_PAIRS", 10_000)
    nodes = 100_000
    asked = np.random.default_rng(0).permutation(nodes)[: two_hops.SAMPLED]
    leaves = np.setdiff1d(np.arange(1, nodes), asked)[:150]  # none of the nodes that are drawn sees the hub, 0
    out = np.stack([np.zeros_like(leaves), leaves])
    star = np.concatenate([out, out[::-1]], axis=1)
    with pytest.raises(UserError, match="H2GCN needs a matrix"):
        two_hops.checked_size(star, nodes)
    one_way = two_hops.size(out, nodes)
    assert one_way.pairs == 0, "nobody sends to the hub, and nobody is two hops away"


def test_the_size_is_said_before_the_matrix_is_made_and_while_it_trains(make_spec, tmp_path, monkeypatch):
    said, made = [], []
    real = Neighbours.__init__
    monkeypatch.setattr(Neighbours, "__init__", lambda self, *given: (made.append(len(said)), real(self, *given))[1])

    def report(done=0.0, total=0.0, message="", snapshot=None):
        said.append(message)

    run_plan(report, specs=[make_spec("gcn", epochs=2)], root=tmp_path, device="cpu")
    assert not any("two-hop" in text for text in said)
    said.clear()
    run_plan(report, specs=[make_spec("h2gcn", epochs=2, seed=seed) for seed in (0, 1)], root=tmp_path, device="cpu")
    words = "two-hop matrix: 530 pairs, 0.1 MB"
    assert made, "the matrix was made"
    assert any(text.startswith(words) for text in said[: made[0]])
    assert said[-1].startswith(words)


def test_in_a_plan_too_many_pairs_leave_the_other_models(make_spec, tmp_path, monkeypatch):
    monkeypatch.setattr(two_hops, "MOST_PAIRS", 100)
    with pytest.raises(UserError, match="of 34 nodes 530 pairs"):
        run_plan(silent, specs=[make_spec("gcn", epochs=2), make_spec("h2gcn", epochs=2)], root=tmp_path, device="cpu")
    assert [entry.spec.model.name for entry in Store(tmp_path).entries()] == ["gcn"]


@pytest.mark.public_data
def test_tolokers_is_refused_with_the_size_of_its_matrix(make_spec):
    with pytest.raises(
        UserError, match=r"of 11,758 nodes about 4\d,000,000 pairs \(3\d\.\d % of all\), 5\.\d GB of memory\. 30,000,000 pairs"
    ):
        train(make_spec("h2gcn", dataset="tolokers", split="0"))


def test_a_graph_without_edges_and_a_node_alone():
    module, none = module_of(), torch.empty(2, 0, dtype=torch.long)
    zero = np.zeros((6, 6))
    with torch.no_grad():
        for edges in (none, Edges(none, 6)):
            np.testing.assert_allclose(
                module(torch.from_numpy(X).float(), edges).numpy(), expected(module, zero, zero), rtol=1e-4, atol=1e-5
            )
    assert size(none, 6) == two_hops.Size(0, 6, exact=True)
    assert size(none, 1).pairs == 0


def test_a_masked_edge_takes_its_own_message_and_the_ways_over_it():
    """A message from two hops away keeps the mean, over its ways, of the product of both edges' weights."""
    # node 3 hears node 0 over 1 and over 2; both directions are stored
    edges = torch.tensor([[0, 1, 0, 2, 1, 3, 2, 3], [1, 0, 2, 0, 3, 1, 3, 2]])
    module = module_of(depth=1)
    weights = torch.tensor([0.5, 0.5, 1.0, 1.0, 0.2, 0.2, 0.6, 0.6])
    near, far = map(normalised, hops(np.array([[0, 1, 1, 0], [1, 0, 0, 1], [1, 0, 0, 1], [0, 1, 1, 0]])))
    weight = np.zeros((4, 4))
    weight[edges[1], edges[0]] = weights
    passed = np.array([[0, 0, 0, 0.35], [0, 0, 0.31, 0], [0, 0.31, 0, 0], [0.35, 0, 0, 0]])
    # 0 – 3: (0.5 · 0.2 + 1 · 0.6) / 2; 1 – 2: (0.5 · 1 + 0.2 · 0.6) / 2
    w = {name: value.detach().double().numpy() for name, value in module.state_dict().items()}
    start = np.maximum(X[:4] @ w["embedding.weight"].T + w["embedding.bias"], 0)
    joined = np.concatenate([start, (near * weight) @ start, (far * passed) @ start], axis=1)
    with torch.no_grad(), masked(module, weights, edges):
        found = module(torch.from_numpy(X[:4]).float(), edges).numpy()
    np.testing.assert_allclose(found, joined @ w["classifier.weight"].T + w["classifier.bias"], rtol=1e-4, atol=1e-5)
    with torch.no_grad():
        plain = module(torch.from_numpy(X[:4]).float(), edges)
        with masked(module, torch.ones(8), edges):
            torch.testing.assert_close(module(torch.from_numpy(X[:4]).float(), edges), plain)


def test_its_states_double_so_that_rounds_are_few():
    module = module_of(depth=3, width=5)
    assert module.classifier.in_channels == 5 + 10 + 20 + 40
    with pytest.raises(UserError, match=r"Depth \(depth\) is 9; it takes .*1 to 8"):
        module_of(depth=9)
    assert model("h2gcn").reach({"depth": 2}) == 5


def test_the_same_seed_gives_the_same_run(make_graph, make_spec):
    first, again, other = (train(make_spec("h2gcn", seed=seed, epochs=5), graph=make_graph(2), device="cpu") for seed in (0, 0, 1))
    assert np.array_equal(first.logits, again.logits)
    assert not np.array_equal(first.logits, other.logits)
