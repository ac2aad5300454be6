"""Homophily: all measures, tables and the direction score of a graph, and three of the measures beside PyG's own function."""

from __future__ import annotations

import statistics
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable

import torch
from torch_geometric.utils import homophily as theirs

from benchmarks.measure import table
from core.data import GraphData
from core.datasets.contract import dataset, load
from core.graph.homophily import class_homophily, edge_homophily, node_homophily
from core.parameters import resolve
from core.spec import DatasetSpec, ModelSpec, RunSpec
from core.splits import split_of
from explainers.contract import Context
from explainers.lenses import homophily as lens

HELP = "all measures of homophily, on Cora and on a generated graph of 20,000 nodes and 500,000 edges"
LIMIT = 1.0
"""Seconds that all measures may take."""
GRAPHS: dict[str, tuple[str, dict[str, float]]] = {
    "cora": ("cora", {}),
    "csbm": ("csbm, 20,000 nodes, about 500,000 edges", {"nodes": 20_000, "degree": 50, "dimensions": 16, "classes": 5}),
}
"""Graphs by dataset: what the table says, and settings."""
METHODS = {"edge": edge_homophily, "node": node_homophily, "edge_insensitive": class_homophily}
"""Ours, by PyG's names."""


def declare(parser: ArgumentParser) -> None:
    parser.add_argument("--datasets", default=",".join(GRAPHS), metavar="NAMES", help="of cora and csbm (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=5, help="how often each is measured, in turns with the reference")


def measure(arguments: Namespace) -> str:
    rows = [_measured(name, arguments.repeats) for name in arguments.datasets.split(",")]
    return (
        f"All that the lens `homophily` says of a graph, {arguments.repeats} times after once that is not counted: seven measures, class "
        "edges, neighbourhood similarity, local homophily, and the direction score with its permutations, which an undirected graph does "
        "without. Beside it edge, node and class-insensitive homophily alone, in turns with PyG's `homophily`."
        f"\n\n{table(rows)}"
    )


def _measured(name: str, repeats: int) -> dict[str, str]:
    title, given = GRAPHS[name]
    unit = dataset(name)
    values = resolve(unit.parameters, given, f"dataset {name}")
    graph, spec = load(name, values), RunSpec(DatasetSpec(name, split=unit.default_split), ModelSpec(""))
    context, own = Context(graph, split_of(graph, spec.dataset), spec, ()), resolve(lens.LENS.parameters, {}, "lens homophily")
    edges, labels = torch.from_numpy(graph.edge_index), torch.from_numpy(graph.labels)
    whole, ours, reference, apart = list[float](), list[float](), list[float](), 0.0
    for number in range(repeats + 1):
        seconds = (
            _timed(lambda: lens.measure(context, own)),
            _timed(lambda: [one(graph.edge_index, graph.labels) for one in METHODS.values()]),
            _timed(lambda: [theirs(edges, labels, method=method) for method in METHODS]),
        )
        if number:  # the first time of each is not like the others
            for kept, took in zip((whole, ours, reference), seconds, strict=True):
                kept.append(took)
    for method, one in METHODS.items():
        apart = max(apart, abs(float(one(graph.edge_index, graph.labels)) - theirs(edges, labels, method=method)))
    ratios = [slow / fast for fast, slow in zip(ours, reference, strict=True)]
    row = {
        "graph": f"{title}{_pairs(graph)}",
        "all measures": f"**{1000 * statistics.median(whole):.0f} ms** ({1000 * min(whole):.0f} to {1000 * max(whole):.0f})",
        "may take": f"{1000 * LIMIT:,.0f} ms",
        "three measures": f"{1000 * statistics.median(ours):.1f} ms",
        "reference": f"{1000 * statistics.median(reference):.1f} ms",
        "ratio (lowest to highest)": f"**{statistics.median(ratios):.1f}×** ({min(ratios):.1f} to {max(ratios):.1f})",
        "largest difference": f"{apart:.0e}",
    }
    print(" | ".join(row.values()), flush=True)
    return row


def _pairs(graph: GraphData) -> str:
    return f" ({graph.num_stored_edges:,} stored)"


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
