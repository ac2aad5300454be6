"""Explain page: a method's answer about a node, from the worker that suits it."""

from __future__ import annotations

from typing import Any

from core.errors import UserError
from core.home import home
from core.jobs import Job
from core.run import Run
from explainers.attribution.contract import method
from explainers.trust.metrics import RANDOM
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


def baseline(run: Run, node: int) -> Answer | Job | None:
    """What random edges would do; None where nobody wants to wait for it."""
    try:
        found: Answer | Job = ask(run, node, RANDOM)
    except UserError:
        return None
    return found


def shown_keep(answer: Answer | None) -> int:
    """How many edges are kept on the screen: what was asked for, as near as the curve has it."""
    asked = state.why().keep
    return asked if answer is None else int(answer.curve.kept[answer.curve.nearest(asked)])


def ask(run: Run, node: int, name: str, lane: str = "", patience: float = engine.PATIENCE) -> Any:
    """An `Answer`, or the job that is at it. Methods that learn first, and slow ones, go where trainings go."""
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
    lane = lane or ("batch" if method(name).learns or method(name).slow or len(run.predictions) > LARGE else "interactive")
    title = f"{method(name).title} on node {node}"
    return engine.ask(f"{WORK}:explain", work, title=title, lane=lane, stamp=engine.version(run.key), patience=patience)
