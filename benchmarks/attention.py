"""Attention: the table of entropies of every node and head, and the dictionary lookup, against PyG's layers and its scatter."""

from __future__ import annotations

import statistics
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import numpy as np
import pandas as pd

from benchmarks import reference, tasks
from benchmarks import reference_attention as theirs
from benchmarks.measure import table
from core.data import GraphData
from core.rebuilt import module_of
from core.run import Run
from core.training import train
from core.work import silent
from explainers.lenses.attention import result as results
from explainers.lenses.attention.readings import attended, measured
from explainers.lenses.dictionary_lookup.comparison import compare
from explainers.lenses.dictionary_lookup.problem import problem
from explainers.lenses.dictionary_lookup.result import Variant, variants
from explainers.swapped import asked_batch

T = TypeVar("T")

HELP = "entropies of GAT on Cora and on a generated graph of 20,000 nodes, and the dictionary lookup"
HEADS = ("heads=8", "output_heads=8")
GRAPHS = {
    "cora": ("GAT, 2 layers of 8 heads, on cora", (), 0.3),
    "csbm": (
        "GAT, 2 layers of 8 heads, on csbm, 20,000 nodes, about 500,000 edges",
        ("nodes=20000", "degree=50", "dimensions=128", "classes=5"),
        3.0,
    ),
}
"""Graphs by dataset: what the table says, settings, and the seconds that the table may take."""
LOOKUP = 60.0
"""Seconds that the dictionary lookup of five keys may take."""


def declare(parser: ArgumentParser) -> None:
    parser.add_argument("--datasets", default=",".join(GRAPHS), metavar="NAMES", help="of cora and csbm (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=5, help="how often each table is made, in turns with the reference's")
    parser.add_argument("--epochs", type=int, default=3, help="of the models' training, which is not measured")
    parser.add_argument("--keys", type=int, default=5, help="of the dictionary lookup")
    parser.add_argument("--lookup-epochs", type=int, default=200, metavar="EPOCHS", help="of the dictionary lookup")


def measure(arguments: Namespace) -> str:
    rows = [_entropies(name, arguments) for name in arguments.datasets.split(",")]
    lookup = _lookup(arguments.keys, arguments.lookup_epochs)
    return (
        f"The table of all nodes and heads of a trained model, {arguments.repeats} times in turns. Ours begins with the weights and the "
        "graph, and holds degree, entropy, normalised entropy, self-attention and mass by class, with the heads' likeness beside it; the "
        "reference has its model and dense features at hand, and computes the normalised entropy alone from `return_attention_weights` and "
        "a scatter. Time of the processor is ours on all cores together, which other work beside it changes little."
        f"\n\n{table(rows)}\n\nThe dictionary lookup of {arguments.keys} keys, {arguments.lookup_epochs} epochs each, one seed, "
        "trained in turns with PyG's layers in a plain loop with the same batches and evaluations. Ours holds the rankings of every head "
        f"as well.\n\n{table(lookup)}"
    )


def _entropies(name: str, arguments: Namespace) -> dict[str, str]:
    title, settings, limit = GRAPHS[name]
    (spec,) = tasks.specs(name, "gat", [*settings, *HEADS, f"epochs={arguments.epochs}"], 1)
    graph, data = tasks.graph_and_data(spec, "cpu")
    run = train(spec, graph=graph, device="cpu")
    net = reference.trained(run, data)
    fast, slow, worked, apart = [], [], [], []
    for number in range(arguments.repeats + 1):
        before = time.process_time()
        found, seconds = _timed(partial(_ours, run, graph))
        worked.append(time.process_time() - before)
        expected, own = _timed(partial(theirs.normalized_entropies, net, data))
        if number:  # the first time of each is not like the others
            fast.append(seconds)
            slow.append(own)
        own_entropies = np.concatenate([layer.T.ravel() for layer in expected])
        known = ~np.isnan(found)
        apart.append(float(np.abs(found - own_entropies)[known].max()))
    print(f"{title}: {statistics.median(fast):.3f} s, reference {statistics.median(slow):.3f} s", flush=True)
    return {
        "task": title,
        "ours": f"{1000 * statistics.median(fast):.0f} ms ({1000 * min(fast):.0f} to {1000 * max(fast):.0f})",
        "of the processor": f"{1000 * statistics.median(worked[1:]):.0f} ms",
        "may take": f"{1000 * limit:,.0f} ms",
        "reference": f"{1000 * statistics.median(slow):.0f} ms",
        "ratio (lowest to highest)": _ratio(fast, slow),
        "largest difference of entropies": f"{max(apart):.0e}",
    }


def _ours(run: Run, graph: GraphData) -> np.ndarray:
    """The normalised entropies of the whole table."""
    module, batch = module_of(run.spec, graph, run.weights), asked_batch(run.spec, graph)
    layers = tuple(measured(one, graph) for one in attended(module, batch))
    reading = results.Reading(run.spec.seed, layers, pd.DataFrame())
    found = results.nodes(results.Attention(run.spec.model.name, graph.name, "", run.metric, (reading,)))
    return found["normalized_entropy"].to_numpy()


def _lookup(size: int, epochs: int) -> list[dict[str, str]]:
    posed, rows = problem(size, 0), []
    ours, others = list[float](), list[float]()
    _lookups(Variant("gat", 1), size, 2), theirs.look_up("gat", 1, posed.train, posed.test, 2, 0)
    for variant in variants(("gat", "gatv2"), (1, 8)):
        share, seconds = _timed(partial(_lookups, variant, size, epochs))
        other, own = _timed(partial(theirs.look_up, variant.model, variant.heads, posed.train, posed.test, epochs, 0))
        ours.append(seconds)
        others.append(own)
        rows.append(_row(variant.title, seconds, own) | {"answered, ours": f"{share:.1%}", "reference's": f"{other:.1%}"})
        print(" | ".join(rows[-1].values()), flush=True)
    return [*rows, _row(f"all, which may take {LOOKUP:.0f} s", sum(ours), sum(others)) | {"answered, ours": "", "reference's": ""}]


def _lookups(variant: Variant, size: int, epochs: int) -> float:
    return float(compare(silent, [size], [variant], 1, epochs).accuracy["test"].iloc[0])


def _row(title: str, ours: float, reference_: float) -> dict[str, str]:
    return {"task": title, "ours": f"{ours:.1f} s", "reference": f"{reference_:.1f} s", "ratio": f"**{reference_ / ours:.1f}×**"}


def _ratio(fast: list[float], slow: list[float]) -> str:
    ratios = [long / short for short, long in zip(fast, slow, strict=True)]
    return f"**{statistics.median(ratios):.1f}×** ({min(ratios):.1f} to {max(ratios):.1f})"


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    started = time.perf_counter()
    return work(), time.perf_counter() - started
