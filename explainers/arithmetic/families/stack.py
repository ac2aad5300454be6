"""Stacks of one convolution after another: GCN, GraphSAGE, ChebNet, MixHop, and in files of their own attention and GIN."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from explainers.arithmetic.contract import Family, Steps
from explainers.arithmetic.result import Step
from explainers.arithmetic.terms import MEAN, After, Asked, Terms, step

if TYPE_CHECKING:
    from torch import Tensor

    from core.sparse import Features

Read = Callable[[Any, "Features", Asked], Terms]
"""(convolution, its input [num_nodes, in_channels], what is asked) -> the terms of its sum."""


@dataclass(frozen=True, eq=False)
class Layer:
    """One convolution of a stack, with its input `x` and what follows it."""

    title: str
    convolution: Any
    x: Features
    after: After
    is_last: bool = False


def layers(module: Any, asked: Asked) -> Iterator[Layer]:
    """The layers of a `core.models.stack.Stack`, as its forward walks them in evaluation mode."""
    x: Any = asked.x
    *hidden, last = module.convolutions
    for number, (convolution, norm, activation) in enumerate(zip(hidden, module.norms, module.activations, strict=True), 1):
        full = convolution(x, asked.edges)
        adds = module.residual and number > 1
        yield Layer(f"Layer {number}", convolution, x, After(norm, full, activation, x[asked.row] if adds else None))
        now = activation(norm(full))
        x = now + x if adds else now
    yield Layer(f"Layer {len(hidden) + 1}", last, x, After(), is_last=True)


def stacked(read: Read) -> Steps:
    """The steps of a stack whose convolutions are read so."""

    def steps(module: Any, asked: Asked) -> Iterator[Step]:
        for layer in layers(module, asked):
            yield step(layer.title, asked, read(layer.convolution, layer.x, asked), layer.after, of_classes=layer.is_last)

    return steps


def graph_convolution(convolution: Any, x: Features, asked: Asked) -> Terms:
    """Σ_u Â_vu W h_u + b."""
    return asked.gathered(asked.edges.symmetric, convolution.lin(x), bias=convolution.bias)


def mean_convolution(convolution: Any, x: Features, asked: Asked) -> Terms:
    """Σ_u 1/d_v W_l h_u + W_r h_v + b."""
    near, own = convolution.lin_l, convolution.lin_r(x)[asked.row]
    return asked.gathered(asked.edges.mean, near.product(x), own=own, own_is="W_r h_v", bias=near.bias, weighs=MEAN)


def chebyshev_convolution(convolution: Any, x: Features, asked: Asked) -> Terms:
    """Σ_k Σ_u T_k(L̂)_vu Θ_k h_u + b: a coefficient for each polynomial, as attention has one for each head."""
    import torch

    rows = _chebyshev_rows(asked, len(convolution.lins))
    seen = rows.any(dim=1).nonzero()[:, 0]
    messages = torch.stack([lin(x)[seen] for lin in convolution.lins], dim=1)
    return Terms(
        rows[seen],
        messages,
        rows=seen,
        merge="summed",
        bias=convolution.bias,
        weighs="T_k(L̂) of each polynomial",
        heads_are="Polynomial",
        senders="other node",
    )


def _chebyshev_rows(asked: Asked, order: int) -> Tensor:
    """[num_nodes, order] the node's row of T_k(L̂), k = 0 … order − 1, by T_k = 2 T_{k−1} L̂ − T_{k−2}."""
    import torch

    times = asked.edges.chebyshev.transposed_product
    unit = torch.zeros(len(asked.nodes), 1)
    unit[asked.row] = 1
    rows = [unit, times(unit)]
    while len(rows) < order:
        rows.append(2 * times(rows[-1]) - rows[-2])
    return torch.cat(rows[:order], dim=1)


def powers_convolution(convolution: Any, x: Features, asked: Asked) -> Terms:
    """Σ_u (Âᵏ)_vu W_k h_u + b, a coefficient for each power: side by side, or in the last layer summed with the shares softmax(q)."""
    import torch

    last = hasattr(convolution, "q")
    lins = convolution.powers.lins if last else convolution.lins
    rows = _power_rows(asked, len(lins))
    seen = rows.any(dim=1).nonzero()[:, 0]
    return Terms(
        rows[seen] * convolution.q.softmax(dim=0) if last else rows[seen],
        torch.stack([lin(x)[seen] for lin in lins], dim=1),
        rows=seen,
        merge="summed" if last else "concatenated",
        bias=convolution.bias,
        weighs="softmax(q)_k (Âᵏ)_vu of each power" if last else "(Âᵏ)_vu of each power",
        heads_are="Power",
        senders="other node",
    )


def _power_rows(asked: Asked, count: int) -> Tensor:
    """[num_nodes, count] the node's row of Âᵏ, k = 0 … count − 1."""
    import torch

    rows = [torch.zeros(len(asked.nodes), 1)]
    rows[0][asked.row] = 1
    while len(rows) < count:
        rows.append(asked.edges.symmetric.transposed_product(rows[-1]))
    return torch.cat(rows, dim=1)


ARITHMETIC = (
    Family("gcn", stacked(graph_convolution)),
    Family("gcn_structure", stacked(graph_convolution)),
    Family("sage", stacked(mean_convolution)),
    Family("chebnet", stacked(chebyshev_convolution)),
    Family("mixhop", stacked(powers_convolution)),
)
