"""CoulGAT against its formula on dense matrices, distances against NetworkX, and what they cost."""

import networkx as nx
import numpy as np
import pytest
import torch
from torch.testing import assert_close

from core.errors import UserError
from core.models import coulgat
from core.models.contract import Shape, build
from core.models.coulgat import Rings, rings
from core.sparse import Edges
from core.training import train

# 0 → 1 → 2 → 3, 0 → 2, 4 alone
EDGES = torch.tensor([[0, 1, 2, 0], [1, 2, 3, 2]])
LOOPED = np.array([[1, 0, 0, 0, 0], [1, 1, 0, 0, 0], [1, 1, 1, 0, 0], [0, 0, 1, 1, 0], [0, 0, 0, 0, 1.0]])
FAR = np.array([[0, 9, 9, 9, 9], [1, 0, 9, 9, 9], [1, 1, 0, 9, 9], [2, 2, 1, 0, 9], [9, 9, 9, 9, 0]])
"""[j, k]: hops from k to j; 9 where there is no way."""
X = np.array([[1.0, 0], [0, 2], [-1, 1], [3, 1], [0.5, -2]])
W = np.array([[1.0, -1], [0.5, 2]])
B = np.array([0.1, -0.2])
SOURCE, TARGET = np.array([0.5, -1]), np.array([1.0, 2])


def made(power, hops):
    """One layer of one head."""
    module = build("coulgat", Shape(2, 2, 5), {"depth": 1, "hops": hops}).eval()
    weights = {"lin.weight": W, "att_src": SOURCE, "att_dst": TARGET, "bias": B, "power": power}
    layer = module.convolutions[0]
    assert set(weights) == set(layer.state_dict())
    own = layer.state_dict()
    layer.load_state_dict(
        {key: torch.tensor(np.asarray(value), dtype=torch.float32).reshape(own[key].shape) for key, value in weights.items()}
    )
    return module


def expected(power, hops):
    """The definition, node by node."""
    states = X @ W.T
    potential = np.select(
        [FAR == 0, *(d == FAR for d in range(1, hops + 1))], [1.0, *((1 + d) ** -power[d - 1] for d in range(1, hops + 1))]
    )
    weight = np.where(hops >= FAR, np.exp(potential), 0)
    screened = weight / weight.sum(1, keepdims=True) @ states
    scores = (states @ TARGET)[:, None] + (screened @ SOURCE)[None, :]
    alpha = np.where(LOOPED > 0, np.exp(np.where(scores > 0, scores, 0.2 * scores)), 0)
    return alpha / alpha.sum(1, keepdims=True) @ states + B


@pytest.mark.parametrize(("power", "hops"), [([0.0, 0.0], 2), ([1.0, 2.0], 2), ([-0.7, 3.0], 2), ([1.5], 1)])
def test_a_layer_is_its_formula(power, hops):
    with torch.no_grad():
        found = made(power, hops)(torch.from_numpy(X).float(), Edges(EDGES, 5)).numpy()
    np.testing.assert_allclose(found, expected(np.array(power), hops), rtol=1e-5, atol=1e-6)


def test_screening_by_hand():
    """1 → 0 with powers 0 and 1: as much as the node itself, or e^½ against e."""
    around = Rings(torch.tensor([[1], [0]]), 2, 1)
    charges = torch.tensor([[2.0, 2.0], [6.0, 6.0]])
    found = around.screened(charges, torch.tensor([[0.0, 1.0]]), prepared=True)
    share = float(np.exp(0.5) / (np.exp(0.5) + np.e))
    assert_close(found, torch.tensor([[4.0, 2 + 4 * share], [6.0, 6.0]]))


def test_an_untrained_layer_is_not_screened_and_says_its_powers():
    module = build("coulgat", Shape(2, 2, 5), {"depth": 2, "hops": 3})
    powers = {name: tuple(weight.shape) for name, weight in module.named_parameters() if name.endswith("power")}
    assert powers == {"convolutions.0.power": (3, 8), "convolutions.1.power": (3, 1)}
    assert not any(layer.power.any() for layer in module.convolutions)


def test_screening_is_what_a_node_so_far_away_weighs():
    """Of the node 3: itself, 2 one hop away, 0 and 1 two; with the powers 1 and 2 that is 1 / 2 and 1 / 9 in the exponent."""
    layer = made([1.0, 2.0], 2).convolutions[0]
    assert_close(layer.screening.detach()[:, 0], torch.tensor([1.0, np.exp(1 / 2 - 1), np.exp(1 / 9 - 1)], dtype=torch.float32))
    for edges in (EDGES, Edges(EDGES, 5)):
        assert layer.surroundings(edges, 5)[:, 3].tolist() == [1, 1, 2]
    weights = np.repeat(layer.screening.detach().numpy()[:, 0], [1, 1, 2])
    states = X[[3, 2, 0, 1]] @ W.T @ SOURCE
    charges = torch.tensor(X @ W.T @ SOURCE, dtype=torch.float32)[:, None]
    found = rings(EDGES, 5, 2).screened(charges, layer.power.detach(), prepared=False)[3]
    assert found.item() == pytest.approx(weights @ states / weights.sum(), rel=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_distances_are_those_of_shortest_paths(make_graph, seed):
    graph = make_graph(seed, num_edges=20)
    index = torch.from_numpy(graph.edge_index)
    lengths = dict(nx.all_pairs_shortest_path_length(nx.DiGraph(graph.edge_index.T.tolist()), cutoff=3))
    around = Rings(index, graph.num_nodes, 3)
    for distance, pairs in enumerate(around.pairs, start=1):
        known = {(to, of) for of, others in lengths.items() for to, length in others.items() if length == distance}
        assert set(map(tuple, pairs.t().tolist())) == known
        assert len(known) == pairs.shape[1] == int(around.counts[distance].sum())
    for matrix, pairs in zip(around.matrices, around.pairs, strict=True):
        assert_close(matrix.to_dense(), torch.zeros(12, 12).index_put(tuple(pairs), torch.tensor(1.0)))


def test_the_powers_learn(make_graph, make_spec):
    graph = make_graph(3)
    run = train(make_spec("coulgat", {"dropout": 0.0, "attention_dropout": 0.0}, epochs=5), graph=graph, device="cpu")
    assert all(np.abs(run.weights[f"convolutions.{layer}.power"]).min() > 1e-4 for layer in (0, 1))


def test_distances_are_found_once_for_a_graph_and_forgotten_with_it():
    index = EDGES.clone()
    first = rings(index, 5, 2)
    assert rings(index, 5, 2) is first
    assert rings(index, 5, 1) is not first
    assert rings(index.clone(), 5, 2) is not first
    before = len(rings._found)
    del index
    assert len(rings._found) == before - 1


def test_too_many_ways_are_refused_before_they_are_followed(monkeypatch):
    star = torch.stack([torch.arange(1, 101), torch.zeros(100, dtype=torch.long)])
    index = torch.cat([star, star.flip(0)], dim=1)
    assert Rings(index, 101, 2).pairs[1].shape[1] == 100 * 99
    monkeypatch.setattr(coulgat, "MOST_PAIRS", 5_000)
    Rings(index, 101, 1)
    module = build("coulgat", Shape(2, 2, 101), {})
    with pytest.raises(UserError, match=r"There are 10,100 ways of 2 hops between the 101 nodes, .* 5,000 at most\. Fewer hops"):
        module(torch.rand(101, 2), Edges(index, 101))
