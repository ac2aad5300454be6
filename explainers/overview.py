"""Stored runs as people think of them: the seeds of one setting together, with their spread. Free of torch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from core.catalogue import Catalogue
from core.parameters import resolve
from core.seeds import Interval, interval
from core.selection import DRAWN_SPLITS
from core.spec import DatasetSpec, RunSpec
from core.store import Entry
from explainers.wording import SPLITS, count, metric_name, split_names, spread


@dataclass(frozen=True)
class Group:
    """Stored runs that differ only in their seed. With split "all", run i has the i-th split.

    `spec` is that of the plan, seed 0; `key` names the group; `title` says dataset, model and whatever
    differs from the defaults; `test` spreads over the seeds; `seconds` is their training time together.
    """

    key: str
    spec: RunSpec
    title: str
    entries: tuple[Entry, ...]
    test: Interval
    seconds: float
    made: str
    name: str
    pinned: bool

    @property
    def label(self) -> str:
        """What the user called it, or its title."""
        return self.name or self.title


def groups(entries: Sequence[Entry], catalogue: Catalogue) -> list[Group]:
    """All groups, pinned ones first, then the newest first.

    A run of split 3 and seed 3 may stem from a plan over all splits: it is in that group as soon as
    a second split is, and a group that another one contains is not listed.
    """
    members: dict[str, list[Entry]] = defaultdict(list)
    specs: dict[str, RunSpec] = {}
    for entry in entries:
        for spec in {_alone(entry.spec), _over_splits(entry.spec, _fixed_splits(entry.spec, catalogue))} - {None}:
            assert spec is not None
            specs[spec.key] = spec
            members[spec.key].append(entry)
    members = {key: _once(kept) for key, kept in members.items()}
    wide = {key: kept for key, kept in members.items() if specs[key].dataset.split != "all" or _splits(kept) > 1}
    covered = {entry.key for key, kept in wide.items() if specs[key].dataset.split == "all" for entry in kept}
    shown = {key: kept for key, kept in wide.items() if specs[key].dataset.split == "all" or not {e.key for e in kept} <= covered}
    found = [_group(specs[key], kept, catalogue) for key, kept in shown.items()]
    return sorted(sorted(found, key=lambda group: group.made, reverse=True), key=lambda group: not group.pinned)


def _group(spec: RunSpec, entries: list[Entry], catalogue: Catalogue) -> Group:
    return Group(
        key=spec.key,
        spec=spec,
        title=title(spec, catalogue),
        entries=tuple(sorted(entries, key=lambda entry: entry.spec.seed)),
        test=interval([entry.scores["test_score"] for entry in entries]),
        seconds=sum(entry.seconds for entry in entries),
        made=max(entry.made for entry in entries),
        name=next((entry.name for entry in entries if entry.name), ""),
        pinned=any(entry.pinned for entry in entries),
    )


def title(spec: RunSpec, catalogue: Catalogue) -> str:
    """ "Cora · GCN · depth 8 · public split": names, and the settings that are not the default."""
    dataset, model = catalogue.datasets.get(spec.dataset.name), catalogue.models.get(spec.model.name)
    words = [dataset.title if dataset else spec.dataset.name, model.title if model else spec.model.name]
    for chosen, declared in (
        (dict(spec.model.parameters), model.parameters if model else ()),
        (dict(spec.dataset.parameters), dataset.parameters if dataset else ()),
        (asdict(spec.training), catalogue.training),
    ):
        defaults = resolve(declared, {}, "")
        words += [f"{name.replace('_', ' ')} {value}" for name, value in chosen.items() if value != defaults.get(name, value)]
    if spec.dataset.edits:
        words.append(f"{count(len(spec.dataset.edits), 'edit')} (what-if)")
    split, seed = SPLITS.get(spec.dataset.split, spec.dataset.split), f" {spec.dataset.split_seed}" if spec.dataset.split_seed else ""
    return " · ".join([*words, f"{split}{seed} split{'s' if split == 'all' else ''}"])


def standing(entries: Sequence[Entry], seeds: int) -> str:
    """ "test accuracy 81.6 ± 0.5 % (public split)": the score so far of a selection with that many seeds, never without its split."""
    if not entries:
        return "not trained yet"
    part = "" if len(entries) == seeds else f", {len(entries)} of {seeds} seeds"
    split = split_names([entry.spec.dataset for entry in entries])
    test = interval([entry.scores["test_score"] for entry in entries])
    return f"test {metric_name(entries[0].metric)} {spread(test)} ({split}{part})"


def _drawn(dataset: DatasetSpec) -> DatasetSpec:
    """The dataset without a split seed that draws nothing."""
    return dataset if dataset.split in DRAWN_SPLITS else replace(dataset, split_seed=0)


def _alone(spec: RunSpec) -> RunSpec:
    return replace(spec, seed=0, dataset=_drawn(spec.dataset))


def _over_splits(spec: RunSpec, fixed: int) -> RunSpec | None:
    """The plan over all splits that this run can be part of: over the `fixed` ones of its dataset, else over ten random ones."""
    dataset = spec.dataset
    if fixed:
        index, turns = int(dataset.split) if dataset.split.isdigit() else -1, fixed
    else:
        index, turns = dataset.split_seed if dataset.split == "random" else -1, 10
    if index != spec.seed % turns:
        return None
    return replace(spec, seed=0, dataset=replace(dataset, split="all", split_seed=0))


def _fixed_splits(spec: RunSpec, catalogue: Catalogue) -> int:
    """How many numbered splits the dataset has; ten where it is gone from the catalogue and the run had one."""
    card = catalogue.datasets.get(spec.dataset.name)
    if card is None:
        return 10 if spec.dataset.split.isdigit() else 0
    return sum(name.isdigit() for name in card.splits)


def _once(entries: Sequence[Entry]) -> list[Entry]:
    """Of runs that differ in nothing but a split seed that draws nothing, the newest: they are one run, and count once."""
    oldest_first = sorted(entries, key=lambda entry: entry.made)
    return list({(entry.spec.seed, _drawn(entry.spec.dataset)): entry for entry in oldest_first}.values())


def _splits(entries: Sequence[Entry]) -> int:
    datasets: set[DatasetSpec] = {entry.spec.dataset for entry in entries}
    return len(datasets)
