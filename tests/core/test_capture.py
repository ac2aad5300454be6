import pytest
import torch

from core.capture import hidden_states
from core.models.contract import Shape, build
from core.sparse import Edges

EDGES = Edges(torch.tensor([[0, 1, 2], [1, 2, 0]]), 4)


def test_states_are_those_after_the_activation_and_do_not_change_the_model():
    module = build("gcn", Shape(5, 3, 4), {"depth": 3, "width": 6}).eval()
    x = torch.rand(4, 5)
    plain = module(x, EDGES)
    with hidden_states(module) as states:
        watched = module(x, EDGES)
    assert torch.equal(plain, watched)
    assert [tuple(state.shape) for state in states] == [(4, 6), (4, 6)]
    assert not any(state.requires_grad for state in states)
    assert all((state >= 0).all() for state in states), "after ReLU"
    assert torch.equal(module.convolutions[2](states[1], EDGES), watched)
    module(x, EDGES)
    assert len(states) == 2, "nothing is recorded after the block"


def test_depth_one_has_no_hidden_state():
    module = build("gcn", Shape(5, 3, 4), {"depth": 1})
    with hidden_states(module) as states:
        module(torch.rand(4, 5), EDGES)
    assert states == []


def test_hooks_go_whatever_happens():
    module = build("gcn", Shape(5, 3, 4), {"depth": 3})
    with pytest.raises(ZeroDivisionError), hidden_states(module):
        raise ZeroDivisionError
    assert not any(state._forward_hooks for state in module.states)
