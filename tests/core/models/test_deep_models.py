"""The architectures made to go deep: worked values on tiny graphs, and oracles in dense NumPy and of PyG's layers."""

import math

import numpy as np
import pytest
import torch
from torch.testing import assert_close
from torch_geometric.nn import GCN, GCN2Conv

from core.capture import hidden_states
from core.errors import UserError
from core.models.contract import Shape, build
from core.models.dgmlp import smooth_limit
from core.sparse import Edges, features_from_scipy
from core.spec import TrainingSpec
from core.training import _optimizer

PAIR = torch.tensor([[0, 1], [1, 0]])
# 0 – 1 – 2 and 3 – 4: two components, both directions stored
EDGES = torch.tensor([[0, 1, 1, 2, 3, 4], [1, 0, 2, 1, 4, 3]])
A = np.zeros((5, 5))
A[EDGES[1], EDGES[0]] = 1
LOOPED = A + np.eye(5)
HAT = LOOPED / np.sqrt(np.outer(LOOPED.sum(1), LOOPED.sum(1)))
X = np.array([[1.0, 0, 2], [0, 2, 0], [-1, 1, 1], [3, 1, 0], [0, 1, 1]])
SHAPE = Shape(num_features=3, num_classes=2, num_nodes=5)


def made(name, **given):
    """A model in evaluation mode whose weights are random and whose biases are not zero, and its weights in NumPy."""
    torch.manual_seed(0)
    module = build(name, SHAPE, given).eval()
    with torch.no_grad():
        for weight in module.parameters():
            weight.add_(torch.randn_like(weight) * 0.3)
    return module, {key: value.double().numpy() for key, value in module.state_dict().items()}


def answered(module, x=X, edges=EDGES):
    """Logits and hidden states."""
    with torch.no_grad(), hidden_states(module) as states:
        logits = module(torch.from_numpy(x).float(), Edges(edges, len(x)))
    return logits.numpy(), [state.numpy() for state in states]


def relu(x):
    return np.maximum(x, 0)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def filled(module, value):
    with torch.no_grad():
        for weight in module.parameters():
            weight.fill_(value)
    return module


def test_resgcn_by_hand():
    # all weights 1, no bias: H⁰ = (3, 7); both nodes average to 5, so H¹ = (8, 12), and H² = H¹ + 10
    module = filled(build("resgcn", Shape(2, 1, 2), {"depth": 2, "width": 1, "bias": False}).eval(), 1.0)
    logits, states = answered(module, np.array([[1.0, 2], [3, 4]]), PAIR)
    close(np.hstack(states), [[3, 8, 18], [7, 12, 22]])
    close(logits, [[18], [22]])


def test_resgcn_adds_each_layers_input():
    module, w = made("resgcn", depth=3, width=4)
    hidden = X @ w["before.weight"].T + w["before.bias"]
    expected = [hidden]
    for layer in range(3):
        hidden = hidden + relu(HAT @ hidden @ w[f"convolutions.{layer}.lin.weight"].T + w[f"convolutions.{layer}.bias"])
        expected.append(hidden)
    logits, states = answered(module)
    for one, other in zip(states, expected, strict=True):
        close(one, other)
    close(logits, hidden @ w["after.weight"].T + w["after.bias"])


@pytest.mark.parametrize("jump", ["cat", "max", "lstm"])
def test_jknet_is_pygs_gcn_with_jumping_knowledge(jump):
    module, _ = made("jknet", depth=3, width=4, jump=jump)
    oracle = GCN(3, 4, num_layers=3, out_channels=2, jk=jump).eval()
    renamed = {"convolutions": "convs", "jump": "jk", "classifier": "lin"}
    oracle.load_state_dict({".".join([renamed[key.split(".")[0]], *key.split(".")[1:]]): w for key, w in module.state_dict().items()})
    logits, states = answered(module)
    with torch.no_grad():
        close(logits, oracle(torch.from_numpy(X).float(), EDGES).numpy())
        close(logits, module.classifier(torch.from_numpy(states[-1])).numpy())
    assert [state.shape[1] for state in states] == [4, 4, 4, 12 if jump == "cat" else 4]
    if jump == "max":
        close(states[-1], np.maximum.reduce(states[:-1]))


def test_jumping_knowledge_by_lstm_needs_a_channel():
    with pytest.raises(UserError, match="at least 2"):
        build("jknet", SHAPE, {"depth": 1, "width": 1, "jump": "lstm"})


