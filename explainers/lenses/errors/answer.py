"""Features or structure? What an MLP and a features-free GCN say of the nodes that a model gets wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.data import Bools, Ints
from core.proportions import mcnemar
from core.run import Run
from core.seeds import interval
from explainers.wording import count, p_value

LEVEL = 0.05


@dataclass(frozen=True)
class Ballot:
    """How many of the wrong nodes each yardstick gets right, of one seed."""

    features_only: int
    """The MLP is right, the features-free GCN is not: the structure misled."""
    structure_only: int
    """The features-free GCN is right, the MLP is not: the features misled."""
    both: int
    neither: int

    @property
    def wrong(self) -> int:
        return self.features_only + self.structure_only + self.both + self.neither

    @property
    def lead(self) -> int:
        """Positive where more often the structure misled."""
        return self.features_only - self.structure_only


def ballot(labels: Ints, mask: Bools, model: Run, features: Run, structure: Run) -> Ballot:
    """The four counts over the nodes of `mask` [num_nodes] that `model` gets wrong."""
    wrong = mask & (model.predictions != labels)
    mlp, links = (features.predictions == labels)[wrong], (structure.predictions == labels)[wrong]
    return Ballot(int((mlp & ~links).sum()), int((~mlp & links).sum()), int((mlp & links).sum()), int((~mlp & ~links).sum()))


def decided(ballots: Sequence[Ballot]) -> bool:
    """Whether the first seed's exact McNemar test and, with several seeds, the interval of the lead exclude chance."""
    first = ballots[0]
    if mcnemar(first.features_only, first.structure_only) >= LEVEL:
        return False
    if len(ballots) == 1:
        return True
    over = interval([each.lead for each in ballots])
    return over.low > 0 if first.lead > 0 else over.high < 0


def answer(ballots: Sequence[Ballot], model: str, noun: str, where: str) -> str:
    """The answer as one sentence with its counts, its test and its seeds."""
    first = ballots[0]
    wrong = count(first.wrong, f"wrong {noun}")
    if model in ("mlp", "gcn_structure"):
        return _one_sided(first, model, wrong, where)
    verdict = "Not decided"
    if decided(ballots):
        verdict = (
            "The structure misleads more often than the features"
            if first.lead > 0
            else "The features mislead more often than the structure"
        )
    rest = f"{first.both:,} both, {first.neither:,} neither"
    counts = (
        f"the MLP (features only) alone gets {first.features_only:,} right, the features-free GCN alone {first.structure_only:,}, {rest}"
    )
    evidence = f"exact McNemar {p_value(mcnemar(first.features_only, first.structure_only))}{_over_seeds(ballots)}; {where}"
    hard = " Most are hard for both." if 2 * first.neither > first.wrong else ""
    return f"{verdict}: of {wrong}, {counts} ({evidence}).{hard}"


def _one_sided(first: Ballot, model: str, wrong: str, where: str) -> str:
    """The selected model is one of the yardsticks: only the other one says something."""
    other, right = ("features-free GCN", first.structure_only) if model == "mlp" else ("MLP", first.features_only)
    lacks = "sees no edges" if model == "mlp" else "sees no features"
    ask = "Pick a model that sees both to ask which misleads."
    return f"This model {lacks}: of its {wrong}, the {other} gets {right + first.both:,} right ({where}). {ask}"


def _over_seeds(ballots: Sequence[Ballot]) -> str:
    if len(ballots) == 1:
        return ", 1 seed"
    lead = interval([each.lead for each in ballots])
    return f"; over {len(ballots)} seeds the difference is {lead.mean:+.1f} ± {lead.half_width:.1f} nodes"
