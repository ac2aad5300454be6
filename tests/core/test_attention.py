"""Attention as sparse products, against PyG's softmax and scatter, and its gradients against finite differences."""

import pytest
import torch
from torch.testing import assert_close
from torch_geometric.utils import scatter, softmax

from core.attention import Heads, widened
from core.dropout import stream
from core.errors import UserError

NODES, HEADS, CHANNELS = 7, 3, 4


@pytest.fixture
def edge_index():
    """Random, with a repeated edge, a loop, and a node (6) that nothing points to."""
    torch.manual_seed(0)
    random = torch.stack([torch.randint(0, NODES, (25,)), torch.randint(0, NODES - 1, (25,))])
    return torch.cat([random, random[:, :1], torch.tensor([[2], [2]])], dim=1)


def inputs(dtype=torch.double):
    torch.manual_seed(1)
    shapes = ((NODES, HEADS), (NODES, HEADS), (NODES, HEADS, CHANNELS))
    return [torch.randn(shape, dtype=dtype, requires_grad=True) for shape in shapes]


def by_hand(edge_index, source, target, states):
    """The textbook's way, a tensor per edge."""
    alpha = softmax(source[edge_index[0]] + target[edge_index[1]], edge_index[1], num_nodes=NODES)
    return scatter(alpha[..., None] * states[edge_index[0]], edge_index[1], dim_size=NODES)


def test_two_neighbours_worked_by_hand():
    heads = Heads(torch.tensor([[0, 1], [2, 2]]), 3, 1)
    scores = torch.tensor([[0.0], [3.0]]).log()  # weights 0 and 1: −∞ is a score like any other
    states = torch.tensor([[[1.0]], [[10.0]], [[100.0]]])
    assert_close(heads.attend(heads.entries(scores), states), torch.tensor([[[0.0]], [[0.0]], [[10.0]]]))
    scores = torch.tensor([[1.0], [3.0]]).log()  # weights 1/4 and 3/4
    assert_close(heads.attend(heads.entries(scores), states)[2, 0, 0], torch.tensor(0.25 + 7.5))


@pytest.mark.parametrize("size", [1, 100], ids=["small scores", "large scores"])
def test_agrees_with_pyg_with_gradients(edge_index, size):
    heads, given = Heads(edge_index, NODES, HEADS), inputs()
    weight = torch.randn(NODES, HEADS, CHANNELS, dtype=torch.double)

    def gradients(out):
        return torch.autograd.grad((out * weight).sum(), given)

    source, target, states = given
    ours = heads.attend(heads.pair_scores(source * size, target * size), states)
    theirs = by_hand(edge_index, source * size, target * size, states)
    assert_close(ours, theirs)
    assert_close(gradients(ours), gradients(theirs), atol=1e-9, rtol=1e-6)


def test_entries_is_pair_scores_edge_by_edge(edge_index):
    heads, (source, target, _) = Heads(edge_index, NODES, HEADS), inputs()
    each = source[edge_index[0]] + target[edge_index[1]]
    assert_close(heads.entries(each), heads.pair_scores(source, target))
    assert_close(heads.pair_scores(source, target)[heads.slots], each)
    assert torch.autograd.gradcheck(heads.entries, (each.detach().requires_grad_(),))


def test_by_edge_is_the_way_back_from_entries(edge_index):
    heads, (source, target, _) = Heads(edge_index, NODES, HEADS), inputs()
    scores = heads.pair_scores(source, target).detach()
    assert torch.equal(heads.by_edge(scores), scores[heads.slots])
    assert torch.equal(heads.entries(heads.by_edge(scores)), scores)
    assert torch.autograd.gradcheck(heads.by_edge, (scores.requires_grad_(),))


@pytest.mark.parametrize("channels", range(1, 11))
def test_columns_of_zeros_change_no_product(edge_index, channels):
    heads = Heads(edge_index, NODES, HEADS)
    torch.manual_seed(2)
    target, source = (torch.randn(NODES, HEADS, channels) for _ in range(2))
    assert widened(source).shape[-1] == (8 if 1 < channels < 8 else channels)
    assert torch.equal(widened(source)[..., :channels], source)
    assert_close(heads.dot_entries(widened(target), widened(source)), heads.dot_entries(target, source))


def test_gradients_with_dropout(edge_index):
    heads, (source, target, states) = Heads(edge_index, NODES, HEADS), inputs()

    def attended(source, target, states):
        with stream(0):  # the same entries dropped at every call
            return heads.attend(heads.pair_scores(source, target), states, 0.5)

    assert torch.autograd.gradcheck(attended, (source, target, states))


def test_dropout_keeps_the_mean(edge_index):
    heads, (source, target, states) = Heads(edge_index, NODES, HEADS), inputs(torch.float)
    scores = heads.pair_scores(source, target).detach()
    with stream(0):
        many = torch.stack([heads.attend(scores, states.detach(), 0.5) for _ in range(4000)])
    error = many.std(dim=0) / 4000**0.5
    assert ((many.mean(dim=0) - heads.attend(scores, states.detach())).abs() <= 5 * error + 1e-6).all()


def test_a_graph_without_edges_attends_to_nothing():
    heads = Heads(torch.empty((2, 0), dtype=torch.long), 3, 2)
    states = torch.ones(3, 2, 4)
    assert heads.attend(heads.pair_scores(torch.ones(3, 2), torch.ones(3, 2)), states).abs().sum() == 0


def test_more_entries_than_can_be_numbered_are_refused(edge_index):
    with pytest.raises(UserError, match="100000000 attention heads on 27 edges are more entries than can be numbered"):
        Heads(edge_index, NODES, 100_000_000)


def test_gradients_flow_through_a_graph_without_edges():
    heads, (source, target, states) = Heads(torch.empty((2, 0), dtype=torch.long), NODES, HEADS), inputs()
    heads.attend(heads.pair_scores(source, target), states).sum().backward()
    assert states.grad.abs().sum() == source.grad.abs().sum() == 0
