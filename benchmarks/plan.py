"""Many runs: a depth sweep over seeds, trained as one plan, against the reference's runs one after another."""

from __future__ import annotations

import statistics
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from benchmarks import tasks
from benchmarks.measure import Sample, as_percent, table
from core.plans import run_plan
from core.seeds import interval
from core.spec import RunSpec
from core.store import Store
from core.work import silent

HELP = "a depth sweep over seeds"


def declare(parser: ArgumentParser) -> None:
    parser.add_argument("--dataset", default="cora")
    parser.add_argument("--model", default="gcn")
    parser.add_argument("--depths", default="2,4,8,16")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=3, help="how often our plan is trained, before and after the reference")


def measure(arguments: Namespace) -> str:
    runs = tasks.specs(arguments.dataset, arguments.model, [f"depth={arguments.depths}", f"epochs={arguments.epochs}"], arguments.seeds)
    first, samples = _plan(runs, arguments.device)
    slow = _one_after_another(runs, arguments.device)
    seconds = [first, *(_plan(runs, arguments.device)[0] for _ in range(arguments.repeats - 1))]
    ours, theirs = statistics.median(seconds), sum(sample.seconds for sample in slow)
    rows = [
        {"depth": depth, "test score, ours": _scores(samples, runs, depth), "reference's": _scores(slow, runs, depth)}
        for depth in arguments.depths.split(",")
    ]
    return (
        f"{len(runs)} runs ({arguments.model} on {arguments.dataset}, depths {arguments.depths}, {arguments.seeds} seeds, "
        f"{arguments.epochs} epochs): ours {ours:.1f} s ({', '.join(f'{one:.1f}' for one in seconds)}), stored and ready; "
        f"reference {theirs:.1f} s; ratio **{theirs / ours:.1f}×**. The seconds that our runs say of themselves, "
        f"while others ran beside them, sum to {sum(sample.seconds for sample in samples):.1f}.\n\n{table(rows)}"
    )


def _plan(runs: Sequence[RunSpec], device: str) -> tuple[float, list[Sample]]:
    """Seconds from asking to the last stored run, in an empty store."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        keys = run_plan(silent, specs=runs, root=Path(folder), device=device)
        seconds = time.perf_counter() - started
        entries = [Store(Path(folder)).get(key) for key in keys]
    return seconds, [Sample(run.seconds, run.scores["test_score"]) for run in entries if run]


def _one_after_another(runs: Sequence[RunSpec], device: str) -> list[Sample]:
    _, data = tasks.graph_and_data(runs[0], device)
    return [tasks.theirs(spec, data) for spec in runs]


def _scores(samples: Sequence[Sample], runs: Sequence[RunSpec], depth: str) -> str:
    chosen = [sample.score for sample, spec in zip(samples, runs, strict=True) if spec.model.depth == int(depth)]
    return as_percent(interval(chosen))
