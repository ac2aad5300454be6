"""The contributions to one channel as bars, and as a table. Free of torch."""

from __future__ import annotations

from html import escape
from typing import TypeAlias

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core import figures
from core.data import GraphData
from explainers.arithmetic.channel import Channel, channel_name
from explainers.arithmetic.formula import number
from explainers.arithmetic.result import Arithmetic
from explainers.contract import Chart, Table
from explainers.nodes import class_of

MOST_BARS = 25
POSITIVE, NEGATIVE, TOTAL = figures.OKABE_ITO[0], figures.OKABE_ITO[1], figures.NEUTRAL
LONGEST = 22
"""Characters of a name beside a bar."""
SELF = "itself"

Bar: TypeAlias = tuple[str, float, str]
"""Label, value, and what the pointer says."""


def contributions_chart(whole: Arithmetic, found: Channel, graph: GraphData) -> Chart:
    """What each term adds to one channel, the largest first; below them the own term, the bias and their sum."""
    bars = [*_terms(found, graph), *_constants(found)]
    total = ("sum z", found.total, "sum of all")
    every = [*bars, total]
    figure = go.Figure(
        go.Bar(
            x=[value for _, value, _ in every],
            y=[escape(label) for label, _, _ in every],
            orientation="h",
            marker={"color": [*(POSITIVE if value >= 0 else NEGATIVE for _, value, _ in bars), TOTAL]},
            text=[number(value) for _, value, _ in every],
            textposition="outside",
            cliponaxis=False,
            customdata=[[escape(said)] for _, _, said in every],
            hovertemplate="%{y}: %{customdata[0]}<extra></extra>",
        )
    )
    name = channel_name(found.step, found.number, graph.class_names)
    figures.layout(figure, x=f"Added to {escape(name)}", height=90 + 25 * max(len(every), 4), legend=False, toolbar=True)
    figure.update_yaxes(autorange="reversed", ticklabelstandoff=4)
    figure.update_xaxes(zeroline=True, zerolinewidth=1, range=_reach([value for _, value, _ in every]))
    figure.update_layout(bargap=0.28, margin={"r": 16})
    return Chart(
        figure,
        reading="Blue pushes the number up, orange pulls it down; the grey bar is the sum of all, before normalisation and activation.",
        not_shown="Why a neighbour's message is what it is: that is the arithmetic of the layer before, for that neighbour. And what "
        "happens without an edge: the other coefficients would change as well.",
        formula=r"z_v = \sum_{u \in N(v) \cup \{v\}} c_{vu}\, m_u + b",
        source=whole.source,
        data=terms_table(found, graph).data,
    )


def terms_table(found: Channel, graph: GraphData) -> Table:
    """One row a term, the largest contribution first, in the order of `rows`; `share` of all contributions' sizes."""
    step, order = found.step, rows(found)
    sizes = np.abs(found.contribution).sum() + abs(found.rest)
    data = pd.DataFrame({"term": [step.labels[place] for place in order]})
    data["coefficient"], data["message"] = found.coefficient[order], found.message[order]
    data["contribution"] = found.contribution[order].astype(np.float32)
    data["share"] = np.abs(found.contribution[order]) / (sizes or 1)
    if (step.nodes >= 0).any():
        nodes = step.nodes[order]
        data["class"] = class_of(graph, graph.labels[nodes])
        if graph.node_names is not None:
            data["name"] = [graph.node_names[node] for node in nodes]
    if step.others:
        last = {"term": f"{step.others:,} others", "coefficient": found.rest_coefficient, "contribution": found.rest}
        data.loc[len(data)] = {**dict.fromkeys(data, None), **last, "message": np.nan, "share": abs(found.rest) / (sizes or 1)}
        data = data.astype({"coefficient": np.float32, "message": np.float32, "contribution": np.float32, "share": np.float64})
    empty = [name for name in ("coefficient", "message") if len(data) and data[name].isna().all()]
    return Table(data.drop(columns=empty), HELP | {"coefficient": f"What the message is multiplied by: {step.weighs}."})


HELP = {
    "term": "Whose message it is; “itself”: the node's own, by its self-loop. Click a row to go to that node.",
    "name": "Name of the node in the dataset.",
    "class": "True class; 'unknown' where the dataset has no label.",
    "message": "The message's value in this channel, before the coefficient.",
    "contribution": "Coefficient × message: what is added to the sum.",
    "share": "Size of the contribution among the sizes of all of them.",
}


def rows(found: Channel) -> list[int]:
    """Places of the step's terms in the order of the table's rows."""
    order: list[int] = np.argsort(-np.abs(found.contribution), kind="stable").tolist()
    return order


def _terms(found: Channel, graph: GraphData) -> list[Bar]:
    order = rows(found)
    shown, left = order[:MOST_BARS], order[MOST_BARS:]
    bars = [(_label(found, place, graph), float(found.contribution[place]), _said(found, place)) for place in shown]
    more = len(left) + found.step.others
    if more:
        bars.append((f"{more:,} others", float(found.contribution[left].sum()) + found.rest, "together"))
    return bars


def _constants(found: Channel) -> list[Bar]:
    step, bars = found.step, []
    if found.head is not None and step.merge != "concatenated" and step.heads > 1:
        bars.append((f"other {step.heads_are.lower()}s", found.other_heads, "together"))
    if found.own is not None:
        bars.append((f"own: {step.own_is}", found.own, "the node's own state, beside the messages"))
    if found.bias is not None:
        bars.append(("bias", found.bias, "learned, the same for all nodes"))
    return bars


def _label(found: Channel, place: int, graph: GraphData) -> str:
    node, label = int(found.step.nodes[place]), found.step.labels[place]
    if node < 0:
        return label
    name = graph.node_names[node] if graph.node_names is not None else str(class_of(graph, graph.labels[[node]])[0])
    short = name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
    return f"{SELF if label == SELF else node} · {short}"


def _said(found: Channel, place: int) -> str:
    value = number(float(found.contribution[place]))
    if np.isnan(found.message[place]):
        return value
    return f"{number(float(found.coefficient[place]))} × {number(float(found.message[place]))} = {value}"


def _reach(values: list[float]) -> list[float]:
    """An axis around 0 with room for the numbers beside the bars."""
    low, high = min(0.0, *values), max(0.0, *values)
    room = 0.25 * ((high - low) or 1.0)
    return [low - room if low < 0 else 0.0, high + room]
