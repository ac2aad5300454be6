"""SuperGAT (Kim & Oh 2021): attention that also learns to tell linked nodes from others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from math import sqrt
from typing import cast

import torch
from torch import Tensor
from torch.nn import functional
from torch_geometric.nn import SuperGATConv

from core.attention import Attention, Heads, widened
from core.models import gat, options
from core.models.contract import Model, Recipe, Shape
from core.models.linear import FeatureLinear
from core.models.once import OncePerGraph
from core.models.stack import Convolution, Stack
from core.parameters import Choice, Parameter, Real, Value
from core.sparse import Edges, Features, dense


class Unlinked:
    """The ordered pairs of two different nodes with no edge between them in either direction; there are `count`.

    Every pair of nodes has a number, source · num_nodes + target. What is kept is, for each linked pair, how many unlinked ones
    come before it, so that the r-th unlinked pair is found without trying others.
    """

    def __init__(self, edge_index: Tensor, num_nodes: int) -> None:
        source, target = edge_index
        own = torch.arange(num_nodes, device=edge_index.device) * (num_nodes + 1)
        linked = torch.unique(torch.cat([source * num_nodes + target, target * num_nodes + source, own]))
        self.num_nodes, self.count = num_nodes, num_nodes**2 - len(linked)
        self._before = linked - torch.arange(len(linked), device=linked.device)

    def draw(self, count: int) -> Tensor:
        """[2, count] pairs, each as likely as any other and drawn anew; [2, 0] where all nodes are linked."""
        # by the CPU's random state, so that a training on a GPU draws the same
        rank = torch.randint(max(self.count, 1), (count if self.count else 0,)).to(self._before.device)
        number = rank + torch.searchsorted(self._before, rank, right=True)
        return torch.stack([number // self.num_nodes, number % self.num_nodes])


unlinked = OncePerGraph(lambda edge_index, num_nodes, _: Unlinked(edge_index, num_nodes))


class SelfSupervisedConvolution(SuperGATConv):
    """PyG's `SuperGATConv`; with prepared `Edges` its scores and sums are sparse products.

    In training a call draws some of its edges (own loops among them) and pairs without an edge, and leaves in `att_x` and `att_y`, as
    PyG's does, how the first part of their score tells them apart: x_i · x_j, over √d for SD. Random numbers are the CPU's, in one order
    for both kinds of edges.
    """

    held_per_entry = 5
    """x_i · x_j, its logistic, what that is multiplied with, and their gradients."""

    def __init__(self, in_channels: int, out_channels: int, **options: object) -> None:
        super().__init__(in_channels, out_channels, **options)
        self.lin = FeatureLinear(in_channels, self.heads * out_channels, bias=False, weight_initializer="glorot")
        self.attend = Attention()

    @property
    def pairs_per_edge(self) -> float:
        """Pairs without an edge that a call in training draws, for every edge: their products are held until the gradient has passed."""
        return float(self.neg_sample_ratio * self.edge_sample_ratio)

    def forward(self, x: Features, edges: Edges | Tensor, **kwargs: object) -> Tensor:
        if isinstance(edges, Tensor):
            return super().forward(dense(x), edges, **kwargs)  # type: ignore[no-any-return]
        states = self.lin(x).view(-1, self.heads, self.out_channels)
        pattern, wide = edges.attention(self.heads), widened(states)
        links = pattern.dot_entries(wide, wide)
        if self.attention_type == "SD":
            links = links / sqrt(self.out_channels)
            scores = links
        else:
            ends = gat.per_head(torch.cat([self.att_l, self.att_r]))
            source, target = (states.flatten(1) @ ends.t()).view(-1, 2, self.heads).unbind(dim=1)
            scores = pattern.pair_scores(source, target) * links.sigmoid()
        if self.training:
            self._predict(edges, pattern, states, links)
        out = self.attend(pattern, functional.leaky_relu(scores, self.negative_slope), wide, self.dropout * self.training)
        return gat.merge_heads(self, out[..., : self.out_channels])

    def _predict(self, edges: Edges, pattern: Heads, states: Tensor, links: Tensor) -> None:
        """As PyG's layer, but that the mean over the heads is taken here already."""
        kept = self._drawn(edges.with_loops)
        pairs = self._others(unlinked(edges.edge_index, edges.num_nodes, 0), edges.with_loops)
        flat = states.flatten(1)[:, None]  # the mean over heads is one product of all their channels
        scale = self.heads * (sqrt(self.out_channels) if self.attention_type == "SD" else 1)
        negative = Heads(pairs, edges.num_nodes, 1).dot_entries(flat, flat) / scale
        positive = pattern.by_edge(links).mean(dim=1).index_select(0, kept)
        self.att_x = torch.cat([positive, negative])[:, None]
        self.att_y = torch.cat([torch.ones_like(positive), torch.zeros_like(negative)])

    def positive_sampling(self, edge_index: Tensor) -> Tensor:
        """[2, ·] each edge with the probability `edge_sample_ratio`."""
        return edge_index.index_select(1, self._drawn(edge_index))

    def negative_sampling(self, edge_index: Tensor, num_nodes: int, batch: Tensor | None = None) -> Tensor:
        """[2, ·] pairs of nodes without an edge in either direction."""
        return self._others(Unlinked(edge_index, num_nodes), edge_index)

    def _drawn(self, edge_index: Tensor) -> Tensor:
        kept: Tensor = torch.rand(edge_index.shape[1]) < self.edge_sample_ratio
        return kept.nonzero()[:, 0].to(edge_index.device)

    def _others(self, pairs: Unlinked, edge_index: Tensor) -> Tensor:
        return pairs.draw(int(self.pairs_per_edge * edge_index.shape[1]))

    def link_loss(self) -> Tensor:
        """Binary cross-entropy of telling edges from other pairs in the last call in training, which is forgotten: asked once."""
        scores, is_link = self.att_x.mean(dim=1), self.att_y
        self.att_x = self.att_y = None  # type: ignore[assignment]  # or the call's whole graph would stay
        total = functional.binary_cross_entropy_with_logits(scores, is_link, reduction="sum")
        return total / max(len(scores), 1)  # on a graph of a few nodes none may be drawn


