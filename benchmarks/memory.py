"""What 100 stored runs cost the app: memory of the process that serves the pages, and disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from pathlib import Path

from benchmarks import tasks
from benchmarks.measure import resident
from core.plans import run_plan
from core.store import Store
from core.work import silent

HELP = "100 stored runs in the Compare page"
ROOT = Path(__file__).parents[1]
SECONDS = 120
"""For a page to be drawn."""


def declare(parser: ArgumentParser) -> None:
    parser.add_argument("--dataset", default="cora")
    parser.add_argument("--settings", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument(
        "--page", action="store_true", help="open the Compare page on the store of HOPSCOPE_HOME and print its memory as JSON"
    )


def measure(arguments: Namespace) -> str:
    if arguments.page:
        return json.dumps(_opened())
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        empty = _in_a_process_of_its_own(home)
        widths = ",".join(str(8 * (step + 1)) for step in range(arguments.settings))
        runs = tasks.specs(arguments.dataset, "gcn", [f"width={widths}", f"epochs={arguments.epochs}"], arguments.seeds)
        run_plan(silent, specs=runs, root=home, device=arguments.device, sure=True)
        full = _in_a_process_of_its_own(home)
        stored = _disk(home / "runs")
        store = Store(home)
        for spec in runs:
            store.delete(spec.key)
        store.prune()
        left = _disk(home / "runs") + _disk(home / "trash")
    return (
        f"The process that serves the pages holds {empty['memory'] / 1e6:.0f} MB with the Compare page open on an empty store and "
        f"{full['memory'] / 1e6:.0f} MB with {full['runs']} runs of {arguments.dataset} looked at, each drawn in its figures: "
        f"**{(full['memory'] - empty['memory']) / 1e6:.0f} MB** more. On disk they take {stored / 1e6:.1f} MB; "
        f"deleted and emptied from the trash, {left / 1e6:.1f} MB."
    )


def _opened() -> dict[str, float]:
    """Every stored group ticked in the Compare page, as many at a time as it takes."""
    from streamlit.testing.v1 import AppTest

    from pages._shared import comparing, engine, stored_runs

    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=SECONDS)
    at.run()
    at.switch_page(next((ROOT / "pages").glob("*/*_compare.py")).relative_to(ROOT).as_posix()).run()
    keys = [group.key for group in engine.groups()]
    for start in range(0, len(keys), comparing.MOST):
        at.session_state[stored_runs.CHOSEN] = keys[start : start + comparing.MOST]
        at.run()
        if at.exception:
            raise RuntimeError(at.exception[0].value)
    found = {"memory": resident("VmRSS"), "runs": sum(len(group.entries) for group in engine.groups())}
    engine.jobs().close()
    return found


def _in_a_process_of_its_own(home: Path) -> dict[str, float]:
    words = [sys.executable, "-m", "benchmarks", "memory", "--page"]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True, env=os.environ | {"HOPSCOPE_HOME": str(home)})
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def _disk(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder.exists() else 0
