"""The attention weights of a model's call."""

from __future__ import annotations

import torch
from scipy.sparse import csr_matrix

from core.capture import attention
from core.explained import Block
from core.rebuilt import CPU
from core.sparse import Edges, Features, features_from_scipy
from explainers.attribution.contract import Floats


def mean_attention(block: Block) -> list[Floats]:
    """[num_pairs] for each node that is asked about: mean α over layers, heads and both directions of each edge."""
    part = block.joined
    features = part.graph.features
    x: Features = features_from_scipy(features, CPU) if isinstance(features, csr_matrix) else torch.from_numpy(features)
    with torch.no_grad(), attention(block.module) as found:
        block.module(x, Edges(torch.from_numpy(part.graph.edge_index), len(part.nodes)))
    pair_of = torch.from_numpy(part.pair_of[part.pair_of >= 0])
    alpha = torch.stack([one.alpha[one.edge_index[0] != one.edge_index[1]].mean(dim=1) for one in found]).mean(dim=0)
    # the mean over both directions; what is stored twice counts twice
    links = torch.from_numpy(part.graph.edge_index[:, part.pair_of >= 0])
    directions = torch.unique(torch.stack([pair_of, links[0]]), dim=1)[0]
    count = torch.bincount(directions, minlength=block.num_pairs).clamp(min=1)
    mean = alpha.new_zeros(block.num_pairs).index_add(0, pair_of, alpha) / count
    # beyond the model's reach nodes are there for degrees only, and lack neighbours to attend to
    return block.by_pair(mean * torch.from_numpy(part.within))
