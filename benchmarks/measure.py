"""Ours against the reference, one after the other in one process: times, ratios, memory, and the table of them."""

from __future__ import annotations

import platform
import statistics
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import torch

from core import memory
from core.device import cores
from core.seeds import Interval, interval

PROCESS = Path("/proc/self")


@dataclass(frozen=True)
class Sample:
    """One measurement: seconds of training, the test score it gave, and the memory it took at most, in bytes."""

    seconds: float
    score: float
    memory: float = float("nan")


@dataclass
class Pairs:
    """Alternating measurements of one task."""

    task: str
    ours: list[Sample] = field(default_factory=list)
    reference: list[Sample] = field(default_factory=list)

    def add(self, ours: Callable[[], Sample], reference: Callable[[], Sample], *, ours_first: bool = True) -> None:
        """Measure both once more."""
        turns = [(self.ours, ours), (self.reference, reference)]
        for samples, task in turns if ours_first else reversed(turns):
            samples.append(measured(task))

    @property
    def ratios(self) -> list[float]:
        """How many times as long the reference took, pair by pair."""
        return [slow.seconds / fast.seconds for fast, slow in zip(self.ours, self.reference, strict=True)]

    def row(self, epochs: int) -> dict[str, str]:
        """A row of the table; times are per epoch."""
        low, middle, high = min(self.ratios), statistics.median(self.ratios), max(self.ratios)
        return {
            "task": self.task,
            "ours": milliseconds(self.ours, epochs),
            "reference": milliseconds(self.reference, epochs),
            "ratio (lowest to highest)": f"**{middle:.1f}×** ({low:.1f} to {high:.1f})",
            "test score, ours": percent(self.ours),
            "reference's": percent(self.reference),
            "memory, ours": megabytes(self.ours),
            "reference's memory": megabytes(self.reference),
        }


def measured(task: Callable[[], Sample]) -> Sample:
    """A sample with the peak memory that was reached above where it began; NaN where the system does not tell."""
    memory.give_back()  # what the one before has freed must not pass for nothing
    before = resident("VmRSS")
    with suppress(OSError):
        (PROCESS / "clear_refs").write_text("5")  # sets the peak back to what is in use
    found = task()
    return Sample(found.seconds, found.score, resident("VmHWM") - before)


def milliseconds(samples: Sequence[Sample], epochs: int) -> str:
    return f"{1000 * statistics.median(sample.seconds for sample in samples) / epochs:.2f} ms"


def percent(samples: Sequence[Sample]) -> str:
    return as_percent(interval([sample.score for sample in samples]))


def as_percent(found: Interval) -> str:
    """Mean with its 95 % interval."""
    return f"{100 * found.mean:.1f} %" + (f" ({100 * found.low:.1f} to {100 * found.high:.1f})" if found.n > 1 else "")


def megabytes(samples: Sequence[Sample]) -> str:
    return f"{max(sample.memory for sample in samples) / 1e6:,.0f} MB"


def table(rows: Sequence[dict[str, str]]) -> str:
    """The rows as Markdown."""
    lines = [list(rows[0]), ["---"] * len(rows[0]), *(list(row.values()) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def circumstances(device: str) -> str:
    """What the numbers were measured with and on."""
    libraries = ", ".join(f"{name} {version(name)}" for name in ("torch", "torch-geometric", "hopscope"))
    chip = torch.cuda.get_device_name() if device == "cuda" else _processor()
    threads = f"{cores()} cores, {torch.get_num_threads()} threads for the reference"
    return f"{libraries}, Python {platform.python_version()}; {chip}, {threads}"


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def resident(what: str) -> float:
    with suppress(OSError):
        for line in (PROCESS / "status").read_text().splitlines():
            if line.startswith(what):
                return float(line.split()[1]) * 1024
    return float("nan")