class SelfSupervisedStack(Stack):
    """GAT's stack, whose layers learn to predict links as well."""

    def __init__(self, shape: Shape, values: Mapping[str, Value], convolution: Convolution, state_width: int | None = None) -> None:
        super().__init__(shape, values, convolution, state_width)
        self.strength = float(values["attention_loss"])

    def auxiliary_loss(self) -> Tensor:
        """λ Σ over layers of their `link_loss`."""
        layers = cast(list[SelfSupervisedConvolution], list(self.convolutions))
        return self.strength * torch.stack([layer.link_loss() for layer in layers]).sum()


def build(shape: Shape, values: Mapping[str, Value]) -> Stack:
    layer = partial(
        SelfSupervisedConvolution,
        attention_type=str(values["attention"]).upper(),
        edge_sample_ratio=float(values["edge_sample_ratio"]),
        neg_sample_ratio=float(values["neg_sample_ratio"]),
    )
    return gat.attention_stack(layer, shape, values, SelfSupervisedStack)


def _of_gat(parameter: Parameter) -> Parameter:
    return replace(parameter, default=8) if parameter.name == "output_heads" else parameter  # type: ignore[arg-type]


MODEL = Model(
    name="supergat",
    title="SuperGAT",
    question="What if attention has to know which nodes are linked?",
    build=build,
    parameters=(
        *(_of_gat(one) for one in gat.PARAMETERS if one is not options.DROP_EDGE),  # a dropped edge would be no link
        Choice(
            "attention",
            "Attention",
            "mx",
            (("mx", "mixed (MX)"), ("sd", "scaled dot product (SD)")),
            help="MX: GAT's score times σ(x_i · x_j). SD: x_i · x_j / √d.",
        ),
        Real("attention_loss", "Weight of the attention loss (λ)", 4.0, 0.0, 100.0, step=0.5, help="Of link prediction, in training."),
        Real("edge_sample_ratio", "Edges drawn", 0.8, 0.01, 1.0, step=0.05, help="Share of edges that a step learns from.", common=False),
        Real("neg_sample_ratio", "Other pairs drawn", 0.5, 0.01, 4.0, step=0.1, help="For each edge that is drawn.", common=False),
    ),
    recipe=Recipe(
        "PyG's examples/super_gat.py, which the README of their code points to (Cora, row-normalised features; two layers of eight heads "
        "of eight channels, λ = 4, 500 epochs), and the best validation score, as in their code. SuperGAT/args.yaml there "
        "(GAT-Cora-EV13NSO8-ES) has the same but for λ = 11.35, a weight decay of 0.00823 and 490 epochs, on raw features, for which a "
        "dataset's features have to be set to raw. The paper's own table was not at hand",
        model={
            "depth": 2,
            "width": 8,
            "heads": 8,
            "output_heads": 8,
            "dropout": 0.6,
            "attention_dropout": 0.6,
            "attention": "mx",
            "attention_loss": 4.0,
            "edge_sample_ratio": 0.8,
            "neg_sample_ratio": 0.5,
        },
        training={"epochs": 500, "lr": 0.005, "weight_decay": 5e-4, "keep": "score"},
    ),
    source="Kim & Oh, How to find your friendly neighborhood: graph attention design with self-supervision, ICLR 2021; PyG's SuperGATConv, "
    "and its example for λ = 4. Edges are drawn one by one with the given probability, other pairs evenly and with repetition",
    equation=(
        r"\alpha_{ij} = \mathrm{softmax}_j\,\mathrm{LeakyReLU}(e_{ij}),\;"
        r" e^{\mathrm{MX}}_{ij} = a^\top[W h_i \,\Vert\, W h_j]\;\sigma\big((W h_i)^\top W h_j\big),"
        r"\; e^{\mathrm{SD}}_{ij} = \frac{(W h_i)^\top W h_j}{\sqrt d},"
        r"\; \mathcal L = \mathcal L_{\mathrm{task}} + \lambda \sum_l \mathrm{BCE}\big(\sigma((W h_i)^\top W h_j),\, [ij \in E]\big)"
    ),
    depth_counts="message-passing layers",
    weighs_messages=True,
    has_attention=True,
)
