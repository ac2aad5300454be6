"""What-if edits of a graph: written as short text, checked against the graph, applied in their order. Free of torch.

An edit is a tuple of strings, as `DatasetSpec.edits` holds them: ("remove", "12", "40"), ("add", "3", "9"), ("drop", "5"),
("feature", "5", "17", "0"). In links and commands it is `-12:40`, `+3:9`, `x5`, `f5:17=0`, several with commas between them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np
from scipy.sparse import csr_matrix

from core.data import Bools, Floats, GraphData, Ints
from core.errors import UserError
from core.selection import written as number

Edit: TypeAlias = tuple[str, ...]
Edits: TypeAlias = tuple[Edit, ...]

MOST = 200
"""Edits of one graph."""
SHAPES = {
    "remove": re.compile(r"-(\d{1,9}):(\d{1,9})"),
    "add": re.compile(r"\+(\d{1,9}):(\d{1,9})"),
    "drop": re.compile(r"x(\d{1,9})"),
    "feature": re.compile(r"f(\d{1,9}):(\d{1,9})=([-+.\w]{1,30})"),
}
HOW = "write -12:40 to remove an edge, +3:9 to add one, x5 to drop a node, f5:17=0 to set a feature, with commas between them"


def parse(text: str) -> Edits:
    """The edits that a text names; none for an empty one. Whether they fit a graph, `checked` says.

    >>> parse("-12:40, x5")
    (('remove', '12', '40'), ('drop', '5'))
    """
    words = [word.strip() for word in text.split(",")] if text.strip() else []
    _check_number(len(words))
    return tuple(_parsed(word) for word in words)


def written(edits: Sequence[Edit]) -> str:
    """The inverse of `parse`."""
    return ",".join(map(_written, edits))


def said(edit: Edit, graph: GraphData) -> str:
    """What an edit does, as a sentence without its full stop; names of features come from the dataset and are not escaped."""
    kind, *rest = edit
    match kind:
        case "remove":
            return f"Edge {edge(edit, graph)} removed"
        case "add":
            return f"Edge {edge(edit, graph)} added"
        case "drop":
            return f"Node {rest[0]} dropped"
    return f"{feature_called(int(rest[1]), graph)} of node {rest[0]} set to {rest[2]}"


def edge(edit: Edit, graph: GraphData) -> str:
    """The two ends of an edit's edge, "12–40", with an arrow in a directed graph."""
    return f"{edit[1]}{'→' if graph.directed else '–'}{edit[2]}"


def feature_called(feature: int, graph: GraphData) -> str:
    return f"Feature {feature} ({graph.feature_names[feature]})" if graph.feature_names else f"Feature {feature}"


def checked(edits: Sequence[Edit], graph: GraphData) -> Edits:
    """The same edits as their one spelling: u < v in an undirected graph, numbers as short as they can be.

    Reads no feature, so that a process without them can ask. Raises `UserError` for an edit that cannot be made after those before it.
    """
    return tuple(_walked(edits, graph).done)


def edited(graph: GraphData, edits: Sequence[Edit]) -> GraphData:
    """The graph after the edits; itself if there are none. Node ids stay as they are, and so does what is not edited.

    An edge is what is stored between two nodes, in both directions and however often; in a directed graph, in one direction. A dropped
    node stays, without edges, with zeros for features, in no split and no motif; its label stays that of the original graph.
    Raises `UserError` as `checked` does.
    """
    if not edits:
        return graph
    found = _walked(edits, graph)
    new = np.array(found.added, dtype=np.int64).reshape(-1, 2).T
    new = new if graph.directed else np.concatenate([new, new[::-1]], axis=1)
    dropped = np.array(sorted(found.dropped), dtype=np.int64)
    return replace(
        graph,
        features=_features(graph.features, found),
        edge_index=np.concatenate([graph.edge_index[:, found.kept], new], axis=1),
        splits={name: split.without(dropped) for name, split in graph.splits.items()},
        dropped=np.union1d(dropped, graph.dropped) if graph.dropped is not None else dropped if len(dropped) else None,
        truth_edges=None if graph.truth_edges is None else np.append(graph.truth_edges[found.kept], np.full(new.shape[1], -1)),
        motif_of_node=None if graph.motif_of_node is None else _without_motif(graph.motif_of_node, dropped),
    )


