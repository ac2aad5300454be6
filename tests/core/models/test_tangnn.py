"""TANGNN against its formula on dense matrices, its choice of nodes by hand, and ties."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from core.capture import asked
from core.errors import UserError
from core.models.contract import Shape, build
from core.models.tangnn import TopAttention, cosines, nearest
from core.sparse import Edges
from core.training import train

# 0 → 1, 2 → 1, 1 → 0, 1 → 2, and 3 alone; A[i, j] = 1 for an edge j → i
EDGES = torch.tensor([[0, 2, 1, 1], [1, 1, 0, 2]])
A = np.array([[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0.0]])
NONE = torch.empty(2, 0, dtype=torch.long)
X = np.random.default_rng(0).normal(size=(4, 3))


def module_of(seed=0, **given):
    """Weights of all parts are random, biases too."""
    module = build("tangnn", Shape(3, 2, 4), {"width": 4, "heads": 2, **given}).eval()
    torch.manual_seed(seed)
    with torch.no_grad():
        for weight in module.parameters():
            weight.copy_(torch.randn(weight.shape))
    return module


def relu(x):
    return np.maximum(x, 0)


def softmax(x):
    weights = np.exp(x - x.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def expected(module, x, adjacency, m):
    """The definition, with a score for every pair of nodes and −∞ for those that are not chosen."""
    w = {name: value.detach().double().numpy() for name, value in module.state_dict().items()}

    def linear(part, h):
        return h @ w[f"{part}.weight"].T + w.get(f"{part}.bias", 0)

    mean = adjacency / np.maximum(adjacency.sum(1, keepdims=True), 1)
    h, chosen = relu(linear("encoder", x)), []
    for number in range(len(module.layers)):
        near, far, width = f"layers.{number}.near", f"layers.{number}.far", module.layers[number].far.query.out_channels
        cosine = relu(h) @ w["direction"] / np.maximum(np.linalg.norm(relu(h), axis=1), 1e-8) / np.linalg.norm(w["direction"])
        chosen.append(np.argsort(-cosine)[:m])
        barred = np.full(len(h), -np.inf)
        barred[chosen[-1]] = 0
        query, key, value = (linear(f"{far}.{part}", h) for part in ("query", "key", "value"))
        mixed = []
        for own in (slice(0, width // 2), slice(width // 2, width)):
            mixed.append(softmax(query[:, own] @ key[:, own].T / np.sqrt(width // 2) + cosine + barred) @ value[:, own])
        near_out = linear(f"{near}.lin_l", mean @ h) + linear(f"{near}.lin_r", h)
        h = relu(np.concatenate([near_out, linear(f"{far}.merged", np.concatenate(mixed, axis=1))], axis=1))
    return linear("classifier", h), chosen


@pytest.mark.parametrize("m", [1, 2, 3, 4, 100])
@pytest.mark.parametrize("prepared", [True, False], ids=["prepared edges", "edge_index"])
def test_the_model_is_its_formula(m, prepared):
    module = module_of(chosen=m, depth=2)
    with torch.no_grad():
        found = module(torch.from_numpy(X).float(), Edges(EDGES, 4) if prepared else EDGES).numpy()
    logits, chosen = expected(module, X, A, m)
    assert all(len(one) == min(m, 4) for one in chosen)
    np.testing.assert_allclose(found, logits, rtol=1e-4, atol=1e-5 * np.abs(logits).max())


def test_a_graph_without_edges_and_a_node_alone():
    module = module_of(chosen=2, depth=1)
    with torch.no_grad():
        found = module(torch.from_numpy(X).float(), Edges(NONE, 4)).numpy()
    np.testing.assert_allclose(found, expected(module, X, 0 * A, 2)[0], rtol=1e-4, atol=1e-4)
    alone = build("tangnn", Shape(3, 2, 1), {}).eval()
    assert torch.isfinite(alone(torch.rand(1, 3), Edges(NONE, 1))).all()


def test_cosines_by_hand():
    states = torch.tensor([[3.0, 4], [3, -4], [-1, -1], [0, 2]])
    # ReLU: (3, 4), (3, 0), nothing, (0, 2); a = (1, 0) · 7
    assert_close(cosines(states, torch.tensor([7.0, 0])), torch.tensor([0.6, 1.0, 0.0, 0.0]))


def test_attention_to_the_chosen_nodes_by_hand():
    """W_q = W_k = 1, W_v = 10, W_o = 1 on x = 1, 2, 3, 4; nodes 1 and 3 are chosen with cosines ½ and 0."""
    attend = TopAttention(1, 1, 1, bias=False)
    with torch.no_grad():
        for part, weight in ((attend.query, 1), (attend.key, 1), (attend.value, 10), (attend.merged, 1)):
            part.weight.fill_(weight)
    x = torch.tensor([[1.0], [2], [3], [4]])
    with asked(attend) as seen:
        found = attend(x, torch.tensor([3, 1]), torch.tensor([0.0, 0.5]))[:, 0]
    share = [1 / (1 + np.exp(4 * node - (2 * node + 0.5))) for node in (1, 2, 3, 4)]  # of node 1, beside node 3
    assert_close(found.tolist(), [20 * one + 40 * (1 - one) for one in share])
    (layer,) = seen
    assert_close(layer.alpha[0].tolist(), [[1 - one, one] for one in share])
    assert (layer.nodes.tolist(), layer.similarity.tolist()) == ([3, 1], [0.0, 0.5])
    assert not layer.alpha.requires_grad
    assert not attend.asked._forward_hooks


def test_the_nearest_are_those_of_the_largest_cosine():
    similarity = torch.tensor([0.1, 0.9, -0.3, 0.5])
    states = torch.rand(4, 3)
    assert set(nearest(similarity, states, 2).tolist()) == {1, 3}
    assert set(nearest(similarity, states, 4).tolist()) == set(nearest(similarity, states, 9).tolist()) == {0, 1, 2, 3}


def test_of_nodes_that_tie_their_states_decide_whatever_their_numbers():
    """Three nodes share the second place, two of them with the same state; rounding does not part them."""
    states = torch.tensor([[1.0, 0], [0, 2], [0, 1], [0, 2], [-1, 0]])
    similarity = torch.tensor([1.0, 0.5, 0.5 + 4e-7, 0.5 - 4e-7, 0.0])
    found = set()
    for seed in range(30):
        order = torch.randperm(5, generator=torch.Generator().manual_seed(seed))
        taken = order[nearest(similarity[order], states[order], 2)]
        assert len(set(taken.tolist())) == 2
        assert 0 in taken
        found.add(tuple(sorted(map(tuple, states[taken].tolist()))))
    assert len(found) == 1, "node 2, or one of 1 and 3, which are alike"
    for count in (3, 4):
        assert len(nearest(similarity, states, count)) == count
        assert 4 not in nearest(similarity, states, count)


@pytest.mark.parametrize("m", range(1, 12))
def test_renumbering_changes_nothing_where_many_nodes_look_alike(make_graph, m):
    """Three kinds of nodes, four of each: at most cuts some tie."""
    kinds = np.random.default_rng(1).normal(size=(3, 7)).astype(np.float32)
    graph = make_graph(2, features=kinds[np.arange(12) % 3])
    torch.manual_seed(0)
    module = build("tangnn", Shape(7, 3, 12), {"chosen": m, "depth": 3}).eval()
    order = np.random.default_rng(0).permutation(12)
    with torch.no_grad():
        found = module(torch.from_numpy(graph.features), Edges(torch.from_numpy(graph.edge_index), 12))
        moved = module(torch.from_numpy(graph.features[order]), Edges(torch.from_numpy(np.argsort(order)[graph.edge_index]), 12))
    assert_close(moved, found[order], atol=1e-5, rtol=1e-5)


def test_a_node_far_away_is_heard_if_it_is_chosen_and_only_then():
    module = module_of(chosen=1, depth=1, activation="tanh")
    x = torch.from_numpy(X).float().requires_grad_()
    logits = module(x, Edges(NONE, 4))
    chosen = int(cosines(module.encoder(x).tanh(), module.direction).argmax())
    for node in range(4):
        reached = torch.autograd.grad(logits[node].sum(), x, retain_graph=True)[0].abs().sum(dim=1) > 0
        assert set(reached.nonzero()[:, 0].tolist()) == {node, chosen}


def test_the_direction_learns(make_graph, make_spec):
    runs = [train(make_spec("tangnn", {"chosen": 4}, epochs=epochs, keep="last"), graph=make_graph(3), device="cpu") for epochs in (1, 15)]
    first, last = (run.weights["direction"] for run in runs)
    assert np.abs(last - first).max() > 1e-3


def test_heads_share_the_width():
    with pytest.raises(UserError, match=r"The width \(32\) is shared by the heads \(5\) of TANGNN"):
        build("tangnn", Shape(3, 2, 9), {"heads": 5})


def test_the_same_seed_gives_the_same_run(make_graph, make_spec):
    graph = make_graph(2)
    first, again, other = (train(make_spec("tangnn", seed=seed, epochs=5), graph=graph, device="cpu") for seed in (0, 0, 1))
    assert np.array_equal(first.logits, again.logits)
    assert not np.array_equal(first.logits, other.logits)
