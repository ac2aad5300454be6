"""Walk the missing runs of a plan: train here, let others train beside, store each run as it arrives."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from math import nan

from core.crew.bulletin import Bulletin
from core.crew.contract import Crew, News, Rows
from core.crew.errands import Errands
from core.crew.pace import Pace, Running
from core.crew.refusals import Refusals, Refused
from core.data import GraphData
from core.device import PARALLEL_EDGES
from core.errors import UserError
from core.open_graphs import graph_of, plain
from core.probes import PROBES
from core.run import COLUMNS, Run
from core.spec import DatasetSpec, RunSpec
from core.store import Store
from core.training import train
from core.work import Report

LOOK_EVERY = 0.1
"""Seconds between two looks at what the others do, while nothing has arrived."""


class Coordinator:
    """One walk through the missing runs of a plan, with a crew that is closed at its end."""

    def __init__(
        self,
        report: Report,
        store: Store,
        crew: Crew,
        missing: Sequence[RunSpec],
        stored: Sequence[str],
        refused: Refusals,
        *,
        device: str,
        note: str = "",
    ) -> None:
        """`stored`: keys of the runs that the plan has already; `refused`: those that are known not to be trained, which others may join.
        `note`: what to say in every message."""
        self._store, self._crew, self._device, self._refused = store, crew, device, refused
        self._waiting, self._errands = deque(one for one in missing if not refused.hold_for(one)), Errands(crew)
        self._running: dict[str, Running] = {}
        """What is in training, here or elsewhere, by key."""
        self._pace = Pace(missing)
        self._bulletin = Bulletin(report, stored, len(stored) + len(missing), note)
        self._edges: dict[DatasetSpec, int] = {}
        """Stored edges of the graphs opened here, whatever their split."""
        self._unstored: dict[str, Run] = {}
        """The run that has ended and is being stored, by its key: still here if that failed."""
        self._looked = 0.0
        self._own: UserError | None = None
        """What went wrong in looking after the others: no fault of the run that trains here meanwhile."""

    def walk(self, probes: Sequence[str]) -> None:
        """Train and store all that is missing; what cannot be is left out, and raises `Refused` in the end. What has ended is stored,
        whatever is raised."""
        self._probes = probes
        try:
            while self._waiting or self._errands:
                self._look()
                if not self._trains_next():
                    self._pause()
                else:
                    self._next()
            self._tell()
        except BaseException:
            for run in [*self._unstored.values(), *self._errands.last()]:
                with suppress(Exception):  # the first error is the one to tell, and the other runs may be stored
                    self._store.put(run)
            raise
        finally:
            self._crew.close()
        if self._errands.given_up:
            raise self._errands.lost(self._bulletin.done)
        if self._refused.reasons:
            raise Refused(self._refused.reasons, self._bulletin.done)

    def _next(self) -> None:
        """Train what waits first, or open its graph: others may take it, once its size is known."""
        spec = self._waiting[0]
        try:
            if plain(spec.dataset) not in self._edges:
                self._open(spec)
                return
            run = self._train(self._waiting.popleft())
        except UserError as reason:
            if reason is self._own:
                raise
            self._refuse(spec, reason)
        else:
            self._end(run)

    def _refuse(self, spec: RunSpec, reason: UserError) -> None:
        """Leave out what the reason holds for as well: the same model on the same graph, or all on a graph that does not open."""
        self._running.pop(spec.key, None)
        self._refused.add(spec, str(reason), opens=plain(spec.dataset) in self._edges)
        self._waiting = deque(one for one in self._waiting if not self._refused.hold_for(one))

    def _trains_next(self) -> bool:
        """Whether the first run that waits is for us. One that a helper died over waits at the end, for it might end us too."""
        return self._crew.trains_here and bool(self._waiting) and not (self._errands and self._errands.is_risky(self._waiting[0]))

    def _pause(self) -> None:
        if self._errands:
            self._errands.wait(LOOK_EVERY)
        else:
            time.sleep(LOOK_EVERY)

    def _open(self, spec: RunSpec) -> GraphData:
        self._tell(f"loading {spec.dataset.name}")
        graph = graph_of(spec.dataset, self._tell)
        self._edges[plain(spec.dataset)] = graph.num_stored_edges
        return graph

    def _train(self, spec: RunSpec) -> Run:
        """Train a run here, and look after the others meanwhile."""
        graph = self._open(spec)
        watch = partial(self._watch, self._begin(spec))
        return train(spec, graph=graph, device=self._device, probes=self._wanted(spec), watch=watch)

    def _watch(self, running: Running, epoch: int, rows: Rows) -> None:
        running.rows = rows
        now = time.monotonic()
        running.saw(now)
        if self._errands.arrived or now - self._looked >= LOOK_EVERY:
            try:
                self._look()
            except UserError as error:
                self._own = error
                raise
        else:
            self._tell()

    def _look(self) -> None:
        """Hear what the others tell, store what they finished, hand out what they can take, and say how far it is."""
        self._looked = time.monotonic()
        trouble = self._crew.trouble()
        for news in self._crew.news():
            self._hear(news)
        for spec, run in self._errands.returned():
            if isinstance(run, UserError):
                self._refuse(spec, run)
            elif run:
                self._end(run)
            else:
                self._come_back(spec)
        self._hand_out()
        here = self._crew.trains_here and bool(self._waiting or len(self._running) > len(self._errands))
        self._bulletin.left = self._pace.left(list(self._running.values()), len(self._errands) + here)
        self._tell(trouble)

    def _tell(self, text: str = "") -> None:
        self._bulletin.tell(list(self._running.values()), text)

    def _hear(self, news: News) -> None:
        if running := self._running.get(news.key):
            lacking = news.before - len(running.rows)
            running.rows = [*running.rows[: news.before], *([[nan] * len(COLUMNS)] * lacking), *news.rows]
            running.saw(time.monotonic())

    def _hand_out(self) -> None:
        while self._waiting and self._may_leave(self._waiting[0]):
            self._crew.call(len(self._waiting), self._bulletin.left)
            place = self._next_errand()
            spec = self._waiting[place]
            if not self._errands.send(spec, self._device, self._wanted(spec)):
                return
            del self._waiting[place]
            self._begin(spec)

    def _next_errand(self) -> int:
        """The place of the run that others take next.

        Beside us they take the last run on the first graph, while we take the first: a sweep begins with what is
        cheap, so that points appear at once, and ends with what is dear, over which one would work on alone if it
        were left to the end.
        """
        graph = plain(self._waiting[0].dataset)
        last = range(len(self._waiting) - 1, 0, -1) if self._crew.trains_here else ()
        risky, waiting = self._errands.is_risky, self._waiting
        return next((place for place in last if not risky(waiting[place]) and plain(waiting[place].dataset) == graph), 0)

    def _may_leave(self, spec: RunSpec) -> bool:
        """Whether others may train it: on a cluster always, beside us only what takes one core.

        A graph that was opened here is on the disk by now, so that nobody downloads it twice. Nothing overtakes a
        run that takes all cores: there is none to spare.
        """
        return not self._crew.trains_here or self._edges.get(plain(spec.dataset), PARALLEL_EDGES) < PARALLEL_EDGES

    def _begin(self, spec: RunSpec) -> Running:
        self._pace.begins(spec)
        self._running[spec.key] = running = Running(spec)
        return running

    def _end(self, run: Run) -> None:
        self._unstored[run.key] = run
        self._store.put(run)
        del self._unstored[run.key]
        self._pace.ended(run)
        self._bulletin.add(run.key)
        del self._running[run.key]

    def _come_back(self, spec: RunSpec) -> None:
        """Its helper is gone: it waits again, behind all others, unless too many went over it."""
        del self._running[spec.key]
        if spec not in self._errands.given_up:
            self._pace.begins(spec, -1)
            self._waiting.append(spec)

    def _wanted(self, spec: RunSpec) -> tuple[str, ...]:
        """The probes, and those of the stored run: training again takes nothing away."""
        try:
            entry = self._store.entry(spec.key)
        except UserError:  # damaged
            entry = None
        return tuple(name for name in PROBES if name in {*self._probes, *(entry.probes if entry else ())})
