"""What a sweep answers, in sentences computed from its numbers. Free of torch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

from core.parameters import Integer, Real
from core.seeds import Interval
from explainers.declared import shown
from explainers.sweep.measure import Point, Response, best_on_validation, difference, tied_on_validation
from explainers.wording import count, listed, metric_name, one_in, percent, points, spread

FITTED = 0.9
"""Training score from which the training nodes count as fitted."""
SAME = 1e-9
"""Scores closer than this are equal but for their last bits."""
SIDES = ("better", "worse", "better by the same in every seed", "worse by the same in every seed", "not told apart by the seeds")
"""What can be said of one model against another at a value."""
_Gap: TypeAlias = tuple[str, float]
"""A value as the screen says it, and how many points two models are apart there."""


def answers(response: Response, lead: str = "") -> list[str]:
    """The answer for `lead`, one of the names (the first if left out), then what a reader must know of it, a sentence each."""
    names = _scored(response)
    if not response.done:
        return [f"Nothing of this sweep is trained yet: {count(response.planned, 'run')} to go."]
    if not names:
        return [f"None of the {count(response.done, 'trained run')} gave a score.", *diverged(response)]
    first = lead if lead in names else names[0]
    said = " ".join([*_so_far(response), _course(response, first, where=True), *_chosen(response, first, own=True)])
    besides = " ".join([*_against_own(response, first), *_fit(response, first)])
    others = [name for name in names if name != first]
    rival = " ".join([_course(response, others[0]), *_against(response, first, others[0])]) if len(others) == 1 else ""
    return [said, *filter(None, [besides, rival]), *diverged(response)]


def details(response: Response, lead: str = "") -> list[str]:
    """What else the numbers say: the other models, who is ahead where, and what makes the intervals too narrow."""
    names = _scored(response)
    first = lead if lead in names or not names else names[0]
    others = [name for name in names if name != first]
    if len(others) == 1:  # the answer has told of it
        said = _chosen(response, others[0])
    else:
        said = [" ".join([_course(response, name), *_chosen(response, name), *_against(response, first, name)]) for name in others]
    return [*said, *_overlap(response)]


def _scored(response: Response) -> list[str]:
    return [name for name in response.names if response.measured(name)]


def word(response: Response) -> str:
    """The setting as a sentence has it: "depth", "learning rate"."""
    title = response.setting.parameter.title
    return title[0].lower() + title[1:]


def label(response: Response, point: Point) -> str:
    """A point's value as the screen says it."""
    return shown(response.setting.parameter, point.value)


def is_noise(difference: Interval) -> bool | None:
    """Whether the interval of a difference holds 0.

    None where that cannot be told: from one pair, or from pairs that all differ by the same (on few nodes scores come in steps).
    """
    if difference.n < 2:
        return None
    if difference.half_width < SAME:
        return True if abs(difference.mean) < SAME else None
    return bool(difference.low <= 0 <= difference.high)


def _so_far(response: Response) -> list[str]:
    done, planned = response.done, response.planned
    return [] if done == planned else [f"{done:,} of {count(planned, 'run')} so far."]


def _course(response: Response, name: str, where: bool = False) -> str:
    """From the first value to the last, or the range over choices; `where` adds metric, seeds and split."""
    found = response.measured(name)
    about = _where(response, found) if where else ""
    if len(found) == 1:
        return f"At {word(response)} {label(response, found[0])} {name} has {spread(found[0].interval())}{about}."
    if not isinstance(response.setting.parameter, Integer | Real):
        low, high = (pick(found, key=lambda point: point.interval().mean) for pick in (min, max))
        ends = [f"{spread(point.interval())} ({label(response, point)})" for point in (low, high)]
        return f"{name} lies between {ends[0]} and {ends[1]}{about}."
    first, last = found[0], found[-1]
    span = f"From {word(response)} {label(response, first)} to {label(response, last)}" if where else ""
    change = difference(last, first)
    if _equal(found):
        said = f"{name} has the same scores at every value: {spread(first.interval())}"
    elif is_noise(change):
        ended = f"{name} ends where it began, within the noise of the seeds"
        said = f"{ended}: {spread(first.interval())} and {spread(last.interval())}"
    else:
        verb = "goes" if is_noise(change) is None else "rises" if change.mean > 0 else "falls"
        said = f"{name} {verb} from {spread(first.interval())} to {spread(last.interval())}"
    return f"{span} {said}{about}.".strip()


