"""Other attention in the place of the learned one: what comes out, and that nothing stays."""

import pytest
import torch
from torch.testing import assert_close

from core.capture import attention
from core.models.contract import Shape, build
from core.sparse import Edges
from core.swaps import SWAPS, swapped

EDGES = Edges(torch.tensor([[1, 2, 3, 0, 3, 2], [0, 0, 0, 1, 1, 3]]), 5)


@pytest.fixture(params=["gat", "gatv2", "supergat"])
def asked(request):
    torch.manual_seed(0)
    module = build(request.param, Shape(4, 3, 5), {"depth": 2, "heads": 2, "width": 3, "output_heads": 2}).eval()
    return module, torch.randn(5, 4)


def alphas(module, x):
    with attention(module) as found:
        module(x, EDGES)
    return found


def test_uniform_attention_is_one_over_the_entries(asked):
    plain = alphas(*asked)
    with swapped(asked[0], "uniform", layer=0, head=1):
        first, second = alphas(*asked)
    assert_close(first.alpha[:, 1], 1 / torch.bincount(first.edge_index[1])[first.edge_index[1]])
    assert_close(first.alpha[:, 0], plain[0].alpha[:, 0])
    assert not torch.equal(second.alpha, plain[1].alpha), "the next layer reads other states"


def test_permuted_attention_stays_with_its_node(asked):
    plain = alphas(*asked)[0]
    moved = False
    for seed in range(5):
        with swapped(asked[0], "permuted", layer=0, head=0, seed=seed):
            found = alphas(*asked)[0]
        for node in range(5):
            mine = plain.edge_index[1] == node
            assert_close(found.alpha[mine, 0].sort().values, plain.alpha[mine, 0].sort().values)
        assert_close(found.alpha[:, 1], plain.alpha[:, 1])
        moved |= not torch.equal(found.alpha[:, 0], plain.alpha[:, 0])
    assert moved


def test_every_order_is_as_likely(asked):
    """Node 1 has three entries: each weight lands on each of them in about a third of the draws."""
    plain = alphas(*asked)[0]
    mine = plain.edge_index[1] == 1
    count = torch.zeros(3, 3)
    for seed in range(300):
        with swapped(asked[0], "permuted", layer=0, head=0, seed=seed):
            found = alphas(*asked)[0].alpha[mine, 0]
        count += torch.isclose(found[:, None], plain.alpha[mine, 0])
    assert ((count - 100).abs() < 35).all(), "4.3 standard deviations of 300 draws at ⅓"


def test_a_removed_head_passes_nothing_on(asked):
    module, x = asked
    first = module.convolutions[0]
    whole = first(x, EDGES)
    with swapped(module, "removed", layer=0, head=1):
        found = first(x, EDGES)
    assert_close(found[:, :3], whole[:, :3])
    assert_close(found[:, 3:], first.bias[3:].expand(5, 3))
    with swapped(module, "removed"):
        assert_close(module(x, EDGES), module.convolutions[1].bias.expand(5, 3))


@pytest.mark.parametrize("swap", SWAPS)
def test_all_heads_are_each_of_them_and_nothing_stays(asked, swap):
    module, x = asked
    plain = module(x, EDGES)
    with swapped(module, swap, layer=1):
        one = module(x, EDGES)
    assert not torch.allclose(one, plain)
    if swap != "permuted":  # that one draws for both heads at once
        with swapped(module, swap, 1, 0), swapped(module, swap, 1, 1):
            assert_close(module(x, EDGES), one)
    with pytest.raises(ZeroDivisionError), swapped(module, swap):
        raise ZeroDivisionError
    assert torch.equal(module(x, EDGES), plain)
    with pytest.raises(IndexError), swapped(module, swap, layer=2):
        pass


def test_the_same_seed_draws_the_same(asked):
    module, x = asked
    found = []
    for _ in range(2):
        with swapped(module, "permuted", seed=3):
            found.append(module(x, EDGES))
    assert torch.equal(*found)
