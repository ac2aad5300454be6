"""What somebody looks at on the homophily page, as a link holds it. Free of torch, and of the lens's pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.parameters import Choice, Value
from explainers import requests

LABELS = Choice(
    "labels",
    "Direction score from",
    "train",
    (("train", "labels of training nodes"), ("all", "all labels: diagnostic")),
    help="All other numbers use every known label, those of test nodes too.",
)
PREFIX = "homophily."


@dataclass(frozen=True)
class Request:
    """`labels`: whose the direction score looks at."""

    labels: str = LABELS.default


def encode(request: Request) -> dict[str, str]:
    """Words of a link: only what was chosen."""
    return requests.encode(PREFIX, request)


def decode(query: Mapping[str, str]) -> tuple[Request, list[str]]:
    """The request of a link, and a sentence for everything in it that had to be replaced."""
    return requests.decode(PREFIX, Request(), query, lambda _, word: LABELS.check(word))


def values(request: Request) -> dict[str, Value]:
    """The lens's settings that differ from their defaults."""
    return {} if request.labels == LABELS.default else {"labels": request.labels}
