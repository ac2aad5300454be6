"""How fast what surrounds a neighbour fades with distance, where a model learns that (CoulGAT). Free of torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from core import figures
from core.seeds import interval
from explainers.contract import Chart
from explainers.lenses.attention.result import Attention, Floats
from explainers.sweep.answer import is_noise
from explainers.wording import count

LEAST_SPAN = 0.2
"""Of the axis of factors: on a finer one rounding would look like something."""
WIDE = 0.5
"""Half-width of an interval, as a share of its mean, from which on the seeds' range says more."""
START = 1.0
"""Every factor before training: all that is within reach counts alike."""
SOURCE = "Gokden, CoulGAT, arXiv 1912.08409, 2019; powers a distance and head, a softmax over what is within reach"
COLUMNS = ["layer", "head", "distance", "factor", "share", "untrained_share"]


def rows(factors: Sequence[Floats], sizes: Sequence[NDArray[np.integer]]) -> pd.DataFrame:
    """A row a layer, head and distance.

    `factors`: [hops + 1, heads] of each layer, what one node so far away weighs, the node itself 1; `sizes`: [hops + 1, num_nodes], how
    many nodes are so far away. `share`: mean over nodes of what all of that distance weigh of the whole; `untrained_share`: the same
    where every node weighs 1.
    """
    frames = [pd.DataFrame(columns=COLUMNS)] if not factors else []
    for layer, (factor, size) in enumerate(zip(factors, sizes, strict=True), 1):
        hops, heads = factor.shape
        learned, even = (_shares(weights, size) for weights in (factor.astype(np.float64), np.ones((hops, 1))))
        frames.append(
            pd.DataFrame(
                {
                    "layer": layer,
                    "head": np.repeat(np.arange(1, heads + 1), hops),
                    "distance": np.tile(np.arange(hops), heads),
                    "factor": factor.T.ravel().astype(np.float64),
                    "share": learned.T.ravel(),
                    "untrained_share": np.tile(even[:, 0], heads),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def table(found: Attention) -> pd.DataFrame:
    """Those of all runs: seed, layer, head, distance, factor, share, untrained_share. Without rows for a model that is not screened."""
    frames = [one.screening.assign(seed=one.seed) for one in found.readings if len(one.screening)]
    return pd.concat(frames, ignore_index=True)[["seed", *COLUMNS]] if frames else pd.DataFrame(columns=["seed", *COLUMNS])


def draw(found: Attention) -> Mapping[str, Chart]:
    return {"screening": factors(found), "screening_shares": shares(found)}


def factors(found: Attention) -> Chart:
    """What one node weighs against its distance, layer by layer: mean over heads and seeds, and every head."""
    data, figure = table(found), go.Figure()
    layers, lows, highs = list(data["layer"].unique()), list[float](), list[float]()
    for place, layer in enumerate(layers):
        mine, color, said = data[data["layer"] == layer], figures.class_color(place), f"layer {layer}, "
        means = [interval(values) for values in _by_seed(mine, "factor")]
        lows += [max(one.low, 0.0) for one in means if one.n > 1]
        highs += [one.high for one in means if one.n > 1]
        at = np.array(sorted(mine["distance"].unique())) + (place - (len(layers) - 1) / 2) * 0.04
        figure.add_scatter(
            x=at[mine["distance"]],
            y=mine["factor"],
            mode="markers",
            marker={"color": figures.translucent(color, 0.35), "size": 6},
            customdata=mine[["seed", "head", "distance"]],
            hovertemplate=said + "head %{customdata[1]}, seed %{customdata[0]}<br>%{customdata[2]} hops: %{y:.3f}<extra></extra>",
            showlegend=False,
        )
        figure.add_scatter(
            x=at,
            y=[one.mean for one in means],
            mode="lines+markers",
            name=f"layer {layer}",
            line={"color": color},
            marker={"size": 8},
            error_y=figures.interval_bars(means, high=np.inf),
            customdata=list(range(len(means))),
            hovertemplate=said + "mean over heads and seeds<br>%{customdata} hops: %{y:.3f}<extra></extra>",
        )
    figures.layout(figure, x="hops from the neighbour", y="weight of one node", height=360)
    figure.add_hline(START, line={"color": figures.NEUTRAL, "dash": "dot", "width": 1.5})
    low, high = (pick(data["factor"].tolist() + ends + [START]) for pick, ends in ((min, lows), (max, highs)))
    room = max((high - low) * 1.1, LEAST_SPAN) / 2
    figure.update_yaxes(range=[max((low + high) / 2 - room, 0.0), (low + high) / 2 + room])
    figure.update_xaxes(dtick=1, showgrid=False)
    return Chart(
        figure,
        "Lines: mean over heads and seeds; faint: every head. Dotted: untrained, where all that is within reach weighs the same. "
        "Below it, what is far away is screened.",
        "How many nodes are so far away: beside it is what all of them weigh together. And what a head makes of it: its vectors.",
        r"\frac{e^{(1 + d)^{-p_d}}}{e},\quad s_{jk} = \mathrm{softmax}_k\left((1 + d_{jk})^{-p_{d_{jk}}}\right)",
        SOURCE,
        data,
    )


def shares(found: Attention) -> Chart:
    """What all nodes at a distance weigh together, trained and untrained."""
    data, figure = table(found), go.Figure()
    distances = sorted(data["distance"].unique())
    untrained = data.groupby("distance")["untrained_share"].mean()
    figure.add_bar(
        x=[_hops(one) for one in distances],
        y=untrained[distances],
        name="untrained",
        marker_color=figures.NEUTRAL,
        hovertemplate="%{x}: %{y:.1%}<extra>untrained</extra>",
    )
    for place, layer in enumerate(data["layer"].unique()):
        means = [interval(values) for values in _by_seed(data[data["layer"] == layer], "share")]
        figure.add_bar(
            x=[_hops(one) for one in distances],
            y=[one.mean for one in means],
            name=f"layer {layer}",
            marker_color=figures.class_color(place),
            error_y=figures.interval_bars(means),
            hovertemplate=f"%{{x}}: %{{y:.1%}}<extra>layer {layer}</extra>",
        )
    figures.percent_axis(figures.layout(figure, x="from the neighbour", y="share of the weight", height=360), high=None)
    figure.update_layout(barmode="group")
    return Chart(
        figure,
        "Where the score of a neighbour comes from: itself, what is linked to it, what lies farther. Mean over nodes, heads and seeds.",
        "What it is used for: this is a part of the score of a neighbour, not attention.",
        r"\frac{1}{N}\sum_j \sum_{k:\, d_{jk} = d} s_{jk}",
        SOURCE,
        data,
    )


def sentence(found: Attention) -> str:
    """How much less, or more, what is farther away weighs than what is near; empty for a model that is not screened."""
    data = table(found)
    farthest = int(data["distance"].max()) if len(data) else 0
    if not farthest:
        return ""
    one, other = ("a node next to it", "itself") if farthest == 1 else (f"a node {farthest} hops from it", "one next to it")
    parts = [_layer(layer, data[data["layer"] == layer], farthest) for layer in data["layer"].unique()]
    return f"In a neighbour's score {one} weighs this much of {other} (untrained 1): {'; '.join(parts)}."


def _layer(layer: int, mine: pd.DataFrame, farthest: int) -> str:
    """ "0.82 ± 0.05 in layer 1", heads averaged."""
    by = mine.groupby(["seed", "distance"])["factor"].mean().unstack()
    ratio = by[farthest] / by[1 if farthest > 1 else 0]
    found, told = interval(ratio), ", not told from 1 by the seeds" if is_noise(interval(ratio - START)) else ""
    if found.n > 1 and found.half_width > WIDE * found.mean:
        return f"{ratio.min():.2f} to {ratio.max():.2f} in layer {layer}, seed by seed{told}"
    return f"{found.mean:.2f}{f' ± {found.half_width:.2f}' if found.n > 1 else ''} in layer {layer}{told}"


def _hops(distance: int) -> str:
    return count(distance, "hop") if distance else "itself"


def _by_seed(mine: pd.DataFrame, column: str) -> list[pd.Series]:
    """Means over heads by seed, for each distance."""
    by = mine.groupby(["distance", "seed"])[column].mean()
    return [by[distance] for distance in sorted(mine["distance"].unique())]


def _shares(weights: Floats, size: NDArray[np.integer]) -> Floats:
    """[hops + 1, heads] mean over nodes of what the nodes at each distance weigh together, as a share of all."""
    heads = [weight[:, None] * size for weight in weights.T]
    return np.stack([(mass / mass.sum(axis=0)).mean(axis=1) for mass in heads], axis=1)
