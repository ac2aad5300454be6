"""CoulGAT (Gokden 2019): attention to neighbours by what surrounds them, screened by a learned power of the distance."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, partial

import numpy as np
import torch
from scipy.sparse import coo_matrix, csr_matrix, identity
from torch import Tensor, nn
from torch.nn import functional

from core.errors import UserError
from core.models import gat, options
from core.models.contract import Model, Recipe, Shape
from core.models.gat import AttentionConvolution
from core.models.once import OncePerGraph
from core.models.stack import Stack
from core.parameters import Integer, Value
from core.sparse import Edges, Features, Matrix, dense

MOST_PAIRS = 30_000_000
"""Ways between nodes that are followed to find who is how far from whom; a pair that is found takes about 50 bytes."""


class Rings:
    """The pairs (j, k) of nodes where k reaches j along d edges and no fewer, for the distances d = 1 … hops.

    `pairs`: [2, num_pairs] for each distance. `counts` [hops + 1, num_nodes]: how many nodes are so far away; at 0 the node itself.
    Raises `UserError` where there are too many ways to follow.
    """

    def __init__(self, edge_index: Tensor, num_nodes: int, hops: int) -> None:
        source, target = edge_index.cpu().numpy()
        near = csr_matrix(coo_matrix((np.ones(len(source), bool), (target, source)), shape=(num_nodes, num_nodes)))
        ring = seen = csr_matrix(identity(num_nodes, bool))
        self.num_nodes, self.pairs = num_nodes, list[Tensor]()
        for distance in range(1, hops + 1):
            ways = int(np.diff(ring.indptr)[near.indices].sum())
            if ways > MOST_PAIRS:
                raise UserError(
                    f"There are {ways:,} ways of {distance} hops between the {num_nodes:,} nodes, and CoulGAT follows {MOST_PAIRS:,} at "
                    "most. Fewer hops of screening (hops) are fewer ways."
                )
            ring = csr_matrix((near @ ring) > seen)
            seen = seen + ring
            self.pairs.append(torch.from_numpy(np.stack(ring.nonzero()).astype(np.int64)).to(edge_index.device))
        sizes = [torch.bincount(pairs[0], minlength=num_nodes) for pairs in self.pairs]
        self.counts = torch.stack([torch.ones_like(sizes[0]), *sizes])

    @cached_property
    def matrices(self) -> list[Matrix]:
        """[num_nodes, num_nodes] of ones, for each distance."""
        size = (self.num_nodes, self.num_nodes)
        return [Matrix.from_entries(to, of, torch.ones(len(to), device=to.device), size) for to, of in self.pairs]

    def screened(self, charges: Tensor, power: Tensor, *, prepared: bool) -> Tensor:
        """[num_nodes, heads] φ_j = Σ_k s_jk c_k of charges c [num_nodes, heads], at powers p [hops, heads].

        s_jk is the softmax, over all nodes k that are d ≤ hops from j and over j itself, of 1 / (1 + d)^{p_d}. `prepared`: by sparse
        products with kept transposes.
        """
        weights = torch.cat([torch.ones_like(power[:1]), _potentials(power)]).softmax(dim=0)
        sums = [charges, *(self._sums(charges) if not prepared else (matrix @ charges for matrix in self.matrices))]
        total = torch.einsum("dh,dn->nh", weights, self.counts.to(weights.dtype))
        return (weights[:, None] * torch.stack(sums)).sum(dim=0) / total

    def _sums(self, charges: Tensor) -> list[Tensor]:
        """The charges of the nodes at each distance, added up: [num_nodes, heads] each."""
        return [torch.zeros_like(charges).index_add(0, to, charges[of]) for to, of in self.pairs]


rings = OncePerGraph(Rings)


def _potentials(power: Tensor) -> Tensor:
    """[hops, heads] 1 / (1 + d)^{p_d} at the distances d = 1 … hops."""
    distance = torch.arange(2, len(power) + 2, dtype=power.dtype, device=power.device)[:, None]
    return distance.pow(-power)


class ScreenedAttentionConvolution(AttentionConvolution):
    """GAT's layer, but that the source's part of a score is the screened sum of its surroundings' parts.

    `power` [hops, heads]: p of the potential 1 / (1 + d)^p at d = 1 … hops. All start at 0, where the potential is the same everywhere.
    """

    def __init__(self, in_channels: int, out_channels: int, hops: int, **options: object) -> None:
        super().__init__(in_channels, out_channels, **options)
        self.pairs_within = hops
        self.power = nn.Parameter(torch.zeros(hops, self.heads))

    @property
    def screening(self) -> Tensor:
        """[hops + 1, heads] e^{(1 + d)^{−p_d}} / e: what a node at the distance d weighs, the node itself 1; untrained, 1 everywhere."""
        return torch.cat([torch.ones_like(self.power[:1]), _potentials(self.power)]).sub(1).exp()

    def surroundings(self, edges: Edges | Tensor, num_nodes: int) -> Tensor:
        """[hops + 1, num_nodes] how many nodes reach a node along d edges and no fewer; at 0 the node itself."""
        return rings(edges if isinstance(edges, Tensor) else edges.edge_index, num_nodes, self.pairs_within).counts

    def forward(self, x: Features, edges: Edges | Tensor, **kwargs: object) -> Tensor:
        plain = isinstance(edges, Tensor)
        states = self.lin(dense(x) if plain else x).view(-1, self.heads, self.out_channels)
        ends = gat.per_head(torch.cat([self.att_src, self.att_dst]))
        charges, target = (states.flatten(1) @ ends.t()).view(-1, 2, self.heads).unbind(dim=1)
        around = rings(edges if isinstance(edges, Tensor) else edges.edge_index, len(states), self.pairs_within)
        source = around.screened(charges, self.power, prepared=not plain)
        if isinstance(edges, Tensor):
            index = Edges(edges, len(states)).with_loops
            alpha = self.edge_updater(index, alpha=(source, target), edge_attr=None, size=None)
            return gat.merge_heads(self, self.propagate(index, x=(states, states), alpha=alpha, size=None))
        pattern = edges.attention(self.heads)
        scores = functional.leaky_relu(pattern.pair_scores(source, target), self.negative_slope)
        return gat.merge_heads(self, self.attend(pattern, scores, states, self.dropout * self.training))


def build(shape: Shape, values: Mapping[str, Value]) -> Stack:
    return gat.attention_stack(partial(ScreenedAttentionConvolution, hops=int(values["hops"])), shape, values)


MODEL = Model(
    name="coulgat",
    title="CoulGAT",
    question="How fast does what surrounds a neighbour fade with distance?",
    build=build,
    parameters=(
        *(one for one in gat.PARAMETERS if one is not options.DROP_EDGE),  # distances would have to be found anew in every step
        Integer("hops", "Hops of screening", 2, 1, 8, help="How far around a neighbour its surroundings reach in its score."),
    ),
    recipe=Recipe(
        "Gokden 2019 trains on molecules (CHAMPS), no recipe for citation graphs; those of GAT (Veličković et al. 2018, section 3.3)",
        model=gat.MODEL.recipe.model,
        training=gat.MODEL.recipe.training,
    ),
    source="Gokden, CoulGAT: an experiment on interpretability of graph attention networks, arXiv 1912.08409, 2019, as in its code: "
    "E = softmax(LeakyReLU(a · W H · softmax(A^P)ᵀ)), A of inverse distances, P a matrix of learned powers. There the graphs are "
    "molecules, complete and with their atoms numbered, and a, P and the bias have entries for each atom or pair. To be the same for any "
    "numbering, here P has one entry for each distance and head, and a is GAT's pair of vectors; distance is 1 + hops, cut off beyond; "
    "attention goes to neighbours and the node itself",
    equation=(
        r"\alpha_{ij} = \mathrm{softmax}_j\,\mathrm{LeakyReLU}\Big(a_t^\top W h_i + a_s^\top \sum_{k} s_{jk} W h_k\Big),"
        r"\; s_{jk} = \mathrm{softmax}_k\left((1 + d_{jk})^{-p_{d_{jk}}}\right),\; h_i' = \sigma\Big(\sum_j \alpha_{ij} W h_j\Big)"
    ),
    depth_counts="message-passing layers",
    # the score of a neighbour reads what surrounds it
    reach=lambda values: int(values["depth"]) * (1 + int(values["hops"])),
    weighs_messages=True,
    has_attention=True,
)
