"""The pictures of the measures. They read nothing but the numbers. Free of torch."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core import figures
from explainers.contract import Chart, Table, View
from explainers.lenses.homophily import result as results
from explainers.lenses.homophily.captions import MEANING
from explainers.lenses.homophily.result import BINS, DIRECTION, Floats, Homophily

MOST_NUMBERS = 15
"""Classes up to which a cell has room for its number."""
MOST_LETTERS = 16
"""Letters of a class name beside the axes; the whole name is in the hover text."""
ROW = 34


def draw(found: Homophily) -> Mapping[str, View]:
    return {
        "measures": measures(found),
        "class_edges": class_edges(found),
        "ccns": similarity(found),
        "local": local(found),
        "direction": Table(
            results.direction(found),
            {
                "pattern": "; ".join(f"{name}: {meaning}" for name, meaning in MEANING.items()) + ".",
                "r_squared": f"Squared correlation over pairs of nodes of being linked so and having equal labels ({found.judged}).",
                "chance": "What the largest of the three stays under in 95 % of permutations of the labels.",
            },
            shares=False,
        ),
    }


def measures(found: Homophily) -> Chart:
    """A bar for each measure but the direction score, which is on another question."""
    rows = results.measures(found)
    rows = rows[rows["measure"] != DIRECTION].iloc[::-1]
    informative = rows["measure"].str.startswith("label")
    names = [_bar_name(measure, policy) for measure, policy in zip(rows["measure"], rows["policy"], strict=True)]
    figure = go.Figure(
        go.Bar(
            y=names,
            x=rows["value"].fillna(0),  # a bar without length bears its text, too
            orientation="h",
            marker_color=np.where(informative, figures.OKABE_ITO[2], figures.OKABE_ITO[0]),
            text=["not defined" if np.isnan(value) else f"{value:.3f}".replace("-", "−") for value in rows["value"]],
            customdata=rows["policy"],
            hovertemplate="%{y}: %{text}<br>%{customdata}<extra></extra>",
        )
    )
    figures.layout(figure, height=80 + ROW * len(rows), legend=False, toolbar=True)
    figure.update_xaxes(range=[1.15 * min(0.0, rows["value"].fillna(0).min()), 1.12])
    figure.update_yaxes(ticklabelstandoff=4)
    figure.add_vline(0, line={"color": figures.NEUTRAL, "width": 1})
    return Chart(
        figure,
        reading="Blue: how far neighbours are of the same class; of these, class-insensitive and adjusted are 0 by chance. Green: how much "
        "a neighbour's label tells, alike or not.",
        not_shown="Features, and whether a model gains by the edges: low homophily with high informativeness can do as well.",
        formula=r"h_\mathrm{edge} = \frac{|\{(u,v)\in E : y_u = y_v\}|}{|E|},\quad "
        r"h_\mathrm{node} = \frac{1}{N}\sum_v \frac{|\{u\in N(v) : y_u = y_v\}|}{d_v},\quad "
        r"h_\mathrm{class} = \frac{1}{C-1}\sum_k \max\left(0, h_k - \tfrac{|C_k|}{N}\right),\quad "
        r"h_\mathrm{adj} = \frac{h_\mathrm{edge} - \sum_k \bar p_k^2}{1 - \sum_k \bar p_k^2},\quad "
        r"\mathrm{LI} = \frac{-\sum_{a,b} p(a,b) \ln\frac{p(a,b)}{p(a)\,\bar p(b)}}{\sum_a p(a) \ln p(a)}",
        source="Zhu et al. 2020; Pei et al. 2020; Lim et al. 2021; Platonov et al. 2023. All known labels: diagnostic",
        data=results.measures(found),
    )


def measures_table(found: Homophily) -> pd.DataFrame:
    """Every measure with its value, what was decided for it and what it is, in words that are read whole."""
    rows = results.measures(found)
    rows["definition"] = [results.DEFINITIONS[name] for name in rows["measure"]]
    rows["value"] = ["not defined" if np.isnan(value) else f"{value:.3f}".replace("-", "−") for value in rows["value"]]
    return rows[["measure", "value", "definition", "policy"]].set_index("measure")


def _bar_name(measure: str, policy: str) -> str:
    if measure != "node":
        return measure
    return "node, isolated left out" if "left out" in policy else "node, isolated as 0"


def class_edges(found: Homophily) -> Chart:
    """Where the edges of each class go."""
    return Chart(
        _class_map(found.class_names, found.class_edges, "class", "class that its edges go to", "of the edges of '{}'<br>go to '{}'"),
        reading="A row is a class: its colours say what share of its edges goes to each class. On the diagonal they stay within it.",
        not_shown="How many edges a class has: large and small ones look alike, and a large one gets more by chance. All known labels are "
        "used: diagnostic.",
        formula=r"M_{ab} = \frac{|\{(u,v)\in E : y_u = a,\ y_v = b\}|}{|\{(u,v)\in E : y_u = a\}|}",
        source="Zhu et al., Beyond homophily in graph neural networks, NeurIPS 2020 (compatibility matrix). Stored edges",
        data=results.class_edges(found),
    )


def similarity(found: Homophily) -> Chart:
    """Whether the neighbourhoods of two classes look alike."""
    return Chart(
        _class_map(
            found.class_names, found.similarity, "class", "other class", "is the mean similarity of<br>neighbourhoods of '{}' and '{}'"
        ),
        reading="Bright on the diagonal alone: each class has neighbours of its own kind, alike or not, and their mean can tell classes "
        "apart. Bright beside it: two classes see the same neighbours.",
        not_shown="Features and degrees: histograms of labels are compared, whatever their length. All known labels are used: diagnostic.",
        formula=r"s(c,c') = \frac{1}{|V_c||V_{c'}|}\sum_{i\in V_c,\,j\in V_{c'}} \cos(d(i), d(j)),\quad d(i)_k = |\{u\in N(i) : y_u = k\}|",
        source="Ma et al., Is homophily a necessity for graph neural networks?, ICLR 2022. Nodes without neighbours count as 0",
        data=results.ccns(found),
    )


def local(found: Homophily) -> Chart:
    """How many nodes have how large a share of neighbours of their class."""
    rows = results.local(found)
    share = rows["count"] / max(rows["count"].sum(), 1)
    figure = go.Figure(
        go.Bar(
            x=(rows["low"] + rows["high"]) / 2,
            y=rows["count"],
            width=0.92 / BINS,
            marker_color=figures.OKABE_ITO[0],
            customdata=np.stack([rows["low"], rows["high"], share], axis=1),
            hovertemplate="%{customdata[0]:.0%} to %{customdata[1]:.0%} of the neighbours:<br>"
            "%{y:,} nodes (%{customdata[2]:.1%})<extra></extra>",
        )
    )
    figures.layout(figure, x="neighbours of the node's class", y="nodes", height=320, legend=False, toolbar=True)
    figure.update_xaxes(tickformat="~%", range=[0, 1], dtick=0.2)
    return Chart(
        figure,
        reading="Each bar counts the nodes with that share of neighbours of their own class; the last holds those with all of them.",
        not_shown="Degrees: a node with one neighbour can only be at an end. Nodes without labelled neighbours are in no bar. All known "
        "labels are used: diagnostic.",
        formula=r"h_v = \frac{|\{u\in N(v) : y_u = y_v\}|}{d_v}",
        source="Pei et al., Geom-GCN, ICLR 2020",
        data=rows,
    )


def _class_map(class_names: tuple[str, ...], table: Floats, y: str, x: str, said: str) -> go.Figure:
    """A cell for each pair of classes, coloured 0 … 1; `said` continues a cell's number, with the names of both."""
    size, names = len(class_names), [escape(name) for name in class_names]
    figure = go.Figure(
        go.Heatmap(
            z=table,
            zmin=0,
            zmax=1,
            colorscale=figures.SEQUENTIAL,
            xgap=1,
            ygap=1,
            texttemplate="%{z:.2f}" if size <= MOST_NUMBERS else None,
            text=[[said.format(row, column) for column in names] for row in names],
            hovertemplate="%{z:.3f} %{text}<extra></extra>",
            hoverongaps=False,
            colorbar={"thickness": 12, "outlinewidth": 0},
        )
    )
    figures.layout(figure, x=x, y=y, height=max(320, min(640, 34 * size + 140)), legend=False, toolbar=True)
    short = [escape(name if len(name) <= MOST_LETTERS else name[: MOST_LETTERS - 1] + "…") for name in class_names]
    axis = {"tickvals": list(range(size)), "ticktext": short, "showgrid": False}
    figure.update_xaxes(range=[-0.5, size - 0.5], tickangle=-35, **axis)
    figure.update_yaxes(range=[size - 0.5, -0.5], **axis)
    return figure
