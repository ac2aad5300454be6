"""Each layer against its formula, in NumPy on dense matrices, with set weights on a graph of four nodes."""

import numpy as np
import pytest
import torch

from core.models.contract import Shape, build
from core.sparse import Edges

# 0 → 1, 1 → 0, 1 → 2, 3 alone; A[i, j] = 1 for an edge j → i
EDGES = torch.tensor([[0, 1, 1], [1, 0, 2]])
A = np.array([[0, 1, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0.0]])
X = np.array([[1.0, 0], [0, 2], [-1, 1], [3, 1]])
LOOPED = A + np.eye(4)
HAT = LOOPED / np.sqrt(np.outer(LOOPED.sum(1), LOOPED.sum(1)))
SHAPE = Shape(num_features=2, num_classes=2, num_nodes=4)


def made(name, weights, **given):
    """A model in evaluation mode with the given weights, and its logits."""
    module = build(name, SHAPE, given).eval()
    own = module.state_dict()
    assert set(weights) == set(own), sorted(own)
    module.load_state_dict({key: torch.tensor(value, dtype=torch.float32).reshape(own[key].shape) for key, value in weights.items()})
    with torch.no_grad():
        return module(torch.from_numpy(X).float(), Edges(EDGES, 4)).numpy()


W = np.array([[1.0, -1], [0.5, 2]])  # [out, in]
V = np.array([[2.0, 1], [-1, 1]])
B = np.array([0.1, -0.2])
C = np.array([1.0, 0.5])


def relu(x):
    return np.maximum(x, 0)


def test_gcn_by_hand():
    # node 0 has in-degree 1, so d̃ = 2; node 1 likewise; node 2 gets from node 1: 1/√(2·2); node 3 keeps itself
    logits = made("gcn", {"convolutions.0.lin.weight": np.eye(2), "convolutions.0.bias": [0, 0]}, depth=1)
    np.testing.assert_allclose(logits, [[0.5, 1], [0.5, 1], [-0.5, 1.5], [3, 1]], atol=1e-6)


def test_gcn_of_two_layers():
    weights = {"convolutions.0.lin.weight": W, "convolutions.0.bias": B, "convolutions.1.lin.weight": V, "convolutions.1.bias": C}
    expected = HAT @ relu(HAT @ X @ W.T + B) @ V.T + C
    np.testing.assert_allclose(made("gcn", weights, depth=2, width=2), expected, rtol=1e-5)


def test_gcn_with_residual_connections_adds_a_layers_input_from_the_second_on():
    names = [f"convolutions.{i}.{part}" for i in range(3) for part in ("lin.weight", "bias")]
    weights = dict(zip(names, (W, B, V, C, W, C), strict=True))
    first = relu(HAT @ X @ W.T + B)
    second = relu(HAT @ first @ V.T + C) + first
    np.testing.assert_allclose(made("gcn", weights, depth=3, width=2, residual=True), HAT @ second @ W.T + C, rtol=1e-5)


def test_layer_normalisation_comes_before_the_activation():
    weights = {
        "convolutions.0.lin.weight": W,
        "convolutions.1.lin.weight": V,
        "norms.0.weight": [2, 2],
        "norms.0.bias": [0.5, -0.5],
    }
    hidden = HAT @ X @ W.T
    normed = (hidden - hidden.mean(1, keepdims=True)) / np.sqrt(hidden.var(1, keepdims=True) + 1e-5) * 2 + [0.5, -0.5]
    found = made("gcn", weights, depth=2, width=2, bias=False, normalization="layer")
    np.testing.assert_allclose(found, HAT @ relu(normed) @ V.T, rtol=1e-4, atol=1e-5)


def test_sage():
    mean = A / np.maximum(A.sum(1, keepdims=True), 1)
    weights = {"convolutions.0.lin_l.weight": W, "convolutions.0.lin_l.bias": B, "convolutions.0.lin_r.weight": V}
    np.testing.assert_allclose(made("sage", weights, depth=1), mean @ X @ W.T + B + X @ V.T, rtol=1e-5)


def test_gin():
    weights = {
        "convolutions.0.eps": [0.3],
        "convolutions.0.nn.0.weight": W,
        "convolutions.0.nn.0.bias": B,
        "convolutions.0.nn.2.weight": V,
        "convolutions.0.nn.2.bias": C,
    }
    expected = relu((A @ X + 1.3 * X) @ W.T + B) @ V.T + C
    np.testing.assert_allclose(made("gin", weights, depth=1, width=2), expected, rtol=1e-5)


