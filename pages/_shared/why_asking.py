"""Explain page: a method's answer about a node, from the worker that suits it."""

from __future__ import annotations

from typing import Any

from core.errors import UserError
from core.home import home
from core.jobs import Job
from core.run import Run
from explainers.attribution.contract import method
from explainers.why.result import Answer
from pages._shared import engine, state
from pages._shared.engine import Stopped

WORK = "explainers.why.measure"
LARGE = 10_000
"""Nodes above which an answer may take so long that clicks should not wait behind it."""


def answered(run: Run, node: int, name: str) -> tuple[Answer | Job | None, str]:
    """What a method says of the node, or the job that is at it; else why it cannot be asked."""
    try:
        return ask(run, node, name), ""
    except Stopped:
        raise
    except UserError as error:
        return None, str(error)


def ask(run: Run, node: int, name: str, lane: str = "", patience: float = engine.PATIENCE) -> Any:
    """An `Answer`, or the job that is at it. Methods that learn first go where trainings go."""
    asked = state.why()
    work = {
        "spec": run.spec,
        "node": node,
        "method": name,
        "target": asked.explained,
        "seeds": asked.seeds,
        "how": asked.cut,
        "root": home(),
    }
    lane = lane or ("batch" if method(name).learns or len(run.predictions) > LARGE else "interactive")
    title = f"{method(name).title} on node {node}"
    return engine.ask(f"{WORK}:explain", work, title=title, lane=lane, stamp=engine.version(run.key), patience=patience)
