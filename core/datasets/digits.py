"""Handwritten digits as a graph: each image is linked to those most like it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from core.data import GraphData, Ints
from core.datasets.contract import Dataset, Report
from core.datasets.edges import undirected
from core.parameters import Integer, Value


def load(values: Mapping[str, Value], report: Report) -> GraphData:
    """scikit-learn's 1,797 digits of 8×8 pixels, k-nearest-neighbour graph made symmetric by union."""
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    neighbours = nearest(pixels, int(values["k"]))
    links = np.stack([np.repeat(np.arange(len(pixels)), neighbours.shape[1]), neighbours.ravel()])
    return GraphData(
        name="digits",
        features=(pixels / 16).astype(np.float32),
        edge_index=undirected(links, len(pixels)),
        labels=labels.astype(np.int64),
        class_names=tuple("0123456789"),
        feature_names=tuple(f"row {row}, column {column}" for row in range(8) for column in range(8)),
        image_shape=(8, 8),
    )


def nearest(points: NDArray[np.float64], k: int) -> Ints:
    """[num_points, k]: the k nearest other points by Euclidean distance; of equally near ones the lowest numbers.

    `points`: [num_points, dim], whole numbers. Squared distances are then exact, so that the graph is the
    same on every machine.
    """
    norms = (points**2).sum(axis=1)
    squared = np.rint(norms[:, None] + norms - 2 * points @ points.T).astype(np.int64)
    np.fill_diagonal(squared, squared.max() + 1)
    keys = squared * len(points) + np.arange(len(points))
    return np.sort(np.partition(keys, k - 1, axis=1)[:, :k], axis=1) % len(points)


DATASETS = (
    Dataset(
        name="digits",
        title="Digits",
        question="Images linked to similar images: what do neighbours add to pixels?",
        family="Embedded, real",
        load=load,
        parameters=(Integer("k", "Neighbours k", 5, 1, 50, help="Each image is linked to its k nearest by Euclidean distance of pixels."),),
        embedded=True,
        size="1,797 nodes, about 6,300 edges (k = 5)",
        source=(
            "scikit-learn's load_digits: the test part of UCI's Optical Recognition of Handwritten Digits "
            "(Alpaydin & Kaynak 1998). Features are pixels / 16; links are made symmetric by union."
        ),
        licence="CC BY 4.0 (UCI)",
        flaws=("The links are made from the features, so that the graph holds nothing that the pixels do not.",),
    ),
)
