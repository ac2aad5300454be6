"""What the numbers of a calibration say, in sentences. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.seeds import Interval
from explainers.calibration_request import ECE_BINS, RAW, WORDS
from explainers.calibration_scores import SCORES
from explainers.lenses.calibration import result as results
from explainers.lenses.calibration.gap import side, side_name, size
from explainers.lenses.calibration.result import Calibration, in_sentence, title
from explainers.sweep.answer import is_noise
from explainers.wording import count, listed, model_name, percent, points, spread

CLEAR = 0.01
"""Mean confidence and accuracy that are nearer than this, or that the seeds do not tell apart, are called equal."""
FEW = 0.02
"""Share of a part's nodes that a bin must hold to be named."""
FEWEST = 5
"""Nodes of such a bin, as a mean over seeds."""
PLAIN = "temperature"
"""The calibrator to begin with, where it is as good as others."""
TOLD = 3
"""Calibrators that a sentence names."""


def answers(found: Calibration, part: str, calibrator: str) -> list[str]:
    """What comes first: how far confidence and accuracy are apart, what so few nodes can tell, and which calibrator mends it."""
    return [sentence for sentence in (verdict(found, part, calibrator), evidence(found, part, calibrator), best(found, part)) if sentence]


def on_calibrators(found: Calibration, part: str) -> list[str]:
    """What the table of calibrators does not show at a glance."""
    nodes = int(results.fits_table(found).query("calibrator != @RAW")["nodes"].min()) if len(found.names) > 1 else 0
    fitted = f"Each is fitted to {count(nodes, 'validation node')} of each run; shares are in per cent." if nodes else ""
    return [sentence for sentence in (likelihood(found, part), changed(found), fitted) if sentence]


def captions(found: Calibration, part: str = "test", calibrator: str = RAW) -> list[str]:
    """The answer first."""
    part = part if part in found.parts else found.parts[-1]
    said = [*answers(found, part, calibrator), likelihood(found, part), changed(found), rank(found, part)]
    return [sentence for sentence in said if sentence]


def verdict(found: Calibration, part: str, calibrator: str = RAW) -> str:
    """Over- or under-confident, by how much, and where most. No side is taken that seeds or so few nodes could give by chance."""
    gap, confidence = found.gap(calibrator, part), found.score(calibrator, part, "mean_confidence")
    right, chance = found.score(calibrator, part, "accuracy"), found.sampling(calibrator, part)
    who = model_name(found.model) + ("" if calibrator == RAW else f" with {in_sentence(calibrator)}")
    says = f"says {percent(confidence.mean)} on average and is right on {percent(right.mean)} of the {WORDS[part]} nodes ({_where(found)})"
    if is_noise(gap):  # before nearness: means may meet by chance where the seeds lie far apart
        sentence = f"{who} {says}: the seeds do not tell the two apart."
    elif abs(gap.mean) < CLEAR:
        sentence = f"{who} {says}: the two are within a point."
    elif abs(gap.mean) < chance and found.splits == 1:
        sentence = f"{who} {says}: so few nodes do not tell the two apart (± {points(chance)})."
    else:
        which = side(gap)
        sentence = f"{who} is {side_name(which)}: it {says}, {size(gap)} too {'much' if which > 0 else 'little'}."
    return f"{sentence} {widest(found, part, calibrator)}".strip()


def evidence(found: Calibration, part: str, calibrator: str = RAW) -> str:
    """What nodes and splits can tell, beside the spread over seeds."""
    nodes = round(np.mean([reading.of_part(part).sum() for reading in found.readings]))
    width = points(found.sampling(calibrator, part))
    said = f"The ± is over seeds; {count(nodes, f'{WORDS[part]} node')} alone leave the gap uncertain by ± {width}."
    return said + (f" {found.splits} splits share nodes, which makes the ± too narrow (Nadeau & Bengio 2003)." if found.splits > 1 else "")


def widest(found: Calibration, part: str, calibrator: str) -> str:
    """The bin, of those that hold enough nodes, that is farthest off, in means over seeds."""
    rows = results.bins_table(found, ECE_BINS, equal_mass=False, names=[calibrator], parts=[part])
    by_bin = (
        rows.assign(gap=rows["confidence"] - rows["accuracy"]).groupby(["bin_low", "bin_high"], as_index=False)[["gap", "count"]].mean()
    )
    enough = by_bin[by_bin["count"] >= max(FEW * by_bin["count"].sum(), FEWEST)]
    if enough.empty:
        return ""
    worst = enough.loc[enough["gap"].abs().idxmax()]
    span = f"{100 * worst['bin_low']:.0f} to {100 * worst['bin_high']:.0f} %"
    how = "too much" if worst["gap"] > 0 else "too little"
    nodes = count(round(worst["count"]), "node")
    return (
        f"Farthest off, {points(worst['gap'])} {how}, are the nodes of confidence {span} ({nodes}{' a seed' if found.seeds > 1 else ''})."
    )