def test_gcnii_by_hand():
    # H⁰ = (3, 7); Â H⁰ = 5, kept = ¾·5 + ¼·H⁰ = (4.5, 5.5); W = 2, β₁ = log(½ + 1), so H¹ = kept · (1 + β₁)
    module = filled(build("gcnii", Shape(2, 1, 2), {"depth": 1, "width": 1, "alpha": 0.25}).eval(), 1.0)
    with torch.no_grad():
        module.before.bias.zero_()
        module.after.bias.zero_()
        module.convolutions[0].weight1.fill_(2.0)
    logits, states = answered(module, np.array([[1.0, 2], [3, 4]]), PAIR)
    close(states[0], [[3], [7]])
    close(logits, [[4.5 * (1 + math.log(1.5))], [5.5 * (1 + math.log(1.5))]])


def test_gcnii_is_made_of_pygs_layers():
    module, w = made("gcnii", depth=4, width=4, alpha=0.2, **{"lambda": 0.7})
    first = torch.from_numpy(relu(X @ w["before.weight"].T + w["before.bias"]))
    hidden = first
    for number in range(4):
        layer = GCN2Conv(4, alpha=0.2, theta=0.7, layer=number + 1).double()
        layer.load_state_dict({"weight1": torch.from_numpy(w[f"convolutions.{number}.weight1"])})
        hidden = layer(hidden, first, EDGES).relu()
    logits, states = answered(module)
    assert len(states) == 5
    close(states[-1], hidden.detach().numpy())
    close(logits, hidden.detach().numpy() @ w["after.weight"].T + w["after.bias"])


def test_weight_decay_counts_as_often_as_a_part_says():
    """The first step of Adam is lr · sign(gradient + λ W): with W = 1 and a gradient of −0.05, up or down tells λ."""
    module = filled(build("gcnii", SHAPE, {"depth": 3, "inner_decay": 20}), 1.0)

    def moved(**training):
        filled(module, 1.0)
        for weight in module.parameters():
            weight.grad = torch.full_like(weight, -0.05)
        _optimizer(module, TrainingSpec(lr=0.1, **training)).step()
        return {name: round(float(weight.detach().mean()), 4) for name, weight in module.named_parameters()}

    inner = {f"convolutions.{layer}.weight1" for layer in range(3)}
    every = set(dict(module.named_parameters()))
    assert moved(weight_decay=0.01) == {name: 0.9 if name in inner else 1.1 for name in every}, "0.2 and 0.01"
    assert moved(weight_decay=0.1) == dict.fromkeys(every, 0.9)
    first = {"before.weight", "before.bias"}
    assert moved(weight_decay=0.1, decay_scope="first") == {name: 0.9 if name in first else 1.1 for name in every}


def test_two_decays_are_torchs_two_groups():
    ours, theirs = (build("gcnii", SHAPE, {"depth": 2, "inner_decay": 20}) for _ in range(2))
    theirs.load_state_dict(ours.state_dict())
    dense = [*theirs.before.parameters(), *theirs.after.parameters()]
    groups = [{"params": dense, "weight_decay": 5e-4}, {"params": theirs.convolutions.parameters(), "weight_decay": 0.01}]
    adam, oracle = _optimizer(ours, TrainingSpec()), torch.optim.Adam(groups, lr=0.01, fused=True)
    for module, optimizer in ((ours, adam), (theirs, oracle)):
        torch.manual_seed(1)
        for _ in range(4):
            for weight in module.parameters():
                weight.grad = torch.randn_like(weight)
            optimizer.step()
    assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), theirs.parameters(), strict=True))


def test_dagnn_by_hand():
    # Z = (3, 7), Â Z = 5 for both; without weights the gates are all σ(0) = ½
    module = filled(build("dagnn", Shape(2, 1, 2), {"depth": 2, "layers": 1}).eval(), 1.0)
    with torch.no_grad():
        module.linears[0].bias.zero_()
        module.gate.weight.zero_()
        module.gate.bias.zero_()
    logits, states = answered(module, np.array([[1.0, 2], [3, 4]]), PAIR)
    close(logits, [[1.5 + 2.5 + 2.5], [3.5 + 2.5 + 2.5]])
    close(np.hstack(states), [[5, 5, 6.5], [5, 5, 8.5]])


