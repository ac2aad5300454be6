"""What a plan will cost, from what the runs in the store have cost; a very long one is asked about first. Free of torch."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from core.errors import UserError
from core.spec import ModelSpec, RunSpec, Settings, TrainingSpec
from core.store import Entry, Store

Kind: TypeAlias = tuple[str, Settings, ModelSpec, TrainingSpec]
"""Dataset with its parameters, model and training: runs of a kind differ in seed and split only, and cost the same."""

MANY = 1000
"""Runs above which a plan is asked about."""
LONG = 3600.0
"""Seconds of training above which a plan is asked about."""
FEW_EPOCHS = 2000
"""A plan with fewer epochs is not looked at: it would be long at two seconds an epoch only."""
LOOKED_AT = 300
"""Stored runs, the newest, that tell the speed."""


@dataclass(frozen=True)
class Cost:
    """Runs to train, seconds of training one after the other, bytes on disk; None where nothing like it was stored yet."""

    runs: int
    seconds: float | None
    bytes: int | None

    @property
    def is_much(self) -> bool:
        return self.runs > MANY or (self.seconds or 0) > LONG

    def __str__(self) -> str:
        time = (
            "an unknown time (nothing like it was measured yet)" if self.seconds is None else f"about {_duration(self.seconds)} of training"
        )
        disk = "" if self.bytes is None else f" and about {_size(self.bytes)} on disk"
        return f"{self.runs:,} runs: {time}{disk}"


class TooMuch(UserError):
    """A plan that costs so much that it has to be confirmed."""


def ask_first(missing: Sequence[RunSpec], store: Store) -> None:
    """Raises `TooMuch` for a plan that the user should confirm."""
    if len(missing) <= MANY and sum(spec.training.epochs for spec in missing) < FEW_EPOCHS:
        return
    found = cost(missing, store)
    if found.is_much:
        raise TooMuch(
            f"This plan trains {found}. Fewer seeds or settings cost less. To train them all, confirm it: "
            "'Train them all' in the sidebar, --yes on the command line. It can be stopped at any time, and goes on where it stopped."
        )


def cost(missing: Sequence[RunSpec], store: Store) -> Cost:
    """The cost of training `missing`, from the newest runs in the store that are like them: same graph, model and
    training, else same graph and model, else same dataset and kind of model. What is like none of them counts as
    the others of the plan do, an epoch for an epoch.
    """
    epochs = sum(spec.training.epochs for spec in missing)
    stored = _Stored(store.latest(LOOKED_AT))
    seconds = size = 0.0
    like = 0
    for kind, runs in Counter(map(kind_of, missing)).items():
        if found := stored.like(kind):
            like += runs * kind[-1].epochs
            seconds += runs * found[0]
            size += runs * found[1]
    return Cost(len(missing), seconds * epochs / like, round(size * epochs / like)) if like else Cost(len(missing), None, None)


def kind_of(spec: RunSpec) -> Kind:
    return spec.dataset.name, spec.dataset.parameters, spec.model, spec.training


class _Stored:
    """Stored runs by what makes others like them."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._groups = defaultdict[Hashable, list[Entry]](list)
        for entry in entries:
            for likeness in _likenesses(kind_of(entry.spec)):
                self._groups[likeness].append(entry)

    def like(self, kind: Kind) -> tuple[float, float] | None:
        """Mean seconds and bytes of a run of that kind, None if none is like it."""
        for likeness in _likenesses(kind):
            if found := self._groups.get(likeness):
                # trained otherwise, it takes as long an epoch, for as many as planned
                epochs = sum(entry.epochs for entry in found) / len(found) if likeness == kind else kind[-1].epochs
                seconds = epochs * sum(entry.seconds for entry in found) / max(1, sum(entry.epochs for entry in found))
                return seconds, sum(entry.bytes for entry in found) / len(found)
        return None


def _likenesses(kind: Kind) -> tuple[Hashable, ...]:
    name, _, model, _ = kind
    return kind, kind[:3], (name, model.name)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.0f} h"


def _size(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{max(1, round(count / 1e6))} MB"
