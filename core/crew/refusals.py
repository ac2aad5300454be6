"""What cannot be trained, and why: a model that will not have a graph, or a graph that does not open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from core.errors import UserError
from core.open_graphs import plain
from core.spec import DatasetSpec, RunSpec


def about(spec: RunSpec) -> RunSpec:
    """The runs that a refusal holds for have this in common: all but seed and split."""
    return replace(spec, dataset=plain(spec.dataset), seed=0)


class Refused(UserError):
    """Some runs of a plan cannot be trained, and all others are stored. `reasons`: sentences by what they are `about`."""

    def __init__(self, reasons: Mapping[RunSpec, str], others: int) -> None:
        """`others`: runs of the plan that are stored."""
        rest = f" The other {others:,} runs of the plan are stored." if others > 1 else ""
        super().__init__(" ".join(dict.fromkeys(reasons.values())) + rest)
        self.reasons = reasons


class Refusals:
    """Those of a plan so far."""

    def __init__(self) -> None:
        self.reasons: dict[RunSpec, str] = {}
        self._closed: dict[DatasetSpec, str] = {}
        """Graphs that do not open."""

    def add(self, spec: RunSpec, reason: str, *, opens: bool) -> None:
        """A run that cannot be trained, with all others that it holds for; if its graph does not open, those of all models."""
        self.reasons[about(spec)] = reason
        if not opens:
            self._closed[plain(spec.dataset)] = reason

    def hold_for(self, spec: RunSpec) -> bool:
        """Whether a run is among them."""
        reason = self._closed.get(plain(spec.dataset), "")
        if reason:
            self.reasons.setdefault(about(spec), reason)
        return about(spec) in self.reasons
