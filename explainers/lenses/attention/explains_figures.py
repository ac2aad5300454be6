"""Attention beside other explanations: figures and sentences. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from core import figures
from core.seeds import Interval, interval
from explainers.attribution.contract import method
from explainers.contract import Chart
from explainers.lenses.attention.result import FEWEST, KEEP, MOST
from explainers.sweep.answer import is_noise
from explainers.trust.metrics import RANDOM
from explainers.wording import count, points

ATTENTION = "attention"


def correlations(found: pd.DataFrame) -> Chart:
    """How alike attention and each other method order the edges of a node."""
    others = [name for name in found["method"].unique() if name != ATTENTION]
    means = [interval(found.loc[found["method"] == name, "rank_correlation"]) for name in others]
    figure = go.Figure(
        go.Scatter(
            x=[one.mean for one in means],
            y=[method(name).title for name in others],
            mode="markers",
            error_x=_within_bounds(means),
            marker={"size": 9, "color": figures.RIGHT},
            hovertemplate="%{y}: ρ = %{x:.2f}<extra></extra>",
        )
    )
    figures.layout(figure, x="rank correlation with attention", height=100 + 34 * len(others), legend=False, toolbar=True)
    figure.update_xaxes(range=[-1, 1])
    figure.update_yaxes(autorange="reversed", ticklabelstandoff=4)
    figure.add_vline(0, line={"color": figures.NEUTRAL, "width": 1})
    return Chart(
        figure,
        "1: the same order of edges; 0: none in common. Bars: 95 % intervals over nodes, cut at ±1, beyond which no mean of ρ can lie.",
        "Which of them is right: that two methods agree does not make either the truth.",
        r"\rho\big(s^{\text{attention}}, s^{\text{other}}\big),\ \text{mean over nodes}",
        "Spearman, edges within reach, attention averaged over layers, heads and directions; Jain & Wallace 2019 ask it of text",
        found,
    )


def _within_bounds(means: Sequence[Interval]) -> dict[str, object]:
    """Bars of means of correlations: an interval of what cannot leave −1 … 1 may be cut there and still holds it as often."""
    above, below = [min(one.high, 1) - one.mean for one in means], [one.mean - max(one.low, -1) for one in means]
    return {"type": "data", "symmetric": False, "array": above, "arrayminus": below, "thickness": 1.5}


def fidelities(found: pd.DataFrame) -> Chart:
    """What cutting each method's edges does, beside random ones."""
    names = list(found["method"].unique())
    figure = go.Figure()
    for column, word, color in (
        ("fidelity_plus", "without its edges", figures.WRONG),
        ("fidelity_minus", "with its edges alone", figures.RIGHT),
    ):
        means = [interval(found.loc[found["method"] == name, column]) for name in names]
        figure.add_scatter(
            x=[one.mean for one in means],
            y=[method(name).title for name in names],
            mode="markers",
            name=word,
            error_x={"array": [one.half_width for one in means], "thickness": 1.5},
            marker={"size": 9, "color": color},
            hovertemplate="%{y}, " + word + ": %{x:.3f}<extra></extra>",
        )
    figures.layout(figure, x="fall of the predicted class's probability", height=130 + 34 * len(names), toolbar=True)
    figure.update_yaxes(autorange="reversed", ticklabelstandoff=4)
    figure.add_vline(0, line={"color": figures.NEUTRAL, "width": 1})
    return Chart(
        figure,
        "Good: orange far to the right (its edges are needed), blue near 0 (they are enough). Held against random edges.",
        "Single nodes; and what masking instead of deleting would say.",
        r"p(G) - p(G \setminus S),\quad p(G) - p(S)",
        f"Yuan et al. 2022; the {KEEP} best edges, deleted; 95 % intervals over nodes",
        found,
    )


def sentences(found: pd.DataFrame) -> list[str]:
    """Whether attention's order follows the effect of deletion, and whether its edges do better than random ones."""
    nodes = found["node"].nunique()
    if not nodes:
        return [f"No test node has {FEWEST} to {MOST} edges within reach, as those that are asked about have."]
    rho = interval(found.loc[found["method"] == "occlusion", "rank_correlation"])
    wide = found.pivot_table(index="node", columns="method", values=["fidelity_plus", "fidelity_minus"], dropna=False)
    needed = interval(wide["fidelity_plus", ATTENTION] - wide["fidelity_plus", RANDOM])
    enough = interval(wide["fidelity_minus", RANDOM] - wide["fidelity_minus", ATTENTION])
    return [
        f"On {count(nodes, 'test node')} with {FEWEST} to {MOST} edges within reach (others are not asked) the order of edges by attention "
        f"{_order(rho)} the order by the effect of deleting them: ρ = {_of(rho)}.",
        f"Beside {KEEP} random edges: without attention's {KEEP} best the predicted class falls {_against(needed, 'more')}; with them "
        f"alone it falls {_against(enough, 'less')}.",
    ]


def _order(rho: Interval) -> str:
    """How two orders go together, where the interval tells."""
    if not (rho.low > 0 or rho.high < 0):
        return "cannot be told to have anything in common with"
    return "goes with" if rho.mean > 0 else "goes against"


VIEWS = {"correlations": correlations, "fidelities": fidelities}


def _of(value: Interval) -> str:
    if not value.n:
        return "not defined"
    mean = f"{value.mean:.2f}".replace("-", "−")
    return mean + (f" ± {value.half_width:.2f}" if value.n > 1 else " (one node)")


def _against(change: Interval, word: str) -> str:
    if not change.n or not change.mean:
        return "as far"
    if is_noise(change):
        return f"as far (a difference of {points(change.mean)}, which the nodes do not tell from none)"
    other = {"more": "less", "less": "more"}[word]
    alone = "" if change.n > 1 else ", on one node"
    return f"{points(change.mean)} {word if change.mean > 0 else other}{alone}"
