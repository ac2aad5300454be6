"""The limit without any training: Âᵏ X and Pᵏ X against k."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.data import GraphData, Split
from core.graph import OPERATORS, Operator, dirichlet_energy, linear_probe, propagation, propagation_limit, undefined
from core.graph.structure import structure
from core.open_graphs import graph_of
from core.spec import DatasetSpec
from core.splits import split_of
from core.store import Derived, question
from core.versions import source_version, unit_version
from core.work import Report, silent
from explainers.lenses.over_smoothing.measures import BY_NAME, MODULES, WIDEST, measured
from explainers.lenses.over_smoothing.packing import pack_table, unpack_table

Floats = NDArray[np.float64]
COLUMNS = ["operator", "k", "measure", "value", "reason"]


def steps(hops: int) -> tuple[int, ...]:
    """0, the powers of two up to `hops`, and `hops`."""
    return tuple(sorted({0, hops, *(2**power for power in range(hops.bit_length()) if 2**power <= hops)}))


def untrained(graph: GraphData, split: Split, hops: int, report: Report = silent) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every quantity of the smoothed features: columns operator, k, measure, value, reason; and of the exact limit, without k."""
    chosen, rows, ends = steps(hops), [], []
    if reason := too_wide(graph):
        unknown = {name: undefined(reason) for name in BY_NAME}
        rows = [_row(operator, name, value) | {"k": k} for operator in OPERATORS for k in chosen for name, value in unknown.items()]
        ends = [_row(operator, name, value) for operator in OPERATORS for name, value in unknown.items()]
        return pd.DataFrame(rows)[COLUMNS], pd.DataFrame(ends)
    total = len(OPERATORS) * (len(chosen) + 1)
    for place, operator in enumerate(OPERATORS):
        for number, (k, h) in enumerate(zip(chosen, _smoothed(graph, operator, chosen), strict=True)):
            report(place * (len(chosen) + 1) + number, total, f"Smoothing the features {k} times")
            rows += [_row(operator, name, value) | {"k": k} for name, value in measured(h, graph, split).items()]
        limit = propagation_limit(_dense(graph), graph.edge_index, operator=operator)
        ends += [_row(operator, name, value) for name, value in measured(limit, graph, split).items()]
    return pd.DataFrame(rows)[COLUMNS], pd.DataFrame(ends)


def measure_untrained(report: Report, *, dataset: DatasetSpec, hops: int, root: Path) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """Named work: `untrained` of a graph, and `directions`; what was measured before is at hand."""
    kept, key = _kept(root, dataset), question(dataset, hops)
    if (arrays := kept.get_arrays(key, "")) is not None:
        return unpack_table(arrays, "rows"), unpack_table(arrays, "limits"), int(arrays["directions"])
    graph = graph_of(dataset, lambda text: report(message=text))
    rows, limits = untrained(graph, split_of(graph, dataset), hops, report)
    left = directions(graph)
    kept.put_arrays(key, "", pack_table(rows, "rows") | pack_table(limits, "limits") | {"directions": np.array(left)})
    return rows, limits, left


def probes(graph: GraphData, splits: Sequence[Split], depths: Sequence[int], report: Report = silent) -> dict[int, list[float]]:
    """Test score of a linear probe on Âᵏ X in each split, by k = depth; NaN where X is too wide to be smoothed."""
    ordered = sorted(set(depths))
    if too_wide(graph):
        return {k: [np.nan] * len(splits) for k in ordered}
    found = {}
    for number, (k, h) in enumerate(zip(ordered, _smoothed(graph, "symmetric", ordered), strict=True)):
        report(number, len(ordered), f"Reading the features smoothed {k} times")
        found[k] = [float(linear_probe(h, graph.labels, split.train, split.test, metric=graph.metric)) for split in splits]
    return found


def read_features(
    report: Report, *, datasets: Sequence[DatasetSpec], depths: Sequence[int], root: Path
) -> tuple[dict[int, list[float]], float]:
    """Named work: `probes` on one graph with the split of each dataset, and the relative energy of its features; as above, kept."""
    kept, key = _kept(root, datasets[0]), question("probes", tuple(datasets), tuple(sorted(set(depths))))
    if (arrays := kept.get_arrays(key, "")) is not None:
        read = zip(arrays["depths"].tolist(), arrays["scores"].tolist(), strict=True)
        return dict(read), float(arrays["energy"])
    graph = graph_of(datasets[0], lambda text: report(message=text))
    found, energy = probes(graph, [split_of(graph, dataset) for dataset in datasets], depths, report), features_energy(graph)
    arrays = {"depths": np.array(list(found)), "scores": np.array(list(found.values())), "energy": np.array(energy)}
    kept.put_arrays(key, "", arrays)
    return found, energy


def _kept(root: Path, dataset: DatasetSpec) -> Derived:
    """Numbers of a graph on disk, in today's versions of the code that makes it and that measures it."""
    versions = [unit_version("core.datasets", "DATASETS", dataset.name), *(source_version(module) for module in (__name__, *MODULES))]
    return Derived(root, "over_smoothing.untrained", "-".join(version[:6] for version in versions))


def features_energy(graph: GraphData) -> float:
    """Relative energy of the features themselves; NaN where they are too wide."""
    return np.nan if too_wide(graph) else float(dirichlet_energy(graph.features, graph.edge_index, relative=True))


def directions(graph: GraphData) -> int:
    """Directions that the limit of either operator leaves of features in general position: min(components, columns)."""
    return min(int(structure(graph.edge_index, graph.num_nodes).component.max()) + 1, graph.num_features)


def too_wide(graph: GraphData) -> str:
    """Why the features are not smoothed as a dense matrix; empty if they can be."""
    entries = graph.num_nodes * graph.num_features
    return "" if entries <= WIDEST else f"{graph.num_nodes:,} nodes × {graph.num_features:,} columns are more than {WIDEST:,} numbers"


def _smoothed(graph: GraphData, operator: Operator, ks: Sequence[int]) -> Iterator[Floats]:
    """The features after each of `ks` steps, rising, one at a time."""
    step, h, done = propagation(graph.edge_index, graph.num_nodes, operator), _dense(graph), 0
    for k in ks:
        for _ in range(k - done):
            h = step @ h
        done = k
        yield h


def _dense(graph: GraphData) -> Floats:
    features = graph.features
    return np.asarray(features if isinstance(features, np.ndarray) else features.toarray(), dtype=np.float64)


def _row(operator: str, name: str, value: float) -> dict[str, object]:
    return {"operator": operator, "measure": name, "value": float(value), "reason": getattr(value, "reason", "")}
