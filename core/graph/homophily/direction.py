"""Whether the direction of edges says something of labels that is lost without it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix

from core.errors import UserError
from core.graph.homophily.labels import Ints, edges_of, labels_of
from core.graph.measured import Measured, undefined

PATTERNS = ("AA", "AAᵀ", "AᵀA")
"""Two steps along the edges; two nodes that point to the same one; two that the same one points to."""

MOST_PAIRS, MOST_PATHS = 10_000_000, 200_000_000
"""Pairs of labelled nodes that a pattern may link, and paths of two steps that may link them, up to which they are counted: seconds."""

PERMUTATIONS, LEVEL = 99, 0.95
FLIPS, MOST_TURNED = 19, 1_000_000_000
"""Graphs whose one-way edges are turned round at random, which a direction that matters is held against: above all 19 by chance in one of
twenty cases; and the paths of two steps in all of them together, up to which that is done: some ten seconds."""
KEEP = 0.5
"""Score above which to keep the direction: the weakest pattern says less than half of what the strongest does."""

Classes = NDArray[np.integer]
"""Of the labelled nodes, numbered from 0 without gaps."""
Advice = Literal["", "directed", "undirected"]


@dataclass(frozen=True)
class DirectionScore:
    """`value`: (max − min)/max of `r_squared` by pattern, 0 … 1; `chance`: what the largest R² stays under in 95 % of permutations
    of the labels; `turned`: the largest `value` of graphs whose edges point either way by chance, NaN where that was not asked; `nodes`:
    how many labels were used. Without `advice` there is a `reason`."""

    value: Measured
    r_squared: Mapping[str, float]
    chance: float
    nodes: int
    advice: Advice
    reason: str = ""
    turned: float = np.nan


def direction_score(edge_index: ArrayLike, y: ArrayLike, mask: ArrayLike, *, seed: int = 0) -> DirectionScore:
    """How differently AA, AAᵀ and AᵀA follow the labels, and what that advises (after AMUD, Sun et al. 2023; our form).

    R²: squared correlation, over ordered pairs of different labelled nodes in `mask` [num_nodes], of [linked by the pattern] with
    [same label]; the paths between them may pass any node. 0 where a pattern links no pair, or every pair. The advice is
    "directed" above 0.5, else "undirected": the patterns are alike in what they say. There is none unless the largest R² exceeds
    the 95 % quantile of 99 permutations of the labels (`seed`), nor where all edges are stored both ways. Small R² differ much by chance,
    so that "directed" is said only of a score above those of 19 graphs whose one-way edges are each turned round by a coin (`seed`).

    `edge_index`: [2, num_stored], each column source, target; parallel edges count once, self-loops are left out. `y`:
    [num_nodes], −1 where unknown. NaN with a reason where nothing can be correlated. Raises `UserError` for a pattern
    that may be larger than `MOST_PAIRS` or `MOST_PATHS`, before it is counted.
    """
    labels, chosen = labels_of(y), np.asarray(mask)
    if chosen.shape != labels.shape or chosen.dtype != bool:
        raise UserError(
            f"The mask is true or false for each of {len(labels):,} nodes; {chosen.dtype} of the shape {chosen.shape} was given."
        )
    known = np.flatnonzero(chosen & (labels >= 0))
    adjacency = _adjacency(edge_index, len(labels))
    names, used = np.unique(labels[known], return_inverse=True)
    used = used.astype(np.min_scalar_type(len(names)))  # read at random, for every pair: as small as can be
    if reason := _nothing_to_ask(adjacency, used):
        return DirectionScore(undefined(reason), {}, np.nan, len(known), "", reason)
    patterns = _patterns(adjacency, known)
    found = {name: float(_r_squared(pattern, used)) for name, pattern in patterns.items()}
    largest = max(found.values())
    if largest == 0:
        reason = "no pattern of two steps tells labelled nodes apart"
        return DirectionScore(undefined(reason), found, np.nan, len(known), "", reason)
    value, chance = Measured((largest - min(found.values())) / largest), _chance(list(patterns.values()), used, seed)
    if largest <= chance:
        reason = "permuted labels are followed as closely"
        return DirectionScore(value, found, chance, len(known), "", reason)
    if value <= KEEP:
        return DirectionScore(value, found, chance, len(known), "undirected")
    turned = _turned(adjacency, known, used, seed)
    if np.isnan(turned):
        reason = "there are too many paths to see whether edges that point either way by chance would differ as much"
    elif value <= turned:
        reason = "edges that point either way by chance differ as much"
    return DirectionScore(value, found, chance, len(known), "" if reason else "directed", reason, turned)


def _adjacency(edge_index: ArrayLike, num_nodes: int) -> csr_matrix:
    """1 where an edge leads from the row to the column, the diagonal left out."""
    source, target = edges_of(edge_index, num_nodes)
    between = source != target
    ones = np.ones(between.sum(), dtype=np.int32)
    matrix = csr_matrix((ones, (source[between], target[between])), shape=(num_nodes, num_nodes))
    matrix.data[:] = 1
    return matrix


def _nothing_to_ask(adjacency: csr_matrix, labels: Classes) -> str:
    """Why no direction can be advised, whatever the patterns say; empty if one can."""
    if len(labels) < 2 or not labels.any():
        return "fewer than two classes have labels to compare"
    if labels.max() == len(labels) - 1:
        return "no two of the labels are equal"
    if not adjacency.nnz:
        return "there are no edges"
    back = adjacency.T.tocsr()  # as sorted as the matrix itself
    if np.array_equal(back.indptr, adjacency.indptr) and np.array_equal(back.indices, adjacency.indices):
        return "every edge is stored both ways, so that the three patterns are one"
    return ""


@dataclass(frozen=True, eq=False)
class _Pattern:
    """Linked pairs of `universe` possible ones: `columns` [num_pairs], as many of them for each row as `counts` [num_rows] says."""

    counts: Ints
    columns: NDArray[np.intp]
    universe: float

    def agreeing(self, labels: Classes) -> float:
        """Share of all possible pairs that are linked and have equal labels [num_rows]."""
        return np.count_nonzero(np.repeat(labels, self.counts) == labels.take(self.columns)) / self.universe


def _patterns(adjacency: csr_matrix, known: Ints) -> dict[str, _Pattern]:
    """The three patterns between known nodes. Of the two that are symmetric each pair is there once."""
    out, into = adjacency[known], adjacency.T.tocsr()[known]
    leaving, entering = (np.bincount(one.indices, minlength=adjacency.shape[0]) for one in (out, into))
    factors = {"AA": (out, into), "AAᵀ": (out, out), "AᵀA": (into, into)}
    for name, paths in zip(PATTERNS, (leaving @ entering, leaving @ leaving, entering @ entering), strict=True):
        pairs = min(int(paths), len(known) ** 2)
        if pairs > MOST_PAIRS or paths > MOST_PATHS:
            raise UserError(
                f"{name} may link {pairs:,} pairs of the {len(known):,} labelled nodes, by {paths:,} paths of two steps; up to "
                f"{MOST_PAIRS:,} pairs and {MOST_PATHS:,} paths are counted. Take fewer labelled nodes."
            )
    return {name: _pattern(left @ right.T, len(known), symmetric=left is right) for name, (left, right) in factors.items()}


def _pattern(paths: csr_matrix, size: int, *, symmetric: bool) -> _Pattern:
    rows, columns = paths.nonzero()  # row by row
    kept = rows < columns if symmetric else rows != columns
    counts = np.bincount(rows[kept], minlength=size)
    return _Pattern(counts, columns[kept].astype(np.intp), size * (size - 1) / (2 if symmetric else 1))


def _r_squared(pattern: _Pattern, labels: Classes) -> float:
    linked, sizes = len(pattern.columns) / pattern.universe, np.bincount(labels)
    if not 0 < linked < 1:
        return 0.0
    same = float((sizes * (sizes - 1)).sum() / (len(labels) * (len(labels) - 1)))
    return (pattern.agreeing(labels) - linked * same) ** 2 / (linked * (1 - linked) * same * (1 - same))


def _turned(adjacency: csr_matrix, known: Ints, labels: Classes, seed: int) -> float:
    """The largest score of `FLIPS` graphs whose one-way edges point either way by chance; NaN where that takes too long."""
    both = adjacency + adjacency.T
    steps = np.diff(both.indptr).astype(np.int64)
    if FLIPS * int(steps @ steps) > MOST_TURNED:
        return float("nan")
    random, largest = np.random.default_rng(seed), 0.0
    rows, columns = adjacency.nonzero()
    one_way = np.asarray(adjacency[columns, rows]).ravel() == 0
    for _ in range(FLIPS):
        turn = one_way & (random.random(len(rows)) < 0.5)
        ends = np.where(turn, columns, rows), np.where(turn, rows, columns)
        patterns = _patterns(csr_matrix((np.ones(len(rows), np.int32), ends), shape=adjacency.shape), known)
        found = [_r_squared(pattern, labels) for pattern in patterns.values()]
        largest = max(largest, (max(found) - min(found)) / max(found) if max(found) else 0.0)
    return largest


def _chance(patterns: list[_Pattern], labels: Classes, seed: int) -> float:
    """With the labels dealt out anew the largest R² exceeds this in one of twenty cases."""
    random = np.random.default_rng(seed)
    dealt = (random.permutation(labels) for _ in range(PERMUTATIONS))
    largest = sorted(max(_r_squared(pattern, each) for pattern in patterns) for each in dealt)
    return float(largest[round(LEVEL * (PERMUTATIONS + 1)) - 1])
