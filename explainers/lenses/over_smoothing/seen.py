"""What one node sees: how far its layers reach, and how alike its state is to that of nodes near and far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from core.data import GraphData
from core.graph.measured import states, unit_rows
from core.hops import adjacency, hops_to_nearest

MOST_HOPS = 10
"""Rings around the node that are told apart; farther ones are one."""


@dataclass(frozen=True, eq=False)
class Seen:
    """`rings`: hop, nodes, share (of the graph), within (share of the graph at most so far). `alike`: layer, hop, cosine."""

    node: int
    rings: pd.DataFrame
    alike: pd.DataFrame
    out_of_reach: int
    """Nodes without a path to it."""
    farther: int
    """Nodes farther away than the last ring, which counts them as well."""

    @property
    def labels(self) -> dict[int, str]:
        """The rings as an axis has them; the last one may hold all that is farther."""
        last = int(self.rings["hop"].max())
        return {hop: f"{hop} +" if hop == last and self.farther else str(hop) for hop in self.rings["hop"]}


def seen(graph: GraphData, node: int, layers: Sequence[ArrayLike]) -> Seen:
    """The receptive field of a node by hop, and the mean cosine of its state with those of the nodes at each hop, layer by layer.

    `layers`: states [num_nodes, width], the first is layer 1. A zero state has no direction: its cosine counts as 0.
    """
    distance = hops_to_nearest(adjacency(graph.edge_index, graph.num_nodes), [node])
    farthest = min(int(distance.max()), MOST_HOPS)
    ring = np.where(distance < 0, -1, np.minimum(distance, farthest))
    counts = np.bincount(ring[ring >= 0], minlength=farthest + 1)
    rings = pd.DataFrame({"hop": np.arange(farthest + 1), "nodes": counts, "share": counts / graph.num_nodes})
    rings["within"] = rings["share"].cumsum()
    rows = []
    for layer, state in enumerate(layers, 1):
        unit = unit_rows(states(state))
        cosine = unit @ unit[node]
        rows += [{"layer": layer, "hop": hop, "cosine": float(cosine[ring == hop].mean())} for hop in range(1, farthest + 1)]
    return Seen(
        node, rings, pd.DataFrame(rows, columns=["layer", "hop", "cosine"]), int((distance < 0).sum()), int((distance > farthest).sum())
    )
