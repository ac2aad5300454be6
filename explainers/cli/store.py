"""`hopscope store`: what is kept on disk, whether it is whole, and what can go."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING

from explainers.cli.command import Command, Job
from explainers.cli.output import Answer, check_target, declare_json, write

if TYPE_CHECKING:
    from core.store import Store


def declare(parser: ArgumentParser) -> None:
    parser.add_argument(
        "what",
        choices=tuple(WHAT),
        help="list the runs; verify every file against its recorded sum; prune: empty the trash of deleted runs and say what that freed",
    )
    declare_json(parser)


def prepare(arguments: Namespace, line: str) -> Job:
    check_target(arguments.json)

    def job() -> int:
        from core.store import Store

        answer, code = WHAT[arguments.what](Store.default(), line)
        write(answer, arguments.json)
        return code

    return job


def listed(store: Store, line: str) -> tuple[Answer, int]:
    """The runs, newest first."""
    from explainers.cli.training.plan import split_label

    entries = store.entries()
    rows = [
        {
            "key": entry.key,
            "name": entry.name,
            "pinned": entry.pinned,
            "dataset": entry.spec.dataset.name,
            "split": split_label(entry.spec.dataset),
            "model": entry.spec.model.name,
            "depth": entry.spec.model.depth,
            "seed": entry.spec.seed,
            "metric": entry.metric,
            "test_score": entry.scores["test_score"],
            "made": entry.made,
            "bytes": entry.bytes,
        }
        for entry in entries
    ]
    return Answer(line, {"runs": rows}, [entry.spec for entry in entries], [_where(store)]), 0


def verified(store: Store, line: str) -> tuple[Answer, int]:
    """The damaged runs; exit code 1 if there are any."""
    damages = store.verify()
    rows = [{"key": damage.key, "reason": damage.reason} for damage in damages]
    remedy = "Train it again to mend it: the same spec gives the same run." if damages else "Every run is whole."
    return Answer(line, {"damaged": rows}, (), [remedy, _where(store)]), int(bool(damages))


def pruned(store: Store, line: str) -> tuple[Answer, int]:
    """How many deleted runs are gone for good, and the bytes that were freed."""
    from explainers.wording import count, disk_size

    runs, _ = store.trash()
    freed = store.prune()
    said = f"The trash is empty: {count(runs, 'deleted run')} went for good, {disk_size(freed)} were freed."
    return Answer(line, {"pruned": [{"runs": runs, "bytes": freed}]}, (), [said, _where(store)]), 0


def _where(store: Store) -> str:
    return f"The store is {store.root}; HOPSCOPE_HOME sets another one."


WHAT: dict[str, Callable[[Store, str], tuple[Answer, int]]] = {"list": listed, "verify": verified, "prune": pruned}

COMMAND = Command("store", "List, verify or prune the stored runs.", declare, prepare)
