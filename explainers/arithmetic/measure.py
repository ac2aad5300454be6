"""The layer arithmetic of a node, from the stored run's weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from scipy.sparse import csr_matrix

from core import device as devices
from core.data import GraphData
from core.explained import Subject, check_nodes
from core.models.contract import model
from core.rebuilt import CPU
from core.run import Run
from core.sparse import Edges, features_from_scipy
from core.spec import RunSpec
from core.stored import run_and_graph
from core.work import Report
from explainers.arithmetic.contract import families, unsupported
from explainers.arithmetic.result import Arithmetic
from explainers.arithmetic.terms import Asked
from explainers.contract import Unsupported


def arithmetic(report: Report, *, spec: RunSpec, node: int, root: Path) -> Arithmetic:
    """Named work: the arithmetic of a node in a stored run. Raises `UserError` where the run is gone or was made by older code."""
    if reason := unsupported(spec):
        raise Unsupported(reason)
    run, graph = run_and_graph(report, spec, root)
    report(message=f"Taking the layers apart for node {node}")
    return of_run(run, graph, node)


@torch.no_grad()
def of_run(run: Run, graph: GraphData, node: int) -> Arithmetic:
    """Every step of the run's model for a node, on the part of the graph that it sees. Raises `Unsupported` for a model without."""
    if reason := unsupported(run.spec):
        raise Unsupported(reason)
    check_nodes(graph, [node])
    subject = Subject(run, graph)
    asked = _asked(subject, node)
    walk = families()[run.spec.model.name].steps
    assert walk is not None
    with devices.threads_for(asked.edges.edge_index.shape[1]):
        steps = tuple(walk(subject.module, asked))
    unit = model(run.spec.model.name)
    off = float(np.abs(steps[-1].output - run.logits[node]).max())
    return Arithmetic(node, unit.equation, unit.source, steps, off)


def _asked(subject: Subject, node: int) -> Asked:
    part = subject.part(node)
    features = part.graph.features
    sparse = isinstance(features, csr_matrix)
    x = features_from_scipy(features, CPU) if sparse else torch.from_numpy(np.asarray(features, dtype=np.float32))
    return Asked(x, Edges(torch.from_numpy(part.graph.edge_index), len(part.nodes)), int(part.targets[0]), part.nodes)
