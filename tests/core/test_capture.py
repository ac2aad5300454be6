import pytest
import torch
from torch.testing import assert_close
from torch_geometric.nn import MessagePassing, SuperGATConv
from torch_geometric.utils import softmax

from core.capture import actions, attending, attention, choosing, hidden_states
from core.models.contract import Shape, attention_is_read, build, model, models, why_unread, with_read_attention
from core.models.gat import AttentionConvolution
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


ATTENDING = [name for name in models() if attending(build(name, Shape(5, 3, 4), {"depth": 2}))]


def test_what_says_that_it_attends_does():
    others = {"grand", "gps", "tangnn"}  # GRAND mixes its heads before it sums, GPS attends to all nodes, TANGNN to some of all
    assert {name for name, unit in models().items() if unit.has_attention} == {*ATTENDING, *others}
    assert [name for name, unit in models().items() if attention_is_read(unit)] == ATTENDING
    assert with_read_attention({name: model(name) for name in ("gcn", "gat", "grand", "gatv2", "supergat")}) == "GAT, GATv2 or SuperGAT"
    assert [why_unread(model(name)).split(",")[0] for name in ("gat", "gcn", "grand")] == [
        "",
        "has no attention weights",
        "attends in a way of its own",
    ]


def by_hand():
    """GAT on 1 → 0, 2 → 0 and 0 → 1, one head of one channel: W h = h, a_src = 1, a_dst = 10."""
    layer = AttentionConvolution(1, 1, heads=1, bias=False)
    with torch.no_grad():
        layer.lin.weight.fill_(1)
        layer.att_src.fill_(1)
        layer.att_dst.fill_(10)
    return layer.eval(), torch.tensor([[1.0], [2.0], [-3.0]]), Edges(torch.tensor([[1, 2, 0], [0, 0, 1]]), 3)


def test_attention_by_hand():
    layer, x, edges = by_hand()
    with attention(layer) as found:
        layer(x, edges)
    (one,) = found
    assert one.edge_index.tolist() == [[1, 2, 0, 0, 1, 2], [0, 0, 1, 0, 1, 2]], "own loops come last"
    # LeakyReLU(source + 10 · target), .2 of what is negative
    scores = torch.tensor([2.0 + 10, -3 + 10, 1 + 20, 1 + 10, 2 + 20, 0.2 * (-3 - 30)])
    assert_close(one.scores[:, 0], scores)
    weights = scores.exp()
    into = weights[[0, 1, 3]].sum(), weights[[2, 4]].sum()
    assert_close(
        one.alpha[:, 0],
        torch.stack([*(weights[:2] / into[0]), weights[2] / into[1], weights[3] / into[0], weights[4] / into[1], torch.tensor(1.0)]),
    )
    assert one.sizes.tolist() == [[1], [2], [3]]
    assert one.loops
    assert (one.num_nodes, one.heads) == (3, 1)


@pytest.mark.parametrize("name", ATTENDING)
def test_attention_sums_to_one_and_changes_nothing(name):
    module = build(name, Shape(5, 3, 4), {"depth": 2, "heads": 3}).eval()
    x = torch.rand(4, 5)
    plain = module(x, EDGES)
    with attention(module) as found:
        watched = module(x, EDGES)
    assert torch.equal(plain, watched)
    assert found
    for layer in found:
        assert not any(one.requires_grad for one in (layer.alpha, layer.scores, layer.sizes))
        sums = torch.zeros(layer.num_nodes, layer.heads).index_add_(0, layer.edge_index[1], layer.alpha)
        reached = torch.bincount(layer.edge_index[1], minlength=4) > 0
        assert_close(sums[reached], torch.ones_like(sums[reached]))
        assert torch.equal(layer.edge_index[:, :3], EDGES.edge_index), "the graph's own edges come first, in their order"


def weights(layer, *, alpha=None, query_i=None, key_j=None, index=None, **inputs):
    """α of PyG's GAT layers, which their messages get; TransformerConv's and SuperGATConv's make them on the way."""
    if isinstance(layer, SuperGATConv):
        return layer.get_attention(inputs["edge_index_i"], inputs["x_i"], inputs["x_j"], inputs["size_i"])
    return softmax((query_i * key_j).sum(dim=-1) / layer.out_channels**0.5, index) if alpha is None else alpha


@pytest.mark.parametrize("name", ATTENDING)
def test_attention_is_what_pyg_computes(name):
    module = build(name, Shape(5, 3, 4), {"depth": 2, "heads": 2}).eval()
    x, theirs = torch.rand(4, 5), []
    layers = [part for part in module.modules() if isinstance(part, MessagePassing)]
    handles = [
        layer.register_message_forward_pre_hook(lambda layer, inputs: theirs.append(weights(layer, **inputs[0]))) for layer in layers
    ]
    module(x, EDGES.edge_index)
    for handle in handles:
        handle.remove()
    with attention(module) as found:
        module(x, EDGES)
    for ours, alpha in zip(found, theirs, strict=True):
        assert_close(ours.alpha, alpha)


def test_models_without_attention_give_none_and_hooks_go():
    module = build("gcn", Shape(5, 3, 4), {"depth": 2}).eval()
    with attention(module) as found:
        module(torch.rand(4, 5), EDGES)
    assert found == []
    layer = by_hand()[0]
    with pytest.raises(ZeroDivisionError), attention(layer):
        raise ZeroDivisionError
    assert not layer.attend._forward_hooks


def test_actions_are_read_and_hooks_go():
    module = build("cognn", Shape(3, 2, 4), {"depth": 3, "width": 4}).eval()
    x, edges = torch.rand(4, 3), Edges(torch.tensor([[0, 1], [1, 2]]), 4)
    before = module(x, edges)
    with actions(module) as found:
        after = module(x, edges)
    assert torch.equal(before, after)
    assert len(found) == 3
    assert not any(layer.taken.requires_grad or layer.policy.requires_grad for layer in found)
    with pytest.raises(ZeroDivisionError), actions(module):
        _ = 1 / 0
    assert not any(tap._forward_hooks for tap in choosing(module))
    assert choosing(build("gcn", Shape(3, 2, 4), {})) == []
