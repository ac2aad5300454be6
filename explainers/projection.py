"""Many-dimensional node states as points in the plane. Free of torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainers.contract import Unsupported

Floats = NDArray[np.float64]
TSNE_ITERATIONS = 500
UMAP_EPOCHS = 200
PERPLEXITY = 30
NEIGHBOURS = 15
FEWEST = 5
"""Nodes below which neighbourhoods mean nothing."""
WIDEST = 50
"""Dimensions that neighbour methods see; wider states are first reduced by PCA, as van der Maaten & Hinton did."""


@dataclass(frozen=True, eq=False)
class Plane:
    """`coordinates` [steps, nodes, 2]; `explained` [steps, 2], share of each step's own spread, NaN where there is none."""

    coordinates: NDArray[np.float32]
    explained: Floats


def common_plane(states: NDArray[Any]) -> Plane:
    """Project `states` [steps, nodes, width] onto one plane for all steps, each step centred on its own mean.

    The axes are the two first eigenvectors of the sum over steps of the covariance between nodes, so that no other
    plane shows more of the spread between nodes, summed over the steps. A fit on the last step alone would flatten
    the early steps without need; centring all steps together would spend an axis on the common drift.
    The sign of an axis is such that its largest loading is positive.
    """
    covariance = sum(_scatter(_centred(state)) for state in states)
    axes = _two(np.linalg.eigh(np.asarray(covariance))[1][:, ::-1])
    coordinates, explained = [], []
    for state in states:
        centred = _centred(state)
        points, total = centred @ axes, (centred**2).sum()
        coordinates.append(points.astype(np.float32))
        explained.append((points**2).sum(axis=0) / total if total > 0 else np.full(2, np.nan))
    return Plane(np.stack(coordinates), np.stack(explained))


def principal_axes(state: NDArray[Any]) -> tuple[Floats, Floats, Floats]:
    """Mean [width] and the two first principal axes [width, 2] of one step's `state` [nodes, width], to place other states in the
    same plane; and the share [2] of the spread along each, NaN where there is none. Signs as in `common_plane`."""
    centred = _centred(state)
    values, vectors = np.linalg.eigh(_scatter(centred))
    total = values.sum()
    shares = np.pad(values[::-1][:2], (0, max(0, 2 - len(values)))).clip(min=0)
    return np.asarray(state.mean(axis=0), dtype=float), _two(vectors[:, ::-1]), shares / total if total > 0 else np.full(2, np.nan)


def neighbour_map(state: NDArray[Any], method: str, seed: int) -> Plane:
    """t-SNE or UMAP of one step's `state` [nodes, width]: neighbours stay near; distances and sizes mean nothing."""
    if len(state) < FEWEST:
        raise Unsupported(f"{method} needs at least {FEWEST} nodes; there are {len(state)}. PCA works with any number.")
    narrow = _narrow(_centred(state))
    points = tsne(narrow, seed) if method == "tsne" else umap(narrow, seed)
    return Plane(points[None].astype(np.float32), np.full((1, 2), np.nan))


def tsne(points: Floats, seed: int) -> Floats:
    """Barnes–Hut t-SNE from the PCA picture, 500 iterations, perplexity 30 (less for small graphs).

    One thread: on few cores that other work shares, scikit-learn's threads wait for each other most of the time.
    """
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    if not np.ptp(points, axis=0).any():
        return np.zeros((len(points), 2))
    start = _padded(points)[:, :2]
    model = TSNE(
        init=start / start[:, 0].std() * 1e-4,
        perplexity=min(PERPLEXITY, (len(points) - 1) / 3),
        max_iter=TSNE_ITERATIONS,
        angle=0.8,
        random_state=seed,
    )
    with threadpool_limits(1):
        return np.asarray(model.fit_transform(points), dtype=float)


def umap(points: Floats, seed: int) -> Floats:
    """UMAP with 15 neighbours (fewer for small graphs), started from the PCA picture."""
    import warnings

    from umap import UMAP

    start = _padded(points)[:, :2]
    scale = np.abs(start).max() or 1.0
    model = UMAP(n_neighbors=min(NEIGHBOURS, len(points) - 1), init=start / scale * 10, n_epochs=UMAP_EPOCHS, random_state=seed, n_jobs=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(model.fit_transform(points), dtype=float)


def between_class_share(state: NDArray[Any], labels: NDArray[np.integer]) -> float:
    """Share of the spread of `state` [nodes, width] that lies between class means, 0 … 1 (η²); NaN without spread.

    Nodes without a label (−1) are left out.
    """
    known = labels >= 0
    centred, classes = _centred(state[known]), labels[known]
    total = (centred**2).sum()
    if not total > 0:
        return np.nan
    member = classes == np.unique(classes)[:, None]
    sums = member.astype(float) @ centred
    return float((sums**2).sum(axis=1) @ (1 / member.sum(axis=1)) / total)


def _centred(state: NDArray[Any]) -> Floats:
    wide = state.astype(float)
    return np.asarray(wide - wide.mean(axis=0)) if len(wide) else wide


def _scatter(centred: Floats) -> Floats:
    return np.asarray(centred.T @ centred)


def _two(axes: Floats) -> Floats:
    """The first two columns with a fixed sign; a column of zeros where the states have one dimension."""
    signed = axes[:, :2] * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])[:2]
    return _padded(signed)


def _padded(points: Floats) -> Floats:
    return np.pad(points, ((0, 0), (0, max(0, 2 - points.shape[1]))))


def _narrow(centred: Floats) -> Floats:
    """Principal coordinates, at most `WIDEST` of them."""
    axes = np.linalg.eigh(_scatter(centred))[1][:, ::-1]
    signed = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    return np.asarray((centred @ signed)[:, :WIDEST])
