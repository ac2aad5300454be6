"""The table of wrong nodes, with what could explain each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.data import Bools, GraphData, Ints, Split
from core.graph import local_homophily
from core.hops import adjacency, degrees, hops_to_nearest, pairs
from core.run import Run
from explainers.nodes import NODE_HELP, class_of

HELP = NODE_HELP | {
    "predicted": "Most probable class, by the first seed.",
    "confidence": "Probability of the predicted class, by the first seed.",
    "wrong_share": "In what share of the seeds the node is wrong (of those whose split has it in this part).",
    "hops": "Links on the shortest way to the nearest training node; empty where there is no way.",
    "same_label": "Diagnostic, uses test labels: share of the labelled neighbours with the node's class; empty without any.",
    "mlp": "What an MLP (features only, same seed and split) says.",
    "mlp_right": "Whether the MLP is right.",
    "structure": "What a GCN without node features (same seed and split) says.",
    "structure_right": "Whether the features-free GCN is right.",
}


@dataclass(frozen=True, eq=False)
class Facts:
    """What may go with an error, of every node [num_nodes]; `hops` −1 without a path, `same_label` NaN without neighbours."""

    degree: Ints
    hops: Ints
    same_label: NDArray[np.float64]
    wrong_share: NDArray[np.float64]


def facts_of(graph: GraphData, split: Split, masks: Sequence[Bools], runs: Sequence[Run]) -> Facts:
    """Facts of all nodes; links count in both directions, self-loops do not. `masks[i]` belongs to `runs[i]`."""
    links = adjacency(graph.edge_index, graph.num_nodes)
    same, labelled = local_homophily(pairs(links), graph.labels)
    seen = np.sum(masks, axis=0)
    wrong = np.sum([mask & (run.predictions != graph.labels) for mask, run in zip(masks, runs, strict=True)], axis=0)
    return Facts(
        degree=degrees(links),
        hops=hops_to_nearest(links, split.train),
        same_label=np.where(labelled > 0, same, np.nan),
        wrong_share=np.divide(wrong, seen, out=np.full(graph.num_nodes, np.nan), where=seen > 0),
    )


def wrong_table(graph: GraphData, facts: Facts, mask: Bools, model: Run, features: Run, structure: Run) -> pd.DataFrame:
    """A row for each node of `mask` [num_nodes] that `model` gets wrong, the most confident first."""
    nodes = np.flatnonzero(mask & (model.predictions != graph.labels))
    nodes = nodes[np.argsort(-model.confidence[nodes], kind="stable")]
    names = {} if graph.node_names is None else {"name": [graph.node_names[node] for node in nodes]}
    hops = facts.hops[nodes]
    return pd.DataFrame(
        {
            "node": nodes,
            **names,
            "class": class_of(graph, graph.labels[nodes]),
            "predicted": class_of(graph, model.predictions[nodes]),
            "confidence": model.confidence[nodes].astype(float),
            "wrong_share": facts.wrong_share[nodes],
            "degree": facts.degree[nodes],
            "hops": pd.arrays.IntegerArray(hops, hops < 0),
            "same_label": facts.same_label[nodes],
            "mlp": class_of(graph, features.predictions[nodes]),
            "mlp_right": (features.predictions == graph.labels)[nodes],
            "structure": class_of(graph, structure.predictions[nodes]),
            "structure_right": (structure.predictions == graph.labels)[nodes],
        }
    )