def best(found: Calibration, part: str) -> str:
    """Which calibrators have the lowest ECE, and which the seeds do not tell from the best."""
    names = [name for name in found.names if name != RAW]
    if not names:
        return ""
    if part != "test":
        owner = "Calibrators are fitted to" if part == "validation" else "The model itself was trained on"
        return f"{owner} these very nodes: what is calibrated here need not be so elsewhere."
    names.sort(key=lambda name: found.score(name, part, "ece").mean)
    first, raw = names[0], found.score(RAW, part, "ece")
    lowest = found.score(first, part, "ece")
    course = f"from {spread(raw)} to {spread(lowest)}"
    if lowest.mean >= raw.mean:
        least = f"{spread(lowest)} with {in_sentence(first)}"
        return f"No calibrator lowers the ECE on {WORDS[part]} nodes: it is {spread(raw)} as it is, and {least}."
    sentence = f"The lowest ECE on {WORDS[part]} nodes is that of {in_sentence(first)}: {course}"
    if found.seeds < 2:
        return f"{sentence}; one seed says nothing about chance."
    if is_noise(found.change(first, part, "ece")) is not False:
        return f"{sentence}, which the seeds do not tell apart."
    like = [name for name in names if name != first and is_noise(found.change(name, part, "ece", first)) is not False]
    if not like:
        return f"{sentence}; one by one, the seeds tell it from all others (not corrected for their number)."
    others = "any of the others" if len(like) == len(names) - 1 else _listed(like)
    plain = ", among them, fits one number and changes no class: the one to begin with."
    begin = f" {title(PLAIN)}{plain}" if PLAIN in (first, *like) else ""
    return f"{sentence}; the seeds do not tell it from {others}.{begin}"


def likelihood(found: Calibration, part: str) -> str:
    """Whether the calibrator of the lowest ECE is also the one of the lowest NLL: an ECE can be low where single nodes are far off."""
    means = {name: found.score(name, part, "nll").mean for name in found.names}
    if part != "test" or len(means) < 2 or not np.isfinite(list(means.values())).all():
        return ""
    lowest = min(means, key=lambda name: means[name])
    first = min((name for name in means if name != RAW), key=lambda name: found.score(name, part, "ece").mean)
    values = f"{means[lowest]:.3f}; uncalibrated {means[RAW]:.3f}"
    said = f"By NLL, which counts every class of every node, the best is {in_sentence(lowest)} ({values})"
    if first == lowest:
        return f"{said} as well."
    worse = ", worse than as it is" if means[first] > means[RAW] else ""
    return f"{said}; {in_sentence(first)} has {means[first]:.3f}{worse}."


def changed(found: Calibration) -> str:
    """Which calibrators change predictions; means over all seeds."""
    means = results.fits_table(found).groupby("calibrator")["changed"].mean()
    moved = means[means > 0].sort_values(ascending=False)
    if not len(moved):
        return "No calibrator changes a predicted class here, so the accuracy stays." if len(found.names) > 1 else ""
    most, *others = map(str, moved.index)
    also = f"; so {'does' if len(others) == 1 else 'do'} {_listed(others)}, by less or as much" if others else ""
    return f"{title(most)} changes the class of {percent(float(moved.iloc[0]))} of all nodes{also}."


def rank(found: Calibration, part: str) -> str:
    """What the ECE leaves out: a calibrated model need not tell right from wrong."""
    aurc, excess = found.score(RAW, part, "aurc"), found.score(RAW, part, "excess_aurc")
    if np.isnan(aurc.mean):
        return ""
    return (
        f"As it is, answering its surest nodes first, it errs on {percent(aurc.mean)} on average over all coverages; ordered perfectly it "
        f"would be {percent(aurc.mean - excess.mean)}."
    )


def refused(found: Calibration) -> list[str]:
    """Why a calibrator is missing, and what was out of the ordinary with those that are there, each sentence once."""
    whose: dict[str, dict[str, set[int]]] = {}
    for reading in found.readings:
        for one in reading.answers:
            if one.said:
                whose.setdefault(one.said, {}).setdefault(one.calibrator, set()).add(reading.seed)
    said = [f"{title(name)}: {why}" for name, why in found.refused.items()] + list(found.notes)
    for words, names in whose.items():
        seeds = len(set.union(*names.values()))
        which = f" ({seeds} of {count(found.seeds, 'seed')})" if seeds < found.seeds else ""
        said.append(f"{_listed([*names], first=True)}{which}: {words}")
    return said


def _where(found: Calibration) -> str:
    return f"{found.split}, {count(found.seeds, 'seed')}"


def _listed(names: Sequence[str], *, first: bool = False) -> str:
    """Calibrators by name, within a sentence or at its beginning."""
    words = [title(name) if first and not place else in_sentence(name) for place, name in enumerate(names)]
    if len(words) > TOLD:
        return f"{', '.join(words[:TOLD])} and {len(words) - TOLD} more"
    return listed(words)


def facts(found: Calibration, part: str, calibrator: str) -> list[tuple[str, str, str, str]]:
    """Name, how it is counted, value, meaning: what stands beside the diagram."""
    rows = []
    for score in SCORES:
        raw = found.score(RAW, part, score.name)
        how = f"{WORDS[part]} nodes" if calibrator == RAW else f"uncalibrated {score.written(Interval(raw.mean, np.nan, np.nan, 1))}"
        rows.append((score.heading, how, score.written(found.score(calibrator, part, score.name)), score.meaning))
    return rows
