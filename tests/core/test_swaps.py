"""Other attention, or other actions, in the place of the learned ones: what comes out, and that nothing stays."""

import pytest
import torch
from torch.testing import assert_close

from core.actions import ACTIONS, DEALT
from core.capture import actions, attention
from core.models.contract import Shape, build
from core.sparse import Edges
from core.swaps import SWAPS, swapped, told

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


@pytest.fixture
def choosers():
    torch.manual_seed(1)
    return build("cognn", Shape(4, 3, 5), {"depth": 2, "width": 4}).eval(), torch.randn(5, 4)


def chosen(module, x):
    with actions(module) as found, torch.no_grad():
        logits = module(x, EDGES)
    return [layer.taken.argmax(dim=1).tolist() for layer in found], logits


@pytest.mark.parametrize("action", ACTIONS)
def test_all_nodes_do_what_they_are_told_in_one_layer_or_in_all(choosers, action):
    module, x = choosers
    plain, logits = chosen(module, x)
    all_of_them = [ACTIONS.index(action)] * 5
    with told(module, action):
        assert chosen(module, x)[0] == [all_of_them, all_of_them]
    with told(module, action, layer=1):
        assert chosen(module, x)[0] == [plain[0], all_of_them]
    again, after = chosen(module, x)
    assert again == plain
    assert torch.equal(after, logits)


def test_dealt_actions_are_those_that_were_chosen(choosers):
    module, x = choosers
    with torch.no_grad():
        module.policy.convolutions[0].lin_r.weight.mul_(20)  # so that nodes differ
    plain, _ = chosen(module, x)
    assert len(set(plain[0])) > 1
    dealt = []
    for seed in range(5):
        with told(module, DEALT, layer=0, seed=seed):
            dealt.append(chosen(module, x)[0][0])
    assert all(sorted(one) == sorted(plain[0]) for one in dealt)
    assert any(one != plain[0] for one in dealt)
    with told(module, DEALT, layer=0, seed=4):
        assert chosen(module, x)[0][0] == dealt[4]


def test_a_layer_or_an_action_that_is_not_there(choosers):
    with pytest.raises(IndexError), told(choosers[0], "listen", layer=2):
        pass
    with pytest.raises(ValueError, match="'shout'"), told(choosers[0], "shout"):
        pass
    assert not any(tap._forward_hooks for tap in choosers[0].actions)
