"""What somebody looks at on the actions page, as a link holds it. Free of torch, and of the lens's pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.parameters import Choice, Integer, Parameter
from explainers import requests

ACTION, LISTENS, BROADCASTS = "action", "listens", "broadcasts"
"""Colours of the nodes: by what is done, or by the probability of listening or of broadcasting."""
TAKEN, PROBABILITY = "taken", "probability"

BY = Choice("by", "Colour", ACTION, ((ACTION, "Action"), (LISTENS, "Chance to listen"), (BROADCASTS, "Chance to broadcast")))
TAB = Choice(
    "tab",
    "Tab",
    "node",
    (("node", "One node"), ("messages", "Messages"), ("groups", "Who does what"), ("numbers", "Numbers")),
)
LAYER = Integer("layer", "Layer", 1, 1, 1_000, help="Counted from 1.")
COUNT = Choice("count", "Count", TAKEN, ((TAKEN, "What they do"), (PROBABILITY, "Mean probability")))
PARAMETERS: dict[str, Parameter] = {one.name: one for one in (BY, TAB, LAYER, COUNT)}
PREFIX = "actions."


@dataclass(frozen=True)
class Request:
    """`by`: what colours the nodes of the picture; `tab`: which part below it is open; `layer` and `count`: of which layer it is shown who
    does what, and whether what is taken or the mean probability."""

    by: str = BY.default
    tab: str = TAB.default
    layer: int = LAYER.default
    count: str = COUNT.default

    @property
    def drawn(self) -> bool:
        """Whether mean probabilities are shown in place of what is taken."""
        return self.count == PROBABILITY


def encode(request: Request) -> dict[str, str]:
    """Words of a link: only what was chosen."""
    return requests.encode(PREFIX, request)


def decode(query: Mapping[str, str]) -> tuple[Request, list[str]]:
    """The request of a link, and a sentence for everything in it that had to be replaced."""
    return requests.decode(PREFIX, Request(), query, lambda name, word: PARAMETERS[name].check(word))


def settle(request: Request, layers: int) -> tuple[Request, list[str]]:
    """The request as far as a model of so many layers allows it, and a sentence for what it lacks."""
    if request.layer > layers:
        return replace(request, layer=1), [f"This model has no layer {request.layer} in which nodes choose; layer 1 is shown."]
    return request, []
