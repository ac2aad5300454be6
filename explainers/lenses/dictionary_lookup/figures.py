"""Pictures of the dictionary lookup: scores against size and epoch, and who attends to which key. Free of torch."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from core import figures
from explainers.contract import Chart
from explainers.lenses.dictionary_lookup.result import Live, Lookups, Variant, of, variants_of
from explainers.lenses.dictionary_lookup.shares import answered, own_key, own_key_ceiling, summary
from explainers.wording import count

PARTS = (("test", "solid", ""), ("train", "dot", "-open"))


def accuracy(result: Lookups) -> Chart:
    """Share of queries answered against the number of keys, training and test."""
    figure, variants = go.Figure(), result.variants
    for index, variant in enumerate(variants):
        shift = 0.12 * (index - (len(variants) - 1) / 2)  # equal scores would hide each other
        figure.add_traces([_scores(result, variant, index, shift, *part) for part in PARTS])
    guess = go.Scatter(
        x=list(result.sizes),
        y=[1 / size for size in result.sizes],
        mode="lines+markers",
        marker={"symbol": "line-ew-open", "size": 14, "color": figures.NEUTRAL},
        line={"color": figures.NEUTRAL, "width": 1.5, "dash": "dot"},
        name="guessing",
        hovertemplate="guessing among %{x} keys: %{y:.1%}<extra></extra>",
    )
    figures.layout(figure.add_trace(guess), x="Keys", y="Queries answered")
    figures.percent_axis(figure, 0, 1.04)
    figure.update_xaxes(tickvals=list(result.sizes), showgrid=False, range=[result.sizes[0] - 1, result.sizes[-1] + 1])
    return Chart(
        figure,
        reading="Filled marks: permutations that were not trained on, with 95 % intervals; hollow: those that were. "
        "A model that cannot look up stays below 100 % in both.",
        not_shown="A ceiling: that a head ranks the keys alike bounds where it looks, not what a read-out makes of it. And longer "
        "training, other widths or step sizes than the one that all share.",
        formula=r"\frac{1}{nk}\sum_{p}\sum_{a} [\hat y_{p,a} = p(a)]",
        source="Brody, Alon & Yahav 2022, section 4.1; in evaluation mode. Intervals: Wilson's over the tested permutations, each of which "
        "is one observation, or Student's over seeds where that is wider",
        data=summary(result),
    )


def attention_to_own(result: Lookups) -> Chart:
    """How much of its attention each head gives to the keys that the queries look for, and the most that a static head can."""
    means, figure = own_key(result), go.Figure()
    attending = [variant for variant in result.variants if variant.heads]
    for index, variant in enumerate(attending):
        shift = 0.12 * (index - (len(attending) - 1) / 2)
        mine = means[(means["model"] == variant.model) & (means["heads"] == variant.heads)]
        color, symbol = figures.class_color(result.variants.index(variant)), figures.SHAPES[result.variants.index(variant)]
        figure.add_scatter(
            x=mine["size"] + shift,
            y=mine["own_key"],
            mode="markers",
            marker={"color": color, "size": 8, "symbol": f"{symbol}-open"},
            name=variant.title,
            customdata=mine[["size", "head", "seed"]],
            hovertemplate="%{customdata[0]} keys, head %{customdata[1]}, seed %{customdata[2]}: %{y:.1%}"
            f"<extra>{variant.title}</extra>",
        )
    figure.add_scatter(
        x=list(result.sizes),
        y=[own_key_ceiling(size) for size in result.sizes],
        mode="lines+markers",
        marker={"symbol": "line-ew-open", "size": 14, "color": figures.NEUTRAL, "line": {"width": 2}},
        line={"color": figures.NEUTRAL, "width": 1.5, "dash": "dash"},
        name="ceiling of a static head",
        hovertemplate="%{x} keys: a static head at most %{y:.1%}<extra></extra>",
    )
    figures.layout(figure, x="Keys", y="Attention to the own key")
    figures.percent_axis(figure, 0, 1.04)
    figure.update_xaxes(tickvals=list(result.sizes), showgrid=False, range=[result.sizes[0] - 1, result.sizes[-1] + 1])
    return Chart(
        figure,
        reading="A mark a head and seed: mean over the queries. Every head that ranks the keys alike lies below the short line at "
        "its size, whatever its weights; a head above it tells queries apart.",
        not_shown="Other permutations than the first of the test; and what is answered, which is not bounded by this.",
        formula=r"\frac{1}{k}\sum_{i} \alpha_{ii} \;\le\; \frac{1}{k}\sum_{r=1}^{k} \frac{1}{r}\quad"
        r"\text{if all queries rank the keys alike}",
        source="In a common ranking the own keys have the ranks 1 … k, one each, and the key at rank r shares with r − 1 others that have "
        "no less: 1/r at most. Its assumption, one ranking for all queries, is what τ = 1 says",
        data=means.assign(ceiling=means["size"].map(own_key_ceiling)),
    )


def _scores(result: Lookups, variant: Variant, index: int, shift: float, part: str, dash: str, mark: str) -> go.Scatter:
    color = figures.class_color(index)
    return go.Scatter(
        x=[size + shift for size in result.sizes],
        y=[of(result.accuracy, variant, size)[part].mean() for size in result.sizes],
        mode="lines+markers",
        line={"color": color, "width": 2 if part == "test" else 1, "dash": dash},
        marker={"color": color, "size": 9, "symbol": figures.SHAPES[index % len(figures.SHAPES)] + mark},
        error_y=_bars(result, variant, color) if part == "test" else None,
        name=variant.title,
        legendgroup=variant.title,
        showlegend=part == "test",
        customdata=list(result.sizes),
        hovertemplate=f"%{{customdata}} keys, {NAMES[part]}: %{{y:.1%}}<extra>{variant.title}</extra>",
    )


def _bars(result: Lookups, variant: Variant, color: str) -> dict[str, object]:
    found = [answered(result, variant, size) for size in result.sizes]
    above, below = [one.high - one.mean for one in found], [one.mean - one.low for one in found]
    return {"type": "data", "symmetric": False, "array": above, "arrayminus": below, "color": color, "thickness": 1, "width": 3}


NAMES = {"test": "test", "train": "training"}


def curves(result: Lookups, size: int, seed: int = 0) -> Chart:
    """Share of queries answered against the epoch, of one size and seed."""
    table = result.curves[(result.curves["size"] == size) & (result.curves["seed"] == seed)]
    posed = result.problems[(result.problems["size"] == size) & (result.problems["seed"] == seed)].iloc[0]
    unseen, queries = count(int(posed["test"]), "permutation"), count(size * int(posed["test"]), "query", "queries")
    return Chart(
        course(table, result.epochs),
        reading=f"{size} keys, seed {seed}. Full lines: {unseen} ({queries}) not trained on; dotted: the {posed['train']} trained on.",
        not_shown="Other sizes and seeds; the loss, which the table has.",
        source="Brody, Alon & Yahav 2022, section 4.1; in evaluation mode",
        data=table,
    )


def live_figure(live: Live) -> go.Figure:
    """The same while it trains."""
    return course(live.curves, live.epochs)


def course(table: pd.DataFrame, epochs: int) -> go.Figure:
    """Lines of a table like `Lookups.curves` that is of one size and seed; the axes stand still."""
    figure = go.Figure()
    for index, variant in enumerate(variants_of(table)):
        mine = table[(table["model"] == variant.model) & (table["heads"] == variant.heads)]
        for part, dash, _ in PARTS:
            figure.add_trace(
                go.Scatter(
                    x=mine["epoch"],
                    y=mine[part],
                    mode="lines",
                    line={"color": figures.class_color(index), "width": 2 if part == "test" else 1, "dash": dash},
                    name=variant.title,
                    legendgroup=variant.title,
                    showlegend=part == "test",
                    hovertemplate=f"epoch %{{x}}, {NAMES[part]}: %{{y:.1%}}<extra>{variant.title}</extra>",
                )
            )
    figures.layout(figure, x="Epoch", y="Queries answered", height=320)
    figure.update_xaxes(range=[0, epochs])
    return figures.percent_axis(figure, 0, 1.02)
