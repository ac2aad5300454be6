"""What-if: one edit answered with the run's own weights, against PyG's forward on the rebuilt edge_index with dense features."""

from __future__ import annotations

import statistics
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch_geometric.data import Data
from torch_geometric.nn import GCNConv

from benchmarks import reference, tasks
from benchmarks.measure import table
from core.data import GraphData
from core.edits import Edits
from core.plans import run_plan
from core.spec import RunSpec
from core.store import Store
from core.work import silent
from explainers.what_if.evaluate import evaluate, probabilities

HELP = "an edge removed and asked about, on Cora and on a generated graph of 20,000 nodes"
GRAPHS = {
    "cora": ("GCN on cora", (), 50),
    "csbm": ("GCN on csbm, 20,000 nodes, about 500,000 edges", ("nodes=20000", "degree=50", "dimensions=128", "classes=5"), 300),
}
"""Graphs by dataset: what the table says, settings, and the milliseconds that an answer may take."""


def declare(parser: ArgumentParser) -> None:
    parser.add_argument("--datasets", default=",".join(GRAPHS), metavar="NAMES", help="of cora and csbm (default: %(default)s)")
    parser.add_argument("--edits", type=int, default=20, help="edges that are removed, one after the other")
    parser.add_argument("--epochs", type=int, default=20, help="of the model's training, which is not measured")


def measure(arguments: Namespace) -> str:
    rows = []
    for name in arguments.datasets.split(","):
        title, settings, target = GRAPHS[name]
        (spec,) = tasks.specs(name, "gcn", [*settings, f"epochs={arguments.epochs}"], 1)
        with tempfile.TemporaryDirectory() as folder:
            rows.append(_row(title, spec, Path(folder), arguments.edits, target))
        print(" | ".join(rows[-1].values()), flush=True)
    return (
        f"One edge removed, {arguments.edits} different ones, and one of its ends asked about, in turns. Ours is the whole answer: the "
        "edited graph, every normalisation, all logits, the nodes that change class, the target's state in the plane; the model and the "
        "unedited logits are at hand. The reference makes the same `edge_index` without the edge and calls PyG's layers, uncached, on "
        "dense features, nothing more."
        f"\n\n{table(rows)}"
    )


def _row(title: str, spec: RunSpec, root: Path, count: int, target: int) -> dict[str, str]:
    run_plan(silent, specs=[spec], root=root, device="cpu")
    run = Store(root).get(spec.key, weights=True)
    assert run is not None
    graph, data = tasks.graph_and_data(spec, "cpu")
    net = reference.trained(run, data)
    for layer in net.modules():
        if isinstance(layer, GCNConv):
            layer.cached = False  # what it keeps is of the graph without edits
    pairs = graph.undirected_edges[np.linspace(0, len(graph.undirected_edges) - 1, count).astype(int)].tolist()
    fast, slow, differences = list[float](), list[float](), list[float]()
    for number, (u, v) in enumerate([pairs[0], *pairs]):
        ours = partial(_ours, spec, root, u, (("remove", str(u), str(v)),))
        theirs = partial(_theirs, net, data, graph, u, v)
        shares, seconds = _timed(ours)
        expected, own = _timed(theirs)
        if number:  # the first one reads the model
            fast.append(seconds)
            slow.append(own)
            differences.append(float(np.abs(shares - expected).max()))
    ratios = [long / short for long, short in zip(slow, fast, strict=True)]
    return {
        "task": title,
        "ours": f"{1000 * statistics.median(fast):.1f} ms ({1000 * min(fast):.1f} to {1000 * max(fast):.1f})",
        "may take": f"{target} ms",
        "reference": f"{1000 * statistics.median(slow):.1f} ms",
        "ratio (lowest to highest)": f"**{statistics.median(ratios):.1f}×** ({min(ratios):.1f} to {max(ratios):.1f})",
        "largest difference of probabilities": f"{max(differences):.0e}",
    }


def _ours(spec: RunSpec, root: Path, node: int, edits: Edits) -> np.ndarray:
    return evaluate(silent, spec=spec, node=node, edits=edits, root=root).after


@torch.no_grad()
def _theirs(net: torch.nn.Module, data: Data, graph: GraphData, u: int, v: int) -> np.ndarray:
    source, target = data.edge_index
    kept = ~(((source == u) & (target == v)) | ((source == v) & (target == u)))
    return probabilities(net(data.x, data.edge_index[:, kept])[u].numpy())


def _timed(work: Callable[[], np.ndarray]) -> tuple[np.ndarray, float]:
    started = time.perf_counter()
    return work(), time.perf_counter() - started