def test_sgc():
    expected = np.linalg.matrix_power(HAT, 3) @ X @ W.T + B
    np.testing.assert_allclose(made("sgc", {"lin.weight": W, "lin.bias": B}, depth=3), expected, rtol=1e-5)


def test_appnp():
    weights = {"linears.0.weight": W, "linears.0.bias": B, "linears.1.weight": V, "linears.1.bias": C}
    start = relu(X @ W.T + B) @ V.T + C
    out = start
    for _ in range(4):
        out = 0.8 * HAT @ out + 0.2 * start
    np.testing.assert_allclose(made("appnp", weights, depth=4, width=2, alpha=0.2), out, rtol=1e-5)


def test_mlp_never_sees_an_edge():
    weights = {"convolutions.0.weight": W, "convolutions.0.bias": B, "convolutions.1.weight": V, "convolutions.1.bias": C}
    np.testing.assert_allclose(made("mlp", weights, depth=2, width=2), relu(X @ W.T + B) @ V.T + C, rtol=1e-5)


def leaky(x):
    return np.where(x > 0, x, 0.2 * x)


def attended(scores, values):
    """Rows: who asks; softmax over in-neighbours and the node itself."""
    weight = np.where(LOOPED > 0, np.exp(scores), 0)
    return weight / weight.sum(1, keepdims=True) @ values


def test_gat_of_one_head():
    source, target = np.array([0.5, -1]), np.array([1.0, 2])
    weights = {
        "convolutions.0.lin.weight": W,
        "convolutions.0.att_src": source,
        "convolutions.0.att_dst": target,
        "convolutions.0.bias": B,
    }
    states = X @ W.T
    scores = leaky((states @ target)[:, None] + (states @ source)[None, :])
    np.testing.assert_allclose(made("gat", weights, depth=1), attended(scores, states) + B, rtol=1e-5)


def test_gat_averages_the_heads_of_its_last_layer():
    both, source, target = np.concatenate([W, V]), np.array([[0.5, -1], [1, 1]]), np.array([[1.0, 2], [0, -1]])
    weights = {
        "convolutions.0.lin.weight": both,
        "convolutions.0.att_src": source,
        "convolutions.0.att_dst": target,
        "convolutions.0.bias": B,
    }
    heads = []
    for k, weight in enumerate((W, V)):
        states = X @ weight.T
        heads.append(attended(leaky((states @ target[k])[:, None] + (states @ source[k])[None, :]), states))
    np.testing.assert_allclose(made("gat", weights, depth=1, output_heads=2), np.mean(heads, axis=0) + B, rtol=1e-5)


def test_gatv2_of_one_head():
    attention = np.array([1.0, -0.5])
    weights = {
        "convolutions.0.lin_l.weight": W,
        "convolutions.0.lin_l.bias": B,
        "convolutions.0.lin_r.weight": V,
        "convolutions.0.lin_r.bias": C,
        "convolutions.0.att": attention,
        "convolutions.0.bias": [0, 0],
    }
    left, right = X @ W.T + B, X @ V.T + C
    scores = leaky(right[:, None, :] + left[None, :, :]) @ attention
    np.testing.assert_allclose(made("gatv2", weights, depth=1), attended(scores, left), rtol=1e-5)


def test_gcn_structure_is_gcn_on_the_identity():
    module = build("gcn_structure", Shape(4, 2, 4), {"depth": 1, "bias": False}).eval()
    weight = module.convolutions[0].lin.weight.detach().numpy()
    with torch.no_grad():
        logits = module(torch.eye(4), Edges(EDGES, 4)).numpy()
    np.testing.assert_allclose(logits, HAT @ weight.T, rtol=1e-5)


@pytest.mark.parametrize(("word", "formula"), [("relu", relu), ("tanh", np.tanh), ("identity", lambda x: x)])
def test_activations(word, formula):
    weights = {"convolutions.0.weight": W, "convolutions.1.weight": V}
    found = made("mlp", weights, depth=2, width=2, bias=False, activation=word)
    np.testing.assert_allclose(found, formula(X @ W.T) @ V.T, rtol=1e-5, atol=1e-6)
