"""The skeleton that most architectures share: dropout → convolution → normalisation → activation, layer by layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor, nn

from core.models import options
from core.models.contract import Shape
from core.parameters import Value
from core.sparse import Edges, Features, drop_edges, dropout

Convolution = Callable[[int, int, bool], nn.Module]
"""(in_channels, out_channels, is_last) -> layer called as layer(x, edges)."""


class Stack(nn.Module):
    """`depth` convolutions; the last one gives the logits [num_nodes, num_classes].

    `edges` is either a prepared `Edges` (fast) or PyG's `edge_index` [2, num_edges] (for explainers
    and as the oracle of the fast path).
    """

    def __init__(self, shape: Shape, values: Mapping[str, Value], convolution: Convolution, state_width: int | None = None) -> None:
        """`state_width`: channels of a hidden state where that is not the declared width (several heads)."""
        super().__init__()
        depth, width = int(values["depth"]), state_width or int(values["width"])
        sizes = [shape.num_features] + [width] * (depth - 1) + [shape.num_classes]
        self.convolutions = nn.ModuleList(convolution(sizes[i], sizes[i + 1], i == depth - 1) for i in range(depth))
        self.norms = nn.ModuleList(options.make_norm(str(values["normalization"]), width) for _ in range(depth - 1))
        self.activations = nn.ModuleList(options.ACTIVATIONS[str(values["activation"])]() for _ in range(depth - 1))
        self.states = nn.ModuleList(nn.Identity() for _ in range(depth - 1))
        self.dropout, self.residual = float(values["dropout"]), bool(values["residual"])
        self.drop_edge = float(values.get("drop_edge", 0.0))

    @property
    def first_layer(self) -> nn.Module:
        """A property, so that its weights are not stored under two names."""
        return self.convolutions[0]

    def forward(self, x: Features, edges: Edges | Tensor) -> Tensor:
        if self.training and self.drop_edge:
            edges = drop_edges(edges, self.drop_edge, x.shape[0])
        *hidden_layers, last = self.convolutions
        parts = zip(hidden_layers, self.norms, self.activations, self.states, strict=True)
        for layer, (convolution, norm, activation, state) in enumerate(parts):
            hidden = activation(norm(convolution(dropout(x, self.dropout, self.training), edges)))
            x = state(hidden + x if self.residual and layer > 0 else hidden)
        logits: Tensor = last(dropout(x, self.dropout, self.training), edges)
        return logits
