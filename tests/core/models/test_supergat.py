"""SuperGAT against PyG's own layer and by hand, and what its second loss does to a training."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from torch.nn import functional
from torch.testing import assert_close
from torch_geometric.nn import SuperGATConv

from core.models.contract import Shape, build
from core.models.supergat import SelfSupervisedConvolution, Unlinked
from core.sparse import Edges
from core.training import train

CASES = pytest.mark.parametrize(("kind", "channels", "concat"), [("MX", 4, True), ("MX", 9, False), ("SD", 4, False), ("SD", 9, True)])
"""Some columns more or fewer than the sampled product takes at once."""
OFF = {"dropout": 0.0, "attention_dropout": 0.0}


def layers(graph, kind, channels, concat):
    """Ours and PyG's with the same weights, the features, and the edges with own loops last."""
    torch.manual_seed(0)
    sampling = {"attention_type": kind, "neg_sample_ratio": 0.6, "edge_sample_ratio": 0.7}
    ours = SelfSupervisedConvolution(7, channels, heads=3, concat=concat, **sampling)
    theirs = SuperGATConv(7, channels, heads=3, concat=concat, **sampling)
    with torch.no_grad():
        ours.bias.normal_()
    theirs.load_state_dict(ours.state_dict())
    edges = Edges(torch.from_numpy(graph.edge_index), graph.num_nodes)
    return ours, theirs, torch.from_numpy(graph.features), edges


@CASES
def test_a_layer_is_pygs(make_graph, kind, channels, concat):
    ours, theirs, x, edges = layers(make_graph(1), kind, channels, concat)
    assert_close(ours.eval()(x, edges), theirs.eval()(x, edges.edge_index), atol=1e-5, rtol=1e-5)


@CASES
@pytest.mark.parametrize("prepared", [True, False], ids=["prepared edges", "edge_index"])
def test_the_loss_of_attention_is_pygs_for_the_same_pairs(make_graph, monkeypatch, kind, channels, concat, prepared):
    ours, theirs, x, edges = layers(make_graph(1), kind, channels, concat)
    torch.manual_seed(5)
    positive, negative = ours.positive_sampling(edges.with_loops), ours.negative_sampling(edges.with_loops, 12)
    assert 0 < positive.shape[1] < edges.with_loops.shape[1]
    assert negative.shape[1] == int(0.6 * 0.7 * edges.with_loops.shape[1])
    monkeypatch.setattr(theirs, "positive_sampling", lambda _: positive)
    theirs(x, edges.edge_index, negative)
    expected = theirs.get_attention_loss()
    torch.manual_seed(5)
    ours(x, edges if prepared else edges.edge_index)
    found = ours.link_loss()
    assert_close(found, expected, atol=1e-5, rtol=1e-5)
    (own,), (other,) = (torch.autograd.grad(loss, layer.lin.weight) for loss, layer in ((found, ours), (expected, theirs)))
    assert other.abs().max() > 1e-3
    assert_close(own, other, atol=1e-5, rtol=1e-4)


def by_hand(kind):
    """1 → 0, two heads of one channel: W h = (h, 2h), a_l = 1, a_r = 10; x = (1, −1)."""
    layer = SelfSupervisedConvolution(1, 1, heads=2, bias=False, attention_type=kind, edge_sample_ratio=1.0, neg_sample_ratio=1.0)
    with torch.no_grad():
        layer.lin.weight.copy_(torch.tensor([[1.0], [2.0]]))
        if kind == "MX":
            layer.att_l.fill_(1)
            layer.att_r.fill_(10)
    return layer, torch.tensor([[1.0], [-1.0]]), Edges(torch.tensor([[1], [0]]), 2)


def leaky(score):
    return score if score > 0 else 0.2 * score


@pytest.mark.parametrize("kind", ["MX", "SD"])
def test_attention_and_its_loss_by_hand(kind):
    layer, x, edges = by_hand(kind)
    out = []
    for scale in (1, 2):
        states = np.array([1.0, -1.0]) * scale
        dots = states[0] * states  # with itself, and with node 1
        chance = 1 / (1 + np.exp(-dots))
        scores = (states + 10 * states[0]) * chance if kind == "MX" else dots
        weights = np.exp([leaky(score) for score in scores])
        out.append((weights * states).sum() / weights.sum())
    assert_close(layer(x, edges)[0].tolist(), out, atol=1e-5, rtol=1e-5)
    # 0 and 1 are linked, so there is no other pair; the products of 1 → 0, 0 → 0 and 1 → 1, averaged over heads
    expected = np.mean([np.log1p(np.exp(2.5)), np.log1p(np.exp(-2.5)), np.log1p(np.exp(-2.5))])
    assert layer.link_loss().item() == pytest.approx(expected, abs=1e-6)


