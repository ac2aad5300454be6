"""Graph attention network (Veličković et al. 2018)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch_geometric.nn import GATConv

from core.attention import Attention
from core.models import options
from core.models.contract import Model, Recipe, Shape
from core.models.linear import FeatureLinear
from core.models.stack import Stack
from core.parameters import Integer, Real, Value
from core.sparse import Edges, Features, dense


class AttentionConvolution(GATConv):
    """PyG's `GATConv`; with prepared `Edges` its scores and sums are sparse products."""

    def __init__(self, in_channels: int, out_channels: int, **options: object) -> None:
        super().__init__(in_channels, out_channels, **options)
        self.lin = FeatureLinear(in_channels, self.heads * out_channels, bias=False, weight_initializer="glorot")
        self.attend = Attention(loops=self.add_self_loops)

    def forward(self, x: Features, edges: Edges | Tensor, **kwargs: object) -> Tensor:
        if isinstance(edges, Tensor):
            return super().forward(dense(x), edges, **kwargs)  # type: ignore[no-any-return]
        states = self.lin(x).view(-1, self.heads, self.out_channels)
        pattern = edges.attention(self.heads, loops=self.add_self_loops)
        # both ends' scores as one product: summing a few channels head by head takes four times as long
        ends = per_head(torch.cat([self.att_src, self.att_dst]))
        source, target = (states.flatten(1) @ ends.t()).view(-1, 2, self.heads).unbind(dim=1)
        scores = pattern.pair_scores(source, target)
        out = self.attend(pattern, functional.leaky_relu(scores, self.negative_slope), states, self.dropout * self.training)
        return merge_heads(self, out)


def per_head(vectors: Tensor) -> Tensor:
    """[vectors · heads, heads · channels] from [vectors, heads, channels]: row (v, h) holds vector v in the columns of head h."""
    own = torch.eye(vectors.shape[1], dtype=vectors.dtype, device=vectors.device)
    return torch.einsum("vhc,hg->vghc", vectors, own).reshape(-1, vectors[0].numel())


def merge_heads(layer: GATConv, out: Tensor) -> Tensor:
    """[num_nodes, heads, channels] concatenated or averaged as the layer says, plus its bias."""
    merged = out.flatten(1) if layer.concat else out.mean(dim=1)
    return merged if layer.bias is None else merged + layer.bias


def attention_stack(layer: Callable[..., nn.Module], shape: Shape, values: Mapping[str, Value], stack: type[Stack] = Stack) -> Stack:
    """Hidden layers concatenate their heads, the last one averages its own."""
    heads, width = int(values["heads"]), int(values["width"])

    def convolution(size: int, out: int, last: bool) -> nn.Module:
        return layer(
            size,
            out if last else width,
            heads=int(values["output_heads"]) if last else heads,
            concat=not last,
            dropout=float(values["attention_dropout"]),
            bias=bool(values["bias"]),
        )

    return stack(shape, values, convolution, state_width=heads * width)


def build(shape: Shape, values: Mapping[str, Value]) -> Stack:
    return attention_stack(AttentionConvolution, shape, values)


PARAMETERS = (
    options.depth(),
    Integer("width", "Head width", 8, 1, 1024, step=8, help="Channels of each head; a hidden state has heads × width of them."),
    Integer("heads", "Heads", 8, 1, 64, help="Attention heads in each hidden layer."),
    Integer("output_heads", "Heads in the last layer", 1, 1, 64, help="Averaged.", common=False),
    options.dropout(0.6),
    Real("attention_dropout", "Attention dropout", 0.6, 0.0, 0.95, step=0.05, help="Share of weights dropped in training.", common=False),
    options.RESIDUAL,
    options.NORMALIZATION,
    options.DROP_EDGE,
    options.BIAS,
    options.activation("elu"),
)

MODEL = Model(
    name="gat",
    title="GAT",
    question="Which neighbours count more than others?",
    build=build,
    parameters=PARAMETERS,
    recipe=Recipe(
        "Veličković et al. 2018, section 3.3 (Cora, CiteSeer); stops after 100 epochs without a better validation loss or accuracy",
        model={"depth": 2, "width": 8, "heads": 8, "output_heads": 1, "dropout": 0.6, "attention_dropout": 0.6},
        training={"lr": 0.005, "weight_decay": 5e-4, "epochs": 10_000, "patience": 100, "keep": "both"},
    ),
    source="Veličković et al., Graph attention networks, ICLR 2018, eq. 3 and 5",
    equation=(
        r"\alpha_{ij} = \mathrm{softmax}_j\left(\mathrm{LeakyReLU}(a^\top[W h_i \,\Vert\, W h_j])\right),"
        r"\; h_i' = \sigma\Big(\sum_j \alpha_{ij} W h_j\Big)"
    ),
    depth_counts="message-passing layers",
    weighs_messages=True,
    has_attention=True,
)
