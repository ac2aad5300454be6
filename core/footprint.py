"""What a training will need in memory, from sizes alone."""

from __future__ import annotations

import numpy as np
from torch import nn

from core.data import GraphData
from core.models.contract import Model

NUMBER = 4
"""Bytes of a float32."""
EDGE = 150
"""Bytes of an edge in the prepared matrices and while they are sorted."""
COPIES = 7
"""Arrays of a layer's size that live at once in a gradient step: input, dropped, product, sum, activation and two gradients."""
ENTRY = 36
"""Bytes of an attention pattern's entry, one an edge and head."""


def training_bytes(graph: GraphData, model: Model, module: nn.Module) -> float:
    """Bytes that training `module` takes beside the graph itself: an estimate, a test holds it near measured peaks."""
    nodes, edges = graph.num_nodes, graph.num_stored_edges + graph.num_nodes
    outputs = [int(weight.shape[0]) for weight in module.parameters() if weight.dim() == 2]
    steps = len(getattr(module, "states", ()))  # propagation without weights passes class-wide states
    hidden = nodes * (sum(outputs) + steps * graph.num_classes) * NUMBER * COPIES
    per_edge = [_entry_bytes(layer, keeps_states=model.states_per_edge) for layer in module.modules() if hasattr(layer, "heads")]
    return _feature_bytes(graph, model) + edges * (EDGE + sum(per_edge)) + hidden


def _entry_bytes(layer: nn.Module, *, keeps_states: bool) -> float:
    """Bytes of an edge in a layer of attention: the pattern, eight numbers a head, and for some a state at each end."""
    heads, channels = int(layer.heads), int(layer.out_channels)  # type: ignore[arg-type]
    return heads * (ENTRY + 8 * NUMBER + (channels * 4 * NUMBER if keeps_states else 0))


def _feature_bytes(graph: GraphData, model: Model) -> float:
    """Sparse features: the matrix, its transpose, and both again with dropped values; dense ones: dropped, and the factors."""
    if not model.uses_features:
        return graph.num_nodes * 10 * NUMBER
    if isinstance(graph.features, np.ndarray):
        return float(graph.features.size) * 3 * NUMBER
    return float(graph.features.nnz) * 10 * NUMBER
