"""GAT and its kin: the coefficient is the attention of each head."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from explainers.arithmetic.contract import Family
from explainers.arithmetic.families.stack import stacked
from explainers.arithmetic.result import Merge
from explainers.arithmetic.terms import Asked, Terms

if TYPE_CHECKING:
    from torch import Tensor

    from core.sparse import Features

ATTENTION = "attention α"


def attended(scores: Tensor, sources: Tensor) -> tuple[Tensor, Tensor]:
    """Sources, each once [n], and their attention [n, heads]: the softmax of scores [edges, heads], that of repeated edges summed."""
    import torch

    weights = scores.softmax(dim=0)
    found, place = torch.unique(sources, return_inverse=True)
    summed: Tensor = weights.new_zeros(len(found), weights.shape[1]).index_add(0, place, weights)
    return found, summed


def in_edges(asked: Asked) -> Tensor:
    """[edges] sources of the edges into the node, its loop among them."""
    source, target = asked.edges.with_loops
    found: Tensor = source[target == asked.row]
    return found


def gat_attention(convolution: Any, states: Tensor, asked: Asked) -> tuple[Tensor, Tensor]:
    """Sources and α of LeakyReLU(a_src · W h_u + a_dst · W h_v); `states` W h [num_nodes, heads, channels]."""
    sources = in_edges(asked)
    ends = (states[sources] * convolution.att_src).sum(-1) + (states[asked.row] * convolution.att_dst[0]).sum(-1)
    return attended(_leaky(ends, convolution), sources)


def gat(convolution: Any, x: Features, asked: Asked) -> Terms:
    """Σ_u α_vu W h_u + b of each head."""
    states = convolution.lin(x).view(-1, convolution.heads, convolution.out_channels)
    sources, weights = gat_attention(convolution, states, asked)
    return _terms(convolution, weights, states[sources], sources)


def gatv2(convolution: Any, x: Features, asked: Asked) -> Terms:
    """Σ_u α_vu W_l h_u + b of each head, α by a · LeakyReLU(W_l h_u + W_r h_v)."""
    shape = (-1, convolution.heads, convolution.out_channels)
    states, own = convolution.lin_l(x).view(shape), convolution.lin_r(x).view(shape)[asked.row]
    edges = in_edges(asked)
    sources, weights = attended((_leaky(states[edges] + own, convolution) * convolution.att).sum(-1), edges)
    return _terms(convolution, weights, states[sources], sources)


def supergat(convolution: Any, x: Features, asked: Asked) -> Terms:
    """Σ_u α_vu W h_u + b of each head, α by LeakyReLU of GAT's score times σ(W h_v · W h_u), or of W h_v · W h_u / √d."""
    states = convolution.lin(x).view(-1, convolution.heads, convolution.out_channels)
    edges, own = in_edges(asked), states[asked.row]
    scores = (states[edges] * own).sum(-1)
    if convolution.attention_type == "SD":
        scores = scores / convolution.out_channels**0.5
    else:
        scores = ((states[edges] * convolution.att_l).sum(-1) + (own * convolution.att_r[0]).sum(-1)) * scores.sigmoid()
    sources, weights = attended(_leaky(scores, convolution), edges)
    return _terms(convolution, weights, states[sources], sources)


def graph_transformer(convolution: Any, x: Features, asked: Asked) -> Terms:
    """Σ_u α_vu (W_v h_u + b_v) of each head + W_s h_v + b_s, α by (W_q h_v)ᵀ W_k h_u / √d; the node itself is no neighbour."""
    shape = (-1, convolution.heads, convolution.out_channels)
    source, target = asked.edges.edge_index
    edges, query = source[target == asked.row], convolution.lin_query(x).view(shape)[asked.row]
    scores = (convolution.lin_key(x).view(shape)[edges] * query).sum(-1) / convolution.out_channels**0.5
    sources, weights = attended(scores, edges)
    merge: Merge = "concatenated" if convolution.concat else "averaged"
    messages, own = convolution.lin_value(x).view(shape)[sources], convolution.lin_skip(x)[asked.row]
    return Terms(weights, messages, rows=sources, merge=merge, own=own, own_is="W_s h_v + b", weighs=ATTENTION)


def _terms(convolution: Any, weights: Tensor, messages: Tensor, sources: Tensor) -> Terms:
    merge: Merge = "concatenated" if convolution.concat else "averaged"
    return Terms(weights, messages, rows=sources, merge=merge, bias=convolution.bias, weighs=ATTENTION)


def _leaky(values: Tensor, convolution: Any) -> Tensor:
    found: Tensor = values.where(values > 0, convolution.negative_slope * values)
    return found


ARITHMETIC = (
    Family("gat", stacked(gat)),
    Family("gatv2", stacked(gatv2)),
    Family("supergat", stacked(supergat)),
    Family("graph_transformer", stacked(graph_transformer)),
)
