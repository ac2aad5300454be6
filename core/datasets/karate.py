"""Zachary's karate club: the graph small enough to know every node by name."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.data import Bools, GraphData, Ints, Split
from core.datasets.contract import Dataset, Report
from core.datasets.edges import ordered
from core.parameters import Value


def load(values: Mapping[str, Value], report: Report) -> GraphData:
    """PyG's `KarateClub` with a validation set of ours and the members' numbers as names."""
    from torch_geometric.datasets import KarateClub

    data = KarateClub()[0]
    labels = data.y.numpy().astype(np.int64)
    return GraphData(
        name="karate",
        features=data.x.numpy().astype(np.float32),
        edge_index=ordered(data.edge_index.numpy(), len(labels)),
        labels=labels,
        class_names=tuple(f"community {k + 1}" for k in range(4)),
        splits={"public": _public(labels, data.train_mask.numpy().astype(bool))},
        node_names=tuple(NAMES.get(member, f"member {member}") for member in range(1, 35)),
    )


def _public(labels: Ints, train: Bools) -> Split:
    """The four labelled nodes of Kipf & Welling; the next two members of each class choose the epoch; the rest test."""
    validation = np.zeros_like(train)
    for label in np.unique(labels):
        validation[np.flatnonzero((labels == label) & ~train)[:2]] = True
    return Split(train, validation, ~(train | validation))


NAMES = {1: "member 1 (Mr. Hi, the instructor)", 34: "member 34 (John A., the officer)"}

DATASETS = (
    Dataset(
        name="karate",
        title="Karate club",
        question="34 people, 4 labelled: can links alone tell who belongs where?",
        family="Embedded, real",
        load=load,
        splits=("public",),
        default_split="public",
        embedded=True,
        size="34 nodes, 78 edges",
        source=(
            "Zachary 1977, An Information Flow Model for Conflict and Fission in Small Groups; labels and training nodes "
            "of Kipf & Welling 2017, as in PyG's KarateClub. A node's feature is its own number (identity matrix)."
        ),
        licence="published data, no licence stated",
        flaws=(
            "The four classes are communities found by modularity clustering, that is by the links themselves; "
            "the club truly split into two factions, around members 1 and 34.",
            "The set names training nodes only. For validation we took, once, the two lowest-numbered other nodes of each class "
            "(8 nodes); the other 22 are test nodes.",
        ),
    ),
)
