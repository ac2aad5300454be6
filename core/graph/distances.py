"""How far apart the states of nodes are: of near and far ones, of all, of the classes.

Rows are compared by direction. A zero row has none: its cosine distance is 1, its unit vector 0. Matrices of all pairs of
nodes are never held: rows are taken in blocks, and of large graphs a random sample of them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix, issparse

from core.graph.measured import Floats, Measured, states, trouble, undefined, unit_rows
from core.graph.structure import FAR, Bools, blocks, rows_of, structure

SMALL = 1e-7
"""A cosine distance below this is rounding of float32 states, and counts as 0."""
SAME = 1e-14
"""A squared distance of unit vectors below this is rounding of float64."""


def mean_average_distance(h: ArrayLike, pairs: ArrayLike) -> Measured:
    """MAD, the mean over nodes of their mean cosine distance 1 − cos over the given pairs, 0 … 2 (Chen et al. 2020, eq. 1–4).

    `h` [num_nodes, width]; `pairs`: a Boolean matrix [num_nodes, num_nodes], dense or sparse, or ordered pairs [2, num_pairs].
    As in the paper, distances of 0 are left out of a node's mean, and nodes whose mean is 0 out of the mean over nodes.
    0 if all are; not defined without a pair, or for H = 0.
    """
    h = states(h)
    if reason := trouble(h):
        return undefined(reason)
    rows, columns = _ends(pairs)
    if not len(rows):
        return undefined("there is no such pair of nodes")
    unit = unit_rows(h)
    distance = _rounded(1 - np.einsum("ij,ij->i", unit[rows], unit[columns]))
    total = np.bincount(rows, weights=distance, minlength=len(h))
    counted = np.bincount(rows, weights=distance != 0, minlength=len(h))
    return Measured(_mean(total / np.maximum(counted, 1)))


def mad_gap(h: ArrayLike, edge_index: ArrayLike, *, seed: int = 0) -> Measured:
    """MAD of the pairs at least 8 hops apart minus MAD of those at most 3 apart (Chen et al. 2020, eq. 5); −2 … 2.

    The larger, the less smoothed. Pairs without a path count in neither. Not defined without a pair 8 hops apart, as in small
    or dense graphs. Above 5,000 nodes from 1,000 rows drawn with `seed`, with the standard error.
    """
    h = states(h)
    if reason := trouble(h):
        return undefined(reason)
    unit, graph = unit_rows(h), structure(edge_index, len(h))
    near, far, any_far = [], [], False
    for chosen, is_near, is_far in graph.near_and_far(seed):
        distance = _rounded(1 - unit[chosen] @ unit.T)
        any_far |= bool(is_far.any())
        near.append(_row_means(distance, is_near))
        far.append(_row_means(distance, is_far))
    if not any_far:
        return undefined(f"no two linked-up nodes are {FAR} or more hops apart")
    near_means, far_means = np.concatenate(near), np.concatenate(far)
    gap = _mean(far_means) - _mean(near_means)
    if len(far_means) == len(h):
        return Measured(gap)
    error = np.hypot(_standard_error(far_means[far_means > 0], len(h)), _standard_error(near_means[near_means > 0], len(h)))
    return Measured(gap, sample=len(far_means), standard_error=float(error))


def smoothness_metric_value(h: ArrayLike, *, seed: int = 0) -> Measured:
    """SMV: mean over nodes of the mean ½‖h_i/‖h_i‖ − h_j/‖h_j‖‖ to the other N−1, 0 … 1 (Liu, Gao & Ji 2020, eq. 3–5).

    0 where all states point one way. Not defined for H = 0 or a single node. Above 5,000 nodes from 1,000 rows drawn with
    `seed`, with the standard error.
    """
    h = states(h)
    if reason := trouble(h):
        return undefined(reason)
    if len(h) < 2:
        return undefined("it takes two nodes")
    unit = unit_rows(h)
    unit = unit - unit.mean(axis=0)  # the same differences, with fewer digits lost where all rows are alike
    squares = (unit**2).sum(axis=1)
    rows = rows_of(len(h), seed)
    means = np.empty(len(rows))
    for block in blocks(len(rows)):
        chosen = rows[block]
        squared = squares[chosen][:, None] + squares - 2 * unit[chosen] @ unit.T
        squared[np.arange(len(chosen)), chosen] = 0
        means[block] = np.sqrt(np.maximum(squared, 0, out=squared), out=squared).sum(axis=1) / (2 * (len(h) - 1))
    if len(rows) == len(h):
        return Measured(means.mean())
    return Measured(means.mean(), sample=len(rows), standard_error=_standard_error(means, len(h)))


def group_distance_ratio(h: ArrayLike, y: ArrayLike) -> Measured:
    """Mean squared distance of unit rows between classes, over that within classes, ≥ 0 (Zhou et al. 2020, as in their code).

    `h` [num_nodes, width], `y` [num_nodes]; nodes with label −1 are left out. Means over class pairs and over classes, a node
    with itself included. 1 where everything is one point, ∞ where only each class is. Their paper prints unsquared distances.
    It uses all labels. Not defined for H = 0 or fewer than two classes.
    """
    h, labels = states(h), np.asarray(y)
    h, labels = h[labels >= 0], labels[labels >= 0]
    if reason := trouble(h):
        return undefined(reason)
    classes = np.unique(labels)
    if len(classes) < 2:
        return undefined("it takes two classes")
    unit = unit_rows(h)
    centres = np.stack([unit[labels == one].mean(axis=0) for one in classes])
    spread = np.array([((unit[labels == one] - centre) ** 2).sum(axis=1).mean() for one, centre in zip(classes, centres, strict=True)])
    # the mean of ‖a − b‖² over two groups is the sum of their spreads and the squared distance of their centres
    first, second = np.triu_indices(len(classes), 1)
    between = (spread[first] + spread[second] + ((centres[first] - centres[second]) ** 2).sum(axis=1)).mean()
    within = 2 * spread.mean()
    if within > SAME:
        return Measured(between / within)
    return Measured(np.inf if between > SAME else 1.0)


def _ends(pairs: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    if issparse(pairs):
        return csr_matrix(pairs).nonzero()  # type: ignore[no-any-return]
    array = np.asarray(pairs)
    return np.nonzero(array) if array.dtype == bool else array.reshape(2, -1).astype(np.int64)  # type: ignore[return-value]


def _rounded(distance: Floats) -> Floats:
    distance[distance < SMALL] = 0
    return distance


def _row_means(distance: Floats, mask: Bools) -> Floats:
    """Mean of the non-zero masked distances in each row, 0 without one."""
    kept = np.where(mask, distance, 0)
    return np.asarray(kept.sum(axis=1) / np.maximum(np.count_nonzero(kept, axis=1), 1))


def _mean(means: Floats) -> float:
    """Over the nodes whose mean is not 0; 0 if there is none."""
    counted = means[means > 0]
    return float(counted.mean()) if len(counted) else 0.0


def _standard_error(means: Floats, num_nodes: int) -> float:
    """Of the mean over a sample without replacement."""
    if len(means) < 2:
        return np.nan
    return float(means.std(ddof=1) / np.sqrt(len(means)) * np.sqrt(1 - len(means) / num_nodes))
