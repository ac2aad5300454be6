"""Whether a node's neighbours say what it is: homophily by several definitions, and what it leaves out."""

from core.graph.homophily.averaging import Threshold, separation, threshold
from core.graph.homophily.direction import DirectionScore, direction_score
from core.graph.homophily.informativeness import label_informativeness
from core.graph.homophily.neighborhoods import class_edges, cross_class_neighborhood_similarity
from core.graph.homophily.same_label import (
    adjusted_homophily,
    class_homophily,
    class_mass,
    edge_homophily,
    local_homophily,
    node_homophily,
)

__all__ = [
    "DirectionScore",
    "Threshold",
    "adjusted_homophily",
    "class_edges",
    "class_homophily",
    "class_mass",
    "cross_class_neighborhood_similarity",
    "direction_score",
    "edge_homophily",
    "label_informativeness",
    "local_homophily",
    "node_homophily",
    "separation",
    "threshold",
]
