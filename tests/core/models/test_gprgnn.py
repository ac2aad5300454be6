"""GPR-GNN against its polynomial of Â on dense matrices, the weights that its steps start with, and that they learn."""

import numpy as np
import pytest
import torch
from torch_geometric.nn import APPNP

from core.models.contract import Shape, build
from core.models.gprgnn import starting_weights
from core.sparse import Edges
from core.training import train

# 0 – 1 – 2 and 0 → 3, 4 alone; A[i, j] = 1 for an edge j → i
EDGES = torch.tensor([[0, 1, 1, 2, 0], [1, 0, 2, 1, 3]])
A = np.zeros((5, 5))
A[EDGES[1], EDGES[0]] = 1
LOOPED = A + np.eye(5)
HAT = LOOPED / np.sqrt(np.outer(LOOPED.sum(1), LOOPED.sum(1)))
X = np.array([[1.0, 0], [0, 2], [-1, 1], [3, 1], [0.5, -2]])


def module_of(seed=0, **given):
    """Weights of all parts are random, γ too."""
    module = build("gprgnn", Shape(2, 3, 5), {"width": 4, **given}).eval()
    torch.manual_seed(seed)
    with torch.no_grad():
        for weight in module.parameters():
            weight.copy_(torch.randn(weight.shape))
    return module


@pytest.mark.parametrize("prepared", [True, False], ids=["prepared edges", "edge_index"])
@pytest.mark.parametrize("depth", [1, 3, 10])
def test_the_model_is_a_polynomial_of_the_adjacency(depth, prepared):
    module = module_of(depth=depth)
    w = {name: value.detach().double().numpy() for name, value in module.state_dict().items()}
    scores = np.maximum(X @ w["linears.0.weight"].T + w["linears.0.bias"], 0) @ w["linears.1.weight"].T + w["linears.1.bias"]
    expected = sum(gamma * np.linalg.matrix_power(HAT, k) @ scores for k, gamma in enumerate(w["weights.gamma"]))
    with torch.no_grad():
        found = module(torch.from_numpy(X).float(), Edges(EDGES, 5) if prepared else EDGES).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())


def test_one_step_on_one_edge_by_hand():
    # Z = X; Â is ½ everywhere; γ = 2, −1: each node keeps twice itself and loses the mean
    module = build("gprgnn", Shape(2, 2, 2), {"depth": 1, "layers": 1}).eval()
    with torch.no_grad():
        module.linears[0].weight.copy_(torch.eye(2))
        module.linears[0].bias.zero_()
        module.weights.gamma.copy_(torch.tensor([2.0, -1.0]))
        found = module(torch.tensor([[1.0, 0], [0, 2]]), Edges(torch.tensor([[0, 1], [1, 0]]), 2))
    torch.testing.assert_close(found, torch.tensor([[1.5, -1.0], [-0.5, 3.0]]))


def test_untrained_it_is_appnp():
    module = module_of(depth=6, alpha=0.2)
    with torch.no_grad():
        module.weights.gamma.copy_(starting_weights("ppr", 6, 0.2))
        scores = module.linears[1](module.linears[0](torch.from_numpy(X).float()).relu())
        expected = APPNP(K=6, alpha=0.2)(scores, EDGES)
        torch.testing.assert_close(module(torch.from_numpy(X).float(), Edges(EDGES, 5)), expected)


def test_weights_of_the_steps_before_training_by_hand():
    assert starting_weights("ppr", 2, 0.1).tolist() == pytest.approx([0.1, 0.09, 0.81])
    assert starting_weights("nppr", 2, 0.5).tolist() == pytest.approx([4 / 7, 2 / 7, 1 / 7])
    assert starting_weights("far", 2, 0.5).tolist() == [0, 0, 1]
    assert starting_weights("ppr", 3, 1.0).tolist() == [1, 0, 0, 0], "an MLP"
    assert starting_weights("nppr", 3, 0.0).tolist() == [1, 0, 0, 0]
    torch.manual_seed(0)
    drawn = starting_weights("random", 9, 0.1)
    assert float(drawn.abs().sum()) == pytest.approx(1)
    assert drawn.min() < 0 < drawn.max()


def test_the_steps_weights_learn_and_weight_decay_spares_them(make_graph, make_spec):
    graph = make_graph(3)
    first, last = (train(make_spec("gprgnn", {"depth": 3}, epochs=epochs, keep="last"), graph=graph, device="cpu") for epochs in (1, 15))
    assert np.abs(last.weights["weights.gamma"] - first.weights["weights.gamma"]).max() > 1e-2
    once, free = (
        train(make_spec("gprgnn", {"depth": 3}, epochs=1, weight_decay=decay, keep="last"), graph=graph, device="cpu")
        for decay in (1.0, 0.0)
    )
    assert np.array_equal(once.weights["weights.gamma"], free.weights["weights.gamma"])
    assert not np.array_equal(once.weights["linears.0.weight"], free.weights["linears.0.weight"])


def test_the_same_seed_gives_the_same_run(make_graph, make_spec):
    first, again, other = (
        train(make_spec("gprgnn", {"start": "random"}, seed=seed, epochs=5), graph=make_graph(2), device="cpu") for seed in (0, 0, 1)
    )
    assert np.array_equal(first.logits, again.logits)
    assert not np.array_equal(first.logits, other.logits)
