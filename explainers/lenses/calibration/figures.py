"""The pictures of confidence against accuracy. They read nothing but the numbers. Free of torch."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core import figures
from core.seeds import interval
from explainers.calibration_request import ECE_BINS, RAW
from explainers.calibration_scores import BY_NAME, SCORES
from explainers.calibrators.contract import calibrators
from explainers.contract import Chart
from explainers.lenses.calibration import result as results
from explainers.lenses.calibration.result import Calibration, title
from explainers.wording import WIDEST, percent

ACCURACY, GAP_OVER, GAP_UNDER, BESIDE = figures.OKABE_ITO[0], figures.OKABE_ITO[5], figures.OKABE_ITO[4], figures.OKABE_ITO[2]
ROW = 26


def reliability(found: Calibration, calibrator: str, part: str, bins: int, *, equal_mass: bool, beside: str = "") -> Chart:
    """Accuracy by confidence with the gap to the diagonal, and below how many nodes each bin holds; `beside`: another calibrator."""
    table = results.bins_table(found, bins, equal_mass=equal_mass, names=[calibrator, *([beside] if beside else [])], parts=[part])
    rows = _means(table[table["calibrator"] == calibrator])
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.78, 0.22], vertical_spacing=0.04)
    _bars(figure, rows, found.seeds)
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": figures.NEUTRAL, "dash": "dot", "width": 1.5},
        name="as it should be",
        hoverinfo="skip",
    )
    if beside and beside != calibrator:
        other = _means(table[table["calibrator"] == beside])
        figure.add_scatter(
            x=other["confidence"],
            y=other["accuracy"],
            mode="lines+markers",
            name=title(beside),
            line={"color": BESIDE, "width": 2},
            marker={"size": 7, "symbol": "diamond"},
            customdata=other["count"],
            hovertemplate=title(beside) + "<br>confidence %{x:.1%}<br>accuracy %{y:.1%}<br>%{customdata:.0f} nodes<extra></extra>",
        )
    figure.add_bar(
        x=(rows["low"] + rows["high"]) / 2,
        y=rows["count"],
        width=rows["high"] - rows["low"],
        marker={"color": figures.NEUTRAL, "line": {"width": 0}},
        showlegend=False,
        hovertemplate="%{y:.0f} nodes<extra></extra>",
        row=2,
        col=1,
    )
    figures.layout(figure, height=470, toolbar=True)
    figure.update_layout(bargap=0, barmode="overlay")
    figure.update_xaxes(range=[0, 1], tickformat="~%")
    figure.update_xaxes(title="confidence", row=2, col=1)
    figure.update_yaxes(range=[0, 1.02], tickformat="~%", title="accuracy", row=1, col=1)
    figure.update_yaxes(title="nodes", nticks=3, row=2, col=1)
    how = "as many nodes in each" if equal_mass else "equally wide"
    return Chart(
        figure,
        f"Bars: how often nodes of that confidence are right. Hatched: the gap to what they say of themselves. {bins} bins, {how}.",
        "Classes other than the predicted one, and how uncertain a bar of few nodes is: look at the counts below.",
        r"\mathrm{acc}_b = \tfrac{1}{n_b}\sum_{i \in b} \mathbf 1[\hat y_i = y_i],\quad"
        r" \mathrm{ECE} = \sum_b \tfrac{n_b}{n}\,|\mathrm{acc}_b - \mathrm{conf}_b|",
        f"Guo et al., On calibration of modern neural networks, ICML 2017; {results.conditions(found, part)}",
        table,
    )


def _bars(figure: go.Figure, rows: pd.DataFrame, seeds: int) -> None:
    """Accuracy as bars, and what lies between it and the confidence. Of two seeds an interval can be wider than all there is."""
    useful = rows["half_width"].where(rows["half_width"] <= WIDEST, 0.0)
    middle, width = (rows["low"] + rows["high"]) / 2, rows["high"] - rows["low"]
    figure.add_bar(
        x=middle,
        y=rows["accuracy"],
        width=width,
        name="accuracy",
        marker={"color": ACCURACY, "line": {"width": 0.5, "color": "rgba(128,128,128,.6)"}},
        error_y={"array": useful, "thickness": 1, "width": 0, "color": figures.NEUTRAL} if seeds > 1 else None,
        customdata=np.stack([rows["low"], rows["high"], rows["confidence"], rows["count"]], axis=1),
        hovertemplate="confidence %{customdata[0]:.0%} to %{customdata[1]:.0%}<br>accuracy %{y:.1%}<br>mean confidence "
        "%{customdata[2]:.1%}<br>%{customdata[3]:.0f} nodes<extra></extra>",
    )
    for name, color, picked in (
        ("says too much", GAP_OVER, rows["confidence"] > rows["accuracy"]),
        ("says too little", GAP_UNDER, rows["confidence"] < rows["accuracy"]),
    ):
        part = rows[picked]
        if part.empty:
            continue
        figure.add_bar(
            x=(part["low"] + part["high"]) / 2,
            y=(part["confidence"] - part["accuracy"]).abs(),
            base=part[["confidence", "accuracy"]].min(axis=1),
            width=part["high"] - part["low"],
            name=name,
            marker={
                "color": figures.translucent(color, 0.35),
                "pattern": {"shape": "/", "fgcolor": color, "size": 6},
                "line": {"width": 0},
            },
            hoverinfo="skip",
        )


def _means(rows: pd.DataFrame) -> pd.DataFrame:
    """Means over seeds, bin by bin: low, high, count, accuracy, half_width, confidence; without bins that are empty in every seed."""
    place = rows.groupby("seed").cumcount()
    found = []
    for _, group in rows.groupby(place):
        filled = group[group["count"] > 0]
        if filled.empty:
            continue
        accuracy = interval(filled["accuracy"])
        found.append(
            {
                "low": group["bin_low"].mean(),
                "high": group["bin_high"].mean(),
                "count": group["count"].mean(),
                "accuracy": accuracy.mean,
                "half_width": accuracy.half_width,
                "confidence": filled["confidence"].mean(),
            }
        )
    return pd.DataFrame(found, columns=["low", "high", "count", "accuracy", "half_width", "confidence"], dtype=float)


BETTER = {
    "lower": "Left is better.",
    "higher": "Right is better.",
    "": "Neither side is better by itself: hold it against the accuracy.",
}


def scores(found: Calibration, part: str, metric: str = "ece") -> Chart:
    """One metric of every calibrator, the best on top; of a metric that is neither good nor bad, the lowest."""
    known = [(name, found.score(name, part, metric)) for name in found.names]
    score = BY_NAME[metric]
    known.sort(key=lambda one: one[1].mean, reverse=score.better == "higher")
    names = [title(name) for name, _ in known]
    colors = [figures.NEUTRAL if name == RAW else ACCURACY for name, _ in known]
    figure = go.Figure(
        go.Scatter(
            x=[one.mean for _, one in known],
            y=names,
            mode="markers",
            marker={"color": colors, "size": 9, "symbol": ["diamond" if name == RAW else "circle" for name, _ in known]},
            error_x={"array": [np.nan_to_num(one.half_width) for _, one in known], "thickness": 1.2, "width": 0}
            if found.seeds > 1
            else None,
            hovertemplate="%{y}<br>%{x:.2%}<extra></extra>" if score.share else "%{y}<br>%{x:.4f}<extra></extra>",
        )
    )
    figures.layout(figure, x=score.title, height=90 + ROW * len(names), legend=False, toolbar=True)
    reach = max((one.mean + np.nan_to_num(one.half_width) for _, one in known if not np.isnan(one.mean)), default=0.0)
    figure.update_xaxes(range=[0, 1.05 * reach or 1], **({"tickformat": "~%"} if score.share else {}))
    figure.update_yaxes(autorange="reversed", ticklabelstandoff=4)
    return Chart(
        figure,
        f"{BETTER[score.better]} Diamond: the model as it is. Means over seeds{' with 95 % intervals' if found.seeds > 1 else ''}.",
        "Whether another split, or a model that stopped at another epoch, ranks them alike.",
        score.formula,
        f"{ECE_BINS} bins; calibrators are fitted to validation nodes. {results.conditions(found, part)}",
        scores_table(found, part),
    )


BRIER_WORDS = {
    "brier_reliability": ("reliability", figures.OKABE_ITO[5]),
    "brier_resolution": ("resolution", figures.OKABE_ITO[2]),
    "brier_within_bins": ("within bins", figures.NEUTRAL),
}


def brier_parts(found: Calibration, part: str) -> Chart:
    """What the Brier score of each calibrator is made of, but for the uncertainty, which is the labels' alone."""
    names = sorted(found.names, key=lambda name: found.score(name, part, "brier").mean)
    figure, rows = go.Figure(), []
    for metric, (words, color) in BRIER_WORDS.items():
        values = [found.score(name, part, metric).mean for name in names]
        rows += [{"calibrator": title(name), "part": words, "value": value} for name, value in zip(names, values, strict=True)]
        figure.add_bar(
            y=[title(name) for name in names],
            x=values,
            name=words,
            orientation="h",
            marker={"color": color},
            hovertemplate="%{y}<br>" + words + ": %{x:.4f}<extra></extra>",
        )
    figures.layout(figure, x="part of the Brier score", height=130 + ROW * len(names), toolbar=True)
    figure.update_yaxes(autorange="reversed", ticklabelstandoff=4)
    uncertainty = found.score(RAW, part, "brier_uncertainty").mean
    return Chart(
        figure,
        f"Low reliability and high resolution are good. Not drawn: the uncertainty, {uncertainty:.3f}, which is the labels' alone.",
        "Which class it comes from: the parts are sums over the classes. Means over seeds, the lowest Brier score on top.",
        r"\sum_b \tfrac{n_b}{n}(\bar p_b - \bar o_b)^2 - \sum_b \tfrac{n_b}{n}(\bar o_b - \bar o)^2 + \bar o(1 - \bar o) + \text{within}",
        f"Murphy 1973; Stephenson et al. 2008 for what is within bins. {ECE_BINS} bins a class. {results.conditions(found, part)}",
        pd.DataFrame(rows),
    )


def scores_table(found: Calibration, part: str) -> pd.DataFrame:
    """For people: a row a calibrator, the lowest ECE first; mean ± interval of every metric, shares in per cent."""
    by_ece = sorted(found.names, key=lambda name: found.score(name, part, "ece").mean)
    fits = results.fits_table(found)
    rows = []
    for name in by_ece:
        own = fits[fits["calibrator"] == name]
        row: dict[str, object] = {"calibrator": title(name)}
        for score in SCORES:
            row[score.title] = score.written(found.score(name, part, score.name)).removesuffix(" %")
        kept = name == RAW or calibrators()[name].keeps_class
        row |= {"numbers": int(own["parameters"].max()), "class": "kept" if kept else percent(float(own["changed"].mean()))}
        rows.append(row)
    return pd.DataFrame(rows)
