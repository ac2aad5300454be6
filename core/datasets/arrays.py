"""A dataset as its source stores it, as plain arrays, and the file that keeps it for a fast second load."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from core.data import Bools, Floats, Ints
from core.datasets.edges import ordered

FORMAT = 2
SPARSE_BELOW = 0.2
SPARSE_FROM = 100
"""Features of a lower density, in at least so many columns, are kept as CSR: less memory, and training on stored values only."""


@dataclass(frozen=True, eq=False)
class Arrays:
    """`features` [num_nodes, dim] unscaled, dense or CSR; `edge_index` [2, num_stored] as stored, sorted;
    `labels` [num_nodes]; `masks` [3, num_splits, num_nodes]: training, validation, test.
    """

    features: Floats | csr_matrix
    edge_index: Ints
    labels: Ints
    masks: Bools

    @classmethod
    def of(cls, features: NDArray[np.floating], edge_index: Ints, labels: Ints, masks: Bools) -> Arrays:
        """From what a reader found: features made sparse where that pays, edges sorted."""
        dense = np.asarray(features, dtype=np.float32)
        sparse = dense.shape[1] >= SPARSE_FROM and np.count_nonzero(dense) < SPARSE_BELOW * dense.size
        return cls(csr_matrix(dense) if sparse else dense, ordered(edge_index, len(dense)), labels.astype(np.int64), masks.astype(bool))


def row_normalised(features: Floats | csr_matrix) -> Floats | csr_matrix:
    """Each row divided by its sum, as in Kipf & Welling's code; rows that sum to 0 stay as they are. [num_nodes, dim]."""
    sums = np.asarray(features.sum(axis=1), dtype=np.float64).ravel()
    scale = np.divide(1.0, sums, out=np.ones_like(sums), where=sums != 0)
    if isinstance(features, csr_matrix):
        data = features.data * np.repeat(scale, np.diff(features.indptr))
        return csr_matrix((data.astype(np.float32), features.indices, features.indptr), features.shape)
    return (features * scale[:, None]).astype(np.float32)


def stamp(raw: Path) -> str:
    """Changes when a file in the folder does: names, sizes and times of all of them."""
    facts = [f"{file.name}:{file.stat().st_size}:{file.stat().st_mtime_ns}" for file in sorted(raw.glob("*")) if file.is_file()]
    return hashlib.sha256("\n".join([f"format {FORMAT}", *facts]).encode()).hexdigest()


def kept(path: Path, mark: str) -> Arrays | None:
    """What `keep` wrote, or None if it is not there, damaged, or made from other files."""
    try:
        with np.load(path, allow_pickle=False) as file:
            if file["stamp"] != mark:
                return None
            return Arrays(_features(file), file["edge_index"], file["labels"], file["masks"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _features(file: Mapping[str, NDArray[np.generic]]) -> Floats | csr_matrix:
    if "dense" in file:
        return np.asarray(file["dense"], dtype=np.float32)
    return csr_matrix((file["data"], file["indices"], file["indptr"]), tuple(file["shape"]))


def keep(arrays: Arrays, path: Path, mark: str) -> None:
    """Write the arrays for next time, whole or not at all; where that is impossible the next load is merely slow."""
    x = arrays.features
    sparse = {"data": x.data, "indices": x.indices, "indptr": x.indptr, "shape": x.shape} if isinstance(x, csr_matrix) else {"dense": x}
    try:
        with TemporaryDirectory(dir=path.parent, prefix=".partial-") as stage:
            staged = Path(stage) / path.name
            np.savez(staged, stamp=mark, edge_index=arrays.edge_index, labels=arrays.labels, masks=arrays.masks, **sparse)
            staged.replace(path)
    except OSError:
        return