def test_unlinked_pairs_are_all_drawn_alike_and_no_others():
    # an edge in one direction links both ways, a repeated one and a loop change nothing; 3 is alone
    pairs = Unlinked(torch.tensor([[0, 0, 2, 2], [1, 1, 0, 2]]), 4)
    known = {(1, 2), (2, 1), *((3, node) for node in range(3)), *((node, 3) for node in range(3))}
    assert pairs.count == len(known) == 8
    torch.manual_seed(0)
    drawn = pairs.draw(8000)
    found, count = torch.unique(drawn, dim=1, return_counts=True)
    assert set(map(tuple, found.t().tolist())) == known
    assert ((count - 1000).abs() < 125).all(), "4.2 standard deviations of 8,000 draws at ⅛"


@pytest.mark.parametrize("seed", range(3))
def test_unlinked_pairs_are_the_zeros_of_the_matrix(make_graph, seed):
    graph = make_graph(seed, num_edges=20)
    links = np.eye(12, dtype=bool)
    links[tuple(graph.edge_index)] = links[tuple(graph.edge_index[::-1])] = True
    pairs = Unlinked(torch.from_numpy(graph.edge_index), 12)
    assert pairs.count == (~links).sum()
    torch.manual_seed(0)
    assert set(map(tuple, pairs.draw(5000).t().tolist())) == set(zip(*np.nonzero(~links), strict=True))


def test_where_all_are_linked_or_nothing_is_drawn_there_is_a_loss_all_the_same():
    full = torch.cartesian_prod(torch.arange(3), torch.arange(3)).t()
    assert Unlinked(full, 3).draw(7).shape == (2, 0)
    for edges, share in ((full, 0.8), (torch.empty(2, 0, dtype=torch.long), 0.8), (full, 0.01)):
        module = build("supergat", Shape(2, 2, 3), {"edge_sample_ratio": share}).train()
        torch.manual_seed(2)
        module(torch.rand(3, 2), Edges(edges, 3))
        loss = module.auxiliary_loss()
        assert torch.isfinite(loss)
        assert (loss > 0) is not (share == 0.01)


def test_the_models_own_loss_is_the_weighted_sum_over_layers_and_leaves_nothing():
    edges, x = Edges(torch.tensor([[0, 1, 2], [1, 2, 0]]), 6), torch.rand(6, 4)
    module = build("supergat", Shape(4, 2, 6), {"depth": 3, "attention_loss": 2.5, **OFF}).train()
    torch.manual_seed(1)
    module(x, edges)
    whole = module.auxiliary_loss()
    torch.manual_seed(1)
    module(x, edges)
    assert_close(whole, 2.5 * sum(layer.link_loss() for layer in module.convolutions))
    deepcopy(module)  # a graph that is left behind cannot be copied
    module.zero_grad()
    whole.backward()
    assert all(layer.lin.weight.grad.abs().max() > 0 for layer in module.convolutions)
    assert all(layer.att_l.grad is None for layer in module.convolutions[2:]), "only the products are asked whether there is an edge"


def test_history_is_the_tasks_loss_of_what_a_plain_loop_with_pygs_layers_descends(make_spec, make_graph):
    graph = make_graph(4, num_edges=14)
    spec = make_spec("supergat", {"attention_loss": 3.0, **OFF}, epochs=4, weight_decay=0.01, keep="last")
    run = train(spec, graph=graph, device="cpu")
    torch.manual_seed(0)
    module = build("supergat", Shape(7, 3, 12), dict(spec.model.parameters))
    optimizer = torch.optim.Adam(module.parameters(), lr=0.01, weight_decay=0.01)
    x, y, edges = torch.from_numpy(graph.features), torch.from_numpy(graph.labels), torch.from_numpy(graph.edge_index)
    known, unseen = (torch.from_numpy(part) for part in (graph.splits["public"].train, graph.splits["public"].validation))
    losses = []
    for _ in range(4):
        optimizer.zero_grad()
        loss = functional.cross_entropy(module.train()(x, edges)[known], y[known])
        (loss + 3 * sum(layer.get_attention_loss() for layer in module.convolutions)).backward()
        optimizer.step()
        losses.append(functional.cross_entropy(module.eval()(x, edges)[unseen], y[unseen]).item())
    np.testing.assert_allclose(run.history["validation_loss"], losses, rtol=1e-4)
    other = train(make_spec("supergat", {"attention_loss": 0.0, **OFF}, epochs=4, weight_decay=0.01), graph=graph, device="cpu")
    assert not np.allclose(run.history["validation_loss"], other.history["validation_loss"], rtol=1e-4)


def test_links_are_told_apart_by_what_it_learns(make_spec, make_graph):
    """The loss over all pairs of nodes, which no step sees as a whole, with the second loss and without it."""
    graph, found = make_graph(4, num_edges=14, features=np.eye(12, dtype=np.float32)), []
    links = torch.eye(12, dtype=torch.bool).index_put(tuple(torch.from_numpy(graph.edge_index)), torch.tensor(True))
    for strength in (0.0, 20.0):
        spec = make_spec("supergat", {"depth": 1, "attention_loss": strength, **OFF}, epochs=100, keep="last")
        states = torch.from_numpy(train(spec, graph=graph, device="cpu").weights["convolutions.0.lin.weight"].T)
        products = states @ states.t() / 8  # the mean over eight heads
        found.append(functional.binary_cross_entropy_with_logits(products, (links | links.t()).float()).item())
    assert found[1] < 0.75 * found[0]
