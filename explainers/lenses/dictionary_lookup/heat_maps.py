"""Who attends to which key: a small map a head. Free of torch."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core import figures
from explainers.contract import Chart
from explainers.lenses.dictionary_lookup.result import Lookups, variants_of
from explainers.wording import model_name

COLUMNS = 4
MOST_HEADS = 3
"""Heads of one model that are drawn; the table has all."""
PANEL, GAP = 222, 66
"""Pixels of a row of maps with what stands above and below it, and of that alone."""

TITLES = {"alpha": "α", "score": "score"}


def heat_map(result: Lookups, quantity: str, size: int, seed: int = 0) -> Chart:
    """Query × key maps of "alpha" or "score" for every head of every attention model, on one test permutation.

    Each query's first choice is ringed, by the scores: α can be 0 for several keys where the scores still tell them apart.
    """
    table = result.attention[(result.attention["size"] == size) & (result.attention["seed"] == seed)]
    panels = [
        (f"{model_name(variant.model)}, {f'head {head}/{variant.heads}' if variant.heads > 1 else '1 head'}", rows)
        for variant in variants_of(table)
        for head, rows in table[(table["model"] == variant.model) & (table["heads"] == variant.heads)].groupby("head")
        if head <= MOST_HEADS
    ]
    lines = -(-len(panels) // COLUMNS)
    titles = [title for title, _ in panels]
    figure = make_subplots(lines, COLUMNS, subplot_titles=titles, horizontal_spacing=0.03, vertical_spacing=GAP / (PANEL * lines))
    for place, (_, rows) in enumerate(panels):
        row, column = place // COLUMNS + 1, place % COLUMNS + 1
        figure.add_traces(_map(rows, quantity), rows=row, cols=column)
        figure.update_yaxes(title="Query" if column == 1 else None, showticklabels=column == 1, row=row, col=column)
        figure.update_xaxes(title="Key" if place + COLUMNS >= len(panels) else None, row=row, col=column)
    figures.layout(figure, height=PANEL * lines + 30, legend=False)
    whole = {"dtick": 1 if size <= 10 else 5, "showgrid": False}
    figure.update_xaxes(**whole, constrain="domain").update_yaxes(**whole, autorange="reversed")
    figure.update_layout(margin={"t": 28}, coloraxis={"colorscale": figures.SEQUENTIAL, "cmin": 0, "cmax": 1, "colorbar": {"title": "α"}})
    figure.for_each_annotation(lambda title: title.update(font={"size": 12}))
    cut = f" Of more heads than {MOST_HEADS} the first are drawn." if (table["heads"] > MOST_HEADS).any() else ""
    own = " In a dark row the query keeps its attention for itself." if quantity == "alpha" else ""
    scale = "" if quantity == "alpha" else " Each map has colours of its own: scores have no common unit."
    return Chart(
        figure,
        reading=f"{size} keys, seed {seed}, first test permutation: the key that holds a query's answer is on the diagonal. Rings: each "
        f"query's highest score.{own} In a static head all rings stand in one column.{scale}{cut}",
        not_shown="Each query's own loop, which takes the rest of α. Queries that rank keys alike may still differ in how sharply they do.",
        formula=r"\mathrm{GAT}: e_{ij} = \mathrm{LeakyReLU}(a^\top[W h_i \Vert W h_j]);\quad "
        r"\mathrm{GATv2}: e_{ij} = a^\top \mathrm{LeakyReLU}(W_r h_i + W_l h_j);\quad \alpha_{ij} = \mathrm{softmax}_j\, e_{ij}",
        source="Brody, Alon & Yahav 2022, Fig. 1; computed in float64 from the trained weights",
        data=table,
    )


def _map(rows: pd.DataFrame, quantity: str) -> list[go.Heatmap | go.Scatter]:
    """The map of one head, and a ring at each query's first choice."""
    shown, other = (rows.pivot_table(index="query", columns="key", values=name) for name in TITLES)
    first = other.to_numpy().argmax(axis=1)
    colors = {"coloraxis": "coloraxis"} if quantity == "alpha" else {"colorscale": figures.SEQUENTIAL, "showscale": False}
    heat = go.Heatmap(
        x=shown.columns,
        y=shown.index,
        z=shown if quantity == "alpha" else other,
        customdata=pd.concat([shown, other]).to_numpy().reshape(2, *shown.shape).transpose(1, 2, 0),
        hovertemplate="query %{y}, key %{x}<br>α %{customdata[0]:.3f}, score %{customdata[1]:.3f}<extra></extra>",
        xgap=1,
        ygap=1,
        **colors,
    )
    rings = go.Scatter(
        x=first,
        y=shown.index,
        mode="markers",
        marker={"symbol": "circle", "size": 9, "color": "white", "line": {"color": "black", "width": 1.5}},
        hoverinfo="skip",
    )
    return [heat, rings]
