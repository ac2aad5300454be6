"""Explanations: ours on computation graphs, many nodes at once, against PyG's Explainer on the whole graph."""

from __future__ import annotations

import statistics
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from functools import partial
from itertools import combinations

import numpy as np
import torch

from benchmarks import reference, tasks
from benchmarks.beside_pyg import by_pair
from benchmarks.measure import table
from core import device as devices
from core import memory
from core.data import GraphData
from core.metrics import rank_correlation
from core.run import Run
from core.splits import split_of
from core.training import train
from explainers.attribution.contract import Attribution, method, ready

HELP = "GNNExplainer and integrated gradients, node by node and 100 at once"
ALGORITHMS = {"gnn_explainer": (reference.gnn_explainer, np.maximum), "integrated_gradients": (reference.integrated_gradients, np.add)}
"""The reference, and what makes one score of its two for both directions: the larger mask, the sum of the shares."""


def declare(parser: ArgumentParser) -> None:
    parser.add_argument("--dataset", default="cora")
    parser.add_argument("--nodes", type=int, default=10, help="test nodes that the reference explains, one after the other")
    parser.add_argument("--together", type=int, default=100, help="test nodes that ours explains in one call")


def measure(arguments: Namespace) -> str:
    (spec,) = tasks.specs(arguments.dataset, "gcn", [], 1)
    graph, data = tasks.graph_and_data(spec, "cpu")
    run = train(spec, graph=graph, device="cpu")
    net = reference.trained(run, data)
    every = np.flatnonzero(split_of(graph, spec.dataset).test)[: arguments.together].tolist()
    nodes = every[:: max(1, len(every) // arguments.nodes)][: arguments.nodes]
    rows = []
    with memory.reused(), devices.threads_for(graph.num_stored_edges):
        for name, (theirs, join) in ALGORITHMS.items():
            rows.append(_row(name, partial(theirs, net, data), join, run, graph, nodes, every))
            print(" | ".join(rows[-1].values()), flush=True)
    return (
        f"GCN on {arguments.dataset}, {len(nodes)} test nodes one by one, in turns, and {len(every)} in one call, whose reference "
        f"is as many times the median of one. Ours includes a fresh copy of the model and the nodes' computation graphs.\n\n{table(rows)}"
    )


def _row(
    name: str,
    theirs: Callable[[int, int], torch.Tensor],
    join: np.ufunc,
    run: Run,
    graph: GraphData,
    nodes: Sequence[int],
    every: Sequence[int],
) -> dict[str, str]:
    ours, fast, slow, agreement, spread = partial(_ours, name, run, graph), [], [], [], []
    ours(nodes[:1]), theirs(nodes[0], 0)
    for node in nodes:
        (found,), seconds = _timed(partial(ours, [node]))
        masks, own = zip(*(_timed(partial(theirs, node, seed)) for seed in range(2)), strict=True)
        fast.append(seconds)
        slow.append(statistics.mean(own))
        scores = [by_pair(mask, found, join) for mask in masks]
        agreement += [rank_correlation(found.pair_scores[found.part.within], one) for one in scores]
        spread += [rank_correlation(*pair) for pair in combinations(scores, 2)]
    _, together = _timed(partial(ours, every))
    ratios = [long / short for long, short in zip(slow, fast, strict=True)]
    return {
        "method": method(name).title,
        "ours, one node": f"{1000 * statistics.median(fast):.0f} ms",
        "reference's": f"{1000 * statistics.median(slow):.0f} ms",
        "ratio (lowest to highest)": f"**{statistics.median(ratios):.0f}×** ({min(ratios):.0f} to {max(ratios):.0f})",
        f"ours, {len(every)} nodes": f"{together:.2f} s",
        "ratio": f"**{len(every) * statistics.median(slow) / together:.0f}×**",
        "rank correlation, ours and reference": f"{np.nanmean(agreement):.2f}",
        "reference, two seeds": f"{np.nanmean(spread):.2f}",
    }


def _ours(name: str, run: Run, graph: GraphData, nodes: Sequence[int]) -> list[Attribution]:
    return method(name).attribute(ready(name, run, graph), nodes)


def _timed(work: Callable[[], object]) -> tuple[object, float]:
    started = time.perf_counter()
    return work(), time.perf_counter() - started
