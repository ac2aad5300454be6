"""The pictures of conformal sets. They read nothing but the numbers. Free of torch."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core import figures
from core.data import GraphData
from core.metrics.conformal import SCORES
from core.seeds import interval
from explainers.contract import Chart
from explainers.lenses.calibration.result import title
from explainers.lenses.calibration.sets import Sets
from explainers.wording import count, percent

TITLES = {score.name: score.title for score in SCORES}
COLORS = dict(zip(TITLES, (figures.OKABE_ITO[0], figures.OKABE_ITO[1], figures.OKABE_ITO[2]), strict=True))
SYMBOLS = dict(zip(TITLES, ("circle", "square", "diamond"), strict=True))
BINS = 24


def coverages(found: Sets) -> Chart:
    """Coverage over the redraws, of each score."""
    figure = make_subplots(rows=len(TITLES), cols=1, shared_xaxes=True, vertical_spacing=0.05)
    _, low, high = found.within
    edges = np.linspace(found.draws["coverage"].min(), found.draws["coverage"].max() + 1e-9, BINS + 1)
    for row, (score, words) in enumerate(TITLES.items(), 1):
        counts, _ = np.histogram(found.draws.loc[found.draws["score"] == score, "coverage"], edges)
        figure.add_bar(
            x=(edges[1:] + edges[:-1]) / 2,
            y=counts,
            width=edges[1] - edges[0],
            name=words,
            marker={"color": COLORS[score]},
            hovertemplate=words + "<br>coverage %{x:.1%}: %{y} draws<extra></extra>",
            row=row,
            col=1,
        )
        figure.add_vrect(low, high, fillcolor=figures.translucent(figures.NEUTRAL, 0.15), line_width=0, layer="below", row=row, col=1)
        figure.add_vline(1 - found.alpha, line={"color": figures.NEUTRAL, "dash": "dot"}, row=row, col=1)
    figures.layout(figure, height=360, toolbar=True)
    figure.update_layout(bargap=0)
    figure.update_xaxes(tickformat="~%")
    figure.update_xaxes(title="share of nodes whose set holds the true class", row=len(TITLES), col=1)
    figure.update_yaxes(nticks=3)
    figure.update_yaxes(title="draws", row=2, col=1)
    return Chart(
        figure,
        f"Dotted: {percent(1 - found.alpha, 0)}, as asked for. Grey: where 95 % of draws are to be expected, whatever the model.",
        "Anything about the model: coverage is promised for every score. What differs is the size of the sets, and whom they cover.",
        r"\text{threshold} = \text{the } \lceil (n+1)(1-\alpha) \rceil \text{-th smallest score of the calibration nodes}",
        f"Vovk et al. 2005; {found.calibration:,} nodes calibrate and {found.evaluation:,} are judged in each draw. {found.pool}",
        found.draws,
    )


def sizes(found: Sets) -> Chart:
    """Mean number of classes in a set by score, over redraws and seeds."""
    figure, names = go.Figure(), []
    for score, words in TITLES.items():
        rows = found.draws[found.draws["score"] == score]
        names.append(words)
        low, high = np.quantile(rows["mean_size"], [0.025, 0.975])
        middle = float(rows["mean_size"].mean())
        figure.add_scatter(
            x=[middle],
            y=[words],
            mode="markers",
            marker={"color": COLORS[score], "symbol": SYMBOLS[score], "size": 10},
            error_x={"array": [high - middle], "arrayminus": [middle - low], "symmetric": False, "thickness": 1.2, "width": 0},
            showlegend=False,
            hovertemplate=words + "<br>%{x:.2f} classes<extra></extra>",
        )
    figures.layout(figure, x="classes in a set, on average", height=190, legend=False, toolbar=True)
    figure.update_yaxes(autorange="reversed", ticklabelstandoff=4)
    figure.update_xaxes(rangemode="tozero")
    return Chart(
        figure,
        "Smaller is more useful at the same coverage. Lines hold 95 % of the draws.",
        "How sizes differ from node to node.",
        "",
        "; ".join(score.source for score in SCORES),
        found.draws.groupby("score", as_index=False)[["mean_size", "coverage", "empty"]].mean(),
    )


def groups(found: Sets, by: str) -> Chart:
    """Coverage group by group, first seed and draw."""
    figure = go.Figure()
    rows = found.groups[found.groups["by"] == by]
    for score, words in TITLES.items():
        own = rows[rows["score"] == score]
        figure.add_scatter(
            x=own["group"],
            y=own["coverage"],
            mode="markers",
            name=words,
            marker={"color": COLORS[score], "symbol": SYMBOLS[score], "size": 9},
            error_y={
                "array": own["high"] - own["coverage"],
                "arrayminus": own["coverage"] - own["low"],
                "symmetric": False,
                "thickness": 1,
                "width": 0,
            },
            customdata=np.stack([own["count"], own["mean_size"]], axis=1),
            hovertemplate="%{x}, "
            + words
            + "<br>coverage %{y:.1%}<br>%{customdata[0]} nodes<br>%{customdata[1]:.2f} classes a set<extra></extra>",
        )
    figures.layout(figure, height=360, toolbar=True)
    figure.update_layout(scattermode="group")
    figure.add_hline(1 - found.alpha, line={"color": figures.NEUTRAL, "dash": "dot"})
    figure.update_xaxes(type="category", categoryorder="array", categoryarray=list(dict.fromkeys(rows["group"])))
    lowest = min(float(rows["low"].min()), 1 - found.alpha)
    figure.update_yaxes(tickformat="~%", title="coverage", range=[max(0.0, lowest - 0.04), 1.02])
    return Chart(
        figure,
        "A group below the dotted line is covered less than was asked for; lines are 95 % intervals of its share. First seed, first draw.",
        "Groups by class and homophily take the true labels, those of test nodes as well: diagnostic.",
        r"\frac{k}{n},\ \text{Wilson score interval}",
        "Coverage holds on average over all nodes (Vovk et al. 2005), not by group",
        rows,
    )


def said(found: Sets) -> list[str]:
    """What the sets give, in sentences."""
    if found.short:
        return [found.short, found.pool]
    by_score = {score: found.draws[found.draws["score"] == score].groupby("seed")[["coverage", "mean_size"]].mean() for score in TITLES}
    smallest = min(by_score, key=lambda score: float(by_score[score]["mean_size"].mean()))
    size, coverage = interval(by_score[smallest]["mean_size"]), interval(by_score[smallest]["coverage"])
    first = (
        f"To hold the true class of {percent(1 - found.alpha, 0)} of the nodes, sets take {size.mean:.2f} classes on average with "
        f"{TITLES[smallest]}, the smallest of three scores; they hold it for {percent(coverage.mean)} ({title(found.calibrator).lower()})."
    )
    return [first, worst(found, smallest), found.pool]


def worst(found: Sets, score: str) -> str:
    """The group whose interval lies farthest below what was asked for."""
    rows = found.groups[(found.groups["score"] == score) & (found.groups["high"] < 1 - found.alpha)]
    if rows.empty:
        return "No group by class, degree, hops or homophily falls short beyond its interval."
    row = rows.loc[rows["coverage"].idxmin()]
    nodes, span = count(int(row["count"]), "node"), f"{percent(row['low'], 0)} to {percent(row['high'], 0)}"
    covered = f"“{row['group']}” is covered for {percent(row['coverage'])} of its {nodes} (interval {span})"
    return f"Groups fall short: by {row['by']}, {covered}."


def of_node(found: Sets, graph: GraphData, node: int) -> list[str]:
    """The classes in a node's set, by score."""
    sentences = []
    for score, words in TITLES.items():
        names = [name for name, inside in zip(graph.class_names, found.members[score][node], strict=True) if inside]
        sentences.append(f"{words}: {{{', '.join(names)}}}" if names else f"{words}: empty, no class fits")
    return sentences
