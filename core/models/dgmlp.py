"""DGMLP (Zhang et al. 2021): each node mixes its smoothed features by how much they still say, a residual perceptron reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from operator import mul
from typing import TypeAlias, cast

import torch
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from torch import Tensor, nn

from core.models import options
from core.models.contract import Model, Recipe, Shape
from core.models.linear import FeatureLinear
from core.models.propagation import Propagation
from core.parameters import Integer, Real, Value
from core.sparse import Edges, Features, Matrix, dropout

Step: TypeAlias = Callable[[Tensor], Tensor]
BLOCK = 32
"""Columns of the features that are smoothed at a time."""


class NodeAdaptivePerceptron(nn.Module):
    """X̂ = the mix of Âᵏ X, k = 0 … K, then H¹ = σ(X̂ W), Hˡ⁺¹ = σ(Hˡ W) + Hˡ, and a linear layer to the classes.

    X̂ has no weights: it is made once for a graph, and dense, even of sparse features. Features that ask for a gradient get
    the whole one, through the mix as well, which depends on a node's connected component.
    States: Âᵏ X W of the first layer's weights for k = 1 … K, made only for those who ask; the perceptron's hidden ones,
    or the logits where it has but one layer.
    """

    def __init__(self, shape: Shape, values: Mapping[str, Value]) -> None:
        super().__init__()
        layers, self.steps = int(values["layers"]), int(values["depth"])
        sizes = [shape.num_features] + [int(values["width"])] * (layers - 1) + [shape.num_classes]
        self.linears = nn.ModuleList(FeatureLinear(size, out) for size, out in pairwise(sizes))
        self.activations = nn.ModuleList(options.ACTIVATIONS[str(values["activation"])]() for _ in range(layers - 1))
        self.propagation = Propagation()
        self.states = nn.ModuleList(nn.Identity() for _ in range(self.steps + max(layers - 1, 1)))
        self.dropout, self.temperature = float(values["dropout"]), float(values["temperature"])
        self._mixed: tuple[Features, Edges, Tensor] | None = None

    @property
    def first_layer(self) -> nn.Module:
        return self.linears[0]

    def __getstate__(self) -> dict[str, object]:
        """A copy smooths the features anew: torch cannot copy sparse matrices."""
        return {**super().__getstate__(), "_mixed": None}

    def forward(self, x: Features, edges: Edges | Tensor) -> Tensor:
        step = self.propagation.over(edges, x.shape[0])
        if any(state._forward_hooks for state in self.states[: self.steps]):
            self._pass_propagated(x, step)
        hidden = self._mix(x, edges, step)
        parts = zip(self.linears[:-1], self.activations, self.states[self.steps :], strict=False)
        for layer, (linear, activation, state) in enumerate(parts):
            out = activation(linear(dropout(hidden, self.dropout, self.training)))
            hidden = state(out + hidden if layer else out)
        logits: Tensor = self.linears[-1](dropout(hidden, self.dropout, self.training))
        return logits if len(self.activations) else self.states[-1](logits)

    def _pass_propagated(self, x: Features, step: Step) -> None:
        out: Tensor = x @ cast(Tensor, self.linears[0].weight).t()
        for state in self.states[: self.steps]:
            out = state(step(out))

    def _mix(self, x: Features, edges: Edges | Tensor, step: Step) -> Tensor:
        """X̂, kept as long as the same features and edges come."""
        if self._mixed is not None and self._mixed[0] is x and self._mixed[1] is edges:
            return self._mixed[2]
        prepared = edges if isinstance(edges, Edges) else Edges(edges, x.shape[0])
        out = mixed(x, step, smooth_limit(prepared), self.steps, self.temperature)
        if isinstance(edges, Edges) and not out.requires_grad:
            self._mixed = x, edges, out
        return out


def mixed(x: Features, step: Step, limit: Step, steps: int, temperature: float) -> Tensor:
    """Σₖ wₖ xᵏ [num_nodes, num_features] with xᵏ = Âᵏ x, k = 0 … steps, and eq. 7's w = softmax over k of NSL(k) / T.

    NSL(k) = cos(xᵏ, x⁰) · (1 − cos(xᵏ, x^∞)) of each node (eq. 5).
    """
    found = []
    for own in _blocks(x):
        end = limit(own)
        pairs = (((out, out), (out, own), (out, end), (end, end)) for out in _powers(own, step, steps))
        found.append(torch.stack([torch.stack([(one * other).sum(1) for one, other in four]) for four in pairs], dim=1))
    square, near, far, last = torch.stack(found).sum(0)  # each [steps + 1, num_nodes]
    length = square.clamp(min=1e-24).sqrt()
    level = near / (length * length[0]) * (1 - far / (length * last.clamp(min=1e-24).sqrt()))
    weights = (level / temperature).softmax(dim=0).unsqueeze(2)
    return torch.cat([sum(map(mul, weights, _powers(own, step, steps))) for own in _blocks(x)], dim=1)


def smooth_limit(edges: Edges) -> Step:
    """x ↦ Â^∞ x by eq. 4 with r = ½: √d̃ᵢ Σⱼ √d̃ⱼ xⱼ / Σⱼ d̃ⱼ over the node's connected component.

    Where edges have one direction only, in-degrees and weakly connected components take their part.
    """
    source, target = edges.with_loops.cpu().numpy()
    links = coo_matrix(([True] * len(source), (source, target)), shape=(edges.num_nodes, edges.num_nodes))
    count, component = connected_components(links, directed=False)
    part = torch.from_numpy(component).long().to(edges.with_loops.device)
    degree = torch.bincount(edges.with_loops[1], minlength=edges.num_nodes).unsqueeze(1)

    def limit(x: Tensor) -> Tensor:
        root = degree.to(x.dtype).sqrt()
        sums = x.new_zeros(count, x.shape[1]).index_add(0, part, root * x)
        weights = x.new_zeros(count, 1).index_add(0, part, degree.to(x.dtype))
        return root * (sums / weights)[part]

    return limit


def _powers(x: Tensor, step: Step, steps: int) -> Iterator[Tensor]:
    yield x
    for _ in range(steps):
        x = step(x)
        yield x


def _blocks(x: Features) -> Iterator[Tensor]:
    """Some columns at a time, dense, so that little but X̂ becomes as large as dense features are."""
    width = x.shape[1]
    for first in range(0, width, BLOCK):
        size = min(BLOCK, width - first)
        if isinstance(x, Matrix):
            chosen = torch.zeros(width, size, device=x.device)
            chosen[first : first + size].fill_diagonal_(1)
            yield x @ chosen
        else:
            yield x[:, first : first + size]


MODEL = Model(
    name="dgmlp",
    title="DGMLP",
    question="What if features are smoothed node by node, and the layers are counted apart?",
    build=NodeAdaptivePerceptron,
    parameters=(
        options.depth(10, meaning="Propagation steps K."),
        options.width(64),
        options.dropout(0.2),
        Integer("layers", "Layers after propagation", 2, 1, 128, help="Layers of the perceptron; residual from the second on."),
        Real("temperature", "Temperature", 1.0, 0.05, 10.0, step=0.05, help="Low: each node takes its best step; high: all alike."),
        options.activation(),
    ),
    recipe=Recipe(
        "Their code's run.sh for Cora: 20 steps, one linear layer, the best validation score. For features as stored (features=raw)",
        model={"depth": 20, "layers": 1, "dropout": 0.2, "temperature": 1.0},
        training={"lr": 0.2, "weight_decay": 5e-3, "epochs": 200, "keep": "score"},
    ),
    source=(
        "Zhang et al., Evaluating deep graph neural networks, arXiv 2108.00955, 2021, eq. 4, 5, 7 and 8 as numbered in its ICLR 2022 "
        "submission. Their code has the limit of row-normalised propagation beside symmetric; here both are symmetric, as in eq. 4"
    ),
    equation=(
        r"\hat x_v = \sum_{k=0}^{K} w_v(k)\, x_v^{(k)},\; w_v = \mathrm{softmax}_k \left(\cos(x_v^{(k)}, x_v^{(0)})"
        r"\left(1 - \cos(x_v^{(k)}, x_v^{(\infty)})\right) / T\right),\; h^{(l+1)} = \sigma(h^{(l)} W^{(l)}) + h^{(l)}"
    ),
    depth_counts="propagation steps",
    reach=lambda values: None,
    dense_features=True,
)
