"""Dropout that costs less than the layer behind it.

On a CPU torch draws one random number of 32 bits an entry, which on small graphs takes longer than the layers'
products. Here an entry costs 8 or 16 bits of a faster generator.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

_stream: ContextVar[np.random.SFC64 | None] = ContextVar("dropout_stream", default=None)


@contextmanager
def stream(seed: int) -> Iterator[None]:
    """Draw what is dropped from a generator of its own within; it is not torch's, so torch's draws stay as they are."""
    token = _stream.set(np.random.SFC64(seed % 2**64))
    try:
        yield
    finally:
        _stream.reset(token)


def thinned(x: Tensor, p: float) -> Tensor:
    """Each entry zero with probability p (a multiple of 2⁻¹⁶ on a CPU), the others divided by 1 − p."""
    return x * factors(x, p) if x.device.type == "cpu" else functional.dropout(x, p)


def factors(x: Tensor, p: float) -> Tensor:
    """What `thinned` multiplies x by: 0 with probability p, else 1 / (1 − p).

    On a CPU and outside of a `stream` the draw follows torch's random state.
    """
    if x.device.type != "cpu":
        return functional.dropout(torch.ones_like(x), p)
    bits, size, cut, kept_share = _levels(p)
    generator = _stream.get() or np.random.SFC64(int(torch.randint(2**63 - 1, ())))
    words = generator.random_raw(-(-x.numel() * size // 8))
    kept = (words.view(bits)[: x.numel()] >= cut).astype(np.float32)
    kept *= 1 / kept_share
    return torch.from_numpy(kept).view(x.shape)


@cache
def _levels(p: float) -> tuple[type[np.unsignedinteger[Any]], int, np.unsignedinteger[Any], float]:
    """Type and bytes of the numbers that are drawn, the lowest one that keeps its entry, and the share that does."""
    bits: type[np.unsignedinteger[Any]] = np.uint8 if float(p * 256).is_integer() else np.uint16
    levels = np.iinfo(bits).max + 1
    cut = round(p * levels)
    return bits, np.dtype(bits).itemsize, bits(cut), (levels - cut) / levels
