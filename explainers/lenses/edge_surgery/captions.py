"""What edge surgery answers, in sentences computed from its numbers. Free of torch."""

from __future__ import annotations

from math import isnan

from explainers.lenses.edge_surgery.result import Surgery
from explainers.lenses.homophily_dial.captions import clearly
from explainers.sweep.answer import diverged
from explainers.sweep.measure import Point, difference
from explainers.wording import count, listed, metric_name, one_in, percent, points, spread

ENCODES = (
    "The graph has not become a better one: the added edges were drawn by the classes of both ends, those of test nodes included, so that "
    "they encode the labels that are asked for."
)


def captions(found: Surgery) -> list[str]:
    """The course of every γ, where it ends above the graph as it is and why, and what follows from the number of classes."""
    return [*answers(found), *details(found)]


def answers(found: Surgery) -> list[str]:
    """The course of the first γ, and why a right end may rise."""
    response = found.response
    if not found.clean.runs:
        return [f"Nothing of this surgery is trained yet: {count(response.planned, 'run')} to go."]
    names = _known(found)
    so_far = "" if response.done == response.planned else f"{response.done:,} of {count(response.planned, 'run')} so far. "
    first = f"{so_far}{found.model} on {found.dataset} as it is: {spread(found.clean.interval())}. {_where(found)}"
    return [" ".join([first, *(_course(found, name) for name in names[:1])]), *_labels(found, names)]


def details(found: Surgery) -> list[str]:
    """The courses of the other γ, what follows from the number of classes, and trainings that diverged."""
    return [*(_course(found, name) for name in _known(found)[1:]), *_classes(found), *diverged(found.response)]


def _known(found: Surgery) -> list[str]:
    """The γ that have more than the graph as it is to show."""
    return [name for name in found.gammas if found.clean.runs and len(found.course(name)) > 1]


def _course(found: Surgery, name: str) -> str:
    """From the graph as it is to the most added edges. The validation nodes say where it is lowest, the test nodes whether it is a V."""
    last, lowest = found.course(name)[-1], _lowest(found, name)
    if float(last.value) < max(map(float, found.response.setting.values)):
        return f"With {name} the most added edges are still to come; so far {spread(last.interval())} {_amount(found, last)}."
    end = f"{spread(last.interval())} {_amount(found, last)}"
    turn = f"{spread(lowest.interval())} at a homophily of {percent(found.left(lowest), 0)}"
    change = found.against_clean(last)
    if change.n == 0:
        return f"With {name} it ends at {end}; no seed has a score both there and on the graph as it is, so that nothing can be compared."
    if change.n < 2:
        return f"With {name} it ends at {end}; one seed has no spread, so that nothing says what of it is noise."
    down = clearly(found.against_clean(lowest), -1)
    if down and _rises(found, name):
        down_to = f"{turn}, where the validation nodes find it lowest"
        return f"With {name} it draws a V: down to {down_to}, and up again to {end}{_end(found, last)}."
    if down and lowest is last:
        return f"With {name} it falls: {end}, {_by(found, last)} less than as it is."
    if down:
        less = f"{_by(found, lowest)} less than as it is"
        return f"With {name} it falls to {turn}, {less}; that it rises again, to {end}, the seeds do not tell."
    if clearly(change, 1):
        return f"With {name} it rises: {end}, {_by(found, last)} more than as it is."
    if clearly(change, -1):
        return f"With {name} it falls: {end}, {_by(found, last)} less than as it is; the validation nodes find it lowest elsewhere."
    return f"With {name} the seeds tell no change from the graph as it is: {end} in the end."


def _end(found: Surgery, last: Point) -> str:
    """How the end of a V compares with the graph as it is."""
    change = found.against_clean(last)
    if clearly(change, 1):
        return f", {_by(found, last)} above the graph as it is"
    return f", still {_by(found, last)} below the graph as it is" if clearly(change, -1) else ", not told from the graph as it is"


def _by(found: Surgery, point: Point) -> str:
    change = found.against_clean(point)
    low, high = sorted((100 * abs(change.low), 100 * abs(change.high)))
    return f"{points(change.mean)} (95 % interval {low:.1f} to {high:.1f}, paired over {change.n} seeds)"


def _labels(found: Surgery, names: list[str]) -> list[str]:
    """Why a score may rise: computed from which ends are above the graph as it is."""
    above = [name for name in names if clearly(found.against_clean(found.course(name)[-1]), 1)]
    rising = [name for name in names if _rises(found, name)]
    if above:
        return [f"{listed(above)}: the right end is above the graph as it is. {ENCODES}"]
    if rising:
        return [f"{listed(rising)}: the right end rises from its lowest. {ENCODES}"]
    return []


def _rises(found: Surgery, name: str) -> bool:
    """Whether the most added edges are clearly better than what the validation nodes find lowest."""
    return clearly(difference(found.course(name)[-1], _lowest(found, name)), 1)


def _lowest(found: Surgery, name: str) -> Point:
    """By the validation nodes; without any, the end."""
    known = [point for point in found.course(name) if not isnan(point.interval("validation").mean)]
    return min(known, key=lambda point: point.interval("validation").mean, default=found.course(name)[-1])


def _classes(found: Surgery) -> list[str]:
    said = []
    if found.classes in (2, 3):
        said.append(f"With {found.classes} classes the classes beside one are all others, so that γ changes nothing.")
    if found.unlabelled:
        said.append(f"{count(found.unlabelled, 'node')} without a label {'gets' if found.unlabelled == 1 else 'get'} no edges.")
    if found.splits > 1:
        said.append("Splits that share nodes make these intervals too narrow (Nadeau & Bengio 2003).")
    return said


def _amount(found: Surgery, point: Point) -> str:
    return f"with {count(found.added(point), 'added edge')} (homophily {percent(found.left(point), 0)})"


def _where(found: Surgery) -> str:
    seeds = sorted({point.interval().n for point in found.response.points if point.interval().n})
    spread_over = "one seed, so no spread" if seeds == [1] else f"{one_in(seeds)} seeds of training and surgery" if seeds else "no score"
    return f"Test {metric_name(found.response.metric)}; {spread_over}; {found.response.split}."
