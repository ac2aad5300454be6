"""What the numbers of a calibration say, in sentences. Free of torch."""

from __future__ import annotations

import numpy as np

from core.seeds import Interval
from explainers.calibration_request import ECE_BINS, RAW
from explainers.lenses.calibration import result as results
from explainers.lenses.calibration.gap import side_name, size
from explainers.lenses.calibration.result import Calibration, title
from explainers.lenses.calibration.words import SCORES
from explainers.sweep.answer import is_noise
from explainers.wording import count, model_name, percent, points, spread

CLEAR = 0.01
"""Mean confidence and accuracy that are nearer than this, or that the seeds do not tell apart, are called equal."""
FEW = 0.02
"""Share of a part's nodes that a bin must hold to be named."""
TOLD = 3
"""Calibrators that a sentence names."""


def captions(found: Calibration, part: str = "test", calibrator: str = RAW) -> list[str]:
    """The answer first."""
    part = part if part in found.parts else found.parts[-1]
    said = [verdict(found, part, calibrator), best(found, part), changed(found), rank(found, part)]
    return [sentence for sentence in said if sentence]


def verdict(found: Calibration, part: str, calibrator: str = RAW) -> str:
    """Over- or under-confident, by how much, and where most."""
    gap, confidence = found.gap(calibrator, part), found.score(calibrator, part, "mean_confidence")
    right = found.score(calibrator, part, "accuracy")
    who = model_name(found.model) + ("" if calibrator == RAW else f" with {_name(calibrator)}")
    says = f"says {percent(confidence.mean)} on average and is right on {percent(right.mean)} of the {part} nodes ({_where(found)})"
    if abs(gap.mean) < CLEAR or is_noise(gap):
        told = "the two are within a point" if abs(gap.mean) < CLEAR else "the seeds do not tell the two apart"
        sentence = f"{who} {says}: {told}."
    else:
        kind = side_name(1 if gap.mean > 0 else -1)
        sentence = f"{who} is {kind}: it {says}, {size(gap)} too {'much' if gap.mean > 0 else 'little'}."
    return f"{sentence} {widest(found, part, calibrator)}".strip()


def widest(found: Calibration, part: str, calibrator: str) -> str:
    """The bin, of those that hold enough nodes, that is farthest off, in means over seeds."""
    table = results.bins_table(found, ECE_BINS, equal_mass=False)
    rows = table[(table["split"] == part) & (table["calibrator"] == calibrator)]
    by_bin = (
        rows.assign(gap=rows["confidence"] - rows["accuracy"]).groupby(["bin_low", "bin_high"], as_index=False)[["gap", "count"]].mean()
    )
    enough = by_bin[by_bin["count"] >= max(FEW * by_bin["count"].sum(), 1)]
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
    names.sort(key=lambda name: found.score(name, part, "ece").mean)
    first, raw = names[0], found.score(RAW, part, "ece")
    lowest = found.score(first, part, "ece")
    course = f"from {spread(raw)} to {spread(lowest)}"
    if lowest.mean >= raw.mean:
        return f"No calibrator lowers the ECE on {part} nodes: it is {spread(raw)} as it is, and {spread(lowest)} with {_name(first)}."
    like = [name for name in names[1:] if is_noise(found.change(name, part, "ece", first))]
    sentence = f"The lowest ECE on {part} nodes is that of {_name(first)}: {course}"
    if found.seeds < 2:
        return f"{sentence}; one seed says nothing about chance."
    if is_noise(found.change(first, part, "ece")):
        return f"{sentence}, which the seeds do not tell apart."
    if not like:
        return f"{sentence}; the seeds tell it apart from all others."
    return f"{sentence}; the seeds do not tell it from {_listed(like)}."


def changed(found: Calibration) -> str:
    """Which calibrators change predictions."""
    fits = results.fits_table(found)
    moved = fits[fits["changed"] > 0].groupby("calibrator")["changed"].mean()
    if not len(moved):
        return "No calibrator changes a predicted class here, so the accuracy stays." if len(found.names) > 1 else ""
    most = str(moved.idxmax())
    rest = (
        f"; {_listed([str(name) for name in moved.index if name != most])} change{'s' if len(moved) == 2 else ''} fewer"
        if len(moved) > 1
        else ""
    )
    return f"{title(most)} changes the class of {percent(float(moved.max()))} of all nodes{rest}."


def rank(found: Calibration, part: str) -> str:
    """What the ECE leaves out: a calibrated model need not tell right from wrong."""
    aurc, oracle = found.score(RAW, part, "aurc"), found.score(RAW, part, "aurc_oracle")
    if np.isnan(aurc.mean):
        return ""
    return (
        f"Answering its surest nodes first, it errs on {percent(aurc.mean)} on average over all coverages; ordered perfectly it would be "
        f"{percent(oracle.mean)}."
    )


def refused(found: Calibration) -> list[str]:
    """Why a calibrator is missing, and what was out of the ordinary with those that are there."""
    said = [f"{title(name)}: {why}" for name, why in found.refused.items()]
    remarks = {one.said: one.calibrator for reading in found.readings for one in reading.answers if one.said}
    return said + [f"{title(name)}: {words}" for words, name in remarks.items()]


def _where(found: Calibration) -> str:
    return f"{found.split}, {count(found.seeds, 'seed')}"


def _name(calibrator: str) -> str:
    """As it stands within a sentence: names of methods that are abbreviations keep their capitals."""
    word = title(calibrator)
    return word if word[:2].isupper() or (not word[1:].islower() and " " not in word) else word[0].lower() + word[1:]


def _listed(names: list[str]) -> str:
    words = [_name(name) for name in names]
    if len(words) > TOLD:
        return f"{', '.join(words[:TOLD])} and {len(words) - TOLD} more"
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def facts(found: Calibration, part: str, calibrator: str) -> list[tuple[str, str, str, str]]:
    """Name, how it is counted, value, meaning: what stands beside the diagram."""
    rows = []
    for score in SCORES:
        raw = found.score(RAW, part, score.name)
        how = f"{part} nodes" if calibrator == RAW else f"uncalibrated {score.written(Interval(raw.mean, np.nan, np.nan, 1))}"
        rows.append((score.heading, how, score.written(found.score(calibrator, part, score.name)), score.meaning))
    return rows
