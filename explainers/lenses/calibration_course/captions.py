"""What calibration over the epochs says, in sentences computed from its numbers. Free of torch."""

from __future__ import annotations

import pandas as pd

from core.seeds import interval
from explainers.lenses.calibration.gap import side, side_name, size
from explainers.lenses.calibration_course.result import GOOD, Course
from explainers.sweep.measure import PARTS
from explainers.wording import count, one_in, percent, spread


def captions(found: Course, part: str = "test") -> list[str]:
    """The answer first, then where a training changes sides, then what its end costs."""
    decays = found.weight_decays
    said = [f"{_ends(found, part)} {_only_the_decay(found, part)}".strip()]
    said += [turn for decay in decays if (turn := _turn(found, decay, part))]
    said += [_errors(found, decay, part) for decay in decays]
    return [*said, *found.notes]


def decay_name(decay: float) -> str:
    """ "with weight decay 0.0005", "without weight decay"."""
    return f"with weight decay {decay:g}" if decay else "without weight decay"


def _ends(found: Course, part: str) -> str:
    """How sure each training is in the end, and how often right."""
    ends = "; ".join(_end(found, decay, part) for decay in found.weight_decays)
    seeds = "one seed, so no spread" if found.seeds == 1 else count(found.seeds, "seed")
    seeds += " planned" if found.done < found.planned else ""
    so_far = f"{found.done:,} of {count(found.planned, 'run')} so far. " if found.done < found.planned else ""
    return f"{so_far}Trained for {count(found.epochs, 'epoch')}, {found.model} ends {ends} ({PARTS[part]} nodes, {seeds}, {found.split})."


def _end(found: Course, decay: float, part: str) -> str:
    last = found.last(decay, part)
    gap = found.intervals(decay, part, "gap")[last]
    confidence, right = (found.values(decay, part, name).loc[last].mean() for name in ("mean_confidence", "accuracy"))
    says = [f"confidence {percent(confidence)}, accuracy {percent(right)}"]
    says += [f"epoch {last:,} is the last with numbers"] if last < found.epochs else []
    says += [f"{gap.n} of {count(found.seeds, 'seed')}"] if gap.n < found.seeds else []
    with_ = decay_name(decay)
    if not side(gap):
        return f"neither over- nor under-confident as far as the seeds tell {with_} ({', '.join(says)})"
    since = _since(found, decay, part)
    told = "from" if found.seeds == 1 else "told by the seeds from"
    lasting = f", {told} epoch {since:,} on" if 1 < since < last else ""
    return f"{size(gap)} {side_name(side(gap))} {with_} ({', '.join(says)}){lasting}"


def _sides(found: Course, decay: float, part: str) -> dict[int, int]:
    """The side of the gap at each recorded epoch from 1 on."""
    return {epoch: side(gap) for epoch, gap in found.intervals(decay, part, "gap").items() if epoch}


def _since(found: Course, decay: float, part: str) -> int:
    """The recorded epoch from which on the gap has been on the side on which it ends."""
    sides = list(_sides(found, decay, part).items())
    since, last = sides[-1]
    for epoch, which in reversed(sides):
        if which != last:
            break
        since = epoch
    return since


def _only_the_decay(found: Course, part: str) -> str:
    """Said where trainings end on different sides."""
    ends = {side(found.intervals(decay, part, "gap")[found.last(decay, part)]) for decay in found.weight_decays}
    return "They differ in nothing but their weight decay." if {1, -1} <= ends else ""


def _turn(found: Course, decay: float, part: str) -> str:
    """A training that was on the other side before, when it had learned as well."""
    sides, learned = _sides(found, decay, part), found.learned(decay, part)
    last = list(sides.values())[-1]
    before = [epoch for epoch, which in sides.items() if last and which == -last and epoch in learned]
    if not before:
        return ""
    start = f"{_capital(decay_name(decay))} the same training is still {side_name(-last)} at epoch {max(before):,}"
    return f"{start} and {side_name(last)} from epoch {_since(found, decay, part):,} on: when it stops decides."


def _errors(found: Course, decay: float, part: str) -> str:
    """The ECE where it is lowest, where a usual recipe would stop, and in the end."""
    errors, lowest, last = found.intervals(decay, part, "ece"), found.lowest(decay, part), found.last(decay, part)
    at = "in the end" if lowest == last else f"at epoch {lowest:,}"
    least = min(error.mean for error in errors.values())
    of = f", among epochs with {100 * GOOD:.0f} % of the best accuracy or more," if least < errors[lowest].mean else ""
    said = [f"{_capital(decay_name(decay))}{of} the ECE on {PARTS[part]} nodes is lowest {at}: {spread(errors[lowest])}"]
    kept = found.kept(decay, part)
    if len(kept):
        said.append(f"{spread(interval(kept['ece']))} where the validation loss is lowest ({_kept_epochs(kept)})")
    if lowest != last:
        said.append(f"{spread(errors[last])} in the end")
    return f"{'; '.join(said)}."


def _kept_epochs(kept: pd.DataFrame) -> str:
    """ "epoch 45", and where that was not recorded, the nearest that was."""
    best, recorded = kept["best"].tolist(), kept["epoch"].tolist()
    read = "" if best == recorded else f"; read at epoch {one_in(recorded)}, the nearest recorded"
    return f"epoch {one_in(best)}{read}"


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]
