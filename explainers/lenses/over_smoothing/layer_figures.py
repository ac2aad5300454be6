"""Pictures of one run, layer by layer, of what one node sees, and of the limit without training. Free of torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core import figures
from explainers.contract import Chart
from explainers.lenses.over_smoothing.measures import BY_NAME
from explainers.lenses.over_smoothing.seen import Seen

INITIAL, TRAINED = figures.NEUTRAL, "#0072B2"
OPERATOR_NAMES = {"symmetric": "Âᵏ X", "row_stochastic": "Pᵏ X"}
OPERATOR_COLORS = {"symmetric": "#0072B2", "row_stochastic": "#E69F00"}
SHOWN = ("relative_energy", "distance_symmetric", "distance_constant", "squared_norm", "effective_rank", "linear_probe")
UNTRAINED = (
    "relative_energy",
    "unnormalized_energy",
    "linear_probe",
    "distance_symmetric",
    "distance_constant",
    "effective_rank",
    "squared_norm",
    "smv",
    "mad_gap",
)
"""The mirrored pairs side by side: which energy and which distance vanish depends on the operator."""
LINE = 250


def by_layer(measures: pd.DataFrame, names: Sequence[str] = SHOWN, layer: int | None = None) -> Chart:
    """Quantities against layer, before training and after, a panel each."""
    figure, columns = _panels(names)
    for place, name in enumerate(names):
        rows = measures[measures["measure"] == name]
        where = {"row": place // columns + 1, "col": place % columns + 1}
        _why(figure, rows, where)
        for trained, color, dash, said in ((False, INITIAL, "dot", "at initialisation"), (True, TRAINED, "solid", "after training")):
            mine = rows[rows["trained"] == trained]
            figure.add_trace(_curve(mine["layer"], mine["value"], name, said, color, dash, legend=place == 0), **where)
    if layer is not None:
        figure.add_vline(x=layer, line={"color": figures.NEUTRAL, "width": 1, "dash": "dash"})
    _axes(figure, names, columns, "Layer (0: features)")
    return Chart(
        figure,
        reading="Each layer's state after its activation. Where the probe falls, the information dies; where it is low before training "
        "already, the random weights lost it.",
        not_shown="What a later layer could make of a state that a linear model cannot read.",
        data=measures,
    )


def gradients(rows: pd.DataFrame) -> Chart:
    """Norm of each weight's gradient beside that of its weight decay, before training and after."""
    figure = go.Figure()
    for trained, color, said in ((False, INITIAL, "at initialisation"), (True, TRAINED, "after training")):
        mine = rows[rows["trained"] == trained]
        for column, dash, what in (("gradient", "solid", "gradient"), ("decay", "dot", "weight decay")):
            values = mine[column].where(mine[column] > 0)
            line = {"color": color, "dash": dash, "width": 2}
            text = [f"{weight}<br>{what} {said}: {value:.2g}" for weight, value in zip(mine["weight"], mine[column], strict=True)]
            figure.add_trace(
                go.Scatter(
                    x=mine["place"],
                    y=values,
                    mode="lines+markers",
                    line=line,
                    marker={"size": 5},
                    name=f"{what} {said}",
                    text=text,
                    hovertemplate="%{text}<extra></extra>",
                )
            )
    figures.layout(figure, x="Weight matrix, first layer first", y="Norm (log scale)", height=LINE + 60)
    figure.update_yaxes(type="log", exponentformat="power")
    return Chart(
        figure,
        reading="Solid: the training loss's gradient for each weight matrix, without dropout; dotted: what weight decay adds, λ·W. "
        "Where the dotted line is above, decay wins and the weights shrink.",
        not_shown="Adam divides each gradient by its running size, so steps differ less than gradients do.",
        formula=r"\lVert \partial L / \partial W_l \rVert_F \quad\text{and}\quad \lambda \lVert W_l \rVert_F",
        data=rows,
    )


