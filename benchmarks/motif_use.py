"""Does a model look at the planted motif? What it says of a node with the motif's edges alone, and without them.

A motif that a model can do without, or that does not suffice for it, is not the truth about that model (Faber et al., KDD 2021).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from core.cuts import How
from core.data import GraphData
from core.explained import Subject
from core.run import Run
from explainers.trust.comparison import known_edges

LEFT = {"whole": "the whole graph", "motif": "the motif alone", "others": "all but the motif", "nothing": "no edge"}
"""What is left of a node's computation graph."""
HOW: tuple[How, ...] = ("deleted", "masked")

Use = Mapping[tuple[str, str], float]
"""The mean probability of the predicted class, by how edges are cut and by what is left."""


def motif_use(run: Run, graph: GraphData, nodes: Sequence[int]) -> Use:
    """Over nodes that are in motifs."""
    assert graph.motif_of_node is not None
    assert (graph.motif_of_node[list(nodes)] >= 0).all()
    subject, found = Subject(run, graph), dict[tuple[str, str], list[float]]()
    for node in nodes:
        part, label = subject.part(node), subject.predicted[node]
        motif = known_edges(part, graph, int(graph.motif_of_node[node]))
        masks = np.stack([np.ones_like(motif), motif, ~motif, np.zeros_like(motif)])
        for how in HOW:
            for left, probability in zip(LEFT, subject.cuts(node).answer(masks, how)[:, label], strict=True):
                found.setdefault((how, left), []).append(float(probability))
    return {key: float(np.mean(values)) for key, values in found.items()}


def rows(found: Mapping[str, Sequence[Use]]) -> list[dict[str, str]]:
    """A row a dataset, by its title, and a way to cut: the mean over its models."""
    return [
        {
            "dataset": dataset,
            "edges": how,
            **{said: f"{np.mean([use[how, left] for use in uses]):.2f}" if uses else "–" for left, said in LEFT.items()},
        }
        for dataset, uses in found.items()
        for how in HOW
    ]
