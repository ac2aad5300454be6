"""The homophily dial, setting by setting, and the sweep of edge surgery: seconds until all is stored, and runs beside PyG's loop."""

from __future__ import annotations

import statistics
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from benchmarks import tasks
from benchmarks.measure import table
from core.datasets.contract import dataset
from core.models.contract import model
from core.parameters import resolve
from core.plans import run_plan
from core.spec import RunSpec
from core.store import Store
from core.work import silent
from explainers.dial_request import ADDITIONS, HOMOPHILIES
from explainers.lenses import edge_surgery, homophily_dial
from explainers.lenses.edge_surgery.plan import surgery_grid
from explainers.lenses.homophily_dial.plan import at, dial_grid
from explainers.sweep.grid import Grid

HELP = "each setting of the homophily dial, and the sweep of edge surgery"
SETTING, SWEEP = 2.0, 120.0
"""Seconds that a setting of the dial and the whole sweep may take."""
EVERY = 9
"""One run of so many is trained by the reference as well."""


def declare(parser: ArgumentParser) -> None:
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--homophily", default=HOMOPHILIES.default, help="of the dial (default: %(default)s)")
    parser.add_argument("--dataset", default="cora", help="that edge surgery is done on (default: %(default)s)")
    parser.add_argument("--added", default=ADDITIONS.default, help="edges, for each that is there (default: %(default)s)")


def measure(arguments: Namespace) -> str:
    turned, surgery = _dial(arguments), _surgery(arguments)
    middle = turned.setting.values[len(turned.setting.values) // 2]
    with tempfile.TemporaryDirectory() as folder:  # what is loaded once, and the process that others are forked from
        _seconds(at(turned, middle).runs, folder)
    with tempfile.TemporaryDirectory() as folder:
        settings = [_seconds(at(turned, homophily).runs, folder) for homophily in turned.setting.values]
    with tempfile.TemporaryDirectory() as folder:
        sweep = _seconds(surgery.runs, folder)
    rows = [
        _row("a setting of the dial", at(turned, middle).runs, settings, SETTING, _beside(turned.runs[::EVERY])),
        _row("the sweep of edge surgery", surgery.runs, [sweep], SWEEP, _beside(surgery.runs[::EVERY])),
    ]
    return (
        f"Seconds from asking until every run is stored, graphs drawn and all. The dial with its defaults, {arguments.seeds} seeds, at "
        f"{len(turned.setting.values)} values of homophily one after another; edge surgery with its defaults, a GCN on "
        f"{arguments.dataset}. Ratio: single runs, one of {EVERY}, beside PyG's loop on the same graph.\n\n{table(rows)}"
    )


def _dial(arguments: Namespace) -> Grid:
    values = resolve(homophily_dial.LENS.parameters, {"homophily": arguments.homophily}, "lens homophily_dial")
    return dial_grid(values, arguments.seeds, model)


def _surgery(arguments: Namespace) -> Grid:
    spec = tasks.specs(arguments.dataset, "gcn", [], 1)[0]
    fixed = sum(name.isdigit() for name in dataset(arguments.dataset).splits)
    values = resolve(edge_surgery.LENS.parameters, {"added": arguments.added}, "lens edge_surgery")
    return surgery_grid(spec, arguments.seeds, values, fixed)


def _seconds(runs: Sequence[RunSpec], folder: str) -> float:
    started = time.perf_counter()
    keys = run_plan(silent, specs=runs, root=Path(folder), device="cpu")
    took = time.perf_counter() - started
    assert all(Store(Path(folder)).entry(key) for key in keys)
    return took


def _beside(runs: Sequence[RunSpec]) -> list[float]:
    """How many times longer PyG's loop takes, run by run."""
    ratios = []
    for run in runs:
        graph, data = tasks.graph_and_data(run, "cpu")
        tasks.ours(run, graph, "cpu")  # what is loaded once for a model
        ratios.append(tasks.theirs(run, data).seconds / tasks.ours(run, graph, "cpu").seconds)
    return ratios


def _row(what: str, runs: Sequence[RunSpec], seconds: Sequence[float], limit: float, ratios: Sequence[float]) -> dict[str, str]:
    return {
        "what": f"{what}, {len(runs)} runs",
        "seconds (lowest to highest)": f"**{statistics.median(seconds):.2f}** ({min(seconds):.2f} to {max(seconds):.2f})",
        "may take": f"{limit:g}",
        "ratio (lowest to highest)": f"**{statistics.median(ratios):.0f}×** ({min(ratios):.1f} to {max(ratios):.1f}, {len(ratios)} runs)",
    }
