"""What lists show of a stored run, and what to say of one that cannot be read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import UserError
from core.spec import RunSpec

KEY = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class Entry:
    """A stored run without its arrays: what lists show."""

    spec: RunSpec
    metric: str
    scores: Mapping[str, float]
    best_epoch: int
    epochs: int
    seconds: float
    device: str
    code: Mapping[str, str]
    probes: tuple[str, ...]
    note: str
    made: str
    """Time of storing, ISO 8601, UTC."""
    bytes: int
    name: str = ""
    pinned: bool = False

    @property
    def key(self) -> str:
        return self.spec.key


@dataclass(frozen=True)
class Damage:
    """A stored run that cannot be read, and why, as a sentence."""

    key: str
    reason: str


def damaged(key: str, reason: str) -> UserError:
    """Sentence for a stored run that cannot be read."""
    return UserError(f"The stored run {key} is damaged ({reason}). Delete it and train again: the same spec gives the same run.")


def checked(key: str) -> str:
    """The key, which may come from a link, as a file name that cannot leave the store."""
    if not KEY.fullmatch(key):
        raise UserError(f"{key[:40]!r} is not the key of a run; a key has 16 hexadecimal digits, 0 to 9 and a to f.")
    return key
