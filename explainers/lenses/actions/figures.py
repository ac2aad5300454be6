"""The pictures of what a model's nodes do. They read nothing but the numbers. Free of torch."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from core import figures
from core.actions import ACTIONS, DEALT
from core.metrics.actions import ALL, OTHER, SAME
from core.seeds import interval
from explainers.contract import Chart
from explainers.lenses.actions import groups
from explainers.lenses.actions import result as results
from explainers.lenses.actions.marks import COLORS, NAMES
from explainers.lenses.actions.result import Actions
from explainers.swaps import ALL as EVERYWHERE
from explainers.swaps import LEARNED, around_zero
from explainers.wording import metric_name, spread

STEP, WIDE = 0.2, 0.17
"""Of the bars of a layer, which is 1 wide."""
TICKS = 12
"""Layers up to which every one has a number on the axis."""
ROW = 44
SOURCE = "Finkelshtein et al., Cooperative graph neural networks, ICML 2024"
EDGES = {ALL: (figures.NEUTRAL, "all edges"), SAME: (figures.RIGHT, "within a class"), OTHER: (figures.WRONG, "between classes")}
SWAPS = {
    "standard": (figures.OKABE_ITO[2], "circle", "all listen and broadcast"),
    DEALT: (figures.OKABE_ITO[1], "diamond-open", "actions dealt out anew"),
    "isolate": (figures.NEUTRAL, "x", "all isolated"),
}


def shares(found: Actions) -> Chart:
    """Share of the nodes that take each action, by layer, with its mean probability."""
    table, figure = results.layers(found), go.Figure()
    for place, action in enumerate(ACTIONS):
        rows = table[table["action"] == action]
        at = np.array(found.layers) + (place - (len(ACTIONS) - 1) / 2) * STEP
        taken, likely = (
            [interval(rows.loc[rows["layer"] == layer, column]) for layer in found.layers] for column in ("share", "probability")
        )
        said = f"layer %{{customdata}}, {NAMES[action]}: "
        figure.add_bar(
            x=at,
            y=[one.mean for one in taken],
            width=WIDE,
            name=NAMES[action],
            marker_color=COLORS[action],
            error_y=figures.interval_bars(taken),
            customdata=list(found.layers),
            hovertemplate=said + "%{y:.1%} of the nodes<extra></extra>",
        )
        figure.add_scatter(
            x=at,
            y=[one.mean for one in likely],
            mode="markers",
            marker={"symbol": "line-ew-open", "size": min(15, 56 / len(found.layers)), "line": {"width": 2.5}, "color": figures.NEUTRAL},
            customdata=list(found.layers),
            hovertemplate=said + "mean probability %{y:.1%}<extra></extra>",
            showlegend=False,
        )
    figures.percent_axis(figures.layout(figure, x="layer", y="nodes", height=380), high=1.05)
    _layer_axis(figure, found)
    over = ", in the mean over seeds with its 95 % interval" if found.seeds > 1 else ""
    return Chart(
        figure,
        f"Bars: nodes whose likeliest action it is, which they take{over}. Ticks: its mean probability.",
        "That a node hears something: those whom it listens to may be silent. And whether another training would choose alike.",
        r"\frac{1}{N} \#\{i : \arg\max_a \pi_i(a) = a\},\quad \frac{1}{N}\sum_i \pi_i(a)",
        f"{SOURCE}. In evaluation the likeliest action is taken; in training it is drawn by Gumbel's trick. {_conditions(found)}",
        table,
    )


def messages(found: Actions) -> Chart:
    """Share of the edges that carry a message, by layer: all, within a class, between classes."""
    table, figure = results.messages(found), go.Figure()
    for place, (edges, (color, name)) in enumerate(EDGES.items()):
        rows = table[table["edges"] == edges]
        at = np.array(found.layers) + (place - 1) * 0.08  # side by side, so that no interval hides another
        for column, dash, symbol, word in (("carried", "solid", "circle", ""), ("expected", "dot", "circle-open", ", if drawn")):
            means = [interval(rows.loc[rows["layer"] == layer, column]) for layer in found.layers]
            figure.add_scatter(
                x=at,
                y=[one.mean for one in means],
                mode="lines+markers",
                name=name + word,
                line={"color": color, "dash": dash, "width": 1.5},
                marker={"size": 9, "symbol": symbol, "line": {"width": 2, "color": color}},
                error_y=figures.interval_bars(means) if column == "carried" else None,
                customdata=list(found.layers),
                hovertemplate=f"layer %{{customdata}}, {name}{word}: %{{y:.1%}}<extra></extra>",
                showlegend=column == "carried",
            )
    figures.percent_axis(figures.layout(figure, x="layer", y="edges that carry a message", height=380), high=1.05)
    _layer_axis(figure, found)
    return Chart(
        figure,
        "Full: edges whose source broadcasts and whose target listens. Rings: the mean, were each action drawn by its probability, on the "
        "same states.",
        "What the messages say; and true labels are used, those of test nodes as well: diagnostic.",
        r"\frac{1}{|E|}\#\{(u \to v) \in E : u\ \mathrm{broadcasts},\ v\ \mathrm{listens}\},\quad"
        r"\frac{1}{|E|}\sum_{(u \to v) \in E} \pi_u(\mathrm{broadcasts})\,\pi_v(\mathrm{listens})",
        f"{SOURCE}. Stored edges, those from a node to itself left out. {_conditions(found)}",
        table,
    )


def swaps(found: Actions) -> Chart:
    """How far the test score moves if nodes are told what to do, in all layers and in each, paired over seeds."""
    rows, figure = results.changes(found), go.Figure()
    places = list(dict.fromkeys(rows["layer"]))
    names = ["all layers" if layer == EVERYWHERE else f"layer {layer}" for layer in places]
    for number, (swap, (color, symbol, word)) in enumerate(SWAPS.items()):
        mine = rows[rows["swap"] == swap]
        figure.add_scatter(
            x=100 * mine["change"],
            y=np.array([places.index(layer) for layer in mine["layer"]]) + (number - 1) * STEP,
            mode="markers",
            name=word,
            marker={"color": color, "symbol": symbol, "size": 9, "line": {"width": 2 if swap == DEALT else 0}},
            error_x={"array": 50 * (mine["high"] - mine["low"]).fillna(0), "thickness": 1.2, "width": 0} if found.seeds > 1 else None,
            customdata=mine.assign(name=[names[places.index(layer)] for layer in mine["layer"]])[["name", "test_score", "changed"]],
            hovertemplate="%{customdata[0]}, "
            + word
            + "<br>%{x:+.1f} points, test score %{customdata[1]:.1%}<br>predicted otherwise %{customdata[2]:.1%}<extra></extra>",
        )
    single = results.swaps(found)
    learned = spread(interval(single.loc[single["swap"] == LEARNED].drop_duplicates("seed")["test_score"]))
    axis = f"test {metric_name(found.metric)}, in points from the learned {learned}"
    figures.layout(figure, x=axis, height=130 + ROW * len(names), toolbar=True)
    figure.add_vline(0, line={"color": figures.NEUTRAL, "width": 1.5, "dash": "dot"})
    figure.update_xaxes(range=around_zero(100 * rows[["change", "low", "high"]].to_numpy(dtype=float)))
    figure.update_yaxes(range=[len(names) - 0.5, -0.5], tickvals=list(range(len(names))), ticktext=names, ticklabelstandoff=4)
    reading = (
        "Bars: 95 % intervals of the paired differences. Where the interval holds 0, the seeds do not tell whether the score needs what "
        "the nodes chose there."
        if found.seeds > 1
        else "A mark far from it: the score needs what the nodes chose there, as far as one seed can say."
    )
    return Chart(
        figure,
        f"Dotted: the model as it is. {reading}",
        "What a model trained without actions would reach: here the weights are fixed, and have learned to live with them.",
        r"a_i \to \mathrm{standard}\quad\text{or}\quad a_{\pi(i)}\quad\text{or}\quad \mathrm{isolate}",
        f"Weights fixed; dealt out anew: permuted over all nodes, three draws. Later layers choose by what they see. {_conditions(found)}",
        rows,
    )


def stacked(found: Actions, layer: int, kind: str, *, drawn: bool = False, legend: bool = True) -> Chart:
    """What the nodes of each class, degree or local homophily do in a layer; `drawn`: the mean probabilities in place of what is taken."""
    by = groups.GROUPS[kind](found)
    table = results.by_group(found, layer, by.group)
    column, figure = "probability" if drawn else "share", go.Figure()
    rows = table.groupby(["group", "action"], as_index=False)[["nodes", "share", "probability"]].mean()
    size = rows.groupby("group")["nodes"].sum()
    names = [by.names[group] for group in size.index]
    for action in ACTIONS:
        mine = rows[rows["action"] == action]
        figure.add_bar(
            y=names,
            x=mine[column],
            orientation="h",
            name=NAMES[action],
            marker_color=COLORS[action],
            customdata=size,
            hovertemplate="%{y} (%{customdata:,.0f} nodes)<br>" + NAMES[action] + " %{x:.1%}<extra></extra>",
        )
    figures.layout(
        figure, x="mean probability" if drawn else "nodes", y=by.title, height=max(280, 90 + 24 * len(names)), legend=legend, toolbar=True
    )
    figure.update_layout(barmode="stack", bargap=0.25, legend_traceorder="normal", margin_r=24)
    figure.update_xaxes(tickformat="~%", range=[0, 1])
    figure.update_yaxes(type="category", autorange="reversed", ticklabelstandoff=4)
    data = table.assign(group=[by.names[group] for group in table["group"]])
    return Chart(
        figure,
        f"Layer {layer}: {by.reading}",
        "Whether the one makes the other: classes, degrees and homophily hang together, and so do the actions of linked nodes.",
        r"\frac{1}{|V_g|}\sum_{i \in V_g} \pi_i(a)" if drawn else r"\frac{1}{|V_g|}\#\{i \in V_g : a_i = a\}",
        f"Means over {'seeds' if found.seeds > 1 else 'one seed'}. {_conditions(found)}",
        data,
    )


def draw(found: Actions) -> Mapping[str, Chart]:
    views = {"shares": shares(found), "messages": messages(found), "swaps": swaps(found)}
    grouped = {f"by_{kind}_{layer}": stacked(found, layer, kind) for kind in groups.GROUPS for layer in found.layers}
    return views | grouped


def _layer_axis(figure: go.Figure, found: Actions) -> None:
    last = len(found.layers)
    ticks = {"tickvals": list(found.layers)} if last <= TICKS else {}
    figure.update_xaxes(range=[0.5, last + 0.5], showgrid=False, **ticks)


def _conditions(found: Actions) -> str:
    return f"{found.split[0].upper()}{found.split[1:]}, {found.seeds} seed{'s' if found.seeds > 1 else ''}"
