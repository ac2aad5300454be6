"""The residual blocks of Platonov et al. 2023, and layers in which a node's own state is kept apart from its neighbours'."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from torch import Tensor, nn

from core.models import options
from core.models.contract import Shape
from core.models.linear import FeatureLinear
from core.models.stack import Stack
from core.parameters import Flag, Integer, Parameter, Value
from core.sparse import Edges, Features, dropout

Layer = Callable[[int, int], nn.Module]
"""(in_channels, out_channels) -> layer called as layer(x, edges)."""

SOURCE = (
    "Platonov et al. 2023, their code's defaults and the deepest of their grid: 1 to 5 layers of 512 channels (the validation nodes "
    "choose), dropout 0.2, 1,000 steps of AdamW, which without weight decay is Adam, with the learning rate 3e-5; the step with the best "
    "validation score. It takes a GPU: the model's own settings are those for two cores"
)
RECIPE: Mapping[str, Value] = {"depth": 5, "width": 512, "dropout": 0.2, "blocks": True, "normalization": "layer", "activation": "gelu"}
TRAINING: Mapping[str, Value] = {"epochs": 1000, "lr": 3e-5, "weight_decay": 0.0, "keep": "score"}
PAPER = "Platonov et al., A critical look at the evaluation of GNNs under heterophily, ICLR 2023"
BLOCK = r"\; H \leftarrow H + W_2\,\mathrm{GELU}(H')"
"""What follows in the equation of a layer that makes H' of the normalised states."""


class Apart(nn.Module):
    """A linear layer of the nodes alone, in the place of one that mixes them."""

    def __init__(self, width: int, bias: bool) -> None:
        super().__init__()
        self.lin = FeatureLinear(width, width, bias=bias)

    def forward(self, x: Tensor, edges: Edges | Tensor) -> Tensor:
        out: Tensor = self.lin(x)
        return out


class Block(nn.Module):
    """H + drop(W₂ σ(drop(H'))) with H' = layer(norm(H)), or H + drop(H') without a `perceptron`."""

    def __init__(self, layer: nn.Module, width: int, values: Mapping[str, Value], *, perceptron: bool) -> None:
        super().__init__()
        self.norm, self.layer = options.make_norm(str(values["normalization"]), width), layer
        after = (options.ACTIVATIONS[str(values["activation"])](), FeatureLinear(width, width, bias=bool(values["bias"])))
        self.after = nn.Sequential(*after) if perceptron else None
        self.dropout = float(values["dropout"])

    def forward(self, x: Tensor, edges: Edges | Tensor) -> Tensor:
        change = dropout(self.layer(self.norm(x), edges), self.dropout, self.training)
        if self.after is not None:
            change = dropout(self.after(change), self.dropout, self.training)
        return x + cast(Tensor, change)


class ResidualBlocks(nn.Module):
    """H⁰ = σ(drop(X W + b)), `depth` layers of blocks, and a linear layer on the normalised last state.

    `split`: a layer is a block of its own, and its perceptron one more, as in their transformer; else the perceptron follows the layer
    within one block. States: H⁰ and that after each layer.
    """

    def __init__(self, shape: Shape, values: Mapping[str, Value], layer: Layer, width: int, *, split: bool) -> None:
        super().__init__()
        depth, bias, self.per_layer = int(values["depth"]), bool(values["bias"]), 2 if split else 1
        self.before = FeatureLinear(shape.num_features, width, bias=bias)
        self.activation = options.ACTIVATIONS[str(values["activation"])]()
        self.blocks = nn.ModuleList()
        for _ in range(depth):
            self.blocks.append(Block(layer(width, width), width, values, perceptron=not split))
            if split:
                self.blocks.append(Block(Apart(width, bias), width, values, perceptron=True))
        self.norm = options.make_norm(str(values["normalization"]), width)
        self.after = FeatureLinear(width, shape.num_classes, bias=bias)
        self.states = nn.ModuleList(nn.Identity() for _ in range(depth + 1))
        self.dropout = float(values["dropout"])

    @property
    def first_layer(self) -> nn.Module:
        return self.before

    def forward(self, x: Features, edges: Edges | Tensor) -> Tensor:
        hidden = self.states[0](self.activation(dropout(self.before(x), self.dropout, self.training)))
        for number, block in enumerate(self.blocks, 1):
            hidden = block(hidden, edges)
            if number % self.per_layer == 0:
                hidden = self.states[number // self.per_layer](hidden)
        logits: Tensor = self.after(self.norm(hidden))
        return logits


def separated(
    shape: Shape, values: Mapping[str, Value], layer: Layer, state_width: int | None = None, *, split: bool = False
) -> ResidualBlocks | Stack:
    """Residual blocks round such layers, or a plain stack of them, as `values["blocks"]` says; `state_width` as of `Stack`."""
    if values["blocks"]:
        return ResidualBlocks(shape, values, layer, state_width or int(values["width"]), split=split)
    return Stack(shape, {**values, "residual": False}, lambda size, out, _: layer(size, out), state_width)


BLOCKS = Flag("blocks", "Residual blocks", True, help="Normalises, adds a perceptron, and adds each layer's output to its input.")


def parameters(*widths: Parameter) -> tuple[Parameter, ...]:
    """What every separated model takes; `widths` in the place of a plain one."""
    return (
        options.depth(),
        *(widths or (options.width(64),)),
        options.dropout(0.2),
        BLOCKS,
        options.normalization(
            "layer", "Of what enters a block and the last layer; without blocks of each hidden state, before the activation."
        ),
        options.BIAS,
        options.activation("gelu"),
    )


HEADS = (
    Integer("width", "Head width", 16, 1, 1024, step=8, help="Channels of each head; a hidden state has heads × width of them."),
    Integer("heads", "Heads", 4, 1, 64, help="Attention heads in each layer."),
)
