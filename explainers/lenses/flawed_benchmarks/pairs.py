"""Benchmarks with a known flaw, each beside its mended form, and what shows the flaw. Free of torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.data import GraphData, Ints, Split


@dataclass(frozen=True)
class Pair:
    """A benchmark and its mended form, by their datasets; `flaw`: what is wrong, a sentence; `twin`: the dataset whose features and labels
    it is said to have, if that is the flaw."""

    name: str
    mended: str
    flaw: str
    twin: str = ""


COPIED = "Many nodes are copies of others, and copies of test nodes are trained on (Platonov et al. 2023)."
PAIRS = (
    Pair(
        "chameleon",
        "chameleon_filtered",
        COPIED,
    ),
    Pair("squirrel", "squirrel_filtered", COPIED),
    Pair("cornell", "cornell_corrected", "The links are those of Cornell, the words and the classes those of Texas.", "texas"),
)
BY_NAME: Mapping[str, Pair] = {pair.name: pair for pair in PAIRS}


def copies(edge_index: Ints, labels: Ints) -> Ints:
    """[num_nodes] number of the group of each node, 0 … groups − 1: nodes of one group have the same label, the same neighbours that they
    point to and the same that point to them. Nodes without any edge are alone.

    What Platonov et al. (ICLR 2023, section 3.1) call duplicates have the same regression target, of which the labels here are bands.
    """
    n = len(labels)
    ways = [[list[int]() for _ in range(n)] for _ in range(2)]
    for source, target in np.unique(edge_index, axis=1).T.tolist():
        ways[0][source].append(target)
        ways[1][target].append(source)
    groups: dict[object, int] = {}
    found = np.empty(n, dtype=np.int64)
    for node in range(n):
        out, into = tuple(ways[0][node]), tuple(sorted(ways[1][node]))
        key: object = (int(labels[node]), out, into) if out or into else node
        found[node] = groups.setdefault(key, len(groups))
    return found


def copied(groups: Ints) -> int:
    """How many nodes share their group with another one."""
    sizes = np.bincount(groups)
    return int(sizes[sizes > 1].sum())


def leaked(groups: Ints, split: Split) -> float:
    """Share of the test nodes that have a copy among the training nodes; NaN without test nodes."""
    seen = np.isin(groups[split.test], groups[split.train])
    return float(seen.mean()) if len(seen) else float("nan")


def same_pages(first: GraphData, second: GraphData) -> float:
    """Share of the nodes that have the features and the label of the node of that number in another graph; 0 if the sizes differ."""
    if first.features.shape != second.features.shape:
        return 0.0
    differs = np.asarray(abs(first.features - second.features).sum(axis=1)).ravel() > 0
    return float((~differs & (first.labels == second.labels)).mean())
