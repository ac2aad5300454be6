"""Figures of the trust panel: scores of each method, sanity layer by layer, deleting against masking. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core import figures
from explainers.attribution.contract import method
from explainers.contract import Chart, Table
from explainers.trust.ask import Ask
from explainers.trust.metrics import METRICS, RANDOM
from explainers.why.result import TIE, BothCuts, Sanity, Trust
from explainers.wording import count

DRAWN = {
    "probability_fidelity_plus": "Fidelity+ ↑",
    "probability_fidelity_minus": "Fidelity− ↓",
    "robust_fidelity_plus": "Robust+ ↑",
    "robust_fidelity_minus": "Robust− ↓",
    "characterization": "Charact. ↑",
    "unfaithfulness": "Unfaithf. ↓",
    "stability": "Stability ↑",
    "sanity": "Sanity → 0",
}
"""Metrics with a column of their own, and which way is good."""
PLUS, MINUS = "probability_fidelity_plus", "probability_fidelity_minus"
TRUTH = {"auc": "AUC, motif ↑"}
ROW = 25


def scores(found: Sequence[Trust], how: str, keep: int) -> Chart:
    """A column a metric, a row a method: the mean over the seeds, and from the lowest to the highest seed."""
    drawn = DRAWN | (TRUTH if any(np.isfinite(one.mean("auc")) for one in found) else {})
    names = [method(one.method).title for one in found]
    figure = make_subplots(1, len(drawn), shared_yaxes=True, subplot_titles=list(drawn.values()), horizontal_spacing=0.012)
    for column, metric in enumerate(drawn, 1):
        figure.add_trace(_dots(found, metric, names), row=1, col=column)
        chance = next((one.mean(metric) for one in found if one.method == RANDOM), np.nan)
        if np.isfinite(chance):
            figure.add_vline(chance, line={"color": figures.NEUTRAL, "width": 1, "dash": "dot"}, row=1, col=column)
    figures.layout(figure, height=ROW * len(names) + 70, legend=False)
    figure.update_layout(margin={"t": 28})
    figure.update_annotations(font_size=12)
    figure.update_xaxes(nticks=3, zeroline=True, tickfont_size=10)
    figure.update_yaxes(autorange="reversed", showgrid=True)
    return Chart(
        figure,
        "Dots: mean over the seeds, whiskers from the lowest to the highest; dotted: random edges. Arrows: which way is good. "
        f"Fidelity+: how far the class falls without the {keep} kept edges ({how}); fidelity−: with them alone. "
        f"Robust fidelity at α₁ = {Ask.alpha_plus:g}, α₂ = {Ask.alpha_minus:g}, {Ask.samples} draws.",
        "One node: what holds for it need not hold for others; see Many nodes. Other metrics are in the table.",
        source="Yuan et al. 2022; Zheng et al. 2024; Amara et al. 2022; Agarwal et al. 2023; Adebayo et al. 2018. Each is defined on the "
        "Methods page.",
        data=table(found).data,
    )


def verdict(found: Sequence[Trust]) -> list[str]:
    """Which methods do better than random edges on this node: how far the class falls without their edges, and with them alone."""
    random = next((one for one in found if one.method == RANDOM), None)
    others = [one for one in found if one.method != RANDOM]
    if random is None or not others:
        return []
    needed = {one.method for one in others if one.mean(PLUS) > random.mean(PLUS) + TIE}
    enough = {one.method for one in others if one.mean(MINUS) < random.mean(MINUS) - TIE}
    both = [method(one.method).title for one in others if one.method in needed & enough]
    first = f"{len(both)} of {count(len(others), 'method')} beat random edges both ways here{': ' + ', '.join(both) if both else ''}."
    rest = f"Their edges are needed (fidelity+) in {len(needed)}, enough alone (fidelity−) in {len(enough)} of {len(others)}."
    return [first, f"{rest} One node is an example, not a test: Many nodes has intervals."]


def _dots(found: Sequence[Trust], metric: str, names: Sequence[str]) -> go.Scatter:
    means = np.array([one.mean(metric) for one in found])
    known = [[value for value in one.values.get(metric, ()) if np.isfinite(value)] for one in found]
    above = [max(values) - mean if values else 0.0 for values, mean in zip(known, means, strict=True)]
    below = [mean - min(values) if values else 0.0 for values, mean in zip(known, means, strict=True)]
    return go.Scatter(
        x=means,
        y=list(names),
        mode="markers",
        marker={"size": 8, "color": [figures.NEUTRAL if one.method == RANDOM else figures.RIGHT for one in found]},
        error_x={"type": "data", "array": above, "arrayminus": below, "color": figures.NEUTRAL, "thickness": 1.5, "width": 3},
        hovertemplate=f"%{{y}}<br>{metric.replace('_', ' ')} %{{x:.3f}}<extra></extra>",
    )


def table(found: Sequence[Trust]) -> Table:
    """A row a method, a column a metric: means over the seeds."""
    titles = {metric.name: metric.title for metric in METRICS}
    rows = [
        {"method": method(one.method).title} | {titles[metric.name]: round(one.mean(metric.name), 4) for metric in METRICS} for one in found
    ]
    return Table(pd.DataFrame(rows).dropna(axis=1, how="all"), {metric.title: metric.reading for metric in METRICS}, shares=False)


def sanity(found: Sequence[Sanity]) -> Chart:
    """Rank correlation with the trained model's scores, layer after layer drawn anew."""
    figure = go.Figure()
    for number, one in enumerate(found):
        figure.add_trace(
            go.Scatter(
                x=["trained", *one.layers],
                y=[1.0, *one.correlations],
                mode="lines+markers",
                name=method(one.method).title,
                line={"color": figures.class_color(number)},
                marker={"symbol": figures.SHAPES[number % len(figures.SHAPES)]},
            )
        )
    figure.add_hline(0, line={"color": figures.NEUTRAL, "width": 1})
    figures.layout(figure, x="layers drawn anew, the last one first", y="rank correlation", height=300)
    figure.update_yaxes(range=[-1.05, 1.05])
    rows = [
        {"method": one.method, "layers_up_to": layer, "rank_correlation": value}
        for one in found
        for layer, value in zip(one.layers, one.correlations, strict=True)
    ]
    return Chart(
        figure,
        "Each step to the right draws one more layer anew. A method that explains the model falls towards 0; one that stays near 1 says "
        "something of the graph only.",
        "That a low correlation makes a method right: random edges that change with the model would pass as well.",
        r"\rho(s_\theta, s_{\theta'})",
        "Adebayo et al., Sanity checks for saliency maps, NeurIPS 2018, cascading randomisation",
        pd.DataFrame(rows),
    )


def disagreement(found: BothCuts) -> tuple[str, Table]:
    """Edges whose loss raises the class one way and lowers it the other, the largest differences first."""
    opposite = np.flatnonzero(found.opposite)
    order = opposite[np.argsort(-np.abs(found.deleted - found.masked)[opposite], kind="stable")]
    rows = {
        "u": found.pairs[order, 0],
        "v": found.pairs[order, 1],
        "deleted": found.deleted[order].round(5),
        "masked": found.masked[order].round(5),
    }
    asked = len(found.pairs)
    rest = f" {found.left_out:,} more edges within reach were not asked about." if found.left_out else ""
    said = f"{len(order):,} of {count(asked, 'edge')} change sign between the two: deleting one does the opposite of masking it.{rest}"
    fall = "How far the explained class's probability falls without this edge alone. Negative: it rises."
    return said, Table(pd.DataFrame(rows), {"u": "One end.", "v": "The other end.", "deleted": fall, "masked": fall}, shares=False)
