"""The pictures of conformal sets. They read nothing but the numbers. Free of torch."""

from __future__ import annotations

from html import escape

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from core import figures
from core.data import GraphData
from core.metrics.conformal import SCORES
from core.seeds import interval
from explainers.contract import Chart
from explainers.lenses.calibration.result import in_sentence
from explainers.lenses.calibration.sets import Sets
from explainers.wording import count, listed, one_in, percent, spread

Floats = NDArray[np.float64]
TITLES = {score.name: score.title for score in SCORES}
COLORS = dict(zip(TITLES, (figures.OKABE_ITO[0], figures.OKABE_ITO[1], figures.OKABE_ITO[2]), strict=True))
SYMBOLS = dict(zip(TITLES, ("circle", "square", "diamond"), strict=True))
BINS = 24
"""At most; each holds as many whole numbers of covered nodes as the next."""
FEW, TOLD = 0.005, 5
"""Share of empty sets from which they are spoken of; groups that a sentence names beside the worst."""


def coverages(found: Sets) -> Chart:
    """Coverage over the redraws, of each score."""
    figure = make_subplots(rows=len(TITLES), cols=1, shared_xaxes=True, vertical_spacing=0.05)
    _, low, high = found.within
    calibrating, judged = zip(*found.sizes, strict=True)
    edges = coverage_edges(found)
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
        f"Vovk et al. 2005; {one_in(calibrating)} nodes calibrate and {one_in(judged)} are judged in each draw. {found.pool}",
        found.draws,
    )


def coverage_edges(found: Sets) -> Floats:
    """Edges of bins, halfway between two whole numbers of covered nodes: with any others some bins would hold fewer of those by chance."""
    judged = min(evaluation for _, evaluation in found.sizes)
    covered = np.rint(found.draws["coverage"] * judged)
    low, high = int(covered.min()), int(covered.max())
    step = -(-(high - low + 1) // BINS)
    return np.asarray((np.arange(low, high + step + 1, step) - 0.5) / judged)


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
    """Coverage group by group, over all draws and seeds."""
    figure = go.Figure()
    rows = found.groups[found.groups["by"] == by]
    for score, words in TITLES.items():
        own = rows[rows["score"] == score]
        figure.add_scatter(
            x=own["group"].map(escape),
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
            + "<br>coverage %{y:.1%}<br>%{customdata[0]:.0f} nodes<br>%{customdata[1]:.2f} classes a set<extra></extra>",
        )
    figures.layout(figure, height=360, toolbar=True)
    figure.update_layout(scattermode="group")
    figure.add_hline(1 - found.alpha, line={"color": figures.NEUTRAL, "dash": "dot"})
    figure.update_xaxes(type="category", categoryorder="array", categoryarray=[escape(name) for name in dict.fromkeys(rows["group"])])
    lowest = min(float(rows["low"].min()), 1 - found.alpha)
    figure.update_yaxes(tickformat="~%", title="coverage", range=[max(0.0, lowest - 0.04), 1.02])
    left_out = int(rows["left_out"].max())
    reading = (
        f"A group below the dotted line is covered less than was asked for, on average over {_over(found)}. Lines: 95 % intervals that "
        f"hold for all {found.tested(next(iter(TITLES)))} groups together."
    )
    return Chart(
        figure,
        reading + (f" In no group: {count(left_out, 'node')}." if left_out else ""),
        "Groups by class and homophily take the true labels, those of test nodes as well: diagnostic.",
        r"\frac{k}{n},\ \text{Wilson score interval at a level of } 1 - 0.05 / \text{groups}",
        "Coverage holds on average over all nodes (Vovk et al. 2005), not by group",
        rows.drop(columns="place"),
    )


def said(found: Sets) -> list[str]:
    """What the sets give, in sentences."""
    if found.short:
        return [found.short, found.pool]
    by_score = {score: found.draws[found.draws["score"] == score].groupby("seed")[["coverage", "mean_size"]].mean() for score in TITLES}
    smallest = min(by_score, key=lambda score: float(by_score[score]["mean_size"].mean()))
    size, coverage = interval(by_score[smallest]["mean_size"]), interval(by_score[smallest]["coverage"])
    classes = f"{size.mean:.2f}" + (f" ± {size.half_width:.2f}" if size.n > 1 else "")
    first = (
        f"To hold the true class of {percent(1 - found.alpha, 0)} of the nodes, sets take {classes} classes on average with "
        f"{TITLES[smallest]}, whose sets are the smallest of the three scores'; they hold it for {spread(coverage)} "
        f"({in_sentence(found.calibrator)}, {_over(found)})."
    )
    return [" ".join([first, *_empty(found, smallest)]), worst(found, smallest), found.pool]


MEANING = (
    "A set holds every class that cannot be ruled out for a node: one class, the model is sure; many, it is not. THR keeps the classes "
    "that are likely enough; APS adds classes, the likeliest first, until they are likely enough together; DAPS does so after mixing in "
    "what the neighbours say."
)


def _empty(found: Sets, score: str) -> list[str]:
    """How many sets hold no class at all, if it shows."""
    share = float(found.draws.loc[found.draws["score"] == score, "empty"].mean())
    return [f"{percent(share)} of these sets are empty: no class is likely enough."] if share >= FEW else []


def worst(found: Sets, score: str) -> str:
    """The group that is covered least, of those whose interval lies below what was asked for."""
    rows, together = found.groups[found.groups["score"] == score], found.tested(score)
    rows = rows[rows["high"] < 1 - found.alpha]
    if rows.empty:
        return f"No group by class, degree, hops or homophily falls short beyond its interval, which holds for all {together} together."
    row = rows.loc[rows["coverage"].idxmin()]
    nodes, span = count(int(row["count"]), "node"), f"{percent(row['low'], 0)} to {percent(row['high'], 0)}"
    covered = f"“{row['group']}” is covered for {percent(row['coverage'])} of its {nodes}"
    many = "one group falls" if len(rows) == 1 else f"{len(rows)} of {together} groups fall"
    told = f"by {row['by']}, {covered} (interval {span}, holding for all {together} together)"
    others = [f"“{one['group']}” by {one['by']}" for _, one in rows.sort_values("coverage").iloc[1:].iterrows()]
    more = [*others[:TOLD], f"{len(others) - TOLD} more"] if len(others) > TOLD else others
    also = f"; also {listed(more)}" if more else ""
    return f"With {TITLES[score]} {many} short on average over {_over(found)}: {told}{also}."


def _over(found: Sets) -> str:
    draws = count(found.redraws, "draw")
    return f"{draws} of one seed" if found.seeds == 1 else f"{draws} of each of {found.seeds} seeds"


def of_node(found: Sets, graph: GraphData, node: int) -> list[str]:
    """The node's true class, and the classes in its set by score."""
    label = int(graph.labels[node])
    true = f"True class: {graph.class_names[label]}." if label >= 0 else "Its true class is not known."
    sentences = [true]
    for score, words in TITLES.items():
        inside = found.members[score][node]
        names = ", ".join(name for name, there in zip(graph.class_names, inside, strict=True) if there)
        covered = "" if label < 0 else ", which holds it" if inside[label] else ", which misses it"
        sentences.append(f"{words}: {{{names}}}{covered}" if names else f"{words}: empty, no class fits")
    return sentences
