"""Which classes a class is linked to, and whether the neighbourhoods of two classes look alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix

from core.graph.homophily.labels import labelled, labels_of, num_classes

Floats = NDArray[np.float64]


def class_edges(edge_index: ArrayLike, y: ArrayLike) -> Floats:
    """[num_classes, num_classes]: of the stored edges that leave a class (row), the share that goes to each class; rows sum to 1.

    `edge_index`: [2, num_stored], each column source, target; `y`: [num_nodes], −1 where unknown, C = largest label + 1.
    Parallel edges count as often as stored, self-loops as edges within the class. NaN in the row of a class that no edge leaves.
    """
    labels = labels_of(y)
    (source, target), classes = labelled(edge_index, labels), num_classes(labels)
    counts = np.bincount(labels[source] * classes + labels[target], minlength=classes**2).reshape(classes, classes)
    leaving = counts.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(counts, leaving, out=np.full(counts.shape, np.nan), where=leaving > 0))


def cross_class_neighborhood_similarity(edge_index: ArrayLike, y: ArrayLike) -> Floats:
    """[num_classes, num_classes], 0 … 1: mean over i in one class and j in another of cos(d(i), d(j)) (Ma et al. 2022).

    d(i): histogram of the labels of i's in-neighbours. A node without any has the zero vector: it counts, with similarity 0. Within
    a class, i = j is among the pairs. Without a matrix of nodes by nodes: the mean of products is the product of the classes'
    mean unit vectors. `edge_index`: [2, num_stored], each column source, target, parallel ones as often as stored;
    `y`: [num_nodes], −1 where unknown, C = largest label + 1. NaN for a class without nodes, and everywhere without edges.
    """
    labels = labels_of(y)
    (source, target), classes = labelled(edge_index, labels), num_classes(labels)
    if not len(source):
        return np.full((classes, classes), np.nan)
    histograms = csr_matrix((np.ones(len(source)), (target, labels[source])), shape=(len(labels), classes))
    length = np.sqrt(np.asarray(histograms.multiply(histograms).sum(axis=1)).ravel())
    sizes = np.bincount(labels[labels >= 0], minlength=classes)
    known = np.flatnonzero(length)
    weight = 1 / (length[known] * sizes[labels[known]])
    means = csr_matrix((weight, (labels[known], known)), shape=(classes, len(labels))) @ histograms
    similarity = (means @ means.T).toarray()
    similarity[sizes == 0], similarity[:, sizes == 0] = np.nan, np.nan
    return np.asarray(similarity)
