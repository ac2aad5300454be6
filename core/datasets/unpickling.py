"""Planetoid's own files are pickles, which can run anything that they name; here they may name arrays, matrices and lists only."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import SimpleNamespace
from typing import IO, Any

ALLOWED = {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.numeric", "_frombuffer"),
    ("scipy.sparse.csr", "csr_matrix"),
    ("scipy.sparse._csr", "csr_matrix"),
    ("collections", "defaultdict"),
    ("__builtin__", "list"),
    ("builtins", "list"),
}
"""What the files name, as Python 2 wrote it and as today's libraries do."""


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError(f"a file names {module}.{name}, which has no place in a dataset")
        return super().find_class(module, name)


def load(file: IO[bytes], **options: Any) -> Any:
    """As `pickle.load`, but raises `pickle.UnpicklingError` for whatever is not allowed."""
    return _Unpickler(file, **options).load()


@contextmanager
def data_only() -> Iterator[None]:
    """Within, PyG's reader of Planetoid loads with `load`."""
    reader: Any = import_module("torch_geometric.io.planetoid")
    before, reader.pickle = reader.pickle, SimpleNamespace(load=load)
    try:
        yield
    finally:
        reader.pickle = before
