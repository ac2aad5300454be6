"""The pictures of who suffers. They read nothing but the numbers. Free of torch."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core import figures
from explainers.contract import Chart, Table, View
from explainers.lenses.heterophily import result as results
from explainers.lenses.heterophily.captions import conditions
from explainers.lenses.heterophily.paired import FEWEST
from explainers.lenses.heterophily.readings import BINS, PARTS
from explainers.lenses.heterophily.result import Heterophily
from explainers.wording import WIDEST, count, metric_name, model_name, percent, spread

HEIGHT = 430
DASHED = {"mlp": "dash", "gcn_structure": "dot"}
"""The two that see half of what there is; models also differ by marker."""
SIDESTEP = 0.07
"""Between the marks of two models in a bin."""
SHARE_AXIS = "neighbours of the node's own class"
MEANING = {
    "by": "What the bins are of.",
    "reference": "What the model is compared with.",
    "bin": "The bin.",
    "seeds": "Seeds in which both were judged there.",
    "nodes": "Different test nodes of the bin, over all seeds.",
    "difference": "Score of the model less that of the reference, mean over seeds, paired.",
    "low": "Lower bound of its 95 % t-interval.",
    "high": "Upper bound.",
    "named": "Whether neither seeds nor nodes could give it by chance, all comparisons taken together.",
}


def draw(found: Heterophily) -> Mapping[str, View]:
    return {
        "by_local_homophily": by_bin(found, "homophily"),
        "by_degree": by_bin(found, "degree"),
        "grid": grid(found, found.models[0]),
        "shift": shift(found),
        "paired": Table(results.comparisons(found), MEANING, shares=False),
    }


def by_bin(found: Heterophily, by: str) -> Chart:
    """Score of each model in the bins of a factor, with its spread over seeds; below, how many test nodes are there."""
    labels, metric = [one.label for one in BINS[by]], metric_name(found.metric)
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.8, 0.2], vertical_spacing=0.05)
    for number, model in enumerate(found.models):
        means = [found.interval(model, **{by: place}) for place in range(len(labels))]
        known = [place for place, one in enumerate(means) if one.n]
        where = {place: place + SIDESTEP * (number - (len(found.models) - 1) / 2) for place in known}
        trusted = [place for place in known if found.different[by][place] >= FEWEST]
        color = figures.class_color(number)
        told = [means[place] for place in known]
        bars = figures.interval_bars(told)
        wide = [one.half_width > WIDEST for one in told]  # of few nodes and seeds: no whisker says it better than one over all there is
        for side in ("array", "arrayminus"):
            bars[side] = [0.0 if drop else end for drop, end in zip(wide, bars[side], strict=True)]  # type: ignore[call-overload]
        figure.add_scatter(
            x=[where[place] for place in trusted],
            y=[means[place].mean for place in trusted],
            mode="lines",
            line={"color": color, "width": 1.5, "dash": DASHED.get(model, "solid")},
            hoverinfo="skip",
            showlegend=False,
            uid=f"{model} line",
        )
        shape = figures.SHAPES[number % len(figures.SHAPES)]
        figure.add_scatter(
            x=[where[place] for place in known],
            y=[one.mean for one in told],
            mode="markers",
            name=model_name(model),
            marker={"color": color, "size": 9, "symbol": [shape if place in trusted else f"{shape}-open" for place in known]},
            error_y=bars if found.seeds > 1 else None,
            customdata=[[place] for place in known],  # a bare 0 would be no point to the browser
            text=[
                f"<b>{model_name(model)}</b>, {labels[place]}<br>{metric} {spread(one)}, {count(one.n, 'seed')}<br>"
                f"{found.count(**{by: place}):,.4g} test nodes"
                for place, one in zip(known, told, strict=True)
            ],
            hovertemplate="%{text}<extra></extra>",
            uid=model,
        )
    sizes = [found.count(**{by: place}) for place in range(len(labels))]
    figure.add_bar(
        x=list(range(len(labels))),
        y=sizes,
        customdata=[[place] for place in range(len(labels))],
        text=[f"{size:,.4g}" if size else "" for size in sizes],
        textposition="outside",
        cliponaxis=False,
        marker_color=figures.NEUTRAL,
        showlegend=False,
        hovertemplate="%{y:,.4g} test nodes<extra></extra>",
        row=2,
        col=1,
    )
    figures.layout(figure, height=HEIGHT, toolbar=True)
    axis = {"tickvals": list(range(len(labels))), "ticktext": labels, "range": [-0.5, len(labels) - 0.5]}
    figure.update_xaxes(**axis)
    figure.update_xaxes(title_text=SHARE_AXIS if by == "homophily" else "degree", row=2, col=1)
    figure.update_yaxes(title_text=metric, tickformat="~%", range=[-0.02, 1.04], row=1, col=1)
    figure.update_yaxes(title_text="nodes", nticks=2, range=[0, 1.5 * max(sizes, default=1) or 1], row=2, col=1)
    figure.update_layout(hovermode="closest", bargap=0.4, uirevision=by)
    diagnostic = "Diagnostic: test labels make the bins. " if by == "homophily" else ""
    return Chart(
        figure,
        reading=f"Marks: mean {metric} over seeds, hollow in a bin of fewer than {FEWEST} different test nodes; whiskers: 95 % "
        "intervals. Bars: test nodes, a mean over seeds. Click a mark: its nodes.",
        not_shown="Whether it is the bin that makes them suffer: classes, features and degrees differ between bins, too. Whiskers wider "
        f"than {2 * WIDEST:.0%} are left out.".replace("%", " %"),
        formula=r"h_v = \frac{|\{u\in N(v) : y_u = y_v\}|}{|N(v)|}" if by == "homophily" else r"d_v = |N(v)|",
        source=f"{diagnostic}{conditions(found)}. Neighbours: linked in either direction, each once. Local homophily: Pei et al. 2020; the "
        "question: Ma et al. 2022; Mao et al., Demystifying structural disparity in graph neural networks, NeurIPS 2023",
        data=results.by_bin(found, by),
    )


def grid(found: Heterophily, model: str) -> Chart:
    """Score of one model by local homophily and degree at once."""
    rows, columns, metric = BINS["degree"], BINS["homophily"], metric_name(found.metric)
    shape = (len(rows), len(columns))
    values, text, hover = np.full(shape, np.nan), np.full(shape, "", dtype=object), np.full(shape, "", dtype=object)
    places, sizes = np.moveaxis(np.indices(shape), 0, -1)[..., ::-1], np.zeros(shape)
    for second, degree in enumerate(rows):
        for first, share in enumerate(columns):
            mean, size = found.interval(model, first, second), found.count(first, second)
            sizes[second, first] = size
            if not mean.n:
                continue
            values[second, first] = mean.mean
            text[second, first] = f"{percent(mean.mean, 0)}<br>{size:,.3g}"
            less = ""
            if "mlp" in found.models and model != "mlp":
                less = f"<br>MLP: {spread(found.interval('mlp', first, second))}"
            hover[second, first] = (
                f"{share.label} of own class, degree {degree.label}<br>{model_name(model)}: {spread(mean)}{less}<br>{size:,.4g} test nodes"
            )
    heat = go.Heatmap(
        z=values,
        zmin=0,
        zmax=1,
        colorscale=figures.SEQUENTIAL,
        xgap=1,
        ygap=1,
        text=text,
        texttemplate="%{text}",
        hoverinfo="skip",
        colorbar={"thickness": 12, "outlinewidth": 0, "tickformat": "~%"},
    )
    there = sizes > 0
    points = go.Scatter(
        x=places[there][:, 0],
        y=places[there][:, 1],
        mode="markers",
        marker={"symbol": "square", "size": 34, "opacity": 0},
        customdata=places[there].tolist(),  # rows of an array would reach Python as no lists
        text=hover[there],
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )  # a heat-map's cells cannot be clicked
    figure = figures.layout(go.Figure([heat, points]), x=SHARE_AXIS, y="degree", height=HEIGHT, legend=False, toolbar=True)
    figure.update_xaxes(
        tickvals=list(range(len(columns))), ticktext=[one.label for one in columns], range=[-0.5, len(columns) - 0.5], showgrid=False
    )
    used = np.flatnonzero(there.any(axis=1))
    low, high = (used.min(), used.max()) if len(used) else (0, len(rows) - 1)
    figure.update_yaxes(
        tickvals=list(range(len(rows))), ticktext=[one.label for one in rows], range=[low - 0.5, high + 0.5], showgrid=False
    )
    figure.update_layout(hovermode="closest", uirevision=f"grid {model}")
    return Chart(
        figure,
        reading=f"{model_name(model)}: {metric} in each cell, below it its test nodes, means over seeds. Click a cell: its nodes.",
        not_shown="How sure a cell is: of a few nodes it is little more than chance; its interval is in the hover text.",
        source=f"Diagnostic: test labels make the columns. {conditions(found)}",
        data=results.grid(found),
    )


def shift(found: Heterophily) -> Chart:
    """What share of training, validation and test nodes has how many neighbours of its class."""
    rows = results.shift(found)
    figure = go.Figure()
    for part, word in PARTS.items():
        own = rows[(rows["part"] == part) & (rows["label"] != "all")]
        figure.add_bar(
            x=own["label"],
            y=own["share"],
            name=f"{word} nodes",
            marker_color=figures.SPLIT_COLORS[part],
            customdata=own["count"],
            hovertemplate=f"{word} nodes, %{{x}}: %{{y:.1%}} (%{{customdata:,.4g}} nodes)<extra></extra>",
        )
    figures.layout(figure, x=SHARE_AXIS, y="share of the part's nodes", height=HEIGHT, toolbar=True)
    figures.percent_axis(figure, 0.0, None)
    figure.update_layout(barmode="group", uirevision="shift")
    return Chart(
        figure,
        reading="Bars of a colour add up to 100 %. Where training nodes have other neighbours than test nodes, what is learned fits less.",
        not_shown="Shifts of features, degrees or classes. Nodes without labelled neighbours are in no bar.",
        formula=r"h_v = \frac{|\{u\in N(v) : y_u = y_v\}|}{|N(v)|}",
        source=f"Diagnostic: test labels make the bins. {found.split}, means over splits",
        data=rows,
    )
