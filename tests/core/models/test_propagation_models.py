"""Architectures with a propagation of their own against their formulas, in NumPy and SciPy on dense matrices."""

import numpy as np
import pytest
import torch
from scipy.linalg import expm

from core.models.contract import Shape, build
from core.sparse import Edges

# 0 – 1 – 2 and 0 → 3, 4 alone; A[i, j] = 1 for an edge j → i
EDGES = torch.tensor([[0, 1, 1, 2, 0], [1, 0, 2, 1, 3]])
A = np.zeros((5, 5))
A[EDGES[1], EDGES[0]] = 1
LOOPED = A + np.eye(5)
HAT = LOOPED / np.sqrt(np.outer(LOOPED.sum(1), LOOPED.sum(1)))
X = np.array([[1.0, 0], [0, 2], [-1, 1], [3, 1], [0.5, -2]])
SHAPE = Shape(num_features=2, num_classes=2, num_nodes=5)
W = np.array([[1.0, -1], [0.5, 2]])  # [out, in]
V = np.array([[2.0, 1], [-1, 1]])
U = np.array([[0.5, 0], [1, -1]])
B = np.array([0.1, -0.2])


def relu(x):
    return np.maximum(x, 0)


def made(name, weights, x=X, edges=EDGES, **given):
    """Logits of a model in evaluation mode with the given weights."""
    module = build(name, SHAPE, {"width": 2, **given}).eval()
    own = module.state_dict()
    assert set(weights) == set(own), sorted(own)
    module.load_state_dict({key: torch.tensor(value, dtype=torch.float32).reshape(own[key].shape) for key, value in weights.items()})
    with torch.no_grad():
        return module(torch.from_numpy(x).float(), Edges(edges, len(x))).numpy()


def test_chebnet_on_one_edge_by_hand():
    # L̂ swaps the two nodes and turns the sign; T₂ = 2 L̂² − I = I
    weights = {f"convolutions.0.lins.{k}.weight": factor * np.eye(2) for k, factor in enumerate((1.0, 0.5, 10.0))}
    found = made("chebnet", {**weights, "convolutions.0.bias": [0, 0]}, X[:2], torch.tensor([[0, 1], [1, 0]]), depth=1, order=3)
    np.testing.assert_allclose(found, [[11, -1], [-0.5, 22]], rtol=1e-6)


@pytest.mark.parametrize("order", [1, 2, 4])
def test_chebnet_is_a_sum_of_chebyshev_polynomials(order):
    edges = EDGES[:, :4]
    scale = np.array([1, 2, 1, 0, 0]) ** 0.5
    near = np.zeros((5, 5))
    near[edges[1], edges[0]] = 1
    rescaled = -near / np.maximum(np.outer(scale, scale), 1e-9)
    polynomials = [np.eye(5), rescaled]
    while len(polynomials) < order:
        polynomials.append(2 * rescaled @ polynomials[-1] - polynomials[-2])
    thetas = [W, V, U, W + V][:order]
    weights = {f"convolutions.0.lins.{k}.weight": theta for k, theta in enumerate(thetas)}
    expected = sum(polynomial @ X @ theta.T for polynomial, theta in zip(polynomials, thetas, strict=False)) + B
    np.testing.assert_allclose(
        made("chebnet", {**weights, "convolutions.0.bias": B}, edges=edges, depth=1, order=order), expected, rtol=1e-5
    )


def softmax_sum(x, t):
    """For each node and channel: messages of its in-neighbours, weighted by their softmax."""
    messages = relu(x) + 1e-7
    weight = A @ np.exp(t * messages)
    return np.divide(A @ (np.exp(t * messages) * messages), weight, out=np.zeros_like(x), where=weight > 0)


def deeper(normalized, t=0.7):
    """Weights and expected logits of two blocks without normalisation."""
    weights = {"encoder.weight": np.eye(2), "encoder.bias": B, "classifier.weight": U, "classifier.bias": [0, 1]}
    scale = {}
    for layer, theta in enumerate((W, V)):
        prefix = f"convolutions.{layer}"
        weights |= {f"{prefix}.mlp.0.weight": theta, f"{prefix}.mlp.0.bias": B, f"{prefix}.aggr_module.t": [t]}
        scale |= {f"{prefix}.msg_norm.scale": [1.5]}

    def block(x, theta):
        out = softmax_sum(x, t)
        if normalized:
            length = np.linalg.norm(out, axis=1, keepdims=True)
            out = 1.5 * np.linalg.norm(x, axis=1, keepdims=True) * out / np.maximum(length, 1e-12)
        return (x + out) @ theta.T + B

    hidden = block(X + B, W)
    hidden = hidden + block(relu(hidden), V)
    return weights | (scale if normalized else {}), relu(hidden) @ U.T + [0, 1]


