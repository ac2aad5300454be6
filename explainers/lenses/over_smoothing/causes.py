"""Why does it fail at a depth? Controls decide, not a curve that goes to zero. Free of torch.

The rules are those of the definitions: (a) a training score under 90 % means that it was not trained; (b) an MLP of equal depth
that falls as well means depth, not the graph; (c) a linear probe on Âᵏ X tells whether so much smoothing leaves the signal;
with a low probe there, and states that are smooth and hold no more, the signal is gone; (d) training nodes fitted while the test
score falls means over-fitting. More than one may hold. They are asked of depths beyond the model's best one. An MLP that is
nowhere better than the largest class is no control.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from explainers.sweep.measure import Point, Response
from explainers.wording import percent

KEPT = 0.9
"""Share of the best score below which a score counts as fallen, and a probe as low."""
FITTED, PERFECT = 0.9, 0.99
"""Training scores from which the training nodes count as fitted, and as fitted completely."""
SMOOTH = 0.1
"""Share of the features' relative energy, and relative distance to constant states, below which states count as smooth."""
CAUSES = ("not trained", "depth, not the graph", "signal gone", "over-fitting", "not decided", "too shallow", "works")


@dataclass(frozen=True)
class Evidence:
    """What is known of one model at one depth: means over seeds, 0 … 1; NaN for what is not known."""

    model: str
    depth: int
    train: float
    test: float
    best: float
    """Highest mean test score of the model over the depths."""
    mlp: float
    mlp_best: float
    smoothed: float
    """Linear probe on Âᵏ X with k = depth."""
    state: float
    """Linear probe on the last hidden state."""
    energy: float
    """Relative energy of the last hidden state."""
    features_energy: float
    constant: float = math.nan
    """Relative distance of the last hidden state to constant ones."""
    metric: str = "accuracy"
    best_depth: int = 0
    largest: float = math.nan
    """Test score of the largest class."""

    @property
    def falls(self) -> bool:
        return self.depth > self.best_depth and self._is_low(self.test, self.best)

    @property
    def shallow(self) -> bool:
        """Whether it is low before its best depth: no fall, and nothing for the controls."""
        return self.depth < self.best_depth and self._is_low(self.test, self.best)

    @property
    def trained(self) -> bool:
        return self.train >= FITTED

    @property
    def mlp_falls(self) -> bool:
        return self.mlp_learns and self._is_low(self.mlp, self.mlp_best)

    @property
    def mlp_learns(self) -> bool:
        """Whether the MLP is a control at all: better than the largest class, at its best."""
        return not self.mlp_best <= self.largest

    @property
    def signal_survives(self) -> bool | None:
        """Whether as much smoothing without any training leaves the signal; None if that is not known."""
        return None if math.isnan(self.smoothed) else not self._is_low(self.smoothed, self.best)

    @property
    def smooth(self) -> bool:
        """Whether the last hidden state is near the limit of Â, or near one constant state, where biases and means lead."""
        return self.energy < SMOOTH * self.features_energy or self.constant < SMOOTH

    @property
    def causes(self) -> tuple[str, ...]:
        """All of `CAUSES` that hold."""
        if not self.falls:
            return ("too shallow",) if self.shallow else ("works",)
        gone = self.signal_survives is False and self._is_low(self.state, self.best) and self.smooth
        held = (
            ("not trained", not self.trained),
            ("depth, not the graph", self.mlp_falls),
            ("signal gone", gone),
            ("over-fitting", self.train >= PERFECT),
        )
        return tuple(cause for cause, holds in held if holds) or ("not decided",)

    @property
    def sentence(self) -> str:
        """The verdict with its numbers."""
        if self.shallow:
            better = f"its best is {percent(self.best)}, at depth {self.best_depth}"
            return f"{self.model} at depth {self.depth} ({percent(self.test)}) is too shallow: {better}."
        if not self.falls:
            return f"{self.model} works at depth {self.depth}: test {percent(self.test)}, its best is {percent(self.best)}."
        return f"{self.model} at depth {self.depth} ({percent(self.test)}): {', '.join(self.causes)}. {' '.join(self._said())}"

    def _is_low(self, score: float, best: float) -> bool:
        """Under 90 % of the best; of a ROC-AUC what counts is how far it is above chance."""
        chance = 0.5 if self.metric == "roc_auc" else 0.0
        return score - chance < KEPT * (best - chance)

    def _said(self) -> list[str]:
        only = "" if self.trained else "only "
        said = [f"It fits {only}{percent(self.train)} of its training nodes."]
        if self.metric == "roc_auc":
            said = [f"Its ROC-AUC on the training nodes is {only}{percent(self.train)}."]
        if not (math.isnan(self.mlp) or self.mlp_learns):
            said.append(
                f"An MLP, which sees no graph, is nowhere better than the largest class ({percent(self.largest)}): no control here."
            )
        elif not math.isnan(self.mlp):
            verb = "falls as well" if self.mlp_falls else "does not fall"
            said.append(f"An MLP of equal depth, which sees no graph, {verb}: {percent(self.mlp)} (its best: {percent(self.mlp_best)}).")
        if self.signal_survives is not None:
            left = "smoothing alone leaves the signal" if self.signal_survives else f"under 90 % of {self.model}'s best"
            said.append(f"A linear probe on the features smoothed {self.depth} times reads {percent(self.smoothed)}: {left}.")
        if not math.isnan(self.state):
            said.append(f"In the last hidden state it reads {percent(self.state)}, at relative energy {number(self.energy)}.")
        return said


