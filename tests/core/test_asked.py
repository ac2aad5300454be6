"""Edges that are asked about once: the same numbers as prepared ones, and no gradients."""

from __future__ import annotations

import pytest
import torch

from core.asked import AskedEdges
from core.models.contract import Shape, build, models
from core.sparse import Edges


@pytest.fixture
def edge_index(make_graph) -> torch.Tensor:
    """With repetitions, loops, both directions of none, and nodes without edges."""
    return torch.from_numpy(make_graph().edge_index)


@pytest.mark.parametrize("name", ["symmetric", "mean", "chebyshev", "total", "sources", "targets"])
def test_matrices(edge_index, name):
    expected, found = (getattr(kind(edge_index, 12), name) for kind in (Edges, AskedEdges))
    torch.testing.assert_close(found.to_dense(), expected.to_dense(), atol=0, rtol=0)
    assert found.forward.crow_indices().dtype == expected.forward.crow_indices().dtype


@pytest.mark.parametrize("heads", [1, 3])
def test_entries_of_attention(edge_index, heads):
    edges = AskedEdges(edge_index, 12)
    expected, found = Edges(edge_index, 12).attention(heads), edges.attention(heads)
    scores = torch.rand(edges.with_loops.shape[1], heads)
    torch.testing.assert_close(found.entries(scores)[found.slots], scores)
    for heads_of in (expected, found):
        assert heads_of.row[heads_of.slots].tolist() == expected.row[expected.slots].tolist()
        assert heads_of.column[heads_of.slots].tolist() == expected.column[expected.slots].tolist()
    torch.testing.assert_close(found.matrix(found.entries(scores)).to_dense(), expected.matrix(expected.entries(scores)).to_dense())


@pytest.mark.parametrize("name", sorted(models()))
@torch.no_grad()
def test_every_model_says_the_same(edge_index, name, sparse_products):
    torch.manual_seed(0)
    module = build(name, Shape(7, 3, 12), {}).eval()
    x = torch.rand(12, 7)
    torch.testing.assert_close(module(x, AskedEdges(edge_index, 12)), module(x, Edges(edge_index, 12)), atol=1e-5, rtol=1e-5)


def test_a_transpose_is_refused(edge_index, sparse_products):
    x = torch.rand(12, 2, requires_grad=True)
    edges = AskedEdges(edge_index, 12)
    with pytest.raises(RuntimeError):
        (edges.symmetric @ x).sum().backward()
    heads = edges.attention(2)
    with pytest.raises(AttributeError):
        heads.weighted_sum(torch.ones(len(heads.row)), torch.rand(24, 3, requires_grad=True)).sum().backward()
