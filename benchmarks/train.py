"""One run: every architecture, trained by us and by PyG's loop."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from benchmarks import tasks
from benchmarks.measure import table
from benchmarks.reference import COUNTERPARTS
from core.datasets.contract import datasets
from core.errors import UserError
from core.models.contract import model

HELP = "one run of each architecture"
HEADLINE = "gcn,gat,sage,gin,appnp,sgc"


def declare(parser: ArgumentParser) -> None:
    parser.add_argument("--datasets", default="cora", help="names with commas, or 'all' that can be opened (default: %(default)s)")
    parser.add_argument("--models", default=HEADLINE, help="names with commas, or 'all' that the reference has, too (default: %(default)s)")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=200)


def measure(arguments: Namespace) -> str:
    names = list(datasets()) if arguments.datasets == "all" else arguments.datasets.split(",")
    architectures = list(COUNTERPARTS) if arguments.models == "all" else arguments.models.split(",")
    rows = []
    for name in names:
        for architecture in architectures:
            try:
                label = f"{model(architecture).title} on {name}"
                runs = tasks.specs(name, architecture, [f"epochs={arguments.epochs}"], arguments.seeds)
                row = tasks.alternating(label, runs, arguments.device).row(arguments.epochs)
            except UserError as error:  # a dataset that is not at hand, say
                print(f"{architecture} on {name}: {error}", flush=True)
                continue
            print(" | ".join(row.values()), flush=True)
            rows.append(row)
    times = f"{arguments.epochs} epochs with evaluation after each, {arguments.seeds} seeds, our defaults for both; times are per epoch."
    return f"{times}\n\n{table(rows)}" if rows else "Nothing could be measured."
