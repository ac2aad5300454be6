"""What somebody looks at on the actions page, as a link holds it. Free of torch, and of the lens's pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.parameters import Choice, Integer, Parameter
from explainers import requests
from explainers.wording import count

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
RUN = Integer("run", "Seed", 0, 0, 1_000, help="The run in the picture and under One node; numbers and sentences are of all.")
PARAMETERS: dict[str, Parameter] = {one.name: one for one in (BY, TAB, LAYER, COUNT, RUN)}
PREFIX = "actions."


@dataclass(frozen=True)
class Request:
    """`by`: what colours the nodes of the picture; `tab`: which part below it is open; `layer` and `count`: of which layer it is shown who
    does what, and whether what is taken or the mean probability; `run`: place of the run that is drawn."""

    by: str = BY.default
    tab: str = TAB.default
    layer: int = LAYER.default
    count: str = COUNT.default
    run: int = RUN.default

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


def settle(request: Request, layers: int, runs: int) -> tuple[Request, list[str]]:
    """The request as far as so many runs of a model of so many layers allow it, and a sentence for what they lack."""
    said = []
    if request.layer > layers:
        said.append(f"This model has no layer {request.layer} in which nodes choose; layer 1 is shown.")
        request = replace(request, layer=1)
    if request.run >= runs:
        said.append(f"There are runs of {count(runs, 'seed')}; the first is drawn.")
        request = replace(request, run=0)
    return request, said
