import pytest
import torch

from core.capture import hidden_states
from core.models.contract import Shape, build, model, models
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


@pytest.mark.parametrize("name", models())
def test_the_last_state_alone_is_the_last_of_all(name):
    module = build(name, Shape(5 if model(name).uses_features else 4, 3, 4), {"depth": 3}).eval()
    x = torch.rand(4, 5) if model(name).uses_features else torch.eye(4)
    with hidden_states(module) as states:
        module(x, EDGES)
    with hidden_states(module, last_only=True) as last:
        module(x, EDGES)
    assert len(last) == 1
    assert torch.equal(last[0], states[-1])


def test_hooks_go_whatever_happens():
    module = build("gcn", Shape(5, 3, 4), {"depth": 3})
    with pytest.raises(ZeroDivisionError), hidden_states(module):
        raise ZeroDivisionError
    assert not any(state._forward_hooks for state in module.states)
