"""Where the numbers are crunched: CUDA when present, else Apple's GPU, else the CPU."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from core import dropout
from core.errors import UserError

DEVICES = ("auto", "cpu", "cuda", "mps")

PARALLEL_EDGES = 200_000
"""Stored edges above which a training uses all cores; below, threads cost more than they bring."""


def available() -> tuple[str, ...]:
    """The devices of this machine, best first."""
    return tuple(
        name for name, there in (("cuda", torch.cuda.is_available()), ("mps", torch.backends.mps.is_available()), ("cpu", True)) if there
    )


def pick(name: str) -> torch.device:
    """The device of that name; "auto" is the best one here. Raises `UserError` if this machine lacks it."""
    here = available()
    if name == "auto":
        return torch.device(here[0])
    if name not in here:
        raise UserError(f"There is no device '{name}' on this machine; it has {', '.join(here)}. 'auto' always works.")
    return torch.device(name)


def free_memory(device: torch.device) -> int | None:
    """Bytes free on a CUDA device; None for devices that share the machine's memory."""
    if device.type != "cuda":
        return None
    kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)  # torch's own, for the next allocation
    return int(torch.cuda.mem_get_info(device)[0]) + kept


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Random numbers of `seed` on the CPU and on `device` within; outside, as if nothing had been drawn."""
    kind = device.type
    with torch.random.fork_rng(devices=[device.index or 0] if kind != "cpu" else [], device_type=kind if kind != "cpu" else "cuda"):
        torch.default_generator.manual_seed(seed)
        if kind != "cpu":
            getattr(torch, kind).manual_seed(seed)
        with dropout.stream(seed):
            yield


@contextmanager
def threads_for(num_edges: int) -> Iterator[None]:
    """Few threads for small graphs, all for big ones: a rule of the graph alone, so that a rerun is bit-identical."""
    before = torch.get_num_threads()
    torch.set_num_threads(1 if num_edges < PARALLEL_EDGES else cores())
    try:
        yield
    finally:
        torch.set_num_threads(before)


def cores() -> int:
    """Processor cores that this process may use (a container's share, where the system tells)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
