"""What a training will need in memory, from sizes alone."""

from __future__ import annotations

import numpy as np
from torch import nn

from core.data import GraphData
from core.models.contract import Model

NUMBER = 4
"""Bytes of a float32."""
EDGE = 110
"""Bytes of an edge in the prepared matrices and while they are sorted."""
TURNED = 75
"""Bytes of an edge in the matrices of the edges turned round, which are sorted when the others have been."""
KEPT, PASSING = 5, 4
"""Arrays of a layer's size that it keeps for its gradient, and that are there while the gradient passes through it."""
ENTRY = 30
"""Bytes of an attention pattern's entry, one an edge and head; layers with as many heads share it."""
PAIR = 16
"""Bytes of a pair of nodes at some distance, beside its entry in a prepared matrix."""
DRAWN, SORTED = 32, 150
"""Bytes of a pair of nodes that a layer draws in a step, and keeps with its place in a matrix until its gradient has passed; and while
it is drawn and sorted, which one layer does after the other."""
WEIGHT = 5
"""A weight, its gradient, two moments and the best one so far."""


def training_bytes(graph: GraphData, model: Model, module: nn.Module) -> float:
    """Bytes that training `module` takes beside the graph itself: an estimate, a test holds it near measured peaks.

    The module's sizes count, not its weights, which may be on torch's "meta" device.
    """
    nodes, edges = graph.num_nodes, (graph.num_stored_edges + graph.num_nodes) * model.uses_edges
    outputs = [int(weight.shape[0]) for weight in module.parameters() if weight.dim() == 2]
    kept = sum(outputs) - sum(int(getattr(layer, "summed_away", 0)) for layer in module.modules())
    hidden = nodes * NUMBER * (KEPT * kept + PASSING * max(outputs, default=0) + getattr(module, "held", 0))
    weights = WEIGHT * NUMBER * sum(weight.numel() for weight in module.parameters())
    attention = [layer for layer in module.modules() if hasattr(layer, "heads")]
    patterns = ENTRY * sum(_heads(attention))
    values = sum(_entry_bytes(layer, keeps_states=model.states_per_edge) for layer in attention)
    matrices = EDGE + TURNED * model.both_ways
    held = edges * (matrices + patterns + values + _drawn_bytes(attention)) + _pairs(graph, module) * (EDGE + PAIR)
    return _feature_bytes(graph, model) + held + hidden + weights


def _pairs(graph: GraphData, module: nn.Module) -> float:
    """Pairs of nodes that a model says it holds; else those within the hops that a layer looks at, as many as if no two ways met, and no
    more than there are pairs."""
    if (counted := getattr(module, "pairs_of", None)) is not None:
        return float(counted(graph))
    hops = max((int(getattr(layer, "pairs_within", 0)) for layer in module.modules()), default=0)
    degree = graph.num_stored_edges / max(graph.num_nodes, 1)
    return sum(min(graph.num_nodes * degree**distance, float(graph.num_nodes) ** 2) for distance in range(1, hops + 1))


def _heads(attention: list[nn.Module]) -> set[int]:
    """How many heads there are in a layer; layers with as many share a pattern."""
    return {int(layer.heads) for layer in attention}  # type: ignore[arg-type]


def _entry_bytes(layer: nn.Module, *, keeps_states: bool) -> float:
    """Bytes of an edge in a layer of attention: six numbers a head, more where it says so, and for some models a state at each end."""
    heads, channels = int(layer.heads), int(layer.out_channels)  # type: ignore[arg-type]
    return heads * NUMBER * (6 + int(getattr(layer, "held_per_entry", 0)) + (channels * 4 if keeps_states else 0))


def _drawn_bytes(attention: list[nn.Module]) -> float:
    """Bytes of the pairs that all layers draw beside an edge."""
    drawn = [float(getattr(layer, "pairs_per_edge", 0.0)) for layer in attention]
    return DRAWN * sum(drawn) + SORTED * max(drawn, default=0.0)


def _feature_bytes(graph: GraphData, model: Model) -> float:
    """Sparse features: the matrix, its transpose, and both again with dropped values; dense ones: dropped, and the factors.

    Dense ones that the model makes: what they are joined from as well.
    """
    if not model.uses_features:
        return graph.num_nodes * 10 * NUMBER
    size = float(graph.num_nodes) * graph.num_features
    if model.dense_features:
        return size * 5 * NUMBER
    if isinstance(graph.features, np.ndarray):
        return size * 3 * NUMBER
    return float(graph.features.nnz) * 10 * NUMBER
