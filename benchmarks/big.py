"""A graph of the size of ogbn-arxiv, generated, and the memory of a process that trains on it."""

from __future__ import annotations

import json
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from benchmarks import tasks
from benchmarks.measure import measured, resident, table
from core.footprint import training_bytes
from core.models.contract import Shape, build, model
from core.spec import RunSpec
from core.training import open_graph

HELP = "170,000 nodes, 2.3 million stored edges"
GRAPH = ("nodes=170000", "degree=13.5", "dimensions=128", "classes=40", "homophily=0.65")


def declare(parser: ArgumentParser) -> None:
    parser.add_argument("--models", default="gcn", help="names with commas (default: %(default)s)")
    parser.add_argument("--width", type=int, default=64, help="of models without attention heads")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--alone", metavar="MODEL", help="train ours alone and print the memory of this process as JSON")


def measure(arguments: Namespace) -> str:
    if arguments.alone:
        return json.dumps(_alone(_runs(arguments.alone, arguments)[0], arguments.device))
    rows = []
    for name in arguments.models.split(","):
        runs = _runs(name, arguments)
        row = tasks.alternating(f"{model(name).title}", runs, arguments.device).row(arguments.epochs)
        del row["test score, ours"], row["reference's"]  # of a few epochs
        rows.append(row | _in_a_process_of_its_own(name, arguments))
        print(" | ".join(rows[-1].values()), flush=True)
    note = f"{', '.join(GRAPH)}; {arguments.epochs} epochs with evaluation after each, {arguments.seeds} pairs; times are per epoch."
    return f"{note}\n\n{table(rows)}"


def _runs(name: str, arguments: Namespace) -> Sequence[RunSpec]:
    width = [] if model(name).has_attention or name == "sgc" else [f"width={arguments.width}"]
    return tasks.specs("csbm", name, [*GRAPH, *width, f"epochs={arguments.epochs}"], arguments.seeds)


def _alone(spec: RunSpec, device: str) -> dict[str, float]:
    """Peak memory of this whole process, and of the training alone with its estimate, in bytes."""
    graph = open_graph(spec.dataset)
    drawing = resident("VmHWM")
    before = resident("VmRSS")
    taken = measured(lambda: tasks.ours(spec, graph, device)).memory
    peak = max(drawing, before + taken)
    shape = Shape(graph.num_features, graph.num_classes, graph.num_nodes)
    module = build(spec.model.name, shape, dict(spec.model.parameters))
    return {"peak": peak, "training": taken, "estimate": training_bytes(graph, model(spec.model.name), module)}


def _in_a_process_of_its_own(name: str, arguments: Namespace) -> dict[str, str]:
    words = ["big", "--alone", name, "--width", str(arguments.width), "--epochs", str(arguments.epochs), "--device", arguments.device]
    done = subprocess.run([sys.executable, "-m", "benchmarks", *words], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.strip().splitlines()[-1])
    return {
        "process with ours alone": f"{found['peak'] / 1e9:.2f} GB",
        "its training, estimated before": f"{found['training'] / 1e9:.2f} GB, {found['estimate'] / 1e9:.2f} GB",
    }