def test_dagnn_gates_every_step_of_every_node():
    module, w = made("dagnn", depth=4, width=4)
    hidden = relu(X @ w["linears.0.weight"].T + w["linears.0.bias"])
    scores = hidden @ w["linears.1.weight"].T + w["linears.1.bias"]
    steps = np.stack([np.linalg.matrix_power(HAT, k) @ scores for k in range(5)], axis=1)
    gates = sigmoid(steps @ w["gate.weight"].T + w["gate.bias"])
    logits, states = answered(module)
    close(logits, (gates * steps).sum(axis=1))
    assert len(states) == 1 + 4 + 1
    close(states[0], hidden)
    close(np.stack(states[1:-1], axis=1), steps[:, 1:])
    close(states[-1], logits)


def test_dgmlps_mix_by_hand():
    # one step takes both nodes to the limit (½, ½), which says nothing of its own: NSL(0) = 1 − cos 45°, NSL(1) = 0
    module = filled(build("dgmlp", Shape(2, 2, 2), {"depth": 1, "layers": 1}).eval(), 0.0)
    with torch.no_grad():
        module.linears[0].weight.copy_(torch.eye(2))
    logits, _ = answered(module, np.eye(2), PAIR)
    own = math.exp(1 - math.sqrt(0.5))
    share = own / (own + 1)
    close(logits, [[share + (1 - share) / 2, (1 - share) / 2], [(1 - share) / 2, share + (1 - share) / 2]])


def test_dgmlps_limit_is_that_of_many_steps():
    limit = smooth_limit(Edges(EDGES, 5))(torch.from_numpy(X))
    np.testing.assert_allclose(limit, np.linalg.matrix_power(HAT, 300) @ X, atol=1e-10)


def cosine(a, b):
    return (a * b).sum(1) / np.sqrt((a**2).sum(1) * (b**2).sum(1))


def test_dgmlp_mixes_steps_node_by_node_and_adds_each_layers_input():
    module, w = made("dgmlp", depth=3, layers=4, width=4, temperature=0.2)
    steps = [np.linalg.matrix_power(HAT, k) @ X for k in range(4)]
    limit = np.linalg.matrix_power(HAT, 300) @ X
    levels = np.stack([cosine(step, X) * (1 - cosine(step, limit)) for step in steps])
    weights = np.exp(levels / 0.2) / np.exp(levels / 0.2).sum(0)
    hidden = [relu((weights[:, :, None] * steps).sum(0) @ w["linears.0.weight"].T + w["linears.0.bias"])]
    for layer in (1, 2):
        hidden.append(relu(hidden[-1] @ w[f"linears.{layer}.weight"].T + w[f"linears.{layer}.bias"]) + hidden[-1])
    logits, states = answered(module)
    close(logits, hidden[-1] @ w["linears.3.weight"].T + w["linears.3.bias"])
    for one, other in zip(states, [*(step @ w["linears.0.weight"].T for step in steps[1:]), *hidden], strict=True):
        close(one, other)


def test_dgmlps_mix_keeps_a_gradient_where_nodes_have_no_features():
    module, _ = made("dgmlp", depth=3)
    x = torch.zeros(5, 3)
    x[0] = torch.tensor([1.0, 0, 2])
    x.requires_grad_()
    for edges in (Edges(EDGES, 5), EDGES):
        (gradient,) = torch.autograd.grad(module(x, edges).sum(), x)
        assert torch.isfinite(gradient).all()
        assert gradient[0].abs().sum() > 0


def test_dgmlp_mixes_wide_features_some_columns_at_a_time(make_graph, monkeypatch):
    graph = make_graph(1, sparse=True)
    module, edges = build("dgmlp", Shape(7, 3, 12), {}).eval(), Edges(torch.from_numpy(graph.edge_index), 12)
    x = features_from_scipy(graph.features, torch.device("cpu"))
    whole = module(x, edges)
    monkeypatch.setattr("core.models.dgmlp.BLOCK", 3)
    for features in (features_from_scipy(graph.features, torch.device("cpu")), x.to_dense()):
        assert_close(module(features, edges), whole)


def test_dgmlp_makes_its_mix_once_and_of_sparse_features_too(make_graph, monkeypatch):
    graph = make_graph(1, sparse=True)
    module, edges = build("dgmlp", Shape(7, 3, 12), {"dropout": 0.0}), Edges(torch.from_numpy(graph.edge_index), 12)
    x = features_from_scipy(graph.features, torch.device("cpu"))
    module.train()
    before = module(x, edges)
    monkeypatch.setattr("core.models.dgmlp.mixed", lambda *_: pytest.fail("it was there"))
    assert_close(module(x, edges), before)
    assert_close(module.eval()(x, edges), before)
