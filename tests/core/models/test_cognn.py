"""Co-GNN against its formula on dense matrices, and what its actions let through."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from core.actions import ACTIONS
from core.models.cognn import Actions
from core.models.contract import Shape, build
from core.sparse import Edges
from core.training import train

# 0 → 1, 2 → 1, 1 → 0, 1 → 2, and 3 alone; A[i, j] = 1 for an edge j → i
EDGES = torch.tensor([[0, 2, 1, 1], [1, 1, 0, 2]])
A = np.array([[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0.0]])
MEAN = A / np.maximum(A.sum(1, keepdims=True), 1)
X = np.array([[1.0, 0], [0, 2], [-1, 1], [3, 1]])
W, V, U = np.array([[1.0, -1], [0.5, 2]]), np.array([[2.0, 1], [-1, 1]]), np.array([[0.5, 0], [1, -1]])
B = np.array([0.1, -0.2])
P, Q, C = (
    np.array([[1.0, 0], [0, 0.5], [-1, 1], [0.5, -1]]),
    np.array([[0.0, 1], [1, -1], [0, 0], [-1, 0]]),
    np.array([0.0, 0.3, -0.2, 0.1]),
)


def relu(x):
    return np.maximum(x, 0)


def made(**given):
    """One layer of two channels, with weights."""
    module = build("cognn", Shape(2, 2, 4), {"depth": 1, "width": 2, **given}).eval()
    weights = {"encoder.weight": np.eye(2), "encoder.bias": B, "classifier.weight": U, "classifier.bias": [0, 1]}
    weights |= {f"convolutions.0.lin_{end}.weight": theta for end, theta in (("l", W), ("r", V))} | {"convolutions.0.lin_l.bias": B}
    weights |= {f"policy.convolutions.0.lin_{end}.weight": theta for end, theta in (("l", P), ("r", Q))}
    weights |= {"policy.convolutions.0.lin_l.bias": C}
    assert set(weights) == set(module.state_dict())
    module.load_state_dict({key: torch.tensor(np.asarray(value), dtype=torch.float32) for key, value in weights.items()})
    return module


def logits_of(module):
    with torch.no_grad():
        return module(torch.from_numpy(X).float(), Edges(EDGES, 4)).numpy()


def forced(module, *words):
    """Each node does what it is told."""
    told = torch.eye(4)[[ACTIONS.index(word) for word in words]]
    return module.actions[0].register_forward_hook(lambda *_: told)


def watched(module, call):
    """What each layer chose, and from which probabilities."""
    found = []
    handles = [tap.register_forward_hook(lambda _, inputs, chosen: found.append((chosen, inputs[1]))) for tap in module.actions]
    call()
    for handle in handles:
        handle.remove()
    return found


@pytest.mark.parametrize(("aggregation", "matrix"), [("mean", MEAN), ("sum", A)])
def test_one_layer_takes_the_likeliest_action(aggregation, matrix):
    hidden = relu(X + B)
    scores = matrix @ hidden @ P.T + hidden @ Q.T + C
    policy = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    action = scores.argmax(1)
    assert len(set(action)) > 1
    listens, broadcasts = np.isin(action, (0, 1))[:, None], np.isin(action, (0, 2))[:, None]
    expected = relu(listens * (matrix @ (broadcasts * hidden)) @ W.T + hidden @ V.T + B) @ U.T + [0, 1]
    module = made(aggregation=aggregation)
    np.testing.assert_allclose(logits_of(module), expected, rtol=1e-5, atol=1e-6)
    ((chosen, probabilities),) = watched(module, lambda: logits_of(module))
    assert chosen.tolist() == np.eye(4)[action].tolist()
    np.testing.assert_allclose(probabilities, policy, rtol=1e-5)


def test_a_message_passes_only_from_who_broadcasts_to_who_listens():
    """All pairs of actions on the edge 0 → 1; node 2 is silent."""
    for one in ACTIONS:
        for other in ACTIONS:
            module, alone = made(), made()
            forced(module, one, other, "isolate", "isolate")
            forced(alone, *["isolate"] * 4)
            moved = np.abs(logits_of(module) - logits_of(alone)).max(axis=1) > 1e-6
            passes = one in ("standard", "broadcast") and other in ("standard", "listen")
            back = other in ("standard", "broadcast") and one in ("standard", "listen")
            assert moved.tolist() == [back, passes, False, False], (one, other)


def test_a_silent_neighbour_counts_as_a_zero_in_the_mean():
    module = made()
    forced(module, "standard", "standard", "listen", "standard")
    hidden = relu(X + B)
    expected = relu(hidden[0] / 2 @ W.T + hidden[1] @ V.T + B) @ U.T + [0, 1]
    np.testing.assert_allclose(logits_of(module)[1], expected, rtol=1e-5)


def test_where_all_listen_and_broadcast_it_is_a_plain_gnn_and_where_all_are_isolated_a_perceptron():
    module, hidden = made(), relu(X + B)
    handle = forced(module, *["standard"] * 4)
    np.testing.assert_allclose(logits_of(module), relu(MEAN @ hidden @ W.T + hidden @ V.T + B) @ U.T + [0, 1], rtol=1e-5, atol=1e-6)
    handle.remove()
    forced(module, *["isolate"] * 4)
    np.testing.assert_allclose(logits_of(module), relu(hidden @ V.T + B) @ U.T + [0, 1], rtol=1e-5, atol=1e-6)


def test_taps_have_no_weights_and_change_nothing():
    tap, chosen = Actions(), torch.eye(4)
    assert tap(chosen, torch.full((4, 4), 0.25)) is chosen
    assert not list(tap.parameters())
    assert len(build("cognn", Shape(2, 2, 4), {"depth": 3}).actions) == 3


def test_draws_in_training_follow_the_policy():
    """Nodes without edges and features: the policy is the softmax of its biases."""
    module = build("cognn", Shape(2, 2, 20_000), {"depth": 1, "dropout": 0.0}).train()
    with torch.no_grad():
        module.policy.convolutions[0].lin_l.bias.copy_(torch.tensor([0.4, 0.3, 0.2, 0.1]).log())
        module.encoder.bias.zero_()
    torch.manual_seed(0)
    nobody = Edges(torch.empty(2, 0, dtype=torch.long), 20_000)
    ((chosen, policy),) = watched(module, lambda: module(torch.zeros(20_000, 2), nobody))
    assert_close(policy[0], torch.tensor([0.4, 0.3, 0.2, 0.1]))
    assert set(chosen.unique().tolist()) == {0.0, 1.0}, "one-hot to the last bit"
    assert (chosen.sum(dim=1) == 1).all()
    # four standard errors of 20,000 draws are below 0.014
    assert_close(chosen.mean(dim=0).detach(), policy[0].detach(), atol=0.014, rtol=0)


@pytest.mark.parametrize("training", [True, False])
def test_the_action_network_learns_from_what_was_chosen(training):
    """The gradient passes a choice as it passes the softmax that stands behind it."""
    module = build("cognn", Shape(2, 2, 4), {"depth": 1, "dropout": 0.0, "temperature": 0.7}).train(training)
    network = module.policy
    x = torch.from_numpy(X).float()
    scores = network.convolutions[0](x[:, :1].repeat(1, 64), Edges(EDGES, 4)).detach().requires_grad_()
    network.convolutions[0].forward = lambda *_: scores
    torch.manual_seed(1)
    chosen, _ = network(x, EDGES)
    chosen[:, 0].sum().backward()
    torch.manual_seed(1)
    noise = -torch.empty_like(scores).exponential_().log() if training else 0
    soft = ((scores.detach() + noise) / (0.7 if training else 1)).softmax(dim=1)
    expected = soft[:, :1] * (torch.eye(4)[0] - soft) / (0.7 if training else 1)
    assert_close(scores.grad, expected)


def test_the_same_seed_gives_the_same_run(make_graph, make_spec):
    graph = make_graph(2)
    first, again, other = (train(make_spec("cognn", seed=seed, epochs=5), graph=graph, device="cpu") for seed in (0, 0, 1))
    assert np.array_equal(first.logits, again.logits)
    assert not np.array_equal(first.logits, other.logits)
