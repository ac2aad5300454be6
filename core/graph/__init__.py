"""What can be said of a graph, its labels and the states of its nodes. Arrays in, plain values out; free of torch."""

from core.graph.distances import group_distance_ratio, mad_gap, mean_average_distance, smoothness_metric_value
from core.graph.homophily import (
    DirectionScore,
    adjusted_homophily,
    class_edges,
    class_homophily,
    class_mass,
    cross_class_neighborhood_similarity,
    direction_score,
    edge_homophily,
    label_informativeness,
    local_homophily,
    node_homophily,
)
from core.graph.measured import Measured, undefined
from core.graph.readout import effective_rank, linear_probe
from core.graph.smoothness import (
    OPERATORS,
    Operator,
    dirichlet_energy,
    propagation,
    propagation_limit,
    smooth_subspace_distance,
    squared_norm,
)

__all__ = [
    "OPERATORS",
    "DirectionScore",
    "Measured",
    "Operator",
    "adjusted_homophily",
    "class_edges",
    "class_homophily",
    "class_mass",
    "cross_class_neighborhood_similarity",
    "direction_score",
    "dirichlet_energy",
    "edge_homophily",
    "effective_rank",
    "group_distance_ratio",
    "label_informativeness",
    "linear_probe",
    "local_homophily",
    "mad_gap",
    "mean_average_distance",
    "node_homophily",
    "propagation",
    "propagation_limit",
    "smooth_subspace_distance",
    "smoothness_metric_value",
    "squared_norm",
    "undefined",
]
