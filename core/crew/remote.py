"""A worker of a Dask cluster, seen from inside. Free of torch until it trains, because the scheduler imports this too."""

from __future__ import annotations

from typing import Any

from core.crew.contract import News
from core.run import Run
from core.spec import RunSpec

TOPIC = "hopscope"
"""One for all plans: a scheduler keeps a topic's last thousand events for ever."""


class _Line:
    """Events through the scheduler; nothing here waits for an answer."""

    def __init__(self, plan: str) -> None:
        from distributed import get_worker

        self._plan, self._worker = plan, get_worker()
        self._task: Any = self._worker.get_current_task()

    def tell(self, news: News) -> None:
        self._worker.log_event(TOPIC, [self._plan, news.key, news.before, news.rows])

    def stopped(self) -> bool:
        """Whether the scheduler wants the task no more: it was cancelled, or its coordinator is gone, even by a kill."""
        task = self._worker.state.tasks.get(self._task)
        return task is None or task.state == "cancelled"


def train_there(plan: str, spec: RunSpec, device: str, probes: tuple[str, ...]) -> Run:
    """The run, trained in this worker."""
    from core.crew.task import train_for

    return train_for(_Line(plan), spec, device, probes)
