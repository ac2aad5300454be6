"""When to abstain: accuracy on the nodes that are answered, the surest first. Free of torch."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core import figures
from core.metrics.selective import risk_coverage
from core.seeds import interval
from explainers.calibration_request import RAW, WORDS
from explainers.contract import Chart
from explainers.lenses.calibration.result import Calibration, Reading, in_sentence, title
from explainers.wording import percent, spread

CHOOSES = "validation"
"""The part on which it is chosen when to abstain."""
GRID = np.linspace(0.02, 1, 99)
"""Coverages at which the curves of several seeds are averaged."""


def curves(found: Calibration, calibrator: str, part: str) -> pd.DataFrame:
    """Columns seed, coverage, accuracy, confidence: of the share answered, and the least confidence among them."""
    return pd.concat([curve(reading, calibrator, part) for reading in found.readings], ignore_index=True)


def curve(reading: Reading, calibrator: str, part: str) -> pd.DataFrame:
    """The same of one run."""
    there, answer = reading.of_part(part), reading.answer(calibrator)
    confidence = answer.confidence[there].astype(float)
    coverage, risk = risk_coverage(confidence, answer.correct[there])
    place = np.searchsorted(coverage, GRID - 1e-12).clip(max=len(coverage) - 1)
    last = np.rint(coverage[place] * len(confidence)).astype(int) - 1
    bars = np.sort(confidence)[::-1][last]
    return pd.DataFrame({"seed": reading.seed, "coverage": GRID, "accuracy": 1 - risk[place], "confidence": bars})


def chart(found: Calibration, calibrator: str, part: str, wanted: float) -> Chart:
    """Accuracy against the share of nodes that are answered, raw and with a calibrator, and where the wanted accuracy is reached."""
    figure = go.Figure()
    frames: list[pd.DataFrame] = []
    for name, color, dash in ((RAW, figures.NEUTRAL, "dot"), (calibrator, figures.OKABE_ITO[0], "solid")):
        if name == calibrator == RAW and frames:
            continue
        rows = curves(found, name, part)
        frames.append(rows.assign(calibrator=name))
        spreads = [interval(group["accuracy"]) for _, group in rows.groupby("coverage")]
        if found.seeds > 1:
            low, high = [one.low for one in spreads], [min(one.high, 1.0) for one in spreads]
            figure.add_trace(figures.band(GRID.tolist(), low, high, color, title(name)))
        figure.add_scatter(
            x=GRID,
            y=[one.mean for one in spreads],
            mode="lines",
            name=title(name),
            line={"color": color, "dash": dash, "width": 2},
            hovertemplate=title(name) + "<br>%{x:.0%} answered<br>accuracy %{y:.1%}<extra></extra>",
        )
    figure.add_hline(wanted, line={"color": figures.OKABE_ITO[5], "dash": "dash", "width": 1.2})
    figures.layout(figure, x="share of nodes that are answered, the surest first", y="accuracy on them", height=360, toolbar=True)
    figure.update_xaxes(tickformat="~%", range=[0, 1])
    figures.percent_axis(figure, low=None)
    return Chart(
        figure,
        "To the left only the surest nodes are answered. A curve that rises to the left knows which of its answers are right.",
        "Whether a confidence means what it says: any order of the nodes that is the same gives the same curve.",
        r"\mathrm{AURC} = \int_0^1 \mathrm{risk}(c)\,\mathrm{d}c",
        "Geifman & El-Yaniv, Selective classification for deep neural networks, NeurIPS 2017",
        pd.concat(frames, ignore_index=True),
    )


def sentences(found: Calibration, calibrator: str, part: str, wanted: float) -> list[str]:
    """What may be answered at the wanted accuracy, and whether the calibrator orders the nodes otherwise."""
    said = [answered(found, calibrator, part, wanted)]
    if calibrator == RAW:
        return said
    change = found.change(calibrator, part, "aurc")
    raw, own = (percent(found.score(name, part, "aurc").mean) for name in (RAW, calibrator))
    told = "; the seeds do not tell the two apart" if change.n > 1 and change.low <= 0 <= change.high else ""
    return [*said, f"AURC, the mean error over all coverages, is {raw} as it is and {own} with {in_sentence(calibrator)}{told}."]


def answered(found: Calibration, calibrator: str, part: str, wanted: float) -> str:
    """How many nodes may be answered at the wanted accuracy, and the confidence below which to abstain; chosen on validation nodes."""
    if CHOOSES not in found.parts:
        return "This split has no validation nodes to choose by from which confidence on to answer."
    shares, bars, reached = [], [], []
    for reading in found.readings:
        bar = _bar(curve(reading, calibrator, CHOOSES), wanted)
        if bar is None:
            continue
        there, answer = reading.of_part(part), reading.answer(calibrator)
        kept = answer.confidence[there] >= bar
        bars.append(bar)
        shares.append(float(kept.mean()))
        reached.append(float(answer.correct[there][kept].mean()) if kept.any() else np.nan)
    if not bars:
        return f"No confidence reaches an accuracy of {percent(wanted, 0)} on validation nodes: it would abstain everywhere."
    where = "" if len(bars) == found.seeds else f" in {len(bars)} of {found.seeds} seeds, in the others it would abstain everywhere"
    whose = "For" if calibrator == RAW else f"By the confidence of {in_sentence(calibrator)}, for"
    return (
        f"{whose} {percent(wanted, 0)} accuracy, abstain below a confidence of {percent(float(np.mean(bars)))} "
        f"(chosen on validation nodes){where}: {spread(interval(shares))} of the {WORDS[part]} nodes are answered, "
        f"{spread(interval(reached))} of them right."
    )


def _bar(rows: pd.DataFrame, wanted: float) -> float | None:
    """The least confidence at the largest share that is answered at the wanted accuracy."""
    enough = rows[rows["accuracy"] >= wanted]
    return float(enough.loc[enough["coverage"].idxmax(), "confidence"]) if len(enough) else None
