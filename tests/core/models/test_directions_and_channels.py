"""Dir-GNN, ACM-GCN, GloGNN and ADPA against PyG's layers or dense matrices, in which nothing is avoided."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from torch.testing import assert_close
from torch_geometric.nn import DirGNNConv, SAGEConv

from core.errors import UserError
from core.models.acm_gcn import ChannelMixing
from core.models.adpa import PATTERNS, letters
from core.models.contract import Shape, build
from core.models.dir_gnn import DirectedConvolution
from core.sparse import Edges
from core.training import train
from tests.core.models.references import adjacency, moved

NAMES = ["dir_gnn", "acm_gcn", "glognn", "adpa"]
pytestmark = pytest.mark.usefixtures("sparse_products")


def hat(edge_index, num_nodes):
    """D̃^-½ (A + I) D̃^-½ with in-degrees, stored loops replaced by one a node."""
    a = adjacency(edge_index, num_nodes, torch.float64)
    looped = a - a.diag().diag() + torch.eye(num_nodes)
    return looped / (looped.sum(1)[:, None] * looped.sum(1)).sqrt()


def both_ways(edge_index):
    return torch.cat([edge_index, edge_index.flip(0)], dim=1)


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_dir_sage_is_pygs(graph, alpha):
    x, edge_index, edges = graph
    layer = moved(DirectedConvolution(7, 4, "mean", alpha, bias=True))
    theirs = DirGNNConv(SAGEConv(7, 4), alpha=alpha)
    weights = {
        "conv_in.lin_l.weight": layer.lin_in.weight,
        "conv_out.lin_l.weight": layer.lin_out.weight,
        "lin.weight": layer.lin_self.weight,
    }
    biases = {"conv_in.lin_l.bias": torch.zeros(4), "conv_out.lin_l.bias": torch.zeros(4), "lin.bias": layer.bias}
    unread = theirs.load_state_dict(weights | biases, strict=False).missing_keys
    assert unread == ["conv_in.lin_r.weight", "conv_out.lin_r.weight"], "PyG keeps them, and does not use them"
    assert_close(layer(x, edges), theirs(x, edge_index), atol=1e-5, rtol=1e-5)


def test_dir_gcn_divides_by_the_degrees_of_both_ends(graph):
    x, edge_index, edges = graph
    a = adjacency(edge_index, len(x), torch.float64)
    near = (a / a.sum(1, keepdim=True).clamp(min=1).sqrt() / a.sum(0, keepdim=True).clamp(min=1).sqrt()).float()
    layer = moved(DirectedConvolution(7, 4, "degrees", 0.3, bias=True))
    assert layer.lin_self is None
    assert_close(layer(x, edges), 0.7 * near @ layer.lin_in(x) + 0.3 * near.t() @ layer.lin_out(x) + layer.bias)


def test_direction_is_told_apart_by_hand():
    """0 → 1 → 2: node 1 hears 0 inward and 2 outward."""
    layer = DirectedConvolution(1, 1, "mean", 0.25, bias=False)
    with torch.no_grad():
        for part, weight in ((layer.lin_in, 1), (layer.lin_out, 10), (layer.lin_self, 100)):
            part.weight.fill_(weight)
    found = layer(torch.tensor([[1.0], [2.0], [4.0]]), Edges(torch.tensor([[0, 1], [1, 2]]), 3))[:, 0]
    assert_close(found, torch.tensor([100 + 0.25 * 20, 200 + 0.75 * 1 + 0.25 * 40, 400 + 0.75 * 2]))


@pytest.mark.parametrize("aggregation", ["mean", "degrees"])
def test_on_an_undirected_graph_both_directions_are_one_sum(graph, aggregation):
    x, edge_index, directed = graph
    edges = Edges(both_ways(edge_index), len(x))
    layer = moved(DirectedConvolution(7, 4, aggregation, 0.3, bias=True))
    one = deepcopy(layer)
    with torch.no_grad():
        mixed = 0.7 * layer.lin_in.weight + 0.3 * layer.lin_out.weight
        one.lin_in.weight.copy_(mixed)
        one.lin_out.weight.copy_(mixed)
    assert_close(layer(x, edges), one(x, edges), atol=1e-5, rtol=1e-5)
    assert not torch.allclose(layer(x, directed), one(x, directed))


@pytest.mark.parametrize(("jump", "states"), [("none", 2), ("max", 4), ("cat", 4)])
def test_states_of_unit_length_and_what_the_classifier_reads(graph, jump, states):
    x, _, edges = graph
    module = moved(build("dir_gnn", Shape(7, 3, len(x)), {"depth": 3, "width": 5, "jump": jump, "unit_length": True}))
    found = []
    for tap in module.states:
        tap.register_forward_hook(lambda _tap, _given, state: found.append(state))
    logits = module(x, edges)
    assert len(found) == states
    layers = found[:3] if jump != "none" else found
    for state in layers:
        lengths = state.norm(dim=1)
        assert_close(lengths[lengths > 0], torch.ones(int((lengths > 0).sum())))
    if jump != "none":
        together = torch.cat(layers, dim=1) if jump == "cat" else torch.stack(layers).amax(dim=0)
        assert_close(found[-1], together)
        assert_close(logits, module.classifier(together))


def test_acm_gcn_on_dense_matrices(graph):
    x, edge_index, edges = graph
    layer, near = moved(ChannelMixing(7, 4, "relu")), hat(edge_index, len(x)).float()
    low, high, own = layer.lin.weight.split(4)
    channels = [(near @ x @ low.t()).relu(), ((torch.eye(len(x)) - near) @ x @ high.t()).relu(), (x @ own.t()).relu()]
    scores = torch.stack([channel @ vector for channel, vector in zip(channels, layer.vectors, strict=True)], dim=1)
    shares = (scores.sigmoid() @ layer.mixing / 3).softmax(dim=1)
    expected = 3 * sum(shares[:, [place]] * channel for place, channel in enumerate(channels))
    assert_close(layer(x, edges), expected, atol=1e-5, rtol=1e-5)
    assert_close(layer.shares(layer.channels(x, edges)), shares)


def test_a_node_alone_has_no_high_frequency(graph):
    """Its Â is 1, so that I − Â is 0 there."""
    x, edge_index, edges = graph
    alone = torch.bincount(edge_index.flatten(), minlength=len(x)) == 0
    low, high, _ = moved(ChannelMixing(7, 4, "identity")).channels(x, edges).unbind(dim=1)
    assert_close(high[alone], torch.zeros(int(alone.sum()), 4))
    assert (low[alone].abs() > 0).any()


def coefficients(h, start, near, layer):
    """Z [n, n] of GloGNN as the paper writes it, with the inverse of a matrix of all pairs of nodes."""
    kept = 1 - layer.gamma
    powers = sum(weight * torch.linalg.matrix_power(near, k) for k, weight in enumerate(layer.weights.tolist(), 1))
    left = kept * h @ h.t() - layer.gamma * kept * start @ h.t() + layer.beta * powers
    return left @ torch.linalg.inv(kept**2 * h @ h.t() + (layer.alpha + layer.beta) * torch.eye(len(h)))


def loss(z, h, start, near, layer):
    """What Z makes smallest."""
    powers = sum(weight * torch.linalg.matrix_power(near, k) for k, weight in enumerate(layer.weights.tolist(), 1))
    rest = h - (1 - layer.gamma) * z @ h - layer.gamma * start
    return rest.pow(2).sum() + layer.alpha * z.pow(2).sum() + layer.beta * (z - powers).pow(2).sum()


@pytest.mark.parametrize("given", [{}, {"alpha": 0.0, "beta": 2.0, "gamma": 0.0, "orders": 1}, {"alpha": 5, "gamma": 0.7, "orders": 3}])
def test_glognn_gathers_by_coefficients_of_all_pairs_without_making_them(graph, given):
    x, edge_index, edges = graph
    module = moved(build("glognn", Shape(7, 3, len(x)), {"depth": 2, "width": 5, **given})).double()
    near, layer, x = hat(edge_index, len(x)), module.aggregation, x.double()
    hidden = start = module.after(module.before(x).relu())
    for _ in range(2):
        hidden = (1 - layer.gamma) * coefficients(hidden, start, near, layer) @ hidden + layer.gamma * start
    assert_close(module(x, edge_index), hidden)
    assert_close(module.float()(x.float(), edges), hidden.float(), atol=1e-4, rtol=1e-4)


def test_glognns_coefficients_are_the_best_ones(graph):
    x, edge_index, _ = graph
    module = moved(build("glognn", Shape(7, 3, len(x)), {"alpha": 0.5})).double()
    start = module.after(module.before(x.double()).relu()).detach()
    h, near = torch.roll(start, 1, 0), hat(edge_index, len(x))
    z = coefficients(h, start, near, module.aggregation).detach().requires_grad_()
    assert_close(torch.autograd.grad(loss(z, h, start, near, module.aggregation), z)[0], torch.zeros_like(z))


def test_glognn_below_delta_one_reads_whom_a_node_is_linked_with(graph):
    x, edge_index, edges = graph
    module = moved(build("glognn", Shape(7, 3, len(x)), {"depth": 1, "delta": 0.4}))
    found = []
    module.states[0].register_forward_hook(lambda _tap, _given, state: found.append(state))
    module(x, edges)
    module(x, edge_index)
    expected = (0.4 * module.before(x) + 0.6 * hat(edge_index, len(x)).float() @ module.linked.weight.t()).relu()
    for state in found:
        assert_close(state, expected, atol=1e-5, rtol=1e-5)
    with pytest.raises(UserError, match=r"for each of the 12 nodes that it was made for, and this graph has 11\. Train it on this one"):
        module(x[:11], Edges(edge_index[:, :0], 11))


def test_glognn_without_anything_that_holds_its_coefficients():
    with pytest.raises(UserError, match="α and β are both 0"):
        build("glognn", Shape(7, 3, 12), {"alpha": 0, "beta": 0})


def pattern_matrices(edge_index, num_nodes, r):
    """R^(r−1) P C^(−r) of every pattern, multiplied out."""
    a, eye = adjacency(edge_index, num_nodes, torch.float64), torch.eye(num_nodes)
    found = []
    for pattern in ((a + eye), (a.t() + eye), a @ a, a @ a.t(), a.t() @ a, a.t() @ a.t()):
        rows, columns = pattern.sum(1), pattern.sum(0)
        left, right = (torch.where(sums > 0, sums**power, 0) for sums, power in ((rows, r - 1), (columns, -r)))
        found.append(left[:, None] * pattern * right)
    return found


@pytest.mark.parametrize(("depth", "r"), [(1, 0.5), (2, 0.3), (3, 1.0)])
def test_adpa_on_dense_matrices_of_its_patterns(graph, depth, r):
    x, edge_index, edges = graph
    module = moved(build("adpa", Shape(7, 3, len(x)), {"depth": depth, "width": 4, "r": r})).double()
    x = x.double()
    parts = [module.own(x)]
    blocks = module.passed.weight.chunk(6)
    for matrix, block, bias in zip(pattern_matrices(edge_index, len(x), r), blocks, module.step_biases, strict=True):
        w, u, v = block[:4], block[4:-1], block[-1]
        steps = [torch.linalg.matrix_power(matrix, k) @ x for k in range(depth + 1)]
        read = sum(step @ one for step, one in zip(steps, u, strict=True))
        shares = torch.stack([(read + step @ v + bias).sigmoid() for step in steps], dim=1).softmax(dim=1)
        parts.append(sum(shares[:, [k]] * step @ w.t() for k, step in enumerate(steps)))
    hidden = [scale * (part + bias).relu() for scale, part, bias in zip(module.scales, parts, module.biases, strict=True)]
    expected = module.after(torch.cat(hidden, dim=1))
    assert_close(module(x, edge_index), expected)
    assert_close(module.float()(x.float(), edges), expected.float(), atol=1e-4, rtol=1e-4)


def test_patterns_are_read_letter_by_letter():
    assert [letters(pattern) for pattern in PATTERNS] == [["A"], ["At"], ["A", "A"], ["A", "At"], ["At", "A"], ["At", "At"]]


def test_adpa_tells_apart_what_only_the_direction_does():
    """On 0 → 1 with equal features the ends differ; stored both ways they do not."""
    module = moved(build("adpa", Shape(2, 3, 2), {"width": 4}))
    x = torch.ones(2, 2)
    one, both = (module(x, Edges(edges, 2)) for edges in (torch.tensor([[0], [1]]), torch.tensor([[0, 1], [1, 0]])))
    assert not torch.allclose(one[0], one[1], atol=1e-3)
    assert_close(both[0], both[1])


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_run(make_graph, make_spec, name):
    data = make_graph(2)
    first, again, other = (train(make_spec(name, {"width": 8}, seed=seed, epochs=4), graph=data, device="cpu") for seed in (0, 0, 1))
    assert np.array_equal(first.logits, again.logits)
    assert not np.array_equal(first.logits, other.logits)
