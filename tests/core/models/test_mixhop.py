"""MixHop against PyG's layer on equal weights, and against powers of the dense matrix, of which it builds none."""

import numpy as np
import pytest
import torch
from torch_geometric.nn import MixHopConv

from core.models.contract import Shape, build, model
from core.models.mixhop import PowersConvolution, SummedPowersConvolution
from core.sparse import Edges
from core.training import train

# 0 – 1 – 2 and 0 → 3, 4 alone; A[i, j] = 1 for an edge j → i
EDGES = torch.tensor([[0, 1, 1, 2, 0], [1, 0, 2, 1, 3]])
A = np.zeros((5, 5))
A[EDGES[1], EDGES[0]] = 1
LOOPED = A + np.eye(5)
HAT = LOOPED / np.sqrt(np.outer(LOOPED.sum(1), LOOPED.sum(1)))
X = torch.from_numpy(np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32))


@pytest.mark.parametrize("order", [1, 2, 4])
def test_a_layer_is_pygs(order):
    layer, other = PowersConvolution(3, 4, order, bias=True), MixHopConv(3, 4, powers=list(range(order + 1)))
    with torch.no_grad():
        layer.bias.copy_(torch.randn(layer.bias.shape))
    other.load_state_dict(layer.state_dict())
    found, expected = layer(X, Edges(EDGES, 5)), other(X, EDGES)
    torch.testing.assert_close(found, expected)
    found.pow(2).sum().backward(), expected.pow(2).sum().backward()
    for one, own in zip(other.lins, layer.lins, strict=True):
        torch.testing.assert_close(own.weight.grad, one.weight.grad, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("prepared", [True, False], ids=["prepared edges", "edge_index"])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_the_model_is_its_formula(order, prepared):
    module = build("mixhop", Shape(3, 2, 5), {"depth": 2, "width": 4, "order": order}).eval()
    torch.manual_seed(0)
    with torch.no_grad():
        for weight in module.parameters():
            weight.copy_(torch.randn(weight.shape))
        found = module(X, Edges(EDGES, 5) if prepared else EDGES).numpy()
    w = {name: value.double().numpy() for name, value in module.state_dict().items()}

    def powers(x, prefix):
        return [np.linalg.matrix_power(HAT, k) @ x @ w[f"{prefix}.lins.{k}.weight"].T for k in range(order + 1)]

    hidden = np.maximum(np.concatenate(powers(X.numpy(), "convolutions.0"), axis=1) + w["convolutions.0.bias"], 0)
    shares = np.exp(w["convolutions.1.q"]) / np.exp(w["convolutions.1.q"]).sum()
    exact = (
        sum(share * part for share, part in zip(shares, powers(hidden, "convolutions.1.powers"), strict=True)) + w["convolutions.1.bias"]
    )
    np.testing.assert_allclose(found, exact, rtol=1e-4, atol=1e-5 * np.abs(exact).max())


def test_the_last_layer_by_hand():
    """One edge, where Â and Â² are ½ everywhere; W_k = 1, and q makes the shares ½, ¼ and ¼."""
    layer = SummedPowersConvolution(1, 1, 2, bias=False)
    with torch.no_grad():
        layer.q.copy_(torch.tensor([2.0, 1, 1]).log())
        for lin in layer.powers.lins:
            lin.weight.fill_(1)
        found = layer(torch.tensor([[4.0], [8]]), Edges(torch.tensor([[0, 1], [1, 0]]), 2))
    torch.testing.assert_close(found, torch.tensor([[2 + 1.5 + 1.5], [4 + 1.5 + 1.5]]))


def test_no_power_of_the_matrix_is_built(make_graph, make_spec, monkeypatch):
    """Every product is one of Â with a narrow matrix: as many for each layer as the highest power."""
    graph = make_graph(3)
    products = []

    def counted(matrix, other):
        products.append((matrix.shape, tuple(other.shape)))
        return torch.mm(matrix.to_dense(), other)

    monkeypatch.setattr("core.sparse.Matrix.__matmul__", counted)
    module = build("mixhop", Shape(7, 3, 12), {"depth": 2, "width": 5}).eval()
    module(torch.from_numpy(graph.features), Edges(torch.from_numpy(graph.edge_index), 12))
    assert products == [((12, 12), (12, 10)), ((12, 12), (12, 5)), ((12, 12), (12, 3)), ((12, 12), (12, 3))]
    assert model("mixhop").reach({"depth": 2, "order": 3}) == 6


def test_how_much_each_power_counts_is_learned(make_graph, make_spec):
    run = train(make_spec("mixhop", epochs=15, keep="last"), graph=make_graph(3), device="cpu")
    assert np.abs(run.weights["convolutions.1.q"]).max() > 1e-2


def test_the_same_seed_gives_the_same_run(make_graph, make_spec):
    first, again, other = (train(make_spec("mixhop", seed=seed, epochs=5), graph=make_graph(2), device="cpu") for seed in (0, 0, 1))
    assert np.array_equal(first.logits, again.logits)
    assert not np.array_equal(first.logits, other.logits)