def evidence(
    response: Response,
    states: Mapping[tuple[str, int], Mapping[str, float]],
    smoothed: Mapping[int, float],
    features_energy: float,
    mlp: str,
    blind: Collection[str] = (),
) -> list[Evidence]:
    """One for each point that has scores. `states`: means of the measures by model and depth; `smoothed`: probe on Âᵏ X by k.

    `blind`: models that do not see the features, of which smoothing those says nothing.
    """
    control = {point.value: _mean(point, "test") for point in response.of(mlp)}
    highest = _highest(control.values())
    largest = {value: share["test"] for value, share in zip(response.setting.values, response.largest, strict=False)}
    found = []
    for name in response.names:
        points = response.measured(name)
        best = _highest(_mean(point, "test") for point in points)
        where = [int(point.value) for point in points if _mean(point, "test") == best]
        for point in points:
            state = states.get((name, int(point.value)), {})
            own = name == mlp
            found.append(
                Evidence(
                    model=name,
                    depth=int(point.value),
                    train=_mean(point, "train"),
                    test=_mean(point, "test"),
                    best=best,
                    mlp=np.nan if own else control.get(point.value, np.nan),
                    mlp_best=np.nan if own else highest,
                    smoothed=np.nan if own or name in blind else smoothed.get(int(point.value), np.nan),
                    state=state.get("linear_probe", np.nan),
                    energy=state.get("relative_energy", np.nan),
                    features_energy=np.nan if name in blind else features_energy,
                    constant=state.get("distance_constant", np.nan),
                    metric=response.metric,
                    best_depth=min(where, default=0),
                    largest=largest.get(point.value, np.nan),
                )
            )
    return found


def answer(found: Sequence[Evidence], model: str) -> str:
    """The one sentence of the page: where the model's accuracy falls below 90 % of its best, and what the controls say of it."""
    mine = [one for one in found if one.model == model]
    if not mine:
        return ""
    if len(mine) == 1:
        return f"{model} has {percent(mine[0].test)} at depth {mine[0].depth}, the only one that is known."
    best = max(mine, key=lambda one: one.test)
    fallen = [one for one in mine if one.depth > best.depth and one.falls]
    if not fallen:
        last = mine[-1]
        if last is best:
            return f"{model} is best at the greatest depth, {best.depth}: {percent(best.test)}."
        return (
            f"{model} is best at depth {best.depth} ({percent(best.test)}) and keeps 90 % of that at every greater depth, to {last.depth}."
        )
    first, last = fallen[0], fallen[-1]
    after = [one for one in mine if one.depth >= first.depth]
    depths = f"From depth {first.depth}" if len(after) == len(fallen) else f"At {_listed(fallen)}"
    where = f"{depths} {model} falls below 90 % of its best ({percent(best.test)} at {best.depth})"
    return f"{where}, to {percent(last.test)} at {last.depth}. {_verdict(fallen)}"


def _listed(found: Sequence[Evidence]) -> str:
    return f"depth{'s' if len(found) > 1 else ''} {', '.join(str(one.depth) for one in found)}"


def _verdict(fallen: Sequence[Evidence]) -> str:
    """What holds at the depths where it has fallen, and what does not."""
    held = {cause: [one.depth for one in fallen if cause in one.causes] for cause in CAUSES}
    said = [cause + _where(depths, fallen) for cause, depths in held.items() if depths]
    last = fallen[-1]
    survives = ""
    if last.signal_survives:
        survives = (
            f" Smoothing alone is not the cause: a linear probe on the features smoothed {last.depth} times reads {percent(last.smoothed)}."
        )
    text = "; ".join(said)
    return f"{text[:1].upper()}{text[1:]}.{survives}"


def _where(depths: Sequence[int], fallen: Sequence[Evidence]) -> str:
    """At which of the depths where the model has fallen; nothing to say where there is one."""
    if len(fallen) == 1:
        return ""
    return " (at every one of them)" if len(depths) == len(fallen) else f" (at {', '.join(map(str, depths))})"


def number(value: float) -> str:
    """A positive number with two digits that matter: 0.052, 3.1e-05."""
    return "not defined" if math.isnan(value) else f"{value:.2g}"


def _mean(point: Point, part: str) -> float:
    return point.interval(part).mean


def _highest(values: Iterable[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return max(known, default=math.nan)
