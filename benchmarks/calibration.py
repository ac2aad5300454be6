"""Calibration: every calibrator fitted to a trained model and judged, with all scores, factors and conformal sets."""

from __future__ import annotations

import statistics
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path

from benchmarks import tasks
from benchmarks.measure import table
from core.data import GraphData
from core.run import Run
from core.training import train
from core.work import silent
from explainers.calibration_request import ALPHA, RAW
from explainers.calibrators.contract import calibrator
from explainers.lenses.calibration import DRAWS
from explainers.lenses.calibration.calibrated import ordered
from explainers.lenses.calibration.readings import read
from explainers.lenses.calibration.result import Reading

HELP = "all calibrators fitted and judged, on Cora and on a generated graph of 10,000 nodes"
GRAPHS = {
    "cora": ("GCN on cora", (), 5.0),
    "csbm": ("GCN on csbm, 10,000 nodes, about 100,000 edges", ("nodes=10000", "degree=20", "dimensions=128", "classes=10"), 30.0),
}
"""Graphs by dataset: what the table says, settings, and the seconds that all calibrators may take for one seed."""


def declare(parser: ArgumentParser) -> None:
    parser.add_argument("--datasets", default=",".join(GRAPHS), metavar="NAMES", help="of cora and csbm (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=3, help="how often all are fitted, each time with an empty store")
    parser.add_argument("--epochs", type=int, default=200, help="of the model's training, which is not measured")


def measure(arguments: Namespace) -> str:
    rows, fits = list[dict[str, str]](), dict[str, dict[str, float]]()
    for name in arguments.datasets.split(","):
        title, settings, limit = GRAPHS[name]
        (spec,) = tasks.specs(name, "gcn", [*settings, f"epochs={arguments.epochs}"], 1)
        graph, _ = tasks.graph_and_data(spec, "cpu")
        row, fits[title] = _measured(title, train(spec, graph=graph, device="cpu"), graph, arguments.repeats, limit)
        rows.append(row)
        print(" | ".join(row.values()), flush=True)
    return (
        f"All calibrators for one seed, {arguments.repeats} times with an empty store, after once that is not counted: fitted, and judged "
        f"by every score and factor and by conformal sets over {DRAWS.default} draws. A second look takes what was fitted from the store."
        f"\n\n{table(rows)}\n\nSeconds of each fit, medians.\n\n{table(_by_calibrator(fits))}"
    )


def _measured(title: str, run: Run, graph: GraphData, repeats: int, limit: float) -> tuple[dict[str, str], dict[str, float]]:
    first, second, fits = list[float](), list[float](), list[dict[str, float]]()
    for number in range(repeats + 1):
        with tempfile.TemporaryDirectory() as folder:
            reading, seconds = _timed(run, graph, Path(folder))
            _, again = _timed(run, graph, Path(folder))
        if number:  # the first one imports what the others find
            first.append(seconds)
            second.append(again)
            fits.append({one.calibrator: one.seconds for one in reading.answers if one.calibrator != RAW})
    by_name = {name: statistics.median(fit[name] for fit in fits) for name in fits[0]}
    row = {
        "task": title,
        "fitted and judged": _spread(first),
        "may take": f"{limit:g} s",
        "of which fitting": f"{sum(by_name.values()):.2f} s",
        "a second look": _spread(second),
        "calibrators": f"{len(by_name)} of {len(ordered())}",
    }
    return row, by_name


def _timed(run: Run, graph: GraphData, root: Path) -> tuple[Reading, float]:
    started = time.perf_counter()
    reading, _ = read(silent, run, graph, ordered(), float(ALPHA.default), int(DRAWS.default), root)
    return reading, time.perf_counter() - started


def _by_calibrator(fits: Mapping[str, Mapping[str, float]]) -> list[dict[str, str]]:
    return [
        {"calibrator": calibrator(name).title} | {title: f"{found[name]:.3f} s" if name in found else "" for title, found in fits.items()}
        for name in ordered()
    ]


def _spread(seconds: list[float]) -> str:
    return f"**{statistics.median(seconds):.2f} s** ({min(seconds):.2f} to {max(seconds):.2f})"
