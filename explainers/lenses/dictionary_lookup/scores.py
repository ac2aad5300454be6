"""What each query of one example thinks of each key, exactly enough to rank them."""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.data import Ints
from core.models.gat import AttentionConvolution
from core.models.gatv2 import DynamicAttentionConvolution
from explainers.lenses.dictionary_lookup.network import Lookup


@torch.no_grad()
def attended(module: Lookup, permutation: Ints) -> tuple[Tensor, Tensor]:
    """Scores before the softmax and α, each [heads, queries, keys] in float64, of one permutation [size].

    The softmax is over the keys and the query's own loop, which is left out: the rows of α sum to one less its share.
    """
    exact = deepcopy(module).double()
    size = len(permutation)
    own = torch.arange(size)
    keys, queries = exact.states(own, torch.from_numpy(permutation)), exact.states(own, torch.full_like(own, size))
    scores = pair_scores(exact.layer, keys, queries)
    loops = pair_scores(exact.layer, queries, queries).diagonal(dim1=1, dim2=2)
    return scores, torch.cat([scores, loops[..., None]], dim=2).softmax(dim=2)[..., :-1]


def pair_scores(layer: nn.Module, keys: Tensor, queries: Tensor) -> Tensor:
    """[heads, queries, keys] what a layer's softmax is taken of, from states [keys, channels] and [queries, channels].

    GAT (Veličković et al. 2018, eq. 3): LeakyReLU(s_j + t_i). Sums and LeakyReLU of rounded numbers never turn an order round, so
    in float64, where rounding hardly ever makes two keys equal, every query ranks the keys as the s_j do; in float32 it may tie them.
    GATv2 (Brody et al. 2022, eq. 7): aᵀ LeakyReLU(W_r h_i + W_l h_j).
    """
    if isinstance(layer, DynamicAttentionConvolution):
        pairs = functional.leaky_relu(layer.lin_l(keys)[None] + layer.lin_r(queries)[:, None], layer.negative_slope)
        scores: Tensor = (pairs.unflatten(2, (layer.heads, -1)) * layer.att).sum(dim=3)
        return scores.permute(2, 0, 1)
    if isinstance(layer, AttentionConvolution):
        source, target = (_ends(layer, x, att) for x, att in ((keys, layer.att_src), (queries, layer.att_dst)))
        return functional.leaky_relu(source[:, None] + target[:, :, None], layer.negative_slope)
    raise TypeError(f"{type(layer).__name__} does not attend.")


def _ends(layer: AttentionConvolution, x: Tensor, att: Tensor) -> Tensor:
    """[heads, nodes] what one end of an edge adds to its score."""
    ends: Tensor = (layer.lin(x).unflatten(1, (layer.heads, -1)) * att).sum(dim=2)
    return ends.t()
