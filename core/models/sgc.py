"""Simple graph convolution (Wu et al. 2019): propagation without weights, then one linear layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor, nn
from torch_geometric.nn import SGConv
from torch_geometric.nn.conv.gcn_conv import gcn_norm

from core.models import options
from core.models.contract import Model, Recipe, Shape
from core.models.linear import FeatureLinear
from core.parameters import Value
from core.sparse import Edges, Features, dropout


class SimpleGraphConvolution(SGConv):
    """PyG's `SGConv`. Â^K X W = Â^K (X W): the propagation runs on the classes' columns.

    The states are Â^k X W for k = 1 … K, class-wide, because Â^k X itself is dense where X is sparse. Where X is
    dense anyway and the same in every epoch, a training makes Â^K X once, and the states only for those who ask.
    """

    def __init__(self, in_channels: int, out_channels: int, steps: int, bias: bool, dropout: float) -> None:
        super().__init__(in_channels, out_channels, K=steps, bias=bias)
        self.lin = FeatureLinear(in_channels, out_channels, bias=bias)
        self.states = nn.ModuleList(nn.Identity() for _ in range(steps))
        self.dropout = dropout
        self._smoothed: tuple[Tensor, Edges, Tensor] | None = None

    def __getstate__(self) -> dict[str, object]:
        """A copy smooths the features anew: torch cannot copy sparse matrices."""
        return {**super().__getstate__(), "_smoothed": None}

    @property
    def first_layer(self) -> nn.Module:
        return self.lin

    def forward(self, x: Features, edges: Edges | Tensor, edge_weight: Tensor | None = None) -> Tensor:
        result: Tensor
        smoothed = self._smooth(x, edges)
        if smoothed is None:
            out = self._propagated(x, edges, edge_weight)
            result = out if self.lin.bias is None else out + self.lin.bias
        else:
            if any(state._forward_hooks for state in self.states):
                self._propagated(x, edges, edge_weight)
            result = self.lin(smoothed)
        return result

    def _propagated(self, x: Features, edges: Edges | Tensor, edge_weight: Tensor | None) -> Tensor:
        """Â^K (X W), passing the states."""
        out: Tensor = self.lin.product(dropout(x, self.dropout, self.training))
        step = self._step(edges, edge_weight, len(out))
        for state in self.states:
            out = state(step(out))
        return out

    def _smooth(self, x: Features, edges: Edges | Tensor) -> Tensor | None:
        """Â^K X, made by the first step of a training for all that follow; None where it is not worth it."""
        if self.dropout or not (isinstance(x, Tensor) and isinstance(edges, Edges)):
            return None
        if self._smoothed is not None and self._smoothed[0] is x and self._smoothed[1] is edges:
            return self._smoothed[2]
        if not self.training:
            return None  # looked at once: the scores' columns are fewer
        out = x
        for _ in self.states:
            out = edges.symmetric @ out
        self._smoothed = x, edges, out
        return out

    def _step(self, edges: Edges | Tensor, edge_weight: Tensor | None, num_nodes: int) -> Callable[[Tensor], Tensor]:
        if isinstance(edges, Edges):
            return lambda out: edges.symmetric @ out
        # PyG's own loop, unrolled so that the states are passed; its message passing is what explainers mask
        index, weight = gcn_norm(edges, edge_weight, num_nodes, False, True)
        return lambda out: self.propagate(index, x=out, edge_weight=weight)


def build(shape: Shape, values: Mapping[str, Value]) -> nn.Module:
    steps, bias, rate = int(values["depth"]), bool(values["bias"]), float(values["dropout"])
    return SimpleGraphConvolution(shape.num_features, shape.num_classes, steps, bias, rate)


MODEL = Model(
    name="sgc",
    title="SGC",
    question="Is a linear model on smoothed features enough?",
    build=build,
    parameters=(options.depth(meaning="Propagation steps K."), options.dropout(0.0), options.BIAS),
    recipe=Recipe(
        "Wu et al. 2019, section 6.1 and their code (Adam 0.2; 100 epochs, 150 on CiteSeer; weight decay tuned, here for Cora)",
        model={"depth": 2},
        training={"lr": 0.2, "epochs": 100, "weight_decay": 1.3e-5, "keep": "last"},
    ),
    source="Wu et al., Simplifying graph convolutional networks, ICML 2019, eq. 8",
    equation=r"\hat Y = \mathrm{softmax}\left(\hat A^{K} X W\right)",
    depth_counts="propagation steps",
    weighs_messages=True,
)
