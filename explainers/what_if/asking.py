"""What a model says of one node after many different sets of edits: of each, only the part that decides, many side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, identity, vstack

from core import device as devices
from core.asked import AskedEdges
from core.data import Bools, Ints
from core.edits import Edit
from core.hops import neighbours_of
from core.sparse import Features, features_from_scipy
from explainers.what_if.known import Known, probabilities

Floats = NDArray[np.float64]
Set = tuple[Edit, ...]

WIDTH = 64
"""Numbers that a model may hold for each node, and a quarter of it for each edge, as a guess."""
AT_ONCE = 6_000_000
"""Numbers in one call of the model."""


@dataclass(frozen=True, eq=False)
class _Part:
    """`rows` [n]: nodes whose features are read, −1 for those that are there for degrees only; `source`, `target` [m]: rows."""

    rows: Ints
    source: Ints
    target: Ints
    asked: int
    zeros: tuple[int, ...]
    """Features of the asked node that are 0."""


class Asker:
    """Asked about one node under sets of edits that remove edges, link the node with others, or set features of it to 0.

    A set's part holds what is within the model's reach of the node, and of those that it is linked with within one hop less, each with all
    its edges, so that every degree that counts is right; nodes at their far ends have no features. Models that see all nodes are asked
    about the whole graph, one set at a time.
    """

    def __init__(self, known: Known, node: int) -> None:
        graph, self._subject, self._node = known.graph, known.subject, node
        source, target = graph.edge_index
        self._into, self._from = _lists(target, source, graph.num_nodes), _lists(source, target, graph.num_nodes)
        self._directed = graph.directed
        self._features = graph.features if self._subject.uses_features else csr_matrix(identity(graph.num_nodes, dtype=np.float32))
        self._padded = None
        if isinstance(self._features, csr_matrix):  # the last row is that of nodes without features
            none = csr_matrix((1, self._features.shape[1]), dtype=np.float32)
            self._padded = csr_matrix(vstack([self._features, none]))
        self._place = np.full(graph.num_nodes, -1)
        self._balls: dict[int, Ints] = {}
        self._core = self._ball(node, self._subject.reach)
        self.numbers = self._numbers(self._part(()))
        """In what is asked about a single set."""

    def probabilities(self, sets: Sequence[Set]) -> Floats:
        """[num_sets, num_classes] of the node."""
        return np.concatenate([self._answer(parts) for parts in self._chunks(sets)])

    def _chunks(self, sets: Sequence[Set]) -> Iterator[list[_Part]]:
        parts: list[_Part] = []
        held = 0
        for one in sets:
            part = self._part(one)
            if parts and (self._subject.alone or held + self._numbers(part) > AT_ONCE):
                yield parts
                parts, held = [], 0
            parts, held = [*parts, part], held + self._numbers(part)
        yield parts

    def _numbers(self, part: _Part) -> int:
        width = WIDTH if isinstance(self._features, csr_matrix) else WIDTH + self._features.shape[1]
        return len(part.rows) * width + len(part.source) * WIDTH // 4

    def _ball(self, node: int, hops: int | None) -> Ints:
        """Nodes whose features reach a node in so many layers, rising."""
        if hops is None:
            return np.arange(self._into.shape[0])
        found = ring = np.array([node], dtype=np.int64)
        for _ in range(hops):
            ring = np.setdiff1d(neighbours_of(self._into, ring), found)
            if not len(ring):
                break
            found = np.union1d(found, ring)
        return found

    def _reached(self, others: Sequence[int]) -> Ints:
        """What the node sees once it is linked with others as well."""
        hops = self._subject.reach
        if not others or hops is None:
            return self._core
        for other in others:
            if other not in self._balls:
                self._balls[other] = self._ball(other, hops - 1)
        return np.unique(np.concatenate([self._core, *(self._balls[other] for other in others)]))

    def _part(self, edits: Set) -> _Part:
        links = [(kind, int(ends[0]), int(ends[1])) for kind, *ends in edits if kind != "feature"]
        added = [(u, v) for kind, u, v in links if kind == "add"]
        inner = self._reached([u if v == self._node else v for u, v in added])
        source, target = self._edges(inner)
        for kind, u, v in links:
            if kind == "remove":
                kept = ~self._between(source, target, u, v)
                source, target = source[kept], target[kept]
        both = added if self._directed else [*added, *((v, u) for u, v in added)]
        source, target = np.append(source, [u for u, _ in both]).astype(np.int64), np.append(target, [v for _, v in both]).astype(np.int64)
        outer = np.setdiff1d(np.concatenate([source, target]), inner)
        nodes = np.concatenate([inner, outer])
        self._place[nodes] = np.arange(len(nodes))
        rows = np.concatenate([inner, np.full(len(outer), -1)])
        zeros = tuple(int(edit[2]) for edit in edits if edit[0] == "feature" and self._subject.uses_features)
        return _Part(rows, self._place[source], self._place[target], int(self._place[self._node]), zeros)

    def _edges(self, inner: Ints) -> tuple[Ints, Ints]:
        """Sources and targets of all stored edges with an end in `inner`."""
        inside = np.zeros(self._into.shape[0], dtype=bool)
        inside[inner] = True
        target, source = _rows(self._into, inner), neighbours_of(self._into, inner)
        other_source, other_target = _rows(self._from, inner), neighbours_of(self._from, inner)
        new = ~inside[other_target]
        return np.concatenate([source, other_source[new]]), np.concatenate([target, other_target[new]])

    def _between(self, source: Ints, target: Ints, u: int, v: int) -> Bools:
        found = (source == u) & (target == v)
        return np.asarray(found if self._directed else found | ((source == v) & (target == u)))

    @torch.no_grad()
    def _answer(self, parts: Sequence[_Part]) -> Floats:
        starts = np.cumsum([0] + [len(part.rows) for part in parts])
        source = np.concatenate([part.source + start for part, start in zip(parts, starts[:-1], strict=True)])
        target = np.concatenate([part.target + start for part, start in zip(parts, starts[:-1], strict=True)])
        asked = [part.asked + start for part, start in zip(parts, starts[:-1], strict=True)]
        x = self._joined(np.concatenate([part.rows for part in parts]), [(row, part.zeros) for row, part in zip(asked, parts, strict=True)])
        with devices.threads_for(len(source)):
            logits = self._subject.module(x, AskedEdges(torch.from_numpy(np.stack([source, target])), int(starts[-1])))
        return probabilities(logits[asked].float().numpy())

    def _joined(self, rows: Ints, zeros: Sequence[tuple[int, tuple[int, ...]]]) -> Features:
        """Features of the rows, with zeros where they are asked for."""
        if self._padded is not None:
            sparse = csr_matrix(self._padded[np.where(rows < 0, self._padded.shape[0] - 1, rows)])
            for row, features in zeros:
                own = slice(sparse.indptr[row], sparse.indptr[row + 1])
                sparse.data[own][np.isin(sparse.indices[own], features)] = 0
            return features_from_scipy(sparse, torch.device("cpu"))
        found = np.where((rows >= 0)[:, None], self._features[rows], np.float32(0))
        for row, features in zeros:
            found[row, list(features)] = 0
        return torch.from_numpy(found)


def _lists(of: Ints, other: Ints, num_nodes: int) -> csr_matrix:
    """Row by row the other ends of a node's stored edges, repetitions and loops among them."""
    start = np.concatenate([[0], np.cumsum(np.bincount(of, minlength=num_nodes))])
    ends = other[np.argsort(of, kind="stable")]
    return csr_matrix((np.ones(len(ends), dtype=np.int8), ends, start), shape=(num_nodes, num_nodes))


def _rows(lists: csr_matrix, nodes: Ints) -> Ints:
    """The node that each of `neighbours_of` belongs to."""
    return np.repeat(nodes, np.diff(lists.indptr)[nodes])
