"""What is the same for all edits of a run's graph, kept at hand in the worker. Needs torch."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from core import device as devices
from core.asked import AskedEdges
from core.capture import hidden_states
from core.data import GraphData
from core.edits import Edits, edited
from core.errors import UserError
from core.explained import Subject
from core.hops import adjacency
from core.kept import Kept
from core.rebuilt import batch_of
from core.run import Run
from core.sparse import features_from_scipy
from core.spec import RunSpec
from core.store import Store
from core.stored import run_and_graph
from core.work import Report
from explainers.projection import principal_axes

Array = NDArray[np.float32]

KEPT = 200_000_000
"""Bytes of the runs that are kept, their graphs and models among them."""
MOST_DOTS = 1_500
"""Nodes of the picture."""

_known = Kept(KEPT)
"""The last runs asked about, by key and when they were stored."""


class Known:
    """A run's model, what it says of the graph as it is, and the plane in which its states are drawn."""

    def __init__(self, run: Run, graph: GraphData) -> None:
        self.spec, self.graph = run.spec, graph
        self.subject = Subject(run, graph)
        self._batch = batch_of(run.spec, graph)
        self.logits, self.states, self.state = self.answer(())

    def answer(self, edits: Edits) -> tuple[Array, Array, str]:
        """Logits [num_nodes, num_classes] on the edited graph, the last hidden states [num_nodes, width], and what those are."""
        module, batch, graph = self.subject.module, self._batch, edited(self.graph, edits)
        if edits:
            batch = replace(batch, edges=AskedEdges(torch.from_numpy(graph.edge_index), graph.num_nodes))
        if graph.features is not self.graph.features and self.subject.uses_features:
            batch = replace(batch, x=_features(graph))
        with torch.no_grad(), devices.threads_for(graph.num_stored_edges), hidden_states(module, last_only=True) as found:
            logits = module(batch.x, batch.edges).float().numpy()
        if found:
            return logits, found[-1].float().numpy(), "last hidden state"
        return logits, logits, "logits"

    @cached_property
    def sample(self) -> NDArray[np.int64]:
        """The nodes of the picture, rising."""
        drawn = np.random.default_rng(0).permutation(self.graph.num_nodes)[:MOST_DOTS]
        return np.sort(drawn)

    @cached_property
    def plane(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Mean [width] and axes [width, 2] of all states, and the share [2] of the spread along each."""
        return principal_axes(self.states)

    @cached_property
    def positions(self) -> Array:
        """[num_sample, 2]"""
        return self.placed(self.states[self.sample])

    def placed(self, states: Array) -> Array:
        """States [n, width] in the plane, [n, 2]."""
        mean, axes, _ = self.plane
        return np.asarray((states - mean) @ axes, dtype=np.float32)

    @cached_property
    def links(self):  # type: ignore[no-untyped-def]  # SciPy has no types
        return adjacency(self.graph.edge_index, self.graph.num_nodes)


def probabilities(logits: Array) -> NDArray[np.float64]:
    """softmax(logits) in double precision, of the shape of `logits`."""
    wide = logits.astype(float)
    shares = np.exp(wide - wide.max(axis=-1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=-1, keepdims=True))


def _features(graph: GraphData):  # type: ignore[no-untyped-def]
    features = graph.features
    return torch.from_numpy(features) if isinstance(features, np.ndarray) else features_from_scipy(features, torch.device("cpu"))


def known(report: Report, spec: RunSpec, root: Path) -> Known:
    """The stored run of a spec, ready to be asked. Raises `UserError` if there is none, or one of older code."""
    entry = Store(root).entry(spec.key)
    if entry is None:
        raise UserError("Nothing is trained for this selection yet; train it first.")
    key = (spec.key, entry.made)

    def make() -> Known:
        report(message="Reading the model")
        return Known(*run_and_graph(report, spec, root))

    found: Known = _known.made(key, make)
    return found