def receptive_field(found: Seen) -> Chart:
    """How much of the graph lies at each hop of the node."""
    rings = found.rings
    figure = go.Figure(
        [
            go.Bar(
                x=rings["hop"],
                y=rings["share"],
                marker={"color": TRAINED},
                name="at this hop",
                text=[f"{nodes:,}" for nodes in rings["nodes"]],
                textposition="outside",
                cliponaxis=False,
                hovertemplate="hop %{x}: %{text} nodes, %{y:.1%}<extra></extra>",
            ),
            go.Scatter(
                x=rings["hop"],
                y=rings["within"],
                mode="lines+markers",
                line={"color": "#D55E00"},
                name="up to this hop",
                hovertemplate="up to hop %{x}: %{y:.1%} of the graph<extra></extra>",
            ),
        ]
    )
    figures.layout(figure, x="Hops from the node", y="Share of the graph", height=LINE + 60)
    figures.percent_axis(figure, 0, 1.08)
    figure.update_xaxes(tickvals=list(found.labels), ticktext=list(found.labels.values()))
    apart = f" {found.out_of_reach:,} nodes have no path to it." if found.out_of_reach else ""
    return Chart(
        figure,
        reading=f"Plain message passing of L layers sees the nodes up to L hops away. Numbers: nodes at that hop.{apart}",
        not_shown="How much each of them counts: the weight of a far node is small.",
        data=rings,
    )


