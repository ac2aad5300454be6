"""The terms of one layer for one node, from the layer's own weights and matrices. Free of torch at import."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.data import Ints
from explainers.arithmetic.result import Floats, Merge, Step, contributions

if TYPE_CHECKING:
    from torch import Tensor

    from core.sparse import Edges, Features, Matrix

KEPT = 200
"""Terms of a layer that are kept one by one."""
NORMS = {"BatchNorm1d": "BatchNorm"}
MEAN, SYMMETRIC = "1 / d_v", "1 / √(d̃_v d̃_u)"


@dataclass(frozen=True, eq=False)
class Asked:
    """A graph as the model reads it, and the row of the node that is asked about; `nodes` [n]: ids of all rows."""

    x: Features
    edges: Edges
    row: int
    nodes: Ints

    def entries(self, matrix: Matrix) -> tuple[Tensor, Tensor]:
        """The node's row of a propagation matrix: whose messages it takes [n], and their weights [n]."""
        forward = matrix.forward
        start, end = forward.crow_indices()[self.row : self.row + 2].tolist()
        return forward.col_indices()[start:end].long(), forward.values()[start:end]

    def gathered(self, matrix: Matrix, messages: Tensor, **rest: Any) -> Terms:
        """The terms of a product with a propagation matrix; `messages` [num_nodes, width] of all rows."""
        rows, weights = self.entries(matrix)
        return Terms(weights[:, None], messages[rows][:, None], rows=rows, **rest)


@dataclass(frozen=True, eq=False)
class Terms:
    """As of `Step`, in tensors: `coefficient` [n, heads], `messages` [n, heads, channels], `own` and `bias` [width]. `rows` [n]: whose
    messages they are; without it, `names` says what they are."""

    coefficient: Tensor
    messages: Tensor
    rows: Tensor | None = None
    names: Sequence[str] = ()
    merge: Merge = "concatenated"
    own: Tensor | None = None
    own_is: str = ""
    bias: Tensor | None = None
    weighs: str = SYMMETRIC
    heads_are: str = "Head"
    senders: str = "neighbour"


def alone(message: Tensor, bias: Tensor | None, name: str = "its own state") -> Terms:
    """A linear layer without neighbours: the message [width] of the node itself."""
    return Terms(message.new_ones(1, 1), message[None, None], names=[name], bias=bias, weighs="1: no message is passed")


@dataclass(frozen=True, eq=False)
class After:
    """What a layer does to the sum: `norm`, for which it has the sums of all nodes in `full` [num_nodes, width], `activation`, and
    the addition of `residual` [width]."""

    norm: Any = None
    full: Tensor | None = None
    activation: Any = None
    residual: Tensor | None = None


def step(title: str, asked: Asked, terms: Terms, after: After | None = None, *, of_classes: bool = False) -> Step:
    """The layer for the node, with all its numbers; the largest terms first."""
    after = after or After()
    coefficient, messages = _array(terms.coefficient), _array(terms.messages)
    given = contributions(coefficient, messages, terms.merge)
    own, bias = _optional(terms.own), _optional(terms.bias)
    summed = given.sum(axis=0) + (0 if own is None else own) + (0 if bias is None else bias)
    value = terms.messages.new_tensor(summed.astype(np.float32))
    normalized = activated = None
    if norm := _name(after.norm):
        assert after.full is not None
        whole = after.full.clone()
        whole[asked.row] = value
        value = normalized = after.norm(whole)[asked.row]  # PairNorm looks at all nodes
    if activation := _name(after.activation):
        value = activated = after.activation(value)
    kept, rest = _kept(given)
    nodes, labels = _labels(asked, terms)
    return Step(
        title=title,
        nodes=nodes[kept],
        labels=tuple(labels[place] for place in kept),
        coefficient=coefficient[kept],
        messages=messages[kept],
        merge=terms.merge,
        summed=summed.astype(np.float32),
        output=_array(value if after.residual is None else value + after.residual),
        others=len(rest),
        rest=_rest(coefficient[rest], messages[rest], terms.merge) if len(rest) else None,
        rest_coefficient=coefficient[rest].sum(axis=0) if len(rest) else None,
        own=own,
        own_is=terms.own_is,
        bias=bias,
        norm=norm,
        normalized=_optional(normalized),
        activation=activation,
        activated=_optional(activated),
        residual=_optional(after.residual),
        weighs=terms.weighs,
        heads_are=terms.heads_are,
        senders=terms.senders,
        of_classes=of_classes,
    )


def _kept(given: np.ndarray) -> tuple[Ints, Ints]:
    """The terms with the largest contributions over all channels, largest first, and the others."""
    order = np.argsort(-np.abs(given).sum(axis=1), kind="stable")
    return order[:KEPT], order[KEPT:]


def _rest(coefficient: Floats, messages: Floats, merge: Merge) -> Floats:
    """[heads, channels] what terms give together, head by head."""
    found: Floats = np.einsum("nh,nhc->hc", coefficient, messages, dtype=np.float64).astype(np.float32)
    return found / np.float32(len(found)) if merge == "averaged" else found


def _labels(asked: Asked, terms: Terms) -> tuple[Ints, list[str]]:
    if terms.rows is None:
        return np.full(len(terms.names), -1, dtype=np.int64), list(terms.names)
    nodes = asked.nodes[terms.rows.numpy()]
    own = asked.nodes[asked.row]
    return nodes, ["itself" if node == own else f"node {node}" for node in nodes.tolist()]


def _name(layer: Any) -> str:
    """What a normalisation or an activation is called; nothing if there is none."""
    name = "" if layer is None else type(layer).__name__
    return "" if name == "Identity" else NORMS.get(name, name)


def _optional(value: Tensor | None) -> Floats | None:
    return None if value is None else _array(value)


def _array(value: Tensor) -> Floats:
    found: Floats = value.detach().float().numpy().copy()
    return found
