"""FAGCN against PyG's layer on equal weights, against its formula on a directed graph, and by hand: shares may be negative."""

import numpy as np
import pytest
import torch
from torch_geometric.nn import FAConv

from core.capture import attention
from core.models.contract import Shape, attention_is_read, build, model, why_unread
from core.models.fagcn import FrequencyConvolution
from core.sparse import Edges
from core.training import train

# 0 – 1 – 2 – 0 and 2 – 3, 4 alone
PAIRS = torch.tensor([[0, 1, 2, 2], [1, 2, 0, 3]])
LINKS = torch.cat([PAIRS, PAIRS.flip(0)], dim=1)
# 0 → 1 stored twice, 1 → 2, 3 → 2, a loop at 2, and 4 alone: nobody reaches 0 and 3
ARROWS = torch.tensor([[0, 0, 1, 3, 2], [1, 1, 2, 2, 2]])
X = torch.from_numpy(np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32))


@pytest.mark.parametrize("prepared", [True, False], ids=["prepared edges", "edge_index"])
def test_a_layer_is_pygs_without_loops(prepared):
    torch.manual_seed(0)
    layer, other = FrequencyConvolution(3, 0.3, 0.0), FAConv(3, 0.3, add_self_loops=False)
    other.load_state_dict(layer.state_dict())
    x, theirs = X.clone().requires_grad_(), X.clone().requires_grad_()
    found, expected = layer(x, 2 * X, Edges(LINKS, 5) if prepared else LINKS), other(theirs, 2 * X, LINKS)
    torch.testing.assert_close(found, expected)
    found.pow(2).sum().backward(), expected.pow(2).sum().backward()
    torch.testing.assert_close(x.grad, theirs.grad, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(layer.att_l.weight.grad, other.att_l.weight.grad, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(layer.att_r.weight.grad, other.att_r.weight.grad, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("prepared", [True, False], ids=["prepared edges", "edge_index"])
@pytest.mark.parametrize("depth", [1, 3])
def test_the_model_is_its_formula_on_a_directed_graph(depth, prepared):
    module = build("fagcn", Shape(3, 2, 5), {"depth": depth, "width": 4}).eval()
    torch.manual_seed(0)
    with torch.no_grad():
        for weight in module.parameters():
            weight.copy_(torch.randn(weight.shape))
        found = module(X, Edges(ARROWS, 5) if prepared else ARROWS).numpy()
    w = {name: value.double().numpy() for name, value in module.state_dict().items()}
    counts = np.zeros((5, 5))
    np.add.at(counts, (ARROWS[1].numpy(), ARROWS[0].numpy()), 1)
    np.fill_diagonal(counts, 0)
    degree = np.maximum(counts.sum(axis=1), 1)
    hidden = start = np.maximum(X.numpy() @ w["before.weight"].T + w["before.bias"], 0)
    for layer in range(depth):
        source, target = (hidden @ w[f"convolutions.{layer}.{part}.weight"][0] for part in ("att_l", "att_r"))
        shares = np.tanh(target[:, None] + source[None, :]) * counts / np.sqrt(np.outer(degree, degree))
        hidden = shares @ hidden + 0.3 * start
    exact = hidden @ w["after.weight"].T + w["after.bias"]
    np.testing.assert_allclose(found, exact, rtol=1e-4, atol=1e-5 * np.abs(exact).max())


def test_a_negative_share_by_hand():
    """One edge, one channel, g = (−1, 0) on source and target: each node loses tanh(h) h of the other."""
    layer = FrequencyConvolution(1, 0.5, 0.0)
    with torch.no_grad():
        layer.att_l.weight.fill_(-1), layer.att_r.weight.zero_()
        found = layer(torch.tensor([[1.0], [2]]), torch.tensor([[10.0], [20]]), Edges(torch.tensor([[0, 1], [1, 0]]), 2))
    torch.testing.assert_close(found.flatten().tolist(), [5 - 2 * np.tanh(2.0), 10 - np.tanh(1.0)])


def test_it_does_not_claim_to_attend():
    unit = model("fagcn")
    assert not attention_is_read(unit)
    assert why_unread(unit) == "has no attention weights"
    module = build("fagcn", Shape(3, 2, 5), {}).eval()
    with attention(module) as seen:
        module(X, Edges(LINKS, 5))
    assert seen == []


def test_shares_are_dropped_in_training_alone():
    layer = FrequencyConvolution(3, 0.0, 0.5).train()
    for edges in (Edges(LINKS, 5), LINKS):
        torch.manual_seed(0)
        assert not torch.equal(layer(X, X, edges), layer(X, X, edges))
    layer.eval()
    assert torch.equal(layer(X, X, LINKS), layer(X, X, LINKS))


def test_the_same_seed_gives_the_same_run(make_graph, make_spec):
    first, again, other = (train(make_spec("fagcn", seed=seed, epochs=5), graph=make_graph(2), device="cpu") for seed in (0, 0, 1))
    assert np.array_equal(first.logits, again.logits)
    assert not np.array_equal(first.logits, other.logits)