@dataclass
class _Walk:
    """Where a graph stands after some edits: which stored edges are `kept`, which are `added` in the first of their directions."""

    graph: GraphData
    kept: Bools
    added: list[tuple[int, int]] = field(default_factory=list)
    dropped: set[int] = field(default_factory=set)
    cells: dict[tuple[int, int], float] = field(default_factory=dict)
    """New values by node and feature."""
    done: list[Edit] = field(default_factory=list)

    def between(self, u: int, v: int) -> Bools:
        """[num_stored] the kept edges from u to v, or in both directions."""
        source, target = self.graph.edge_index
        found = (source == u) & (target == v)
        if not self.graph.directed:
            found |= (source == v) & (target == u)
        return np.asarray(found & self.kept)

    def apply(self, edit: Edit) -> None:
        kind, *rest = _opened(edit)
        nodes = [int(word) for word in (rest[:1] if kind in ("drop", "feature") else rest)]
        for node in nodes:
            self._check_node(node, edit)
        if kind == "drop":
            self._drop(nodes[0])
        elif kind == "feature":
            self._set(nodes[0], int(rest[1]), _value(rest[2], edit))
        else:
            u, v = nodes if self.graph.directed else sorted(nodes)
            self._link(kind, u, v)

    def _check_node(self, node: int, edit: Edit) -> None:
        if node >= self.graph.num_nodes:
            raise UserError(
                f"{_written(edit)}: there is no node {node}; {self.graph.name} has the nodes 0 to {self.graph.num_nodes - 1:,}."
            )
        if node in self.dropped:
            raise UserError(f"{_written(edit)}: node {node} was dropped by an edit before; undo that one first.")

    def _link(self, kind: str, u: int, v: int) -> None:
        edit = (kind, str(u), str(v))
        if u == v:
            raise UserError(f"{_written(edit)} is a link of node {u} with itself; edits are about two different nodes.")
        stored, is_added = self.between(u, v), (u, v) in self.added
        there = bool(stored.any()) or is_added
        name = edge(edit, self.graph)
        if kind == "remove" and not there:
            raise UserError(f"{_written(edit)}: there is no edge {name} to remove; +{u}:{v} would add it.")
        if kind == "add" and there:
            raise UserError(f"{_written(edit)}: the edge {name} is there already; -{u}:{v} would remove it.")
        if kind == "add":
            self.added.append((u, v))
        else:
            self.kept &= ~stored
            self.added = [pair for pair in self.added if pair != (u, v)]
        self.done.append(edit)

    def _drop(self, node: int) -> None:
        self.kept &= (self.graph.edge_index != node).all(axis=0)
        self.added = [pair for pair in self.added if node not in pair]
        self.cells = {cell: value for cell, value in self.cells.items() if cell[0] != node}
        self.dropped.add(node)
        self.done.append(("drop", str(node)))

    def _set(self, node: int, feature: int, value: float) -> None:
        if feature >= self.graph.num_features:
            last = self.graph.num_features - 1
            raise UserError(f"f{node}:{feature}: there is no feature {feature}; {self.graph.name} has the features 0 to {last:,}.")
        self.cells[node, feature] = value
        self.done.append(("feature", str(node), str(feature), number(value)))


def _walked(edits: Sequence[Edit], graph: GraphData) -> _Walk:
    _check_number(len(edits))
    walk = _Walk(graph, np.ones(graph.num_stored_edges, dtype=bool), dropped=set([] if graph.dropped is None else graph.dropped.tolist()))
    for edit in edits:
        walk.apply(edit)
    return walk


def _check_number(count: int) -> None:
    if count > MOST:
        raise UserError(f"{count:,} edits are more than the {MOST} that a what-if holds; make the graph that you mean a dataset instead.")


def _parsed(word: str) -> Edit:
    for kind, shape in SHAPES.items():
        if found := shape.fullmatch(word):
            return (kind, *(str(int(part)) if part.isdigit() else part for part in found.groups()))
    raise UserError(f"'{word[:40]}' is no edit; {HOW}.")


def _written(edit: Edit) -> str:
    kind, *rest = edit
    if kind == "feature":
        return f"f{rest[0]}:{rest[1]}={rest[2]}"
    return {"remove": "-", "add": "+", "drop": "x"}[kind] + ":".join(rest)


def _opened(edit: Edit) -> Edit:
    """The edit, which may come from a file, if it has the form of one."""
    try:
        return _parsed(_written(edit))
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise UserError(f"{str(edit)[:60]} is no edit; {HOW}.") from error


def _value(word: str, edit: Edit) -> float:
    try:
        value = float(word)
        with np.errstate(over="ignore"):
            if np.isfinite(np.float32(value)):
                return value
    except ValueError:
        pass
    raise UserError(f"{_written(edit)}: '{word}' is not a finite number; a feature is set to a number such as 0 or 0.5.")


def _features(features: Floats | csr_matrix, found: _Walk) -> Floats | csr_matrix:
    """The features with new values, and zeros for dropped nodes."""
    if not (found.cells or found.dropped):
        return features
    rows = np.array(sorted({node for node, _ in found.cells} | found.dropped), dtype=np.int64)
    new = np.asarray(features[rows].toarray() if isinstance(features, csr_matrix) else features[rows], dtype=np.float32).copy()
    new[np.isin(rows, list(found.dropped))] = 0
    for (node, feature), value in found.cells.items():
        new[np.searchsorted(rows, node), feature] = value
    if not isinstance(features, csr_matrix):
        dense = features.copy()
        dense[rows] = new
        return dense
    stays = np.ones(features.shape[0], dtype=bool)
    stays[rows] = False
    others = np.repeat(stays, np.diff(features.indptr))
    counts = np.where(stays, np.diff(features.indptr), 0)
    start = np.concatenate([[0], np.cumsum(counts)])
    without = csr_matrix((features.data[others], features.indices[others], start), shape=features.shape)
    place = csr_matrix((np.ones(len(rows), np.float32), (rows, np.arange(len(rows)))), shape=(features.shape[0], len(rows)))
    return csr_matrix(without + place @ csr_matrix(new), dtype=np.float32)


def _without_motif(motif_of_node: Ints, dropped: Ints) -> Ints:
    found = motif_of_node.copy()
    found[dropped] = -1
    return found
