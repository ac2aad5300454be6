"""Train a plan with progress on standard error, and put its scores into tables."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence

from core.errors import UserError
from core.parameters import Value
from core.plans import is_current, run_plan
from core.seeds import interval
from core.spec import RunSpec, keys
from core.store import Entry, Store
from explainers.cli.output import Answer, Record, write
from explainers.cli.training.plan import Group, split_label
from explainers.cli.training.progress import Progress
from explainers.settings import Setting, columns

RUN_COLUMNS = ("seed", "split", "metric", "train_score", "validation_score", "test_score", "best_epoch", "epochs", "seconds")
SUMMARY_COLUMNS = ("metric", "mean", "low", "high", "n")


def execute(groups: Sequence[Group], sets: Sequence[Setting], *, device: str, sure: bool, line: str, target: str | None) -> int:
    """Train what the store lacks, and write tables `runs` and `summary`."""
    store = Store.default()
    specs = [spec for group in groups for spec in group.runs]
    there = store.keys()
    kept = sum(key in there and _is_kept(store, key) for key in keys(specs))
    with contextlib.redirect_stdout(sys.stderr), Progress() as report:  # whatever a library prints must not mix with the result
        run_plan(report, specs=specs, root=store.root, device=device, again=True, sure=sure)
    entries = {spec.key: _entry(store, spec) for spec in specs}
    tables = {"runs": list(runs_table(groups, sets, entries)), "summary": list(summary_table(groups, sets, entries))}
    write(Answer(line, tables, specs, tuple(notes(groups, entries, kept, device))), target)
    return 0


def runs_table(groups: Sequence[Group], sets: Sequence[Setting], entries: dict[str, Entry]) -> Iterator[Record]:
    """A row a run: the swept settings, then what came out; scores in 0 … 1."""
    for group in groups:
        for spec in group.runs:
            entry = entries[spec.key]
            scores = {f"{part}_score": entry.scores[f"{part}_score"] for part in ("train", "validation", "test")}
            yield {
                **_swept(group, sets),
                "seed": spec.seed,
                "split": split_label(spec.dataset),
                "metric": entry.metric,
                **scores,
                "best_epoch": entry.best_epoch,
                "epochs": entry.epochs,
                "seconds": entry.seconds,
            }


def summary_table(groups: Sequence[Group], sets: Sequence[Setting], entries: dict[str, Entry]) -> Iterator[Record]:
    """A row a combination: mean test score with its 95 % t-interval over the runs."""
    for group in groups:
        found = interval([entries[spec.key].scores["test_score"] for spec in group.runs])
        metric = entries[group.runs[0].key].metric
        yield {**_swept(group, sets), "metric": metric, "mean": found.mean, "low": found.low, "high": found.high, "n": found.n}


def notes(groups: Sequence[Group], entries: dict[str, Entry], kept: int, device: str) -> Iterator[str]:
    """What a reader must know of the numbers, a sentence each."""
    specs = [spec for group in groups for spec in group.runs]
    yield "Scores are 0–1; low and high bound the 95 % t-interval of the mean test score over the runs."
    if kept:
        yield f"{kept} of {len(specs)} runs were in the store, trained by the same code; their seconds are those of then."
    elsewhere = [entries[spec.key].device for spec in specs if device not in ("auto", entries[spec.key].device)]
    if elsewhere:
        yield (
            f"{len(elsewhere)} of {len(specs)} runs were made on {' and '.join(sorted(set(elsewhere)))} before and were not trained again "
            f"on {device}; with another HOPSCOPE_HOME they are."
        )
    yield from (f"Seed {spec.seed}, run {spec.key}: {entries[spec.key].note}" for spec in specs if entries[spec.key].note)
    if any(len({spec.dataset for spec in group.runs}) > 1 for group in groups):
        yield "The splits of the runs overlap, which makes the interval too narrow (Nadeau & Bengio 2003)."


def _swept(group: Group, sets: Sequence[Setting]) -> dict[str, Value]:
    return {name: group.value(setting) for name, setting in columns(sets, (*RUN_COLUMNS, *SUMMARY_COLUMNS)).items()}


def _is_kept(store: Store, key: str) -> bool:
    """Whether the run is stored, readable and of today's code."""
    try:
        entry = store.entry(key)
    except UserError:
        return False
    return entry is not None and is_current(entry)


def _entry(store: Store, spec: RunSpec) -> Entry:
    entry = store.entry(spec.key)
    if entry is None:
        raise UserError(f"Run {spec.key} was deleted by another process meanwhile; start the command again.")
    return entry
