"""How much memory there is, asked before it is taken, and how freed memory is kept for the next epoch. Free of torch."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from core.errors import UserError

CGROUP = Path("/sys/fs/cgroup")
GIGABYTE = 1e9


def available() -> int:
    """Bytes that this process could still take: what the machine has free, or what its container allows, if that is less."""
    free = int(psutil.virtual_memory().available)
    try:
        limit, used = ((CGROUP / name).read_text().strip() for name in ("memory.max", "memory.current"))
        return min(free, int(limit) - int(used))
    except (OSError, ValueError):  # no container, or one without a limit
        return free


def require(needed: float, what: str, remedy: str, free: int | None = None) -> None:
    """Raises `UserError` if `needed` bytes are not there, before anybody takes them and the machine swaps.

    `free`: bytes of the device that is to be used, if that is not this machine's own memory.
    """
    free = available() if free is None else free
    if needed > free:
        raise UserError(
            f"{what} takes about {needed / GIGABYTE:,.1f} GB of memory, and {max(free, 0) / GIGABYTE:,.1f} GB are free here. {remedy}"
        )


@contextmanager
def reused() -> Iterator[None]:
    """Keep what is freed within for the next allocation, and give it back to the system at the end.

    glibc otherwise fetches every large array from the system anew, page by page: a third of an epoch on large graphs.
    Elsewhere this does nothing.
    """
    glibc = _glibc()
    if glibc is None:
        yield
        return
    glibc.mallopt(_MMAP_MAX, 0)
    glibc.mallopt(_TRIM_THRESHOLD, 2**31 - 1)
    try:
        yield
    finally:  # where glibc's own adjustment ends up after a while
        glibc.mallopt(_MMAP_MAX, 65536)
        glibc.mallopt(_MMAP_THRESHOLD, 32 * 2**20)
        glibc.mallopt(_TRIM_THRESHOLD, 64 * 2**20)
        glibc.malloc_trim(0)


_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX = -1, -3, -4


def _glibc() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(None)
        return library if hasattr(library, "gnu_get_libc_version") else None
    except (OSError, TypeError):
        return None