@pytest.mark.parametrize("normalized", [False, True])
def test_deeper_gcn_of_two_blocks(normalized):
    weights, expected = deeper(normalized)
    found = made("deeper_gcn", weights, depth=2, normalization="none", message_norm=normalized)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_a_softmax_over_messages_far_apart_is_their_largest():
    weights = {"encoder.weight": np.eye(2), "encoder.bias": [0, 0], "classifier.weight": np.eye(2), "classifier.bias": [0, 0]}
    weights |= {"convolutions.0.mlp.0.weight": np.eye(2), "convolutions.0.mlp.0.bias": [0, 0], "convolutions.0.aggr_module.t": [1]}
    x = np.array([[0.0, 0], [0, 0], [5, 3], [0, 1000], [0, 0]])
    # node 1 hears from 0, 2 and 3: e¹⁰⁰⁰ is no number, and next to it e³ is none either; node 0 hears from 2 alone
    edges = torch.tensor([[0, 2, 3, 2], [1, 1, 1, 0]])
    found = made("deeper_gcn", weights, x, edges, depth=1, normalization="none")
    first = 5 / (1 + 2 * np.exp(-5))
    np.testing.assert_allclose(found[:2], [[5, 3], [first, 1000]], rtol=1e-5)


def omega_weights(first, second, **more):
    weights = {"embedding.weight": np.eye(2), "classifier.weight": U}
    for layer, (omega, theta) in enumerate(((first, W), (second, V))):
        weights |= {f"layers.{layer}.omega": omega, f"layers.{layer}.lin.weight": theta}
        weights |= {f"layers.{layer}.smoothing.{name}": value for name, value in more.items()}
    return weights


def test_omega_gcn_smooths_and_sharpens_channel_by_channel():
    first, second = np.array([1.0, -0.5]), np.array([0.3, 1.7])
    hidden = relu(X)
    for omega, theta in ((first, W), (second, V)):
        mixed = np.stack([(np.eye(5) - omega[c] * (np.eye(5) - HAT)) @ hidden[:, c] for c in range(2)], axis=1)
        hidden = relu(mixed @ theta.T)
    np.testing.assert_allclose(made("omega_gcn", omega_weights(first, second), depth=2), hidden @ U.T, rtol=1e-5, atol=1e-6)


def test_omega_of_zero_never_looks_at_the_edges_and_one_is_gcn():
    apart = made("omega_gcn", omega_weights([0, 0], [0, 0]), depth=2)
    np.testing.assert_allclose(apart, relu(relu(relu(X) @ W.T) @ V.T) @ U.T, rtol=1e-5, atol=1e-6)
    joined = made("omega_gcn", omega_weights([1, 1], [1, 1]), depth=2)
    np.testing.assert_allclose(joined, relu(HAT @ relu(HAT @ relu(X) @ W.T) @ V.T) @ U.T, rtol=1e-5, atol=1e-6)


def test_an_untrained_omega_network_smooths_alone():
    module = build("omega_gcn", SHAPE, {"depth": 3})
    for layer in module.layers:
        assert torch.equal(layer.omega, torch.ones(64))
        assert torch.equal(layer.lin.weight, torch.eye(64))


def test_omega_gat_with_a_head_for_each_channel():
    source, target, omega = np.array([0.5, -1]), np.array([1.0, 2]), np.array([0.6, -0.4])
    hidden = relu(X)
    mixed = np.empty_like(hidden)
    for c in range(2):
        scores = hidden[:, c, None] * target[c] + hidden[None, :, c] * source[c]
        weight = np.where(LOOPED > 0, np.exp(np.where(scores > 0, scores, 0.2 * scores)), 0)
        smoothed = weight / weight.sum(1, keepdims=True) @ hidden[:, c]
        mixed[:, c] = hidden[:, c] - omega[c] * (hidden[:, c] - smoothed)
    weights = {"embedding.weight": np.eye(2), "classifier.weight": U, "layers.0.omega": omega, "layers.0.lin.weight": W}
    weights |= {"layers.0.smoothing.att_src": source, "layers.0.smoothing.att_dst": target}
    np.testing.assert_allclose(made("omega_gat", weights, depth=1, width=1, heads=2), relu(mixed @ W.T) @ U.T, rtol=1e-5)


