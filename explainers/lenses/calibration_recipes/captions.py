"""What calibration against one setting says, in sentences computed from its numbers. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence

from core.parameters import Value
from core.seeds import Interval
from explainers.calibration_request import RAW
from explainers.declared import shown
from explainers.lenses.calibration.gap import side, side_name, size
from explainers.lenses.calibration_recipes.readings import TEMPERATURE
from explainers.lenses.calibration_recipes.result import Recipes
from explainers.sweep.answer import diverged, is_noise, word
from explainers.sweep.measure import PARTS
from explainers.wording import count, one_in, percent, points, spread


def captions(found: Recipes, part: str = "test") -> list[str]:
    """The answer first: on which side the model is at which values; then how far the setting moves it, and what calibration leaves."""
    response = found.response
    if not found.known(part):
        todo = f"Nothing of this is measured yet: {count(response.planned, 'run')} to train." if not response.done else ""
        return [todo or "None of the runs gave a number.", *diverged(response)]
    said = [_answer(found, part), _reach(found, part), _calibrated(found, part), found.kept, *_remarks(found)]
    return [*filter(None, said), *diverged(response)]


def _answer(found: Recipes, part: str) -> str:
    """Which values make it over-confident, which under-confident, and where the seeds do not tell."""
    response, sides = found.response, dict[int, list[Value]]()
    for value in found.known(part):
        sides.setdefault(side(found.interval(value, "gap", part)), []).append(value)
    words = {1: side_name(1), -1: side_name(-1), 0: "not told from calibrated on average"}
    groups = [(words[which], sides[which]) for which in words if which in sides]
    said = [
        f"{verdict} at {'' if number else f'{word(response)} '}{_named(found, values)} ({_sizes(found, values, part)})"
        for number, (verdict, values) in enumerate(groups)
    ]
    done = f"{response.done:,} of {count(response.planned, 'run')} so far. " if response.done < response.planned else ""
    turned = f" Nothing but the {word(response)} differs." if {1, -1} <= sides.keys() else ""
    return f"{done}{found.model} is {'; '.join(said)} ({_where(found, part)}).{turned}"


def _where(found: Recipes, part: str) -> str:
    seeds = sorted({found.interval(value, "gap", part).n for value in found.known(part)})
    spreadless = "one seed, so no spread" if seeds == [1] else f"{one_in(seeds)} seeds"
    return f"{PARTS[part]} nodes, {spreadless}, {found.response.split}"


def _reach(found: Recipes, part: str) -> str:
    """How far the setting moves the gap, and what it does to the accuracy."""
    known = found.known(part)
    if len(known) < 2:
        return ""
    low, high = (pick(known, key=lambda value: found.interval(value, "gap", part).mean) for pick in (min, max))
    change = found.change(high, low, "gap", part)
    between = f"Between {word(found.response)} {_named(found, [low])} and {_named(found, [high])}"
    if not change.n or is_noise(change):
        moved = f"{between}, which are farthest apart, the seeds do not tell the gaps apart"
    else:
        moved = f"{between} the gap moves by {size(change)}"
    worst, best = (pick(known, key=lambda value: found.interval(value, "accuracy", part).mean) for pick in (min, max))
    rights = [f"{spread(found.interval(value, 'accuracy', part))} ({_named(found, [value])})" for value in (worst, best)]
    return f"{moved}; accuracy lies between {rights[0]} and {rights[1]}."


def _calibrated(found: Recipes, part: str) -> str:
    """What temperature scaling leaves of the error, and of the gap."""
    known = [value for value in found.known(part) if len(found.by_seed(value, "gap", part, TEMPERATURE))]
    if not known:
        return ""
    raw, after = (_span([found.interval(value, "ece", part, name) for value in known]) for name in (RAW, TEMPERATURE))
    left = [found.interval(value, "gap", part, TEMPERATURE) for value in known]
    most = max(left, key=lambda gap: abs(gap.mean))
    fitted = "Temperature scaling, fitted to the validation nodes"
    return f"{fitted}, takes the ECE from {raw} to {after}, and leaves gaps of {points(most.mean)} at most."


def _remarks(found: Recipes) -> list[str]:
    """What was out of the ordinary with temperature scaling, and where, unless it is so everywhere."""
    everywhere = set(found.response.setting.values)
    return [
        said if set(where) == everywhere else f"At {word(found.response)} {_named(found, where)}: {said}"
        for said, where in found.remarks.items()
    ]


def _span(values: Sequence[Interval]) -> str:
    """The range of some means."""
    low, high = (percent(pick(value.mean for value in values)) for pick in (min, max))
    return low if low == high else f"{low.removesuffix(' %')} – {high}"


def _sizes(found: Recipes, values: Sequence[Value], part: str) -> str:
    """How large the gaps at some values are."""
    gaps = [found.interval(value, "gap", part) for value in values]
    if len(gaps) == 1:
        return size(gaps[0])
    low, high = (pick(100 * abs(gap.mean) for gap in gaps) for pick in (min, max))
    return f"{low:.1f} to {high:.1f} points"


def _named(found: Recipes, values: Sequence[Value]) -> str:
    """ "0", "0 and 0.0005", "0, 0.0005 and 0.005"."""
    words = [shown(found.response.setting.parameter, value) for value in values]
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
