"""What somebody asks of the explain page, as a link holds it. Free of torch."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core import selection as selections
from core.catalogue import Catalogue
from core.parameters import Choice, Integer, Parameter
from core.selection import Selection
from explainers import requests
from explainers.attribution.contract import method

KEEP = Integer("keep", "Kept edges", 10, 0, 100_000, help="An explanation is so many edges: those with the highest scores.")
SEEDS = Integer("seeds", "Method seeds", 3, 1, 20, help="How often a method that draws random numbers is asked; the model stays the same.")
CUT = Choice(
    "cut",
    "A cut edge is",
    "deleted",
    (("deleted", "Deleted"), ("masked", "Masked")),
    help="**Deleted**: it is absent, and every normalisation is computed anew. **Masked**: its message counts 0, and degrees stay those of "
    "the whole graph. Both are asked for in the literature, and they often disagree.",
)
TARGET = Integer("target", "Class", -1, -1, 100_000, help="The class that is explained; −1 is the predicted one.")
TAB = Choice(
    "tab",
    "Tab",
    "edges",
    (
        ("edges", "Edges and features"),
        ("methods", "Side by side"),
        ("trust", "Trust"),
        ("what_if", "What if"),
        ("layers", "Layer by layer"),
        ("many", "Many nodes"),
    ),
)
PREFIX = "why."


@dataclass(frozen=True)
class Request:
    """`target`: index of a class, −1 for the predicted one; `tab`: which part below the picture is open."""

    method: str = "gnn_explainer"
    keep: int = KEEP.default
    cut: str = CUT.default
    target: int = TARGET.default
    seeds: int = SEEDS.default
    tab: str = TAB.default

    @property
    def explained(self) -> int | None:
        """The class to explain; None for the predicted one."""
        return None if self.target < 0 else self.target

    @property
    def question(self) -> tuple[int | None, int, str]:
        """What any method is asked: the class, with how many seeds, and what a cut does."""
        return self.explained, self.seeds, self.cut


PARAMETERS: dict[str, Parameter] = {"keep": KEEP, "cut": CUT, "target": TARGET, "seeds": SEEDS, "tab": TAB}


def encode(request: Request) -> dict[str, str]:
    """Words of a link: only what was chosen."""
    return requests.encode(PREFIX, request)


def decode(query: Mapping[str, str]) -> tuple[Request, list[str]]:
    """The request of a link, and a sentence for everything in it that had to be replaced."""
    return requests.decode(PREFIX, Request(), query, _checked)


def _checked(name: str, word: str) -> Any:
    return method(word[:40]).name if name == "method" else PARAMETERS[name].check(word)


def command(request: Request, selection: Selection, catalogue: Catalogue) -> str:
    """The headless command that explains the same node."""
    words = shlex.split(selections.command(selection, catalogue))[2:]
    pairs = list(zip(words[::2], words[1::2], strict=True))  # every option takes one word
    kept = [word for pair in pairs if pair[0] != "--seeds" for word in pair]
    target = [] if request.explained is None else ["--target", str(request.target)]
    asked = ["--nodes", str(selection.node or 0), "--method", request.method, "--keep", str(request.keep)]
    return shlex.join(["hopscope", "explain", *kept, *asked, "--seeds", str(request.seeds), "--cut", request.cut, *target])


def python(request: Request, selection: Selection, catalogue: Catalogue) -> str:
    """Lines of Python that give the same scores."""
    spec = selection.specs(catalogue)[0]
    return "\n".join(
        (
            "from core.home import home",
            "from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec",
            "from core.work import silent",
            "from explainers.why.measure import explain",
            "",
            f"spec = RunSpec({spec.dataset!r},",
            f"    {spec.model!r},",
            f"    {spec.training!r})",
            f'answer = explain(silent, spec=spec, node={selection.node or 0}, method="{request.method}", '
            f'target={request.explained}, seeds={request.seeds}, how="{request.cut}", root=home())',
            "print(answer.strongest(10))",
        )
    )
