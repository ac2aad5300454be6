"""What the dial answers, in sentences computed from its numbers and from the theory. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence

from core.graph.homophily import Threshold
from core.seeds import Interval
from explainers.dial_request import OPERATOR
from explainers.lenses.homophily_dial.plan import threshold_of
from explainers.lenses.homophily_dial.result import Dial
from explainers.sweep.answer import diverged, is_noise
from explainers.sweep.measure import Point, difference
from explainers.wording import count, listed, metric_name, one_in, spread

CONTROL = "mlp"
"""Sees the features alone: what neighbours are held against."""
COUNTS_ITSELF = ("gcn", "sgc")
"""Models whose every step averages over neighbours and the node itself."""


def captions(found: Dial) -> list[str]:
    """The course of every model, the models against the one without a graph, the theory, and what it assumes."""
    return [*answers(found), *details(found)]


def answers(found: Dial) -> list[str]:
    """The course of every model that sees the graph."""
    response = found.response
    if not response.done:
        return [f"Nothing of this dial is trained yet: {count(response.planned, 'run')} to go."]
    courses = [said for name in _with_graph(found) if (said := course(response.measured(name), name))]
    return [" ".join(filter(None, [_so_far(found), *courses[:1], _where(found)])), *courses[1:]]


def details(found: Dial) -> list[str]:
    """The models against the one without a graph, the theory and what it assumes, and trainings that diverged."""
    against = [said for name in _with_graph(found) if (said := against_control(found, name))]
    return [*against, *theory(found), *diverged(found.response)]


def _with_graph(found: Dial) -> list[str]:
    """The models that have a score, those that see no neighbours left out if there are others."""
    names = [name for name in found.response.names if found.response.measured(name)]
    return [name for name in names if found.slug(name) != CONTROL] or names


def course(points: Sequence[Point], name: str) -> str:
    """Where a model's score turns, if the seeds tell that it does: lowest between two ends that are both clearly better is a V.

    The validation nodes say where it is lowest, the test nodes whether that is below both ends: chance cannot be picked twice.
    """
    if len(points) < 2:
        return f"At homophily {at(points[0])} {name} has {spread(points[0].interval())}." if points else ""
    first, last = points[0], points[-1]
    lowest = min(points, key=lambda point: point.interval("validation").mean)
    ends = f"{spread(first.interval())} at homophily {at(first)} and {spread(last.interval())} at {at(last)}"
    if all(clearly(difference(lowest, end), -1) for end in (first, last)):
        where = f"{spread(lowest.interval())} at {at(lowest)}, where the validation nodes find it lowest"
        return f"{name} draws a V: {ends}, both clearly better than {where}."
    change = difference(last, first)
    if change.n < 2:
        return f"{name} has {ends}; one seed has no spread, so that nothing says what of it is noise."
    if is_noise(change) is True:
        return f"{name} ends where it began, within the noise of the seeds: {ends}. No V is told from it."
    # seeds that all differ by the same, on few nodes, have no interval to tell by
    verb = "goes" if is_noise(change) is None else "rises" if change.mean > 0 else "falls"
    return f"{name} {verb}, without a V that the seeds tell: {ends}."


def against_control(found: Dial, name: str) -> str:
    """At which homophily a model is better or worse than the one without a graph, by paired intervals."""
    response = found.response
    control = next((other for other in response.names if found.slug(other) == CONTROL), "")
    if not control or control == name:
        return ""
    sides: dict[str, list[str]] = {}
    seeds = set[int]()
    for mine, theirs in zip(response.of(name), response.of(control), strict=True):
        change = difference(mine, theirs)
        if change.n > 1:
            seeds.add(change.n)
            side = "better" if clearly(change, 1) else "worse" if clearly(change, -1) else "not told apart"
            sides.setdefault(side, []).append(at(mine))
    if not sides:
        return ""
    said = "; ".join(f"{side} at {', '.join(sides[side])}" for side in ("better", "worse", "not told apart") if side in sides)
    intervals = f"95 % intervals, paired over {one_in(sorted(seeds))} seeds, not corrected for their number"
    return f"{name} against the {control}, which sees no neighbours: {said} ({intervals})."


def theory(found: Dial) -> list[str]:
    """Where the drawn operator hurts, why there is a left arm or not, what is assumed, and for which models it does not hold."""
    words = dict(OPERATOR.options)[found.operator]
    drawn = found.threshold
    said = f"Theory: one step of {words} {hurts(drawn, of_closest(found))}."
    if of_closest(found) and drawn.hurts_somewhere:
        said += " Classes further apart in the circle may gain meanwhile, so that the score over all may rise there."
    arm = _arm(found, drawn)
    assumed = (
        f"It assumes balanced classes of equal variance, {float(found.values['degree']):g} neighbours for every node in exactly "
        "the expected shares, and a linear classifier; chance in the neighbours makes it hurt somewhat further, the more the "
        "stronger the signal."
    )
    return [" ".join(filter(None, [said, arm, assumed])), *_not_theirs(found)]


def of_closest(found: Dial) -> bool:
    """Whether pairs of classes differ, so that the threshold speaks of the two closest ones only."""
    return found.values["others"] == "circulant" and int(found.values["classes"]) > 3


def hurts(between: Threshold, closest: bool) -> str:
    """Between which values, as the end of a sentence; `closest`: as `of_closest`."""
    verb = "makes the two closest classes harder to tell" if closest else "hurts"
    if not between.hurts_somewhere:
        return f"{verb} at no homophily"
    if between.low == 0 and between.high == 1:
        return f"{verb} at every homophily"
    if between.low == 0:
        return f"{verb} below a homophily of {between.high:.3f}{'' if closest else ' and helps above'}"
    return f"{verb} between homophily {between.low:.3f} and {between.high:.3f}{'' if closest else ' and helps below and above'}"


def at(point: Point) -> str:
    return f"{float(point.value):g}"


def _arm(found: Dial, drawn: Threshold) -> str:
    """Of uniform neighbours, the degree from which a V has a left arm."""
    classes = int(found.values["classes"])
    if found.values["others"] != "uniform" and classes != 3:
        return ""
    if found.operator == "mean":
        needed = f"a left arm needs a degree above (C − 1)² = {(classes - 1) ** 2}"
        return f"With {classes} classes {needed}; {'so there is one' if drawn.left_arm else 'so there is none'}."
    return ""


def _not_theirs(found: Dial) -> list[str]:
    """Of which of the models the threshold is none."""
    slugs = {found.slug(name): name for name in found.response.names if found.slug(name) not in ("", CONTROL)}
    counting = [name for slug, name in slugs.items() if slug in COUNTS_ITSELF]
    others = [name for slug, name in slugs.items() if slug not in COUNTS_ITSELF]
    said = []
    if counting and found.operator == "mean":
        own = threshold_of(found.values, "self_loop")
        said.append(f"{listed(counting)} counts the node itself in every step: one such step {hurts(own, of_closest(found))}.")
    if counting:
        said.append("Two layers average twice and are trained, which moves the turn again.")
    if others:
        verb = "is" if len(others) == 1 else "are"
        said.append(f"{listed(others)} {verb} not described by it: what is learned of a node and its neighbours need not be an average.")
    return [" ".join(said)] if said else []


def clearly(change: Interval, side: int) -> bool:
    """Whether a paired interval lies on one side of zero: 1 above, −1 below."""
    return is_noise(change) is False and side * change.mean > 0


def _so_far(found: Dial) -> str:
    done, planned = found.response.done, found.response.planned
    return "" if done == planned else f"{done:,} of {count(planned, 'run')} so far."


def _where(found: Dial) -> str:
    seeds = sorted({point.interval().n for point in found.response.points if point.interval().n})
    spread_over = (
        "one seed, so no spread" if seeds == [1] else f"{one_in(seeds)} seeds, each with its own graph, split and weights" if seeds else ""
    )
    return f"Test {metric_name(found.response.metric)}; {spread_over}; random splits 60 / 20 / 20." if spread_over else ""