def _equal(found: Sequence[Point]) -> bool:
    """Whether the setting changes nothing, seed by seed."""
    changes = [difference(point, found[0]) for point in found[1:]]
    return all(change.n and abs(change.mean) < SAME and not change.half_width > SAME for change in changes)


def _where(response: Response, found: Sequence[Point]) -> str:
    seeds = sorted({point.interval().n for point in found})
    said = "one seed, so no spread" if seeds == [1] else f"{one_in(seeds)} seeds"
    return f" test {metric_name(response.metric)} ({said}; {response.split})"


def _chosen(response: Response, name: str, own: bool = False) -> list[str]:
    """Which value the validation nodes choose; a graph's setting is nobody's choice, so there it is where the score turns.

    `own`: say whether it is the value that was selected before.
    """
    found = response.measured(name)
    if response.setting.owner == "dataset":
        return _turn(response, found)
    best = _best(response, name)
    if best is None:
        return []
    subject = f"The best {word(response)} on the validation nodes is" if own else "Its best on the validation nodes is"
    ties = len(tied_on_validation(found)) - 1
    tie = f" (a tie with {count(ties, 'other')})" if ties else ""
    told = isinstance(response.setting.parameter, Integer | Real) and best in (found[0], found[-1])
    score = "" if told else f", with {spread(best.interval())}"
    mine = ", as in the sidebar" if own and best.value == response.own.get(name) else ""
    return [f"{subject} {label(response, best)}{tie}{_at_the_edge(response, best)}{score}{mine}."]


def _best(response: Response, name: str) -> Point | None:
    """The choice of the validation nodes, once all runs are there to choose from.

    A value at which a seed gave no score is no choice: the mean over the others would flatter it.
    """
    found = [point for point in response.measured(name) if point.interval("validation").n == point.planned]
    if len(found) < 2 or any(len(point.runs) < point.planned for point in response.of(name)):
        return None
    return best_on_validation(found, response.own.get(name))


def _at_the_edge(response: Response, best: Point) -> str:
    """A best value at the end of what was tried may not be the best there is."""
    parameter = response.setting.parameter
    if not isinstance(parameter, Integer | Real):
        return ""
    tried = response.setting.values
    if best.value == tried[-1] and float(best.value) < parameter.high:
        return ", the largest tried"
    return ", the smallest tried" if best.value == tried[0] and float(best.value) > parameter.low else ""


def _against_own(response: Response, name: str) -> list[str]:
    """Whether the choice differs from what was selected before, by more than the noise of the seeds."""
    best = None if response.setting.owner == "dataset" else _best(response, name)
    own = next((point for point in response.measured(name) if point.value == response.own.get(name)), None)
    if best is None or own is None or own is best:
        return []
    change, was = difference(best, own), f"the sidebar's {label(response, own)}"
    if change.n < 2:
        return [f"One seed cannot tell a difference of {points(change.mean)} to {was} from noise."] if change.n else []
    if is_noise(change):
        around = f"{100 * change.mean:+.1f} points, 95 % interval {100 * change.low:+.1f} to {100 * change.high:+.1f}"
        return [f"On the test nodes the difference of {label(response, best)} to {was} ({around}) cannot be told from noise."]
    said = f"On the test nodes {label(response, best)} is {points(change.mean)} {'better' if change.mean > 0 else 'worse'} than {was}"
    if is_noise(change) is None:
        return [f"{said}, in each of the {change.n} seeds."]
    low, high = sorted((100 * abs(change.low), 100 * abs(change.high)))
    return [f"{said} (95 % interval {low:.1f} to {high:.1f}, paired over {change.n} seeds): not noise of the seeds."]