def diffusing(query, key):
    return {
        "encoder.weight": W,
        "encoder.bias": B,
        "query.weight": query,
        "query.bias": np.zeros(len(query)),
        "key.weight": key,
        "key.bias": np.zeros(len(key)),
        "classifier.weight": np.eye(2),
        "classifier.bias": [0, 0],
    }


@pytest.mark.parametrize("time", [1, 3, 20])
def test_grand_is_the_exponential_of_its_attention(time):
    random = np.random.default_rng(0)
    query, key = random.normal(0, 0.3, (2, 2 * 16, 2))
    start = X @ W.T + B
    attention = np.zeros((5, 5))
    for head in range(2):
        rows = slice(16 * head, 16 * head + 16)
        weight = np.where(LOOPED > 0, np.exp((start @ query[rows].T) @ (start @ key[rows].T).T / 4), 0)
        attention += weight / weight.sum(1, keepdims=True) / 2
    expected = expm((attention - np.eye(5)) * time) @ start
    found = made("grand", diffusing(query, key), depth=time, heads=2, activation="identity")
    np.testing.assert_allclose(found, expected, atol=2e-3)


def test_grand_on_one_edge_by_hand():
    # uniform attention: both nodes move towards their mean, and their difference shrinks with e⁻ᵗ
    found = made(
        "grand",
        diffusing(np.zeros((16, 2)), np.zeros((16, 2))),
        X[:2],
        torch.tensor([[0, 1], [1, 0]]),
        depth=2,
        heads=1,
        activation="identity",
    )
    start = X[:2] @ W.T + B
    mean, half = start.mean(axis=0), (start[0] - start[1]) / 2
    np.testing.assert_allclose(found, [mean + half * np.exp(-2), mean - half * np.exp(-2)], atol=1e-3)


def tide_weights(times, beta):
    return {
        "encoder.weight": np.eye(2),
        "encoder.bias": B,
        "blocks.0.time": times,
        "blocks.0.beta": beta,
        "blocks.0.convolution.lin.weight": W,
        "blocks.0.convolution.bias": B,
        "classifier.weight": V,
        "classifier.bias": [0, 0],
    }


@pytest.mark.parametrize("times", [(0.0, 0.0), (0.4, 2.5), (30.0, 8.0), (-1.0, 3.0), (39.0, 0.01)])
def test_tide_diffuses_each_channel_for_its_time_before_the_message(times):
    start = X + B
    diffused = np.stack([expm(-time * (np.eye(5) - HAT)) @ start[:, c] for c, time in enumerate(times)], axis=1)
    expected = (start + relu(HAT @ (diffused + 0.3 * start) @ W.T + B)) @ V.T
    np.testing.assert_allclose(made("tide", tide_weights(times, 0.3), depth=1), expected, rtol=1e-4, atol=1e-5)


def test_tide_starts_as_gcn_with_a_residual_connection():
    module = build("tide", SHAPE, {"depth": 2})
    assert all(not block.time.any() and not block.beta for block in module.blocks)
    expected = (X + B + relu(HAT @ (X + B) @ W.T + B)) @ V.T
    np.testing.assert_allclose(made("tide", tide_weights((0, 0), 0), depth=1), expected, rtol=1e-5, atol=1e-6)


def test_the_gradient_of_a_time_is_that_of_the_exponential():
    module = build("tide", SHAPE, {"depth": 1, "width": 2, "activation": "identity"})
    with torch.no_grad():
        module.blocks[0].time.copy_(torch.tensor([0.5, 1.5]))
    x, edges = torch.from_numpy(X).float(), Edges(EDGES, 5)
    module.eval()(x, edges).sum().backward()
    found = module.blocks[0].time.grad.clone()
    values = {name: value.detach().double().numpy() for name, value in module.state_dict().items()}
    start = X @ values["encoder.weight"].T + values["encoder.bias"]
    spread = np.ones((5, 2)) @ values["classifier.weight"] @ values["blocks.0.convolution.lin.weight"]
    for c, time in enumerate((0.5, 1.5)):
        change = HAT @ -(np.eye(5) - HAT) @ expm(-time * (np.eye(5) - HAT)) @ start[:, c]
        assert float(found[c]) == pytest.approx((spread[:, c] * change).sum(), rel=1e-4)