def alike(found: Seen) -> Chart:
    """Mean cosine of the node's state with those at each hop, layer by layer."""
    table = found.alike.pivot_table(index="layer", columns="hop", values="cosine") if len(found.alike) else pd.DataFrame()
    figure = go.Figure(
        go.Heatmap(
            x=table.columns,
            y=table.index,
            z=table.to_numpy(),
            colorscale=figures.SEQUENTIAL,
            zmin=min(0.0, float(np.nanmin(table.to_numpy()))) if table.size else 0,
            zmax=1,
            colorbar={"title": "cosine", "thickness": 12},
            hovertemplate="layer %{y}, hop %{x}: cosine %{z:.3f}<extra></extra>",
        )
    )
    figures.layout(figure, x="Hops from the node", y="Layer", height=LINE + 60, legend=False)
    figure.update_xaxes(tickvals=list(found.labels), ticktext=list(found.labels.values()))
    figure.update_yaxes(dtick=max(1, len(table) // 8))
    return Chart(
        figure,
        reading="How alike the node's state is to those of the nodes at each hop, after training. All at 1: the layer tells nobody apart.",
        not_shown="Lengths: states that differ in length alone count as alike. After a ReLU no cosine is negative.",
        formula=r"\frac{1}{|N_k(v)|}\sum_{u \in N_k(v)} \cos(h_u^{(l)}, h_v^{(l)})",
        data=found.alike,
    )


def untrained(rows: pd.DataFrame, limits: pd.DataFrame, names: Sequence[str] = UNTRAINED) -> Chart:
    """Quantities of the smoothed features against k for both operators, with the exact limit of each."""
    figure, columns = _panels(names)
    ks = sorted(rows["k"].unique())
    places = {k: place for place, k in enumerate(ks)}
    for place, name in enumerate(names):
        where = {"row": place // columns + 1, "col": place % columns + 1}
        _why(figure, rows[rows["measure"] == name], where)
        for operator, color in OPERATOR_COLORS.items():
            mine = rows[(rows["measure"] == name) & (rows["operator"] == operator)]
            said, dash = OPERATOR_NAMES[operator], "solid" if operator == "symmetric" else "dash"
            figure.add_trace(_curve(mine["k"].map(places), mine["value"], name, said, color, dash, legend=place == 0), **where)
            end = limits[(limits["measure"] == name) & (limits["operator"] == operator)]["value"].iloc[0]
            figure.add_trace(_limit(len(ks), end, name, said, color), **where)
    _axes(figure, names, columns, "k: hops of smoothing")
    figure.update_xaxes(tickvals=list(places.values()), ticktext=[str(k) for k in ks], range=[-0.3, len(ks) - 0.2])
    return Chart(
        figure,
        reading="The features after k steps of each operator, no training. Dotted: the exact limit, where it has a place on the axis. "
        "Each operator's own distance goes to zero; the other's need not.",
        not_shown="A trained network: its weights can undo some of this, and do worse than this. Links count in both directions here.",
        formula=r"\hat A = \tilde D^{-1/2}\tilde A\,\tilde D^{-1/2},\quad P = \tilde D^{-1}\tilde A",
        source="Oono & Suzuki 2020; Li, Han & Wu 2018. In each component the limit of Â is ∝ √(1+d), that of P constant.",
        data=rows,
    )


def _why(figure: go.Figure, rows: pd.DataFrame, where: Mapping[str, int]) -> None:
    """In an empty panel, why it is empty."""
    if len(rows) and rows["value"].isna().all():
        text = "<br>".join(wrap(f"not defined: {rows['reason'].iloc[0]}", 32))
        figure.add_annotation(text=text, x=0.5, y=0.5, xref="x domain", yref="y domain", showarrow=False, **where)


def _curve(x: pd.Series, y: pd.Series, name: str, said: str, color: str, dash: str, *, legend: bool) -> go.Scatter:
    log = BY_NAME[name].log
    return go.Scatter(
        x=x,
        y=y.where(y > 0) if log else y.replace([np.inf, -np.inf], np.nan),
        mode="lines+markers",
        line={"color": color, "dash": dash, "width": 2},
        marker={"size": 5},
        name=said,
        legendgroup=said,
        showlegend=legend,
        hovertemplate=f"{said}, %{{x}}: %{{y:.3g}}<extra>{BY_NAME[name].title}</extra>",
    )


def _limit(places: int, value: float, name: str, said: str, color: str) -> go.Scatter:
    drawn = np.nan if BY_NAME[name].log and value < 1e-9 else value
    return go.Scatter(
        x=[-0.3, places - 0.5],
        y=[drawn, drawn],
        mode="lines",
        line={"color": color, "dash": "dot", "width": 1},
        showlegend=False,
        legendgroup=said,
        hovertemplate=f"limit of {said}: %{{y:.3g}}<extra></extra>",
    )


def _panels(names: Sequence[str], columns: int = 3) -> tuple[go.Figure, int]:
    lines = -(-len(names) // columns)
    titles = [BY_NAME[name].title for name in names]
    spacing = {"vertical_spacing": 0.3 / lines, "horizontal_spacing": 0.08}
    return make_subplots(rows=lines, cols=columns, subplot_titles=titles, **spacing), columns


def _axes(figure: go.Figure, names: Sequence[str], columns: int, x: str) -> None:
    lines = -(-len(names) // columns)
    figures.layout(figure, height=LINE * lines)
    figure.update_layout(margin={"t": 56}, legend={"orientation": "h", "x": 0, "y": 1 + 30 / (LINE * lines), "yanchor": "bottom"})
    for place, name in enumerate(names):
        quantity, where = BY_NAME[name], {"row": place // columns + 1, "col": place % columns + 1}
        if quantity.log:
            drawn = (y for trace in figure.select_traces(**where) for y in trace.y)
            figure.update_yaxes(exponentformat="power", **figures.log_axis(drawn), **where)
        elif quantity.share:
            figure.update_yaxes(tickformat="~%", range=[0, 1], **where)
        else:
            figure.update_yaxes(rangemode="tozero", **where)
        figure.update_xaxes(title=x if place // columns + 1 == lines else None, **where)
    for title in figure.layout.annotations[: len(names)]:  # the panels' titles come first
        title.update(font={"size": 12}, x=title.x - 0.5 / columns + 0.04, xanchor="left")
