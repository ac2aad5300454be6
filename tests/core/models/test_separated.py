"""Layers that keep a node's own state apart, against PyG's on equal weights and dense formulas, and the residual blocks round them."""

import numpy as np
import pytest
import torch
from torch.nn import functional
from torch.testing import assert_close
from torch_geometric.nn import GATConv, SAGEConv, TransformerConv

from core.capture import attention, hidden_states
from core.models.blocks import ResidualBlocks
from core.models.contract import Shape, build
from core.models.gat_sep import SeparatedAttention
from core.models.gcn_sep import SeparatedConvolution
from core.models.gt_sep import SeparatedTransformer
from core.models.stack import Stack
from core.sparse import Edges
from core.training import train
from tests.core.models.references import adjacency, moved

NAMES = ["gcn_sep", "sage_sep", "gat_sep", "gt_sep"]
pytestmark = pytest.mark.usefixtures("sparse_products")


def joined(layer, own, message):
    """One linear layer on [own ‖ message]."""
    weight = torch.cat([layer.own.weight, layer.near.weight], dim=1)
    return functional.linear(torch.cat([own, message], dim=1), weight, layer.own.bias)


def across(edge_index, num_nodes):
    """D_in^-½ A D_out^-½; rows and columns without edges are zero."""
    a = adjacency(edge_index, num_nodes)
    return a / a.sum(1, keepdim=True).clamp(min=1).sqrt() / a.sum(0, keepdim=True).clamp(min=1).sqrt()


def test_gcn_sep_by_hand():
    # 1 → 0, 2 → 0, 1 → 2: node 0 hears of 1 by 1/√(2·2) and of 2 by 1/√(2·1), node 2 of 1 by 1/√(1·2)
    layer = SeparatedConvolution(1, 1, bias=False)
    with torch.no_grad():
        layer.lin.weight.fill_(1)
        layer.own.weight.fill_(100)
    found = layer(torch.tensor([[1.0], [2.0], [4.0]]), Edges(torch.tensor([[1, 2, 1], [0, 0, 2]]), 3))[:, 0]
    assert_close(found, torch.tensor([100 + 1 + 4 / 2**0.5, 200, 400 + 2 / 2**0.5]))


def test_gcn_sep_on_dense_matrices(graph):
    x, edge_index, edges = graph
    layer = moved(SeparatedConvolution(7, 4, bias=True))
    assert_close(layer(x, edges), across(edge_index, len(x)) @ layer.lin(x) + layer.own(x) + layer.bias)


def test_gat_sep_is_pygs_gat_without_loops_beside_the_own_state(graph):
    x, edge_index, edges = graph
    layer = moved(SeparatedAttention(7, 5, heads=2, channels=3, bias=True))
    theirs = GATConv(6, 3, heads=2, add_self_loops=False, bias=False)
    theirs.load_state_dict({"lin.weight": torch.eye(6), "att_src": layer.attention.att_src, "att_dst": layer.attention.att_dst})
    z = layer.lin(x)
    assert_close(layer(x, edges), joined(layer, z, theirs(z, edge_index)))


def test_gt_sep_is_pygs_transformer_beside_the_own_state(graph):
    x, edge_index, edges = graph
    layer = moved(SeparatedTransformer(7, 5, heads=2, channels=3, bias=True))
    theirs = TransformerConv(7, 3, heads=2, root_weight=False)
    theirs.load_state_dict(layer.attention.state_dict(), strict=False)
    assert_close(layer(x, edges), joined(layer, x, theirs(x, edge_index)))


@pytest.mark.parametrize(
    "layer", [SeparatedConvolution(7, 5, True), SeparatedAttention(7, 5, 2, 3, True), SeparatedTransformer(7, 5, 2, 3, True)]
)
def test_who_has_no_neighbour_hears_nothing(graph, layer):
    x, edge_index, edges = graph
    layer = moved(layer)
    alone = adjacency(edge_index, len(x)).sum(1) == 0
    assert alone.sum() >= 2
    # the same nodes in a graph without any edge
    nobody = layer(x, Edges(edge_index[:, :0], len(x)))
    found = layer(x, edges)
    assert_close(found[alone], nobody[alone])
    assert not torch.isclose(found[~alone], nobody[~alone]).all(dim=1).any()