def _turn(response: Response, found: Sequence[Point]) -> list[str]:
    """Where the score is clearly below, or above, both ends."""
    if len(found) < 2 or not isinstance(response.setting.parameter, Integer | Real):
        return []
    for pick, side, kind in ((min, -1, "lowest"), (max, 1, "highest")):
        turn = pick(found, key=lambda point: point.interval().mean)
        ends = [difference(turn, end) for end in (found[0], found[-1])]
        if all(is_noise(change) is False and side * change.mean > 0 for change in ends):
            return [f"It is {kind} at {label(response, turn)}, with {spread(turn.interval())}."]
    return []


def _fit(response: Response, name: str) -> list[str]:
    """What becomes of a score that falls: is it the training already, and is anything left of it?"""
    found = response.measured(name)
    if len(found) < 2 or not isinstance(response.setting.parameter, Integer | Real):
        return []
    first, last = found[0], found[-1]
    change, said = difference(last, first), []
    if is_noise(change) is not False or change.mean > 0:
        return []
    before, after = first.interval("train").mean, last.interval("train").mean
    largest = response.largest[response.setting.values.index(last.value)]["test"] if response.largest else math.nan
    there = f"at {word(response)} {label(response, last)}"
    if after >= FITTED:
        said.append(f"It fits the training nodes {there} all the same ({percent(after)}).")
    elif after < before and not is_noise(difference(last, first, "train")):
        said.append(f"Its training score falls too, from {percent(before)} to {percent(after)}.")
    if last.interval().mean <= largest:
        said.append(f"It is no better {there} than naming the largest class for all nodes ({percent(largest)}).")
    return [" ".join(said)] if said else []


def _against(response: Response, first: str, other: str) -> list[str]:
    """At which values one model is better than another, seed by seed, and where the seeds cannot tell."""
    sides: dict[str, list[_Gap]] = {}
    seeds = set[int]()
    for mine, theirs in zip(response.of(first), response.of(other), strict=True):
        change = difference(mine, theirs)
        if change.n > 1:
            seeds.add(change.n)
            sides.setdefault(_side(change), []).append((label(response, mine), 100 * abs(change.mean)))
    if not seeds:
        return []
    said = []
    for side in filter(sides.__contains__, SIDES):
        by = "" if side == SIDES[-1] else f" (by {_span(sides[side])})"
        said.append(f"{side} at {listed([value for value, _ in sides[side]])}{by}")
    return [f"{first} against it: {'; '.join(said)}. Each by its own 95 % interval, paired over {one_in(sorted(seeds))} seeds."]


def _side(change: Interval) -> str:
    """Which of `SIDES` a paired difference is on."""
    noise = is_noise(change)
    if noise:
        return SIDES[-1]
    return SIDES[2 * (noise is None) + (change.mean < 0)]


def _span(side: Sequence[_Gap]) -> str:
    """The range of some differences in points."""
    low, high = (f"{pick(gap for _, gap in side):.1f}" for pick in (min, max))
    return f"{low} points" if low == high else f"{low} to {high} points"


def diverged(response: Response) -> list[str]:
    found = [(point, point.diverged) for point in response.points if point.diverged]
    if not found:
        return []
    runs = sum(len(seeds) for _, seeds in found)
    where = "; ".join(f"{point.name} at {label(response, point)}" for point, _ in found[:4]) + (" …" if len(found) > 4 else "")
    they = "It counts" if runs == 1 else "They count"
    return [f"{count(runs, 'training')} diverged ({where}). {they} with the best epoch before that, if there was one."]


def _overlap(response: Response) -> list[str]:
    if all(len({run.spec.dataset for run in point.runs}) < 2 for point in response.points):
        return []
    return ["Each seed has its own split; the splits overlap, so that the intervals are somewhat too narrow (Nadeau & Bengio 2003)."]
