"""One row a node: what every table, plot and graph view agrees on. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.data import Bools, GraphData, Split
from core.hops import adjacency, degrees
from core.run import Run
from explainers.contract import Unsupported

PARTS = ("train", "validation", "test", "none")
NODE_HELP = {
    "node": "Number of the node, from 0.",
    "name": "Name of the node in the dataset.",
    "class": "True class; 'unknown' where the dataset has no label.",
    "split": "Part of the split: train, validation, test, or none.",
    "degree": "Number of neighbours; links count once whatever their direction, self-loops do not count.",
    "predicted": "Most probable class.",
    "confidence": "Probability of the predicted class.",
    "correct": "Whether the predicted class is the true one; empty where the true one is unknown.",
}
UNKNOWN = "unknown"


def node_table(graph: GraphData, split: Split, run: Run | None = None) -> pd.DataFrame:
    """One row a node: node, name (if there are names), class, split, degree; with a run also predicted, confidence, correct.

    `confidence`: 0 … 1. `correct`: nullable boolean, missing for unlabelled nodes.
    """
    columns: dict[str, object] = {"node": np.arange(graph.num_nodes)}
    if graph.node_names is not None:
        columns["name"] = np.array(graph.node_names, dtype=object)
    columns |= {
        "class": class_of(graph, graph.labels),
        "split": part_of(split),
        "degree": degrees(adjacency(graph.edge_index, graph.num_nodes)),
    }
    if run is not None:
        known = graph.labels >= 0
        columns |= {
            "predicted": class_of(graph, run.predictions),
            "confidence": run.confidence.astype(float),
            "correct": pd.arrays.BooleanArray(run.predictions == graph.labels, ~known),
        }
    return pd.DataFrame(columns)


def surely_wrong(graph: GraphData, split: Split, run: Run, most: int) -> pd.DataFrame:
    """Rows of the wrong test nodes (node, name if there are names, confidence, predicted, class), the surest first."""
    rows = node_table(graph, split, run)
    wrong = rows[(~rows["correct"]).fillna(value=False).astype(bool) & (rows["split"] == "test")]
    columns = [name for name in ("node", "name", "confidence", "predicted", "class") if name in rows]
    return wrong.sort_values("confidence", ascending=False, kind="stable")[columns].head(most)


def class_of(graph: GraphData, labels: NDArray[np.integer]) -> NDArray[np.object_]:
    """Class names of labels [n]; −1 is 'unknown'."""
    return np.asarray(np.array([*graph.class_names, UNKNOWN], dtype=object)[labels])


def part_of(split: Split) -> NDArray[np.object_]:
    """Part of each node, [num_nodes]: train, validation, test or none."""
    return np.asarray(np.array(PARTS, dtype=object)[part_index(split)])


def part_index(split: Split) -> NDArray[np.integer]:
    """Place of each node's part in `PARTS`, [num_nodes]."""
    return np.select([split.train, split.validation, split.test], [0, 1, 2], default=3)


def part_mask(graph: GraphData, split: Split, part: str) -> Bools:
    """Labelled nodes of a part [num_nodes]: train, validation, test, or "unlabelled" = all that were not trained on.

    Raises `Unsupported` for a part without nodes.
    """
    known = graph.labels >= 0
    mask: Bools = known & (~split.train if part == "unlabelled" else getattr(split, part))
    if not mask.any():
        parts = [name for name in PARTS[:3] if (known & getattr(split, name)).any()]
        raise Unsupported(f"This split of {graph.name} has no {part} nodes; it has {' and '.join(parts) or 'none at all'}.")
    return mask


def node_called(graph: GraphData, text: str) -> int | None:
    """The node of that number, else the first of that name, else the first whose name holds the text; None if there is none."""
    wanted = text.strip()
    if wanted.isascii() and wanted.isdigit() and int(wanted) < graph.num_nodes:
        return int(wanted)
    names = [name.casefold() for name in graph.node_names or ()]
    low = wanted.casefold()
    if low in names:
        return names.index(low)
    return next((node for node, name in enumerate(names) if low and low in name), None)


def in_cells(graph: GraphData, split: Split, run: Run, part: str, cells: Sequence[tuple[int, int]]) -> list[int]:
    """Nodes of a part whose (true, predicted) classes are one of `cells`, in rising order."""
    mask = part_mask(graph, split, part)
    chosen = np.zeros(graph.num_nodes, dtype=bool)
    for true, predicted in cells:
        chosen |= mask & (graph.labels == true) & (run.predictions == predicted)
    found: list[int] = np.flatnonzero(chosen).tolist()
    return found
