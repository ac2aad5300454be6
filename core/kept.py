"""A cache that is bounded by what it holds in memory, not by how many values that is. Free of torch."""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from threading import Lock
from typing import Any

import numpy as np

PLAIN = {int, float, bool, str, type(None)}


class Kept:
    """Values by key, together at most `limit` bytes large; what has not been asked for the longest goes first.

    The latest value stays whatever its size, or what is larger than the limit would be made anew at every look.
    Thread-safe.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._lock = Lock()
        self._values: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()

    def __contains__(self, key: Hashable) -> bool:
        return key in self._values

    @property
    def size(self) -> int:
        """Bytes of all values, as they were when they were put here."""
        return sum(size for _, size in tuple(self._values.values()))

    def get(self, key: Hashable) -> Any:
        """The value, None if there is none."""
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key][0]

    def put(self, key: Hashable, value: Any) -> None:
        """Keep a value, and forget others until all fit."""
        size = size_of(value)
        with self._lock:
            self._values.pop(key, None)
            self._values[key] = (value, size)
            held = self.size
            while held > self.limit and len(self._values) > 1:
                _, (_, freed) = self._values.popitem(last=False)
                held -= freed

    def made(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """The value, made if there is none. Two threads may both make it; the last one is kept."""
        value = self.get(key)
        if value is None:
            value = make()
            self.put(key, value)
        return value


def size_of(value: object) -> int:
    """Bytes of a value with all that it holds: arrays, sparse matrices, tables, text, and objects of these. Each object counts once."""
    total, seen, rest = 0, set[int](), [value]
    while rest:
        one = rest.pop()
        if id(one) in seen or isinstance(one, type):
            continue
        seen.add(id(one))
        own, parts = _opened(one)
        total += own
        rest.extend(parts)
    return total


def _opened(value: object) -> tuple[int, Iterable[object]]:
    """Bytes of the value itself, and what it holds."""
    if value is None or isinstance(value, (str, bytes, int, float, np.generic)):
        return sys.getsizeof(value), ()
    if isinstance(value, np.ndarray):
        return _of_items(value.ravel().tolist()) if value.dtype == object else (value.nbytes, ())
    if hasattr(value, "element_size"):  # a tensor; torch itself is not needed to ask it
        return _of_tensor(value), ()
    if isinstance(value, Mapping):
        return sys.getsizeof(value), (*value.keys(), *value.values())
    if isinstance(value, (list, tuple, set, frozenset)):
        return _of_items(value)
    if hasattr(
        value, "memory_usage"
    ):  # a table, a column or an index of pandas; the text of a column of objects counts as often as it occurs
        return int(np.sum(value.memory_usage(deep=True))), ()
    return sys.getsizeof(value), vars(value).values() if hasattr(value, "__dict__") else ()


def _of_tensor(value: Any) -> int:
    sparse = str(value.layout) == "torch.sparse_csr"
    parts = (value.crow_indices(), value.col_indices(), value.values()) if sparse else (value,)
    return sum(int(part.element_size() * part.nelement()) for part in parts)


def _of_items(items: Collection[object]) -> tuple[int, Iterable[object]]:
    """As `_opened`. Columns of numbers or text are long, and looked at in one go."""
    if set(map(type, items)) <= PLAIN:
        distinct = dict(zip(map(id, items), items, strict=True)).values()
        return sys.getsizeof(items) + sum(map(sys.getsizeof, distinct)), ()
    return sys.getsizeof(items), items
