"""How an attribution is put to the test. Free of torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.cuts import How


@dataclass(frozen=True)
class Ask:
    """How an attribution is put to the test."""

    keep: int = 10
    """Edges in an explanation: those with the highest scores."""
    how: How = "deleted"
    """What a cut does to an edge."""
    alpha_plus: float = 0.1
    alpha_minus: float = 0.9
    samples: int = 50
    seed: int = 0
