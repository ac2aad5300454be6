"""How much the states of linked nodes differ, and how far they are from the limit of smoothing.

The graph counts as undirected: each linked pair once, self-loops left out, d_i the number of other nodes linked to i.
Â = D̃^-½ (A + I) D̃^-½ is the operator of GCN, SGC, APPNP; P = D̃⁻¹ (A + I) that of a mean over a node and its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_matrix, diags_array

from core.graph.measured import NOT_NUMBERS, NOTHING, Floats, Measured, states, undefined
from core.graph.structure import structure

Operator = Literal["symmetric", "row_stochastic"]
OPERATORS: dict[Operator, str] = {"symmetric": "Â = D̃^-½ (A + I) D̃^-½", "row_stochastic": "P = D̃⁻¹ (A + I)"}

MOST_DIFFERENCES = 20_000_000
"""Differences of states that are in memory at once."""


def dirichlet_energy(
    h: ArrayLike, edge_index: ArrayLike, *, kind: Literal["symmetric", "unnormalized"] = "symmetric", relative: bool = False
) -> Measured:
    """How much the states of linked nodes differ, ≥ 0; `h` [num_nodes, width], `edge_index` [2, num_stored].

    "symmetric": tr(Hᵀ(I − Â)H) = Σ over linked pairs of ‖h_i/√(1+d_i) − h_j/√(1+d_j)‖², not divided by N (Cai & Wang 2020).
    It vanishes in the limit of Â, and never grows under H → ÂH. "unnormalized": (1/N) Σ_i Σ_{j∈N(i)} ‖h_i − h_j‖², each pair
    counted in both directions (Rusch et al. 2023, eq. 2). It vanishes where the states of a component are one.
    `relative`: divided by ‖H‖²_F, and by the mean ‖h_i‖² where the energy is a mean; then free of the states' scale, and not
    defined for H = 0. The symmetric one is then in [0, 2).
    """
    x = states(h)
    if not np.isfinite(x).all():
        return undefined(NOT_NUMBERS)
    if relative:
        if not x.any():
            return undefined(NOTHING)
        x = x / np.abs(x).max()  # squares of tiny states would vanish
    norm = float((x**2).sum())
    graph = structure(edge_index, len(x))
    one, other = graph.pairs
    if kind == "symmetric":
        x = x / np.sqrt(1 + graph.degree)[:, None]
    energy = sum(float(((part[one] - part[other]) ** 2).sum()) for part in _columns(x, len(one)))
    if kind == "unnormalized":
        energy *= 2 / len(x)
        norm /= len(x)
    return Measured(energy / norm if relative else energy)


def smooth_subspace_distance(h: ArrayLike, edge_index: ArrayLike, *, operator: Operator) -> Measured:
    """‖H − ΠH‖_F / ‖H‖_F, 0 … 1: the part of the states that infinite smoothing would take away (Oono & Suzuki 2020).

    Π projects onto the limits of `operator` in each connected component: columns ∝ √(1+d) for "symmetric", constant ones for
    "row_stochastic". Not defined for H = 0.
    """
    x = states(h)
    if not np.isfinite(x).all():
        return undefined(NOT_NUMBERS)
    if not x.any():
        return undefined(NOTHING)
    x = x / np.abs(x).max()
    direction = _direction(edge_index, len(x), operator)
    return Measured(float(np.linalg.norm(x - _onto(direction, direction, x, edge_index)) / np.linalg.norm(x)))


def propagation_limit(h: ArrayLike, edge_index: ArrayLike, *, operator: Operator) -> Floats:
    """What Âᵏ H or Pᵏ H tends to as k grows, [num_nodes, width].

    In each connected component Â leaves what is ∝ √(1+d), an orthogonal projection; P leaves the mean over its nodes, weighted
    by 1 + d, so its limit is not the nearest constant state.
    """
    x = states(h)
    direction = _direction(edge_index, len(x), operator)
    weight = direction if operator == "symmetric" else np.asarray(1.0 + structure(edge_index, len(x)).degree)
    return _onto(direction, weight, x, edge_index)


def squared_norm(h: ArrayLike) -> Measured:
    """‖H‖²_F: shown beside an energy, which grows and shrinks with it."""
    total = float((states(h) ** 2).sum())
    return Measured(total) if np.isfinite(total) else undefined(NOT_NUMBERS)


def propagation(edge_index: ArrayLike, num_nodes: int, operator: Operator) -> csr_matrix:
    """Â or P as a sparse matrix [num_nodes, num_nodes]."""
    graph = structure(edge_index, num_nodes)
    links, degree = graph.links.astype(np.float64), 1.0 + graph.degree
    loops = csr_matrix(diags_array(np.ones(num_nodes)))
    if operator == "symmetric":
        scale = diags_array(degree**-0.5)
        return csr_matrix(scale @ (links + loops) @ scale)
    return csr_matrix(diags_array(1 / degree) @ (links + loops))


def _columns(x: Floats, pairs: int) -> Iterator[Floats]:
    """Some columns at a time, so that their differences over all pairs stay small in memory."""
    step = max(1, MOST_DIFFERENCES // max(pairs, 1))
    return (x[:, start : start + step] for start in range(0, x.shape[1], step))


def _direction(edge_index: ArrayLike, num_nodes: int, operator: Operator) -> Floats:
    """What the columns of a limit are proportional to within a component, [num_nodes]."""
    return np.sqrt(1.0 + structure(edge_index, num_nodes).degree) if operator == "symmetric" else np.ones(num_nodes)


def _onto(direction: Floats, weight: Floats, x: Floats, edge_index: ArrayLike) -> Floats:
    """In each component direction · (weightᵀ x) / (weightᵀ direction)."""
    graph = structure(edge_index, len(x))
    columns = (graph.component, np.arange(len(x)))
    total = np.bincount(graph.component, weights=direction * weight)
    gather = csr_matrix((weight / total[graph.component], columns))
    spread = csr_matrix((direction, columns)).T
    return np.asarray(spread @ (gather @ x))
