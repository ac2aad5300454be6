"""What somebody asks of the page on static and dynamic attention, as a link holds it. Free of torch, and of the lens's pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.errors import UserError
from core.parameters import Choice, Integer, Parameter, Several
from explainers import requests

ATTENTION = ("gat", "gatv2")
BASELINES = ("gcn", "gin")
MODELS = (*ATTENTION, *BASELINES)
"""Models that are compared: those that attend, and those that do not."""

KEYS = Integer("sizes", "Keys", 5, 3, 20, help="As many queries; time grows with the square.")
SIZES = Several(
    "sizes",
    "Keys",
    "5",
    of=KEYS,
    help="Keys, and as many queries. Of three keys five permutations are trained on, which is few, and of two it would be one. "
    "Time grows with the square.",
)
COMPARED = Several(
    "models",
    "Models",
    "gat,gatv2,gcn",
    help=f"Of {', '.join(MODELS)}; {' and '.join(BASELINES)} do not attend: they show what a fixed rule can do.",
)
HEADS = Several(
    "heads",
    "Heads",
    "1,8",
    of=Integer("heads", "Heads", 1, 1, 64),
    help="Of the attention models. They share 128 channels; the others, which have none, are listed with 0.",
)
OFFERED_KEYS = replace(KEYS, name="keys", high=12)
OFFERED_HEADS = (1, 2, 4, 8, 16)
"""Of `KEYS` and of `HEADS` those that the page offers, which train while one waits; the command takes all."""
SEEDS = Integer("seeds", "Seeds", 1, 1, 20, help="Each draws its own permutations and weights.")
TAB = Choice(
    "tab",
    "Tab",
    "sizes",
    (("sizes", "Against the number of keys"), ("curves", "Curves"), ("scores", "Scores"), ("rankings", "Rankings")),
)
PARAMETERS: dict[str, Parameter] = {one.name: one for one in (OFFERED_KEYS, SEEDS, TAB)}
PREFIX = "lookup."


@dataclass(frozen=True)
class Request:
    """`keys`: how many; `models` of `MODELS` and `heads` of `OFFERED_HEADS`, either empty while nobody has picked any; `tab`: which
    part below the picture is open."""

    keys: int = OFFERED_KEYS.default
    models: tuple[str, ...] = COMPARED.words(COMPARED.default)
    heads: tuple[int, ...] = tuple(map(int, HEADS.words(HEADS.default)))
    seeds: int = SEEDS.default
    tab: str = TAB.default

    @property
    def complete(self) -> bool:
        """Whether there is something to train."""
        return bool(self.models and self.heads)

    @property
    def values(self) -> dict[str, str]:
        """The lens's parameters."""
        return {"sizes": str(self.keys), "models": _joined(self.models), "heads": _joined(self.heads)}


def encode(request: Request) -> dict[str, str]:
    """Words of a link: only what was chosen."""
    return requests.encode(PREFIX, request)


def decode(query: Mapping[str, str]) -> tuple[Request, list[str]]:
    """The request of a link, and a sentence for everything in it that had to be replaced."""
    return requests.decode(PREFIX, Request(), query, _checked)


def command(request: Request) -> str:
    """The headless command that trains the same and prints the numbers."""
    return requests.own_data_command("dictionary_lookup", request.seeds, request.values)


def python(request: Request) -> str:
    """Lines of Python that give the same numbers."""
    return requests.own_data_python("dictionary_lookup", request.seeds, request.values, "accuracy")


def _checked(name: str, word: str) -> Any:
    match name:
        case "models":
            return _some_of(COMPARED, word, MODELS)
        case "heads":
            return tuple(map(int, _some_of(replace(HEADS, of=None), word, tuple(map(str, OFFERED_HEADS)))))
        case _:
            return PARAMETERS[name].check(word)


def _some_of(declared: Several, word: str, offered: Sequence[str]) -> tuple[str, ...]:
    """Those of the offered words that are in a text, in their order. Raises `UserError` for another word, and for none."""
    chosen = declared.words(declared.check(word))
    wrong = [one for one in chosen if one not in offered]
    if wrong or not chosen:
        given = f"holds {wrong[0][:40]!r}" if wrong else "is empty"
        raise UserError(f"{declared.title} ({declared.name}) {given}; it takes some of {', '.join(offered)}.")
    return tuple(one for one in offered if one in chosen)


def _joined(values: Sequence[object]) -> str:
    return ",".join(map(str, values))
