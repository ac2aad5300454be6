"""The runs of a plan that somebody else trains: which they are, how they came back, who died over them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from contextlib import suppress

from core.crew.contract import Crew
from core.errors import UserError
from core.run import Run
from core.spec import RunSpec
from core.versions import code_versions
from core.work import Cancelled


class Errands:
    """Futures of a crew, by what they are to give."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._away: dict[Future[Run], RunSpec] = {}
        self._deaths = Counter[RunSpec]()
        self.given_up = list[RunSpec]()
        """Runs over which too many helpers have died."""
        self.arrived = False
        """Whether something came back since the last look. Costs nothing to ask, unlike the futures."""

    def __len__(self) -> int:
        return len(self._away)

    def send(self, spec: RunSpec, device: str, probes: tuple[str, ...]) -> bool:
        """Whether somebody took the run."""
        future = self._crew.offer(spec, device, probes)
        if future is None:
            return False
        self._away[future] = spec
        future.add_done_callback(self._ring)
        return True

    def wait(self, seconds: float) -> None:
        """Until something comes back, no longer than that."""
        wait(self._away, seconds, FIRST_COMPLETED)

    def returned(self) -> Iterator[tuple[RunSpec, Run | UserError | None]]:
        """What came back since the last time: runs, specs with the reason why they cannot be trained, and specs alone that have to be
        trained again.

        Raises whatever else a training raised, and `UserError` for a run that other code than ours has made.
        """
        self.arrived = False
        for future in [future for future in self._away if future.done()]:
            spec = self._away.pop(future)
            try:
                run = future.result()
            except UserError as reason:
                yield spec, reason
            except self._crew.deaths:
                self._deaths[spec] += 1
                if self._deaths[spec] >= self._crew.chances:
                    self.given_up.append(spec)
                yield spec, None
            except (Cancelled, CancelledError):  # by whoever rules the cluster
                yield spec, None
            else:
                yield spec, _checked(run)

    def is_risky(self, spec: RunSpec) -> bool:
        """Whether a helper has died over it."""
        return self._deaths[spec] > 0

    def last(self) -> Iterator[Run]:
        """Whatever is there by now, before everything stops."""
        for future in self._away:
            with suppress(Exception):
                yield _checked(future.result(timeout=0))

    def lost(self, stored: int) -> UserError:
        """What to say of the runs that were given up, when `stored` runs of the plan are stored."""
        first, *others = self.given_up
        more = f" and {len(others)} more" if others else ""
        return UserError(
            f"The process that trained {first.model.name} on {first.dataset.name}, seed {first.seed}{more}, died each time, perhaps for "
            f"lack of memory. The other {stored} runs of the plan are stored; a smaller model or graph would fit."
        )

    def _ring(self, _: Future[Run]) -> None:
        self.arrived = True


def _checked(run: Run) -> Run:
    if dict(run.code) != code_versions(run.spec):
        raise UserError(
            "A helper trained with other code than this program's, and its run was not stored. "
            "Restart Hopscope, and the cluster if there is one, so that all have the same version."
        )
    return run
