"""Our Adam is torch's, bit by bit."""

import torch
from torch.nn import Parameter

from core.adam import Adam
from core.models.linear import ENTRIES, FeatureLinear


def weights():
    torch.manual_seed(0)
    return [Parameter(torch.randn(shape)) for shape in ((3, 4), (4,), (2, 2))]


def steps(optimizer, given, forget):
    torch.manual_seed(1)
    for number in range(5):
        forget()
        for index, weight in enumerate(given):
            if not (index == 2 and number < 2):  # a weight that gets its first gradient later
                weight.grad = torch.randn_like(weight)
        optimizer.step()


def test_the_same_bits_as_torchs_own_with_two_decays():
    ours, theirs = weights(), weights()
    adam = Adam([(ours[:1], 5e-4), (ours[1:], 0.0), ([], 1.0)], lr=0.01)
    oracle = torch.optim.Adam(
        [{"params": theirs[:1], "weight_decay": 5e-4}, {"params": theirs[1:], "weight_decay": 0.0}], lr=0.01, fused=True
    )
    steps(adam, ours, adam.forget_gradients)
    steps(oracle, theirs, oracle.zero_grad)
    assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))
    assert not torch.equal(ours[0], weights()[0])


def test_weights_that_lie_transposed_in_memory_meet_their_own_gradients():
    """Wide layers do; the fused kernel pairs entries by their place in memory."""
    x = torch.randn(20, ENTRIES // 4)
    found = []
    for make in (lambda weights: Adam([(weights, 0.0)], lr=0.01), lambda weights: torch.optim.Adam(weights, lr=0.01)):
        torch.manual_seed(0)
        layer = FeatureLinear(ENTRIES // 4, 6)
        optimizer = make(list(layer.parameters()))
        for _ in range(5):
            layer.zero_grad()
            layer(x).pow(2).sum().backward()
            optimizer.step()
        assert layer.weight.t().is_contiguous()
        found.append(layer.weight.detach())
    torch.testing.assert_close(*found)


def test_first_step_by_hand():
    weight = Parameter(torch.tensor([1.0, -2.0]))
    adam = Adam([([weight], 0.0)], lr=0.1)
    weight.grad = torch.tensor([0.5, -3.0])
    adam.step()
    # the bias-corrected first step is lr · sign(gradient)
    torch.testing.assert_close(weight.data, torch.tensor([0.9, -1.9]))
