"""What somebody looks at on the attention page, as a link holds it. Free of torch, and of the lens's pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.parameters import Choice, Integer, Parameter, Value
from explainers import requests

TAB = Choice(
    "tab",
    "Tab",
    "node",
    (
        ("node", "One node"),
        ("across", "Across layers"),
        ("classes", "Classes and degrees"),
        ("alike", "Heads alike"),
        ("screening", "Screening"),
        ("course", "During training"),
        ("explains", "Does it explain?"),
        ("numbers", "Numbers"),
    ),
)
LAYER = Integer("layer", "Layer", 1, 1, 1_000, help="Counted from 1.")
HEAD = Integer("head", "Head", 0, 0, 1_000, help="Counted from 1; 0 is the mean of all.")
PARAMETERS: dict[str, Parameter] = {one.name: one for one in (TAB, LAYER, HEAD)}
PREFIX = "attention."
EXPLAINED = 20
"""Test nodes on which the page holds attention against other explanations."""


@dataclass(frozen=True)
class Request:
    """`tab`: which part below the whole model is open, the first one where a model lacks it; `layer` and `head` (0: the mean of all) of
    what is shown of one node."""

    tab: str = TAB.default
    layer: int = LAYER.default
    head: int = HEAD.default


def encode(request: Request) -> dict[str, str]:
    """Words of a link: only what was chosen."""
    return requests.encode(PREFIX, request)


def decode(query: Mapping[str, str]) -> tuple[Request, list[str]]:
    """The request of a link, and a sentence for everything in it that had to be replaced."""
    return requests.decode(PREFIX, Request(), query, lambda name, word: PARAMETERS[name].check(word))


def headless(request: Request) -> tuple[str, dict[str, Value], str]:
    """The lens that gives the numbers of the open tab without the dashboard, its settings that are not the defaults, and their table."""
    if request.tab == "course":
        return "attention_course", {}, "course"
    if request.tab == "explains":
        return "attention", {"explained": EXPLAINED}, "explains"
    return "attention", {}, "heads"


def settle(request: Request, heads: tuple[int, ...]) -> tuple[Request, list[str]]:
    """The request as far as a model allows it whose layers have so many heads, and a sentence for what it lacks."""
    if request.layer > len(heads):
        return replace(request, layer=1, head=0), [f"This model has no layer {request.layer} that attends; layer 1 is shown."]
    if request.head > heads[request.layer - 1]:
        return replace(request, head=0), [f"Layer {request.layer} has no head {request.head}; the mean of its heads is shown."]
    return request, []
