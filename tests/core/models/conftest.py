"""A graph in which nothing that layers may meet is avoided."""

from __future__ import annotations

import pytest
import torch

from core.sparse import Edges


@pytest.fixture
def graph(make_graph):
    """Features, edges and prepared edges. Directed, with self-loops, repeated edges, and two nodes without any edge."""
    data = make_graph(1)
    edge_index = torch.from_numpy(data.edge_index)
    return torch.from_numpy(data.features), edge_index, Edges(edge_index, data.num_nodes)
