"""GPS against PyG's own layer, and positions against NetworkX's Laplacian."""

import networkx as nx
import numpy as np
import pytest
import torch
from torch import nn
from torch.testing import assert_close
from torch_geometric.nn import GCNConv, GPSConv

from core.errors import UserError
from core.models import gps
from core.models.contract import Shape, build
from core.models.gps import eigenvectors, positions
from core.sparse import Edges
from core.training import train


def path(size):
    """Both directions."""
    low = torch.arange(size - 1)
    return torch.cat([torch.stack([low, low + 1]), torch.stack([low + 1, low])], dim=1)


def copied(target, source):
    with torch.no_grad():
        target.copy_(source)


@pytest.mark.parametrize("kind", ["none", "layer"])
def test_a_layer_is_pygs(make_graph, kind):
    graph = make_graph(1)
    torch.manual_seed(0)
    ours = build("gps", Shape(7, 3, 12), {"depth": 1, "width": 8, "heads": 2, "normalization": kind}).eval().layers[0]
    norm = {"none": None, "layer": "torch.nn.LayerNorm"}[kind]
    theirs = GPSConv(8, GCNConv(8, 8), heads=2, norm=norm and "BatchNorm").eval()
    if kind == "layer":
        theirs.norm1, theirs.norm2, theirs.norm3 = (nn.LayerNorm(8) for _ in range(3))
        theirs.norm_with_batch = False
    copied(theirs.conv.lin.weight, ours.local.lin.weight)
    copied(theirs.conv.bias, ours.local.bias)
    copied(theirs.attn.in_proj_weight, ours.everywhere.asked.weight)
    copied(theirs.attn.in_proj_bias, ours.everywhere.asked.bias)
    copied(theirs.attn.out_proj.weight, ours.everywhere.merged.weight)
    copied(theirs.attn.out_proj.bias, ours.everywhere.merged.bias)
    for place, linear in ((0, ours.wide), (3, ours.narrow)):
        copied(theirs.mlp[place].weight, linear.weight)
        copied(theirs.mlp[place].bias, linear.bias)
    x, index = torch.randn(12, 8), torch.from_numpy(graph.edge_index)
    assert_close(ours(x, Edges(index, 12)), theirs(x, index), atol=1e-5, rtol=1e-5)


def test_attention_is_the_softmax_over_all_nodes():
    attend = gps.GlobalAttention(4, 2, bias=False)
    x = torch.randn(5, 4)
    query, key, value = (x @ part.t() for part in attend.asked.weight.split(4))
    heads = []
    for own in (slice(0, 2), slice(2, 4)):
        heads.append((query[:, own] @ key[:, own].t() / 2**0.5).softmax(dim=1) @ value[:, own])
    assert_close(attend(x), torch.cat(heads, dim=1) @ attend.merged.weight.t())


def test_positions_on_a_path_of_three_by_hand():
    # of the Laplacian with D = (1, 2, 1): eigenvalue 1 with (1, 0, −1)/√2, and 2 with (1, −√2, 1)/2; times √3, the sum of cubes positive
    found = eigenvectors(path(3), 3, 4)
    assert_close(found[:, 0].abs(), torch.tensor([1.5**0.5, 0, 1.5**0.5]), atol=1e-6, rtol=0)
    assert_close(found[:, 1], torch.tensor([-1.0, 2**0.5, -1.0]) * 3**0.5 / 2, atol=1e-6, rtol=0)
    assert not found[:, 2:].any(), "there are no more"


@pytest.mark.parametrize("few", [512, 0], ids=["dense", "sparse"])
def test_positions_are_eigenvectors_of_the_laplacian(monkeypatch, few):
    """Two connected components and a node alone, so that 0 is there three times."""
    monkeypatch.setattr(gps, "FEW", few)
    one, other = nx.connected_watts_strogatz_graph(90, 4, 0.3, seed=1), nx.barabasi_albert_graph(60, 2, seed=2)
    graph = nx.disjoint_union(nx.disjoint_union(one, other), nx.empty_graph(1))
    index = torch.tensor(list(nx.to_directed(graph).edges)).t()
    found = eigenvectors(torch.cat([index, index[:, :7], torch.tensor([[3], [3]])], dim=1), 151, 5).double().numpy()  # repeated, and a loop
    laplacian = nx.normalized_laplacian_matrix(graph).toarray()
    values = np.linalg.eigvalsh(laplacian[:150, :150])
    smallest = values[values > 1e-9][:5]
    np.testing.assert_allclose(laplacian @ found, found * smallest, atol=1e-5)
    np.testing.assert_allclose(found.T @ found / 151, np.eye(5), atol=1e-5)
    assert ((found**3).sum(axis=0) > 0).all()


def test_positions_move_with_the_nodes():
    graph = nx.barabasi_albert_graph(40, 2, seed=3)
    index = torch.tensor(list(nx.to_directed(graph).edges)).t()
    place = torch.randperm(40, generator=torch.Generator().manual_seed(0))
    assert_close(eigenvectors(place[index], 40, 6)[place], eigenvectors(index, 40, 6), atol=1e-5, rtol=1e-5)


def test_positions_are_found_once_for_a_graph():
    index = path(9)
    first = positions(index, 9, 3)
    assert positions(index, 9, 3) is first
    assert positions(index.clone(), 9, 3) is not first
    assert positions(index, 9, 4).shape == (9, 4)


def test_positions_tell_nodes_apart_that_look_the_same():
    """A circle looks the same from all its nodes."""
    index = torch.cat([path(6), torch.tensor([[0, 5], [5, 0]])], dim=1)
    for count, alike in ((0, True), (2, False)):
        module = build("gps", Shape(3, 2, 6), {"positions": count}).eval()
        assert (hasattr(module.position, "weight")) is bool(count)
        with torch.no_grad():
            logits = module(torch.ones(6, 3), Edges(index, 6))
        assert torch.allclose(logits, logits[:1].expand(6, 2), atol=1e-5) is alike


def test_too_many_nodes_are_refused_before_anything_is_made():
    with pytest.raises(UserError, match=r"20,001 nodes are more than the 20,000 that it is offered for\. Take a smaller graph"):
        build("gps", Shape(3, 2, 20_001), {})
    build("gps", Shape(3, 2, 20_000), {})


def test_heads_share_the_width():
    with pytest.raises(UserError, match=r"The width \(64\) is shared by the heads \(5\)"):
        build("gps", Shape(3, 2, 9), {"heads": 5})


def test_the_same_seed_gives_the_same_run(make_graph, make_spec):
    graph = make_graph(2)
    first, again, other = (train(make_spec("gps", seed=seed, epochs=5), graph=graph, device="cpu") for seed in (0, 0, 1))
    assert np.array_equal(first.logits, again.logits)
    assert not np.array_equal(first.logits, other.logits)


def test_positions_that_do_not_come_are_a_sentence(monkeypatch):
    monkeypatch.setattr(gps, "ROUNDS", 1)
    ring = np.arange(2000)
    with pytest.raises(UserError, match="Set Positions to 0"):
        gps.eigenvectors(torch.from_numpy(np.stack([ring, np.roll(ring, 1)])), 2000, 8)
