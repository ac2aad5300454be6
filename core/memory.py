"""How much memory there is, asked before it is taken, and how freed memory is kept for the next epoch. Free of torch."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psutil

from core.errors import UserError

CGROUP = Path("/sys/fs/cgroup")
LIMITS = (
    ("memory.max", "memory.current", "memory.stat"),
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat"),
)
"""Files of a container's limit, its use and what the use is made of, in both versions of Linux' control groups."""


def available() -> int:
    """Bytes that this process could still take: what the machine has free, or what its container allows, if that is less."""
    return min([int(psutil.virtual_memory().available), *(left for names in LIMITS if (left := _left(*names)) is not None)])


def _left(limit: str, used: str, stat: str) -> int | None:
    """Bytes up to a container's limit, None where there is none. Files kept in memory count as free: they make room."""
    try:
        numbers = dict(line.split() for line in (CGROUP / stat).read_text().splitlines())
        kept = int(numbers.get("total_inactive_file", numbers.get("inactive_file", 0)))
        return int((CGROUP / limit).read_text()) - int((CGROUP / used).read_text()) + kept
    except (OSError, ValueError):  # not in a container, or in one without a limit
        return None


def require(needed: float, what: str, remedy: str, free: int | None = None) -> None:
    """Raises `UserError` if `needed` bytes are not there, before anybody takes them and the machine swaps.

    `free`: bytes of the device that is to be used, if that is not this machine's own memory.
    """
    free = available() if free is None else free
    if needed > free:
        raise UserError(f"{what} takes about {in_words(needed)} of memory, and {in_words(max(free, 0))} are free here. {remedy}")


def in_words(count: float) -> str:
    """A number of bytes, in the unit that people would use."""
    return f"{count / 1e9:,.1f} GB" if count >= 1e9 else f"{count / 1e6:,.1f} MB"


@contextmanager
def reused() -> Iterator[None]:
    """Keep what is freed within for the next allocation; at the end, what is free goes back to the system.

    glibc otherwise fetches every large array from the system anew, page by page: a third of an epoch on large graphs.
    Afterwards its thresholds stand where its own adjustment would take them at most. Elsewhere this does nothing.
    """
    if (glibc := _glibc()) is None:
        yield
        return
    glibc.mallopt(_MMAP_MAX, 0)
    glibc.mallopt(_TRIM_THRESHOLD, 2**31 - 1)
    try:
        yield
    finally:
        glibc.mallopt(_MMAP_MAX, 65536)
        glibc.mallopt(_MMAP_THRESHOLD, 32 * 2**20)
        glibc.mallopt(_TRIM_THRESHOLD, 64 * 2**20)
        give_back()


def give_back() -> None:
    """Return what is free to the system, where the C library can."""
    if (glibc := _glibc()) is not None:
        glibc.malloc_trim(0)


_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX = -1, -3, -4


@cache
def _glibc() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(None)
        return library if hasattr(library, "gnu_get_libc_version") else None
    except (OSError, TypeError):
        return None
