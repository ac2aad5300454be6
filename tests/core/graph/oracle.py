"""The definitions, written down once more with dense matrices and no thought of speed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def adjacency(edge_index: Floats, n: int) -> Floats:
    a = np.zeros((n, n))
    for u, v in np.asarray(edge_index).T:
        if u != v:
            a[u, v] = a[v, u] = 1
    return a


def a_hat(a: Floats) -> Floats:
    loops = a + np.eye(len(a))
    scale = np.diag(loops.sum(axis=1) ** -0.5)
    return scale @ loops @ scale


def row_stochastic(a: Floats) -> Floats:
    loops = a + np.eye(len(a))
    return loops / loops.sum(axis=1, keepdims=True)


def symmetric_energy(h: Floats, a: Floats) -> float:
    return float(np.trace(h.T @ (np.eye(len(a)) - a_hat(a)) @ h))


def unnormalized_energy(h: Floats, a: Floats) -> float:
    return sum(a[i, j] * ((h[i] - h[j]) ** 2).sum() for i in range(len(h)) for j in range(len(h))) / len(h)


def hops(a: Floats) -> Floats:
    """Lengths of shortest paths; ∞ without one."""
    distance = np.where(a > 0, 1.0, np.inf)
    np.fill_diagonal(distance, 0)
    for k in range(len(a)):
        distance = np.minimum(distance, distance[:, [k]] + distance[[k], :])
    return distance


def subspace_distance(h: Floats, a: Floats, direction: Floats) -> float:
    component = np.isfinite(hops(a))
    rest = h.astype(float).copy()
    for row in np.unique(component, axis=0):
        u = direction * row
        rest -= np.outer(u, u @ h) / (u @ u)
    return float(np.linalg.norm(rest) / np.linalg.norm(h))


def units(h: Floats) -> Floats:
    return np.array([row / np.linalg.norm(row) if row.any() else row * 0 for row in h])


def mad(h: Floats, mask: Floats) -> float:
    """As the authors' `mad_value`."""
    distance = (1 - units(h) @ units(h).T) * mask
    distance[np.abs(distance) < 1e-7] = 0
    rows = [row.sum() / np.count_nonzero(row) for row in distance if np.count_nonzero(row)]
    rows = [row for row in rows if row > 0]
    return float(np.mean(rows)) if rows else 0.0


def mad_gap(h: Floats, a: Floats) -> float:
    distance = hops(a)
    off = ~np.eye(len(a), dtype=bool)
    far = (distance >= 8) & np.isfinite(distance)
    return mad(h, far) - mad(h, (distance <= 3) & off) if far.any() else np.nan


def smv(h: Floats) -> float:
    u, n = units(h), len(h)
    return float(np.mean([sum(np.linalg.norm(u[i] - u[j]) / 2 for j in range(n) if j != i) / (n - 1) for i in range(n)]))


def distance_ratio(h: Floats, y: Floats) -> float:
    """As DGN's `dis_cluster`."""
    u, classes = units(h), np.unique(y)
    squared = ((u[:, None] - u[None]) ** 2).sum(axis=2)
    blocks = {(c, d): squared[np.ix_(y == c, y == d)].mean() for c in classes for d in classes}
    within = np.mean([blocks[c, c] for c in classes])
    between = np.mean([blocks[c, d] for i, c in enumerate(classes) for d in classes[i + 1 :]])
    return float(between / within)


def rank(h: Floats) -> float:
    values = np.sqrt(np.maximum(np.linalg.eigvalsh(h.T @ h), 0))
    share = values[values > 0] / values.sum()
    return float(np.exp(-(share * np.log(share)).sum()))