def block(state, prefix, x, change, width):
    """H + W₂ GELU(H') where H' is made of the normalised states."""
    normal = functional.layer_norm(x, (width,), state[f"{prefix}.norm.weight"], state[f"{prefix}.norm.bias"])
    return x + functional.linear(functional.gelu(change(normal)), state[f"{prefix}.after.1.weight"], state[f"{prefix}.after.1.bias"])


def ends(state, x, layers, width):
    """H⁰ and the logits round the layers."""
    hidden = functional.gelu(functional.linear(x, state["before.weight"], state["before.bias"]))
    for layer in layers:
        hidden = layer(hidden)
    normal = functional.layer_norm(hidden, (width,), state["norm.weight"], state["norm.bias"])
    return functional.linear(normal, state["after.weight"], state["after.bias"])


def test_blocks_of_sage_are_those_of_the_paper(graph):
    x, edge_index, edges = graph
    module = moved(build("sage_sep", Shape(7, 3, len(x)), {"depth": 2, "width": 4}))
    state, theirs = module.state_dict(), SAGEConv(4, 4)

    def layer(number):
        def change(normal):
            theirs.load_state_dict({key.split("layer.")[1]: value for key, value in state.items() if f"blocks.{number}.layer." in key})
            return theirs(normal, edge_index)

        return lambda hidden: block(state, f"blocks.{number}", hidden, change, 4)

    assert_close(module(x, edges), ends(state, x, [layer(0), layer(1)], 4), atol=1e-5, rtol=1e-5)


def test_a_layer_of_the_transformer_is_two_blocks(graph):
    x, edge_index, edges = graph
    module = moved(build("gt_sep", Shape(7, 3, len(x)), {"depth": 1, "width": 2, "heads": 2}))
    state, attending = module.state_dict(), module.blocks[0]

    def layer(hidden):
        normal = functional.layer_norm(hidden, (4,), attending.norm.weight, attending.norm.bias)
        hidden = hidden + attending.layer(normal, edge_index)
        first = module.blocks[1].layer.lin
        return block(state, "blocks.1", hidden, lambda normal: functional.linear(normal, first.weight, first.bias), 4)

    assert_close(module(x, edges), ends(state, x, [layer], 4), atol=1e-5, rtol=1e-5)


def test_without_blocks_sage_sep_is_graphsage(graph):
    x, _, edges = graph
    plain = moved(build("sage", Shape(7, 3, len(x)), {"width": 4, "activation": "gelu"}))
    same = build("sage_sep", Shape(7, 3, len(x)), {"width": 4, "blocks": False, "normalization": "none"}).eval()
    same.load_state_dict(plain.state_dict())
    assert_close(same(x, edges), plain(x, edges))


@pytest.mark.parametrize("name", NAMES)
def test_blocks_or_a_plain_stack(graph, name):
    x, _, edges = graph
    for blocks, skeleton, count in ((True, ResidualBlocks, 4), (False, Stack, 2)):
        module = moved(build(name, Shape(7, 3, len(x)), {"depth": 3, "blocks": blocks}))
        assert isinstance(module, skeleton)
        with hidden_states(module) as states:
            module(x, edges)
        assert [state.shape for state in states] == [(len(x), 64)] * count


@pytest.mark.parametrize("name", ["gat_sep", "gt_sep"])
def test_no_loops_are_added_to_what_a_node_attends_to(graph, name):
    x, edge_index, edges = graph
    module = moved(build(name, Shape(7, 3, len(x)), {"depth": 2}))
    with attention(module) as found:
        module(x, edges)
    assert len(found) == 2
    for layer in found:
        assert not layer.loops
        assert torch.equal(layer.edge_index, edge_index), "the stored edges and no loops beside them"
        sums = torch.zeros(len(x), 4).index_add(0, edge_index[1], layer.alpha)
        assert_close(sums, (adjacency(edge_index, len(x)).sum(1) > 0).float()[:, None].expand(-1, 4))


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_run(make_graph, make_spec, name):
    data = make_graph(2)
    first, again, other = (train(make_spec(name, {"width": 8}, seed=seed, epochs=4), graph=data, device="cpu") for seed in (0, 0, 1))
    assert np.array_equal(first.logits, again.logits)
    assert not np.array_equal(first.logits, other.logits)
