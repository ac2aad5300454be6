"""Where to draw each node: seeded Fruchterman–Reingold, one connected component at a time.

A force layout of the whole graph pushes whatever is not connected ever further away, until the
large component is a dot. So every component is placed on its own, turned so that its long side lies
flat, and packed beside the largest in columns, each in an area in proportion to its nodes.
"""

from __future__ import annotations

import hashlib
import os
import random
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from core.data import Floats, Ints

Positions = NDArray[np.float64]

VERSION = 1
"""Part of the name of a kept layout: raise it when the algorithm changes."""

ASPECT = 1.6
"""Width over height that packing aims at: the shape of the place where graphs are drawn."""

ROOM = 200_000_000
"""Bytes of the layouts that a cache folder keeps; of 170,000 nodes one has 1.4 million."""

GAP = 0.35
"""Free space around a component, in units of the side of one node's area."""


def layout(edge_index: Ints, num_nodes: int, *, seed: int = 0, cache: Path | None = None) -> Floats:
    """Positions [num_nodes, 2] in the unit square, proportions kept, the same for the same seed.

    `edge_index` [2, num_stored]: directions and repetitions do not matter. With a `cache` folder the
    result is kept there under the graph's hash; a damaged entry is made again.
    """
    if cache is None:
        return _packed(edge_index, num_nodes, seed)
    path = cache / f"layout-{VERSION}-{_digest(edge_index, num_nodes)}-{seed}.npy"
    kept = _read(path, num_nodes)
    if kept is not None:
        return kept
    made = _packed(edge_index, num_nodes, seed)
    _write(path, made)
    return made


def _packed(edge_index: Ints, num_nodes: int, seed: int) -> Floats:
    positions = np.zeros((num_nodes, 2))
    if num_nodes == 0:
        return positions.astype(np.float32)
    members = _components(edge_index, num_nodes)
    placed = [_placed(edge_index, nodes, num_nodes, seed) for nodes in members]
    corners = _columns(np.array([np.ptp(part, axis=0) + 2 * GAP for part in placed]))
    for nodes, part, corner in zip(members, placed, corners, strict=True):
        positions[nodes] = part - part.min(axis=0) + corner + GAP
    return _unit(positions).astype(np.float32)


def _components(edge_index: Ints, num_nodes: int) -> list[Ints]:
    """Node ids of each weakly connected component, the largest first."""
    ones = np.ones(edge_index.shape[1], dtype=np.int8)
    adjacency = coo_matrix((ones, (edge_index[0], edge_index[1])), shape=(num_nodes, num_nodes))
    count, component = connected_components(adjacency, directed=False)
    order = np.argsort(component, kind="stable")
    members = np.split(order, np.searchsorted(component[order], np.arange(1, count)))
    return sorted(members, key=len, reverse=True)


def _placed(edge_index: Ints, nodes: Ints, num_nodes: int, seed: int) -> Positions:
    """One component [len(nodes), 2], in an area of as many units as it has nodes, its long side flat."""
    if len(nodes) == 1:
        return np.zeros((1, 2))
    place = np.full(num_nodes, -1)
    place[nodes] = np.arange(len(nodes))
    source, target = place[edge_index[:, place[edge_index[0]] >= 0]]
    pairs = np.unique(np.sort(np.stack([source, target], axis=1)[source != target], axis=1), axis=0)
    raw = _forces(pairs, len(nodes), seed)
    centred = _drawn_in(raw - raw.mean(axis=0))
    turned: Positions = centred @ np.linalg.svd(centred, full_matrices=False)[2].T
    width, height = np.ptp(turned, axis=0)
    # a pair or a chain has no height, so its area alone would make it endlessly long
    turned *= np.sqrt(len(nodes) / (width * max(height, 0.5 * width)))
    return turned


def _drawn_in(centred: Positions) -> Positions:
    """A few long chains would make everything else small: beyond the 95th percentile, distance grows as its logarithm."""
    radius = np.linalg.norm(centred, axis=1)
    limit = np.quantile(radius, 0.95)
    further = np.maximum(radius / limit, 1)
    drawn: Positions = centred * ((1 + np.log(further)) / further)[:, None]
    return drawn


def _forces(pairs: Ints, size: int, seed: int) -> Positions:
    import igraph

    # a start as wide as the result: from a wider one the grid version takes ten times as long
    start = np.random.default_rng(seed).uniform(-0.5, 0.5, size=(size, 2)) * np.sqrt(size)
    igraph.set_random_number_generator(random.Random(seed))
    try:
        graph = igraph.Graph(n=size, edges=pairs)
        rounds = 500 if size <= 5_000 else 200 if size <= 50_000 else 50
        return np.asarray(graph.layout_fruchterman_reingold(seed=start.tolist(), niter=rounds).coords)
    finally:
        igraph.set_random_number_generator(random)


def _columns(sizes: Positions) -> Positions:
    """Lower left corners [n, 2] of boxes [n, 2], stacked in columns from the left, each centred on a line."""
    areas = np.prod(sizes, axis=1)
    # beside one large component the others stand as a margin; many of a size fill a rectangle
    limit = sizes[0, 1] if 2 * areas[0] > areas.sum() else max(sizes[:, 1].max(), np.sqrt(areas.sum() / ASPECT))
    corners = np.zeros_like(sizes)
    left, first = 0.0, 0
    while first < len(sizes):
        tops = np.cumsum(sizes[first:, 1])
        last = first + max(1, int((tops <= limit + 1e-9).sum()))
        column = slice(first, last)
        corners[column, 0] = left
        corners[column, 1] = tops[: last - first] - sizes[column, 1] - tops[last - first - 1] / 2
        left, first = left + sizes[column, 0].max(), last
    return corners


def _unit(positions: Positions) -> Positions:
    """Into the unit square with one scale for both axes, centred."""
    low, span = positions.min(axis=0), np.ptp(positions, axis=0)
    scale = span.max() or 1.0
    unit: Positions = (positions - low) / scale + (1 - span / scale) / 2
    return unit


def _digest(edge_index: Ints, num_nodes: int) -> str:
    digest = hashlib.sha256(str(num_nodes).encode())
    digest.update(np.ascontiguousarray(edge_index, dtype=np.int64).tobytes())
    return digest.hexdigest()[:24]


def _read(path: Path, num_nodes: int) -> Floats | None:
    try:
        kept = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    with suppress(OSError):  # a folder that cannot be written to
        path.touch()  # the latest in use stay
    right = kept.dtype == np.float32 and kept.shape == (num_nodes, 2) and bool(np.isfinite(kept).all())
    return kept if right else None


def _write(path: Path, positions: Floats) -> None:
    """Whole or not at all; a full or read-only disk costs only the time to lay out again."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, suffix=".tmp", delete=False) as file:
            try:
                np.save(file, positions, allow_pickle=False)
                file.close()
                os.replace(file.name, path)  # noqa: PTH105 - the same call on every platform
                _make_room(path.parent)
            except OSError:
                Path(file.name).unlink(missing_ok=True)
    except OSError:
        return


def _make_room(cache: Path) -> None:
    """Remove the layouts that have not been used for the longest until the rest has room."""
    by_use = sorted(((path.stat().st_mtime_ns, path.stat().st_size, path) for path in cache.glob("layout-*.npy")), reverse=True)
    sizes = np.cumsum([size for _, size, _ in by_use])
    for (_, _, path), size in zip(by_use[1:], sizes[1:].tolist(), strict=True):
        if size > ROOM:
            path.unlink(missing_ok=True)
