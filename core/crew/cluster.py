"""Helpers on other machines: the workers of a Dask cluster, behind its `concurrent.futures` executor."""

from __future__ import annotations

import logging
import socket
import time
import uuid
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from core.crew.contract import News
from core.crew.remote import TOPIC, train_there
from core.errors import UserError
from core.run import Run
from core.spec import RunSpec

PATIENCE = 10.0
"""Seconds that a scheduler has to answer, at first and when the connection was lost."""
COUNT_EVERY = 1.0
"""Seconds between two counts of the workers."""


class Unreachable(UserError):
    """There is no cluster at the address that the user gave."""


class Cluster:
    """The workers of the cluster at an address, of which each has one run at a time. Connects to nothing else.

    A worker that dies costs its current run, which the scheduler gives to another; a run that ends several
    workers in a row is given up by the scheduler.
    """

    trains_here = False
    chances = 1

    def __init__(self, address: str) -> None:
        """Raises `Unreachable`, or another `UserError` for what is no address."""
        try:
            from distributed import Client, KilledWorker
        except ImportError as error:
            raise UserError(
                f"HOPSCOPE_CLUSTER is {address}, and Dask is not installed here; "
                "run .venv/bin/python -m pip install -c constraints.txt -e '.[cluster]', or unset HOPSCOPE_CLUSTER to train here."
            ) from error
        try:
            _knock(address)
            self._client = Client(address, timeout=PATIENCE, set_as_default=False, direct_to_workers=False)
        except OSError as error:
            raise _unreachable(address, error) from error
        logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # a lost connection is told of as `trouble`
        self.address = address
        self.deaths: tuple[type[BaseException], ...] = (KilledWorker,)
        self._plan = uuid.uuid4().hex
        self._executor = self._client.get_executor(pure=False)
        self._news: deque[News] = deque()
        self._client.subscribe_topic(TOPIC, self._hear)
        self._away: set[Future[Run]] = set()
        self._workers, self._counted = 0, 0.0

    def call(self, runs: int, seconds: float | None) -> None:
        """Nothing: whoever rules the cluster starts its workers."""

    def offer(self, spec: RunSpec, device: str, probes: tuple[str, ...]) -> Future[Run] | None:
        self._away = {future for future in self._away if not future.done()}
        if self._client.status != "running" or len(self._away) >= self._workers:
            return None
        future: Future[Run] = self._executor.submit(train_there, self._plan, spec, device, probes)
        self._away.add(future)
        return future

    def news(self) -> Iterator[News]:
        while self._news:
            yield self._news.popleft()

    def trouble(self) -> str:
        if self._client.status == "closed":
            raise UserError(
                f"The cluster at {self.address} is gone. What was finished is stored; start the cluster and train again, "
                "or unset HOPSCOPE_CLUSTER to train the rest here."
            )
        if self._client.status != "running":
            return f"the connection to {self.address} is lost, trying again"
        if time.monotonic() - self._counted >= COUNT_EVERY:
            self._counted = time.monotonic()
            with suppress(OSError):  # the next look tells whether the connection is lost
                self._workers = self._client.sync(self._count, callback_timeout=PATIENCE)
        return "" if self._workers else f"waiting for a worker at {self.address}"

    def close(self) -> None:
        """The scheduler then releases what is in training, and each worker notices after its epoch."""
        with suppress(OSError):
            self._client.close(timeout=PATIENCE)

    async def _count(self) -> int:
        return int((await self._client.scheduler.identity(n_workers=0))["n_workers"])  # type: ignore[union-attr]

    def _hear(self, event: tuple[float, Any]) -> None:
        plan, key, before, rows = event[1]
        if plan == self._plan:
            self._news.append(News(key, before, rows))


def _knock(address: str) -> None:
    """Raises `OSError` unless a scheduler answers. Dask itself tries on until its time is up, and waits for a silent one for ever."""
    parts = urlsplit(address)
    try:
        host, port = parts.hostname, parts.port
    except ValueError:  # the port is no number
        host, port = None, None
    if parts.scheme not in ("tcp", "tls") or not host or not port:
        raise UserError(f"HOPSCOPE_CLUSTER is '{address}'; it takes the address of a Dask scheduler, such as tcp://192.168.0.7:8786.")
    with socket.create_connection((host, port), PATIENCE) as door:
        if parts.scheme == "tcp" and not door.recv(1):  # a scheduler speaks first, but for TLS
            raise OSError("whoever listens there is no Dask scheduler")


def _unreachable(address: str, error: OSError) -> Unreachable:
    return Unreachable(
        f"There is no cluster at {address} ({error.strerror or error}). Start one with "
        "'dask scheduler' and, on each machine, 'dask worker' (README, More than one machine), or unset HOPSCOPE_CLUSTER to train "
        "here, or set HOPSCOPE_CLUSTER_FALLBACK=local to train here by itself whenever the cluster is away."
    )
