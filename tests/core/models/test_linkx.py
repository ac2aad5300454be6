"""LINKX against PyG's on equal weights, by hand on one edge, and what follows from weights that belong to nodes."""

import numpy as np
import pytest
import torch
from torch_geometric.nn import LINKX

from core.capture import hidden_states
from core.computation_graph import computation_graph
from core.cuts import Cuts, masked
from core.errors import UserError
from core.models.contract import Shape, build
from core.rebuilt import module_of as rebuilt
from core.sparse import Edges
from core.training import train

# 0 → 1 stored twice, 1 → 0, 1 → 2, a loop at 2, and 3 alone
EDGES = torch.tensor([[0, 0, 1, 1, 2], [1, 1, 0, 2, 2]])
X = torch.from_numpy(np.random.default_rng(0).normal(size=(4, 5)).astype(np.float32))


def module_of(**given):
    torch.manual_seed(0)
    return build("linkx", Shape(5, 3, 4), {"width": 6, "normalization": "batch", **given})


def pygs(module, depth, edge_layers, node_layers):
    """PyG's model with the same weights."""
    other = LINKX(4, 5, 6, 3, depth, edge_layers, node_layers)
    with torch.no_grad():
        other.edge_lin.weight.copy_(module.adjacency.weight.t())
        other.edge_lin.bias.copy_(module.adjacency.bias)
        left, right = module.joined.weight.split(6, dim=1)
        other.cat_lin1.weight.copy_(left), other.cat_lin2.weight.copy_(right)
        other.cat_lin1.bias.copy_(module.joined.bias), other.cat_lin2.bias.zero_()
    pairs = [(other.node_mlp, module.of_features), (other.final_mlp, module.last)]
    if edge_layers > 1:
        other.edge_norm.load_state_dict(module.of_edges[0][1].state_dict())
        pairs.append((other.edge_mlp, module.of_edges[1]))
    for theirs, ours in pairs:
        for one, own in zip(theirs.lins, ours.linears, strict=True):
            one.load_state_dict(own.state_dict())
        for one, own in zip(theirs.norms, ours.between, strict=False):
            one.module.load_state_dict(own[1].state_dict())
    return other


@pytest.mark.parametrize("training", [False, True], ids=["evaluation", "training"])
@pytest.mark.parametrize("prepared", [True, False], ids=["prepared edges", "edge_index"])
@pytest.mark.parametrize("layers", [(1, 1, 1), (2, 1, 1), (3, 2, 2), (2, 3, 1)])
def test_it_is_pygs_linkx(layers, prepared, training):
    depth, edge_layers, node_layers = layers
    module = module_of(depth=depth, edge_layers=edge_layers, node_layers=node_layers, dropout=0)
    other = pygs(module, *layers)
    module.train(training), other.train(training)
    found, expected = module(X, Edges(EDGES, 4) if prepared else EDGES), other(X, EDGES)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    found.pow(2).sum().backward(), expected.pow(2).sum().backward()
    torch.testing.assert_close(module.adjacency.weight.grad, other.edge_lin.weight.grad.t(), atol=1e-4, rtol=1e-4)


def test_by_hand():
    """One channel, all joined by a sum: σ(0 + h_A + h_X), and twice that."""
    module = build("linkx", Shape(1, 2, 3), {"width": 1, "depth": 1}).eval()
    with torch.no_grad():
        module.adjacency.weight.copy_(torch.tensor([[1.0, 10, 100]])), module.adjacency.bias.fill_(0.5)
        module.of_features.linears[0].weight.fill_(-1), module.of_features.linears[0].bias.zero_()
        module.joined.weight.zero_(), module.joined.bias.zero_()
        module.last.linears[0].weight.copy_(torch.tensor([[2.0], [0]])), module.last.linears[0].bias.zero_()
        x, edges = torch.tensor([[1.0], [20], [3]]), Edges(torch.tensor([[1, 2, 0, 1], [0, 0, 1, 2]]), 3)
        with hidden_states(module) as states:
            found = module(x, edges)
    # node 0 hears 1 and 2: 110.5 − 1; node 1 hears 0: 1.5 − 20, cut off; node 2 hears 1: 10.5 − 3
    assert states[0].flatten().tolist() == [109.5, 0, 7.5]
    assert found.tolist() == [[219, 0], [0, 0], [15, 0]]


def test_another_graph_is_refused():
    with pytest.raises(UserError, match="each of the 4 nodes that it was made for, and this graph has 8"):
        module_of()(torch.rand(8, 5), Edges(EDGES, 8))


def test_a_neighbours_features_are_never_seen_and_its_number_is(make_graph, make_spec):
    module = module_of(normalization="none").eval()
    x = X.clone().requires_grad_()
    module(x, Edges(EDGES, 4))[1].sum().backward()
    assert (x.grad.abs().sum(dim=1) > 0).tolist() == [False, True, False, False]
    module(X, Edges(EDGES, 4))[1].sum().backward()
    assert (module.adjacency.weight.grad.abs().sum(dim=0) > 0).tolist() == [True, False, False, False], "node 1 hears node 0 alone"


def test_a_question_about_one_node_is_asked_on_the_whole_graph(make_graph, make_spec):
    graph = make_graph(1)
    run = train(make_spec("linkx", epochs=5), graph=graph, device="cpu")
    part = computation_graph(graph, 3, run.spec)
    assert part.nodes.tolist() == list(range(graph.num_nodes))
    cuts = Cuts(rebuilt(run.spec, graph, run.weights), part)
    every = np.ones(part.num_pairs, dtype=bool)
    one_less = every.copy()
    one_less[0] = False
    found = cuts.answer([every, one_less])
    exact = torch.from_numpy(run.logits[3]).double().softmax(dim=0).numpy()
    np.testing.assert_allclose(found[0], exact, atol=1e-5)
    np.testing.assert_allclose(cuts.answer([one_less])[0], found[1], atol=1e-6)


def test_masks_weigh_the_links():
    """Edges of the weight ½ are links that count half."""
    module = module_of(normalization="none", depth=1).eval()
    with torch.no_grad():
        half = module.adjacency.rows(EDGES, 4)
        with masked(module, torch.full((5,), 0.5), EDGES):
            weighed = module.adjacency.rows(EDGES, 4)
    torch.testing.assert_close(weighed - module.adjacency.bias, (half - module.adjacency.bias) / 2)


def test_the_same_seed_gives_the_same_run(make_graph, make_spec):
    first, again, other = (train(make_spec("linkx", seed=seed, epochs=5), graph=make_graph(2), device="cpu") for seed in (0, 0, 1))
    assert np.array_equal(first.logits, again.logits)
    assert not np.array_equal(first.logits, other.logits)
