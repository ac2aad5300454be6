"""`hopscope store`: what is kept on disk, whether it is whole, what can go, and what comes back."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING

from core.errors import UserError
from explainers.cli.command import Command, Job
from explainers.cli.output import Answer, check_target, declare_json, write

if TYPE_CHECKING:
    from core.store import Store


def declare(parser: ArgumentParser) -> None:
    parser.add_argument(
        "what",
        choices=tuple(WHAT),
        help="list the runs; verify every file against its recorded sum; restore: bring deleted runs back from the trash, all or those "
        "named; prune: empty the trash for good and say what that freed",
    )
    parser.add_argument("keys", nargs="*", metavar="KEY", help="with restore: the runs to bring back, all in the trash if none is named")
    declare_json(parser)


def prepare(arguments: Namespace, line: str) -> Job:
    check_target(arguments.json)
    if arguments.keys and arguments.what != "restore":
        raise UserError(f"store {arguments.what} takes no keys, but {arguments.keys[0]!r} was given; only store restore does.")
    if arguments.keys:
        from core.store.entry import checked

        arguments.keys = [checked(key) for key in arguments.keys]

    def job() -> int:
        from core.store import Store

        answer, code = WHAT[arguments.what](Store.default(), line, *arguments.keys)
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


def restored(store: Store, line: str, *keys: str) -> tuple[Answer, int]:
    """The deleted runs that the store has again; exit code 1 if one that was named is not to be had."""
    from explainers.wording import count

    rows = [{"key": key, "restored": store.restore(key)} for key in keys or store.trashed()]
    back = sum(row["restored"] is True for row in rows)
    said = [f"The store has {count(back, 'run')} again." if rows else "The trash holds no run to bring back."]
    if back < len(rows):
        said.append("The others are not in the trash; the same settings train the same runs again.")
    return Answer(line, {"restored": rows}, (), [*said, _where(store)]), int(back < len(rows))


def pruned(store: Store, line: str) -> tuple[Answer, int]:
    """How many deleted runs are gone for good, and the bytes that were freed."""
    from explainers.wording import count, disk_size

    runs, _ = store.trash()
    freed = store.prune()
    said = f"The trash is empty: {count(runs, 'deleted run')} went for good, {disk_size(freed)} were freed."
    return Answer(line, {"pruned": [{"runs": runs, "bytes": freed}]}, (), [said, _where(store)]), 0


def _where(store: Store) -> str:
    return f"The store is {store.root}; HOPSCOPE_HOME sets another one."


WHAT: dict[str, Callable[..., tuple[Answer, int]]] = {"list": listed, "verify": verified, "restore": restored, "prune": pruned}

COMMAND = Command("store", "List, verify, restore or prune the stored runs.", declare, prepare)
