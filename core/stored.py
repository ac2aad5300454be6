"""A stored run with its weights, and the graph that it was trained on: what every question about a trained model begins with."""

from __future__ import annotations

from pathlib import Path

from core.data import GraphData
from core.errors import UserError
from core.open_graphs import graph_of
from core.run import Run
from core.spec import RunSpec
from core.store import Store
from core.work import Report


def run_and_graph(report: Report, spec: RunSpec, root: Path) -> tuple[Run, GraphData]:
    """Raises `UserError` if the run is not there. `report` hears of a download."""
    run = Store(root).get(spec.key, weights=True)
    if run is None:
        raise UserError("This run is not stored any more; train it again.")
    return run, graph_of(spec.dataset, lambda text: report(message=text))
